//! CronJobs, Applications and values as things with fields: shown and compared, never applied.

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, LazyLock},
};

use sha2::{Digest, Sha256};

use super::{
    applications::Application,
    cronjobs::Job,
    layers::Layered,
    notes::Notes,
    recognise::Chart,
    redact,
    yaml::{Node, Scalar, Span, Value},
};
use crate::domain::{
    gitops::{DeclaredKind, DeclaredOrigin, Shown, Thing, state::Key},
    text::clean_line,
};

/// Values that take effect are things of their own.
const APPLIED: &[&str] = &["ticketing", "auth", "slaGroups", "slaTargets"];
/// Longest text of one field.
const TEXT_LIMIT: usize = 200;

/// Everything that is shown.
#[derive(Default)]
pub struct Gallery {
    things: BTreeMap<Key, Thing>,
    /// How often each name was put in.
    taken: BTreeMap<Key, usize>,
}

/// The fields of one thing, in order.
struct Fields(Vec<(Arc<str>, Shown)>);

impl Fields {
    fn plain(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            let clean = redact::line(clean_line(value).as_ref());
            self.0.push((clean_line(name).as_ref().into(), Shown::Plain(cut(&clean).into())));
        }
    }
}

impl Gallery {
    /// What was put in.
    pub fn into_things(self) -> BTreeMap<Key, Thing> {
        self.things
    }

    /// Names that are taken get a number.
    fn put(&mut self, kind: DeclaredKind, name: &str, span: Span, fields: Fields, notes: &Notes) {
        let name = redact::line(clean_line(name).as_ref());
        let taken = self.taken.entry((kind, name.as_str().into())).or_default();
        *taken += 1;
        let name = if *taken == 1 { name } else { format!("{name} ({taken})") };
        let place = Some(notes.place(span));
        self.things.insert((kind, name.into()), Thing { origin: DeclaredOrigin::Git, place, fields: fields.0 });
    }

    /// The CronJobs that push.
    pub fn jobs(&mut self, jobs: &[Job], notes: &Notes) {
        for job in jobs {
            let mut fields = Fields(Vec::new());
            fields.plain("schedule", &job.schedule);
            fields.plain("timeZone", job.zone.as_deref().unwrap_or_default());
            fields.plain("namespace", job.namespace.as_deref().unwrap_or_default());
            fields.plain("suspended", if job.suspended { "true" } else { "" });
            // From the schedule, not from what the script says: a job may skip a run.
            let every = job.every_ms.and_then(|ms| u64::try_from(ms).ok()).map(std::time::Duration::from_millis);
            let every = every.map(|every| format!("{} at most, from the schedule", humantime::format_duration(every)));
            fields.plain("every", &every.unwrap_or_default());
            for push in &job.pushes {
                let whom = push.path.as_ref().map_or("someone told only by a run", |p| p.as_str());
                fields.plain(&format!("{} of {whom}", push.report.word()), &push.endpoint);
            }
            // By namespace, so that it does not hang on which file is read first.
            let name = job.namespace.as_ref().map_or_else(|| job.name.clone(), |space| format!("{space}/{}", job.name));
            self.put(DeclaredKind::CronJob, &name, job.span, fields, notes);
        }
    }

    /// The Applications.
    pub fn applications(&mut self, applications: &[Application], notes: &Notes) {
        for application in applications {
            let mut fields = Fields(Vec::new());
            fields.plain("project", &application.project);
            fields.plain("destination", &application.destination);
            for (number, source) in (1..).zip(&application.sources) {
                let mut say = |name: &str, value: &str| fields.plain(&format!("source {number}.{name}"), value);
                say("repository", &source.repository);
                say("chart", source.chart_name.as_deref().unwrap_or_default());
                say("path", source.path.as_deref().unwrap_or_default());
                say("revision", &source.revision);
                say("ref", source.reference.as_deref().unwrap_or_default());
                let files: Vec<String> = source
                    .value_files
                    .iter()
                    .map(|f| if f.is_here { f.path.clone() } else { format!("{} (not here)", f.path) })
                    .collect();
                say("values", &files.join(", "));
            }
            self.put(DeclaredKind::Application, &application.name, application.span, fields, notes);
        }
    }

    /// The values: of every agent, and of core and portal the release that takes effect; where none is picked, each
    /// with its name, so that two readings of one repository as two releases can be held against each other. Which files it is made of
    /// is no field: two releases that say the same are the same.
    pub fn values(&mut self, releases: &[Layered], picked: &[Option<&Layered>], notes: &Notes) {
        for release in releases {
            let is_picked = picked.iter().flatten().any(|p| std::ptr::eq(*p, release));
            let has_pick = picked.iter().flatten().any(|p| p.chart == release.chart);
            let name = match (release.chart, &release.release.node) {
                (Chart::Agent, Some(node)) => format!("{} {node}", release.chart.name()),
                _ if is_picked => release.chart.name().to_owned(),
                _ if has_pick => continue,
                _ => format!("{} {}", release.chart.name(), release.name()),
            };
            let mut fields = Fields(Vec::new());
            let secrets = redact::secret_nodes(&release.node);
            for entry in release.node.entries().iter().filter(|e| !APPLIED.contains(&e.key.as_str())) {
                flatten(&entry.key, &entry.node, &secrets, &mut fields);
            }
            // Values that only hold what takes effect are shown as that.
            if !fields.0.is_empty() {
                self.put(DeclaredKind::Values, &name, release.node.span, fields, notes);
            }
        }
    }
}

