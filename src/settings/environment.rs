//! The environment, read once. Nothing else in the program looks at variables.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::webhooks::SECRET_PREFIX;
use crate::print::ColorHints;

/// The documented variable with hosts that may be called although they are private.
pub const OUTBOUND_ALLOW: &str = "ITOPS_SECURITY_WEBHOOK_HOST_ALLOWLIST";

/// What the environment says, by meaning.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `ITOPS_URL`.
    pub url: Option<String>,
    /// `ITOPS_CONTEXT`.
    pub context: Option<String>,
    /// `ITOPS_TOKEN`: with it nothing is stored and nothing of it is shown.
    pub token: Option<SecretString>,
    /// `ITOPS_API_KEY`: for pushes.
    pub api_key: Option<SecretString>,
    /// What decides about colour.
    pub color: ColorHints,
    /// Secrets and options of an embedded core.
    pub core: CoreEnvironment,
    /// Everything as text, for parts that have their own names.
    all: BTreeMap<String, String>,
}

/// What an embedded core reads, by its documented names.
#[derive(Clone, Debug, Default)]
pub struct CoreEnvironment {
    /// `ITOPS_SECURITY_OPERATOR_API_KEY`, else `ITOPS_OPERATOR_API_KEY`.
    pub operator_key: Option<SecretString>,
    /// `ITOPS_JWT_SECRET`.
    pub jwt_secret: Option<SecretString>,
    /// `ITOPS_BOOTSTRAP_ADMIN_PASSWORD`.
    pub admin_password: Option<SecretString>,
    /// `ITOPS_SLA_PORTAL_URL` and `ITOPS_SLA_PORTAL_API_KEY`: where the daily report goes.
    pub portal: Option<(String, Option<SecretString>)>,
    /// `ITOPS_SECURITY_WEBHOOK_HOST_ALLOWLIST`, hosts with commas between them: what may be called although it is private,
    /// beside the setting `core.outbound_allow`.
    pub outbound_allow: Vec<String>,
    /// Secrets of receivers, by the names of their variables: everything that begins with `ITOPS_WEBHOOK_`.
    pub webhook_secrets: BTreeMap<String, SecretString>,
}

