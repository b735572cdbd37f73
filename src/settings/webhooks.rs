//! Receivers that the core tells what begins and stops needing a person, as the settings list them.

use serde_json::Value;
use url::Url;

use crate::domain::attention::telling::Topic;

/// What a receiver may be told, beside the words of topics.
const DAILY_REPORT: &str = "daily_report";
/// Variables that may hold a secret of a receiver begin so: the environment is not searched for anything else.
pub const SECRET_PREFIX: &str = "ITOPS_WEBHOOK_";

/// A receiver as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Unique.
    pub name: String,
    /// http or https.
    pub url: Url,
    /// Where its secret is.
    pub secret: SecretPlace,
    /// What it is told.
    pub events: Vec<String>,
}

/// Where a secret is. Never the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In this variable.
    Variable(String),
    /// In this file.
    File(String),
}

impl Webhook {
    /// What one has to look like, for faults.
    pub const WANTED: &'static str = "a list of receivers, each with a `name` of its own, an http or https `url`, \
        `secret_env: ITOPS_WEBHOOK_...` or `secret_file`, and `events` out of page, breach, automatic_ticket, \
        silent_reporter and daily_report (left out: all but the report)";

    /// All receivers of a list; none when it is not like [`Self::WANTED`].
    pub fn list(value: &Value) -> Option<Vec<Self>> {
        let all: Vec<Self> = value.as_array()?.iter().map(Self::one).collect::<Option<_>>()?;
        let mut names: Vec<&str> = all.iter().map(|w| w.name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).all(|pair| pair[0] != pair[1]).then_some(all)
    }

    fn one(value: &Value) -> Option<Self> {
        let fields = value.as_object()?;
        if fields.keys().any(|k| !["name", "url", "secret_env", "secret_file", "events"].contains(&k.as_str())) {
            return None;
        }
        let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let name = text("name").filter(|n| n.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)))?;
        let url = Url::parse(text("url")?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let secret = match (text("secret_env"), text("secret_file")) {
            (Some(variable), None) if variable.starts_with(SECRET_PREFIX) => SecretPlace::Variable(variable.to_owned()),
            (None, Some(file)) => SecretPlace::File(file.to_owned()),
            _ => return None,
        };
        let events = match fields.get("events") {
            None => Topic::ALL.iter().map(|topic| topic.word().to_owned()).collect(),
            Some(words) => words.as_array()?.iter().map(event).collect::<Option<Vec<_>>>()?,
        };
        Some(Self { name: name.to_owned(), url, secret, events })
    }
}

fn event(value: &Value) -> Option<String> {
    let word = value.as_str()?;
    (word == DAILY_REPORT || Topic::parse(word).is_some()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_receiver_says_where_who_and_what() {
        let value = json!([
            { "name": "chat", "url": "https://chat.example/hook", "secret_env": "ITOPS_WEBHOOK_CHAT" },
            { "name": "pager", "url": "http://10.0.0.7:8080/", "secret_file": "/run/pager", "events": ["page"] },
        ]);
        let list = Webhook::list(&value).unwrap();
        assert_eq!(list[0].events, ["page", "breach", "automatic_ticket", "silent_reporter"]);
        assert_eq!(list[1].events, ["page"]);
        assert_eq!(list[1].secret, SecretPlace::File("/run/pager".to_owned()));
        assert_eq!(Webhook::list(&json!([])), Some(Vec::new()));
    }

    #[test]
    fn what_is_not_a_receiver_is_none() {
        let good = json!({ "name": "a", "url": "https://a.example/", "secret_env": "ITOPS_WEBHOOK_A" });
        assert!(Webhook::list(&json!([good])).is_some());
        for (field, value) in [
            ("name", json!("a b")),
            ("url", json!("ftp://a.example/")),
            ("url", json!("https://me:pw@a.example/")),
            ("secret_env", json!("PATH")),
            ("secret_file", json!("/also")),
            ("events", json!(["everything"])),
            ("colour", json!("red")),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            assert_eq!(Webhook::list(&json!([bad])), None, "{field}");
        }
        assert_eq!(Webhook::list(&json!([good, good])), None, "two of one name");
        assert_eq!(Webhook::list(&json!("chat")), None);
    }
}
