//! Named addresses of cores, kept in `contexts.yaml`.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::places::write_whole;

/// One named address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Address of the core, for example `https://itops-api.example.org`.
    pub url: String,
    /// Everything in it counts as production.
    #[serde(default)]
    pub production: bool,
    /// Nothing is ever written in it.
    #[serde(default)]
    pub read_only: bool,
}

/// All of them, and which is current.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contexts {
    /// Name of the current one.
    #[serde(default)]
    pub current: Option<String>,
    /// By name.
    #[serde(default)]
    pub contexts: BTreeMap<String, Context>,
}

impl Contexts {
    /// Read them. A file that is not there holds none.
    ///
    /// # Errors
    /// When the file cannot be read or does not parse, in words.
    pub fn load(path: &Path) -> Result<Self, String> {
        match fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => Ok(Self::default()),
            Ok(text) => serde_saphyr::from_str(&text).map_err(|e| format!("{}: {e}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// Write them.
    ///
    /// # Errors
    /// When the file cannot be written, in words.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        let text = serde_saphyr::to_string(self).map_err(|e| e.to_string())?;
        write_whole(path, &text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The name of the context with this address.
    pub fn named(&self, url: &str) -> Option<&str> {
        self.contexts.iter().find(|(_, c)| c.url == url).map(|(name, _)| name.as_str())
    }
}

/// An address as it is compared and stored: scheme, host and port in lower case, no path, no trailing slash.
///
/// # Errors
/// Says in words what is wrong with `text`.
pub fn address(text: &str) -> Result<String, String> {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = url::Url::parse(&with_scheme).map_err(|e| format!("`{text}` is not an address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` is not an http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a password in it is not taken; sign in with `itops login`".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("`{text}` has no host"));
    }
    let path = url.path().trim_end_matches('/');
    Ok(format!("{}{path}", url.origin().ascii_serialization()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_by_what_they_reach() {
        assert_eq!(address("HTTP://LocalHost:8080/").unwrap(), "http://localhost:8080");
        assert_eq!(address("itops.example.org").unwrap(), "https://itops.example.org");
        assert_eq!(address("https://example.org/itops/").unwrap(), "https://example.org/itops");
        assert!(address("ftp://example.org").is_err());
        assert!(address("https://me:pw@example.org").is_err());
    }

    #[test]
    fn contexts_survive_being_written_and_unknown_keys_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.yaml");
        let mut contexts = Contexts::default();
        contexts
            .contexts
            .insert("prod".into(), Context { url: "https://x".into(), production: true, read_only: false });
        contexts.current = Some("prod".into());
        contexts.save(&path).unwrap();
        assert_eq!(Contexts::load(&path).unwrap(), contexts);
        fs::write(&path, "contexts: {a: {url: x, pasword: y}}").unwrap();
        assert!(Contexts::load(&path).is_err());
    }
}