impl Environment {
    /// The environment of this process.
    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    pub fn read() -> Self {
        // Values that are not UTF-8 mean nothing to us.
        Self::from_pairs(std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))))
    }

    /// The environment made of `pairs`. Empty values count as not set.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let all: BTreeMap<String, String> = pairs.into_iter().filter(|(_, v)| !v.is_empty()).collect();
        let text = |name: &str| all.get(name).cloned();
        // A secret that came out of a file often has its line end still on.
        let secret = |name: &str| {
            let value = text(name)?;
            let value = value.trim_end_matches(['\r', '\n']);
            (!value.is_empty()).then(|| SecretString::from(value))
        };
        let forced = |name: &str| all.get(name).is_some_and(|v| v != "0");
        Self {
            url: text("ITOPS_URL"),
            context: text("ITOPS_CONTEXT"),
            token: secret("ITOPS_TOKEN"),
            api_key: secret("ITOPS_API_KEY"),
            color: ColorHints {
                no_color: all.contains_key("NO_COLOR"),
                force_color: forced("CLICOLOR_FORCE") || forced("FORCE_COLOR"),
                dumb: text("TERM").as_deref() == Some("dumb") || text("CLICOLOR").as_deref() == Some("0"),
            },
            core: CoreEnvironment {
                operator_key: secret("ITOPS_SECURITY_OPERATOR_API_KEY").or_else(|| secret("ITOPS_OPERATOR_API_KEY")),
                jwt_secret: secret("ITOPS_JWT_SECRET"),
                admin_password: secret("ITOPS_BOOTSTRAP_ADMIN_PASSWORD"),
                portal: text("ITOPS_SLA_PORTAL_URL").map(|url| (url, secret("ITOPS_SLA_PORTAL_API_KEY"))),
                outbound_allow: text(OUTBOUND_ALLOW)
                    .map(|hosts| hosts.split(',').map(str::trim).filter(|h| !h.is_empty()).map(str::to_owned).collect())
                    .unwrap_or_default(),
                webhook_secrets: all
                    .keys()
                    .filter(|name| name.starts_with(SECRET_PREFIX))
                    .filter_map(|name| Some((name.clone(), secret(name)?)))
                    .collect(),
            },
            all: all.into_iter().filter(|(name, _)| !name.starts_with("ITOPS_")).collect(),
        }
    }

    /// Whether the terminal draws ASCII signs only: by its name, or because the locale is one of another encoding than UTF-8.
    /// Without a word on it, it is taken for one that draws more: on many machines nobody sets a locale.
    pub fn draws_only_ascii(&self) -> bool {
        const PLAIN: [&str; 6] = ["vt100", "vt102", "vt220", "ansi", "linux", "cons25"];
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| self.get(name)).find(|v| !v.is_empty());
        let is_other = |locale: &str| !locale.to_lowercase().replace('-', "").contains("utf8");
        self.get("TERM").is_some_and(|name| PLAIN.contains(&name)) || locale.is_some_and(is_other)
    }

    /// Whether the terminal says that its background is light: some put the numbers of their colours into `COLORFGBG`, that of
    /// the background last. The terminal itself is not asked, for its answer would come among the keys.
    pub fn has_light_background(&self) -> bool {
        let background = self.get("COLORFGBG").and_then(|colours| colours.rsplit(';').next()?.parse::<u8>().ok());
        background.is_some_and(|number| number == 7 || (9..=15).contains(&number))
    }

    /// A variable that is not one of ours, for example `TERM`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::from_pairs(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn plain_terminals_and_other_encodings_get_ascii_and_silence_does_not() {
        let plain = |pairs: &[(&str, &str)]| environment(pairs).draws_only_ascii();
        assert!(!plain(&[]) && !plain(&[("TERM", "xterm-256color"), ("LANG", "")]));
        assert!(plain(&[("TERM", "linux")]) && plain(&[("TERM", "vt100"), ("LANG", "en_GB.UTF-8")]));
        assert!(plain(&[("LANG", "C")]) && plain(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(!plain(&[("LANG", "C.utf8")]) && !plain(&[("LC_ALL", "hu_HU.UTF-8"), ("LANG", "C")]));
        assert!(plain(&[("LC_ALL", "POSIX"), ("LC_CTYPE", "en_GB.UTF-8")]), "the strongest word counts");
    }

    #[test]
    fn a_light_background_is_believed_only_where_the_terminal_names_it() {
        let light = |value: &str| environment(&[("COLORFGBG", value)]).has_light_background();
        assert!(light("0;15") && light("0;default;15") && light("0;7"));
        assert!(!light("15;0") && !light("15;8") && !light("0;default") && !light("white"));
        assert!(!environment(&[]).has_light_background());
    }

    #[test]
    fn hosts_that_may_be_called_have_commas_between_them() {
        let of = |text: &str| environment(&[(OUTBOUND_ALLOW, text)]).core.outbound_allow;
        assert_eq!(of("hooks.ops.example, 10.20.0.7,"), ["hooks.ops.example", "10.20.0.7"]);
        assert!(of(" , ").is_empty() && environment(&[]).core.outbound_allow.is_empty());
    }

    #[test]
    fn the_line_end_of_a_secret_from_a_file_does_not_count() {
        let env = environment(&[("ITOPS_API_KEY", "k3y\r\n"), ("ITOPS_TOKEN", "\n")]);
        assert_eq!(env.api_key.unwrap().expose_secret(), "k3y");
        assert!(env.token.is_none());
    }

    #[test]
    fn empty_variables_are_not_set_and_zero_does_not_force_colour() {
        let env = environment(&[("ITOPS_URL", ""), ("NO_COLOR", ""), ("CLICOLOR_FORCE", "0")]);
        assert_eq!(env.url, None);
        assert!(!env.color.no_color && !env.color.force_color);
    }

    #[test]
    fn both_names_of_the_operator_key_are_read_and_the_documented_one_wins() {
        let both = environment(&[("ITOPS_OPERATOR_API_KEY", "new"), ("ITOPS_SECURITY_OPERATOR_API_KEY", "documented")]);
        assert_eq!(both.core.operator_key.unwrap().expose_secret(), "documented");
        assert!(environment(&[("ITOPS_OPERATOR_API_KEY", "new")]).core.operator_key.is_some());
    }

    #[test]
    fn secrets_are_neither_shown_nor_handed_on() {
        let env = environment(&[("ITOPS_TOKEN", "s3cret"), ("TERM", "xterm")]);
        assert!(!format!("{env:?}").contains("s3cret"));
        assert_eq!(env.get("ITOPS_TOKEN"), None);
        assert_eq!(env.get("TERM"), Some("xterm"));
    }
}