/// `a: {b: [x, y]}` as `a.b` = `x, y`; mappings in a list go by their name, else by their number.
fn flatten(path: &str, node: &Node, secrets: &BTreeSet<*const Node>, out: &mut Fields) {
    match &node.value {
        Value::Scalar(scalar) => scalar_field(path, node, scalar, secrets, out),
        Value::Map(entries) if entries.is_empty() => out.plain(path, "{}"),
        Value::Map(entries) => {
            for entry in entries {
                flatten(&format!("{path}.{}", entry.key), &entry.node, secrets, out);
            }
        }
        Value::Seq(items) if items.is_empty() => out.plain(path, "[]"),
        Value::Seq(items)
            if items.iter().all(|i| i.scalar().is_some() && !secrets.contains(&std::ptr::from_ref(i))) =>
        {
            let words: Vec<String> = items.iter().filter_map(Node::scalar).map(Scalar::line).collect();
            out.plain(path, &words.join(", "));
        }
        Value::Seq(items) => {
            for (number, item) in (1..).zip(items) {
                let name = ["name", "host"].iter().find_map(|key| item.word(key));
                let name = name.unwrap_or_else(|| format!("{number}"));
                flatten(&format!("{path}[{name}]"), item, secrets, out);
            }
        }
    }
}

fn scalar_field(path: &str, node: &Node, scalar: &Scalar, secrets: &BTreeSet<*const Node>, out: &mut Fields) {
    if scalar.is_null() {
        return;
    }
    let raw = scalar.raw().trim();
    let shown = redact::line(clean_line(raw).as_ref());
    // A text that is only partly secret is a secret too: a change in the hidden part must not go unseen.
    let hides = |text: &str| text.lines().any(|l| redact::line(l).contains(redact::MASK));
    if secrets.contains(&std::ptr::from_ref(node)) || (!raw.contains(redact::MASK) && hides(raw)) {
        out.0.push((clean_line(path).as_ref().into(), Shown::Secret(Some(fingerprint(raw)))));
        return;
    }
    let lines = raw.lines().count();
    if lines > 1 {
        let first = redact::line(clean_line(raw.lines().next().unwrap_or_default()).as_ref());
        let rest: Vec<String> = raw.lines().map(|l| redact::line(clean_line(l).as_ref())).collect();
        out.plain(path, &format!("{} … ({lines} lines, {})", head(&first, TEXT_LIMIT / 2), sign(&rest.join("\n"))));
    } else {
        out.plain(path, if raw.is_empty() { "\"\"" } else { &shown });
    }
}

fn cut(text: &str) -> String {
    let shown = head(text, TEXT_LIMIT);
    if shown.len() == text.len() { shown.to_owned() } else { format!("{shown}… ({})", sign(text)) }
}

fn head(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).map_or(text, |(at, _)| &text[..at])
}

/// What tells a redacted text from another that is cut to the same words; the same everywhere.
fn sign(redacted: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(redacted).into();
    digest[..4].iter().map(|b| format!("{b:02x}")).collect()
}

/// Tells two secrets apart within this process. The key is made once and known to nobody.
fn fingerprint(secret: &str) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::yaml::{Origin, parse};

    fn fields(text: &str) -> Vec<(String, Shown)> {
        let root = parse(text, Origin::file(0)).documents.remove(0);
        let secrets = redact::secret_nodes(&root);
        let mut out = Fields(Vec::new());
        for entry in root.entries() {
            flatten(&entry.key, &entry.node, &secrets, &mut out);
        }
        out.0.into_iter().map(|(name, shown)| (name.to_string(), shown)).collect()
    }

    #[test]
    fn values_become_dotted_keys() {
        let found = fields(
            "env: {A: x, B: \"\"}\nnone: ~\nempty: []\nlist: [a, b]\nhosts:\n  - {host: h, paths: [/]}\ntext: |\n  one\n  two\n",
        );
        let wanted = [
            ("env.A", "x"),
            ("env.B", "\"\""),
            ("empty", "[]"),
            ("list", "a, b"),
            ("hosts[h].host", "h"),
            ("hosts[h].paths", "/"),
            ("text", "one … (2 lines, 21066d10)"),
        ];
        let found: Vec<(&str, &str)> = found.iter().map(|(name, shown)| (name.as_str(), shown.text())).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn secrets_are_told_apart_and_never_shown() {
        let of = |text: &str| fields(text).remove(0).1;
        let first = of("secretEnv: {A: one-secret}");
        assert!(matches!(first, Shown::Secret(Some(_))));
        assert_eq!(first, of("secretEnv: {A: one-secret}"));
        assert!(!first.same(&of("secretEnv: {A: other-secret}")));
        let address = of("url: https://bob:pw1@h/");
        assert!(matches!(address, Shown::Secret(Some(_))), "{address:?}");
        assert!(!address.same(&of("url: https://bob:pw2@h/")));
    }
}
