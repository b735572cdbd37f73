//! One file on its way through the reader: what is known from its own text alone, and what a reading makes of it.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use super::{
    notes::Notes,
    recognise::{self, Kind, Look},
    redact,
    services::{self, Draft},
    tree::{Content, SIZE_LIMIT, is_json},
    yaml::{self, Embedded, Node, Origin, Parsed, Problem, Span},
};
use crate::domain::gitops::{FaultCode, Recognised, SourceLines};

/// A file on its way through the reader.
pub struct File {
    /// Index in [`Notes`]; stays as long as the file does.
    pub id: usize,
    /// Relative to the root.
    pub path: Arc<str>,
    /// Stamp of what was parsed; none when it is to be opened again.
    pub stamp: Option<u64>,
    /// Tells the text that was parsed from another.
    pub digest: u64,
    /// Whether it lies in the `templates/` of a chart.
    pub is_template: bool,
    /// Text with plain line ends; empty where there is none to show.
    pub text: String,
    /// Its documents and what is wrong with its text.
    pub parsed: Parsed,
    /// What is to be said of it even when no document of ours is in it.
    problems: Vec<Problem>,
    /// What its own text makes of it.
    found: Recognised,
    /// What each document is; none for what is not ours.
    pub kinds: Vec<Option<Kind>>,
    /// What it is when no document of ours is found in it.
    pub otherwise: Recognised,
    /// Whether a document of ours was found in it.
    pub is_ours: bool,
    /// What its documents are as far as they say it themselves.
    pub look: Look,
    /// The secrets that stand in it; looked for in files of ours only.
    pub kept: Vec<redact::Kept>,
    /// Its lines as they may be shown, once it was one of ours.
    shown: Option<Shown>,
    /// What the services in it say, once it was one of ours.
    services: Option<Services>,
}

/// The text of a file as it may be shown.
struct Shown {
    lines: SourceLines,
    /// Where credentials stand that no key names.
    credentials: Vec<Span>,
    /// The lines without the secrets of other files, and which secrets these were.
    hidden: Option<(u64, SourceLines)>,
}

/// The services of a file and what was noted when they were read.
struct Services {
    kinds: Vec<Option<Kind>>,
    drafts: Box<[Draft]>,
    notes: Notes,
}

impl File {
    /// Parse what was found in a file.
    pub fn new(id: usize, path: Arc<str>, content: Content, is_template: bool) -> Self {
        let mut file = Self {
            id,
            path,
            stamp: None,
            digest: digest(&content),
            is_template,
            text: String::new(),
            parsed: Parsed::default(),
            problems: Vec::new(),
            found: Recognised::Broken,
            kinds: Vec::new(),
            otherwise: Recognised::Other,
            is_ours: false,
            look: Look::default(),
            kept: Vec::new(),
            shown: None,
            services: None,
        };
        match content {
            Content::NotYaml => file.found = Recognised::Other,
            Content::Foreign => file.found = Recognised::Foreign,
            Content::Unreadable(why) => file.problem(FaultCode::Unreadable, format!("cannot be read: {why}"), ""),
            Content::TooLarge => {
                let message = format!("larger than {} KiB", SIZE_LIMIT / 1024);
                file.problem(FaultCode::HostileYaml, message, "split the file");
            }
            Content::NotText => {
                let message = "not text in UTF-8".to_owned();
                file.problem(FaultCode::NotText, message, "save it as UTF-8, or rename it");
            }
            Content::Text(_) if is_template => file.found = Recognised::Template,
            Content::Text(text) => file.parse(&text),
        }
        file
    }

    fn problem(&mut self, code: FaultCode, message: String, hint: &'static str) {
        self.problems.push(Problem { code, span: Span::start_of(self.id), message, hint });
    }

    fn parse(&mut self, text: &str) {
        self.text = yaml::normalised(text);
        self.parsed = yaml::parse(&self.text, Origin::file(self.id));
        self.parsed.documents = std::mem::take(&mut self.parsed.documents).into_iter().flat_map(unlisted).collect();
        self.found = if self.parsed.problems.is_empty() {
            Recognised::Foreign
        } else if self.text.lines().any(|l| l.contains("{{") && !l.trim_start().starts_with('#')) {
            self.parsed = Parsed::default();
            Recognised::Template
        } else if is_json(&self.path) {
            Recognised::Other
        } else {
            self.problems.clone_from(&self.parsed.problems);
            Recognised::Broken
        };
        if self.parsed.documents.iter().any(recognise::may_be_ours) {
            self.look = Look::at(&self.path, &self.parsed.documents);
        } else {
            // The large foreign files of a repository would be most of what is kept.
            (self.text, self.parsed) = (String::new(), Parsed::default());
        }
    }

    /// Whether [`Self::work`] has something to do.
    pub fn is_to_work(&self) -> bool {
        self.is_ours && (self.shown.is_none() || self.services.as_ref().is_none_or(|s| s.kinds != self.kinds))
    }

    /// What takes time and needs no other file: find its secrets, mask its lines, read its services.
    pub fn work(&mut self) {
        let mut embedded = Embedded::default();
        if self.shown.is_none() {
            let documents = &self.parsed.documents;
            self.kept = documents.iter().flat_map(|node| redact::kept_with(node, &mut embedded)).collect();
            let lines = redact::lines(&self.text, &self.kept);
            self.shown = Some(Shown { lines, credentials: self.find_credentials(), hidden: None });
            self.text = String::new();
        }
        let mut notes = Notes::alone(self.id, self.path.clone());
        let documents = self.parsed.documents.iter().zip(&self.kinds);
        let drafts = documents
            .filter_map(|(node, kind)| kind.map(|kind| (node, kind)))
            .flat_map(|(node, kind)| services::read(kind, &self.path, node, &mut embedded, &mut notes))
            .collect();
        self.services = Some(Services { kinds: self.kinds.clone(), drafts, notes });
        if self.look.is_services() {
            // Ten thousand trees that nobody looks at again.
            self.parsed.documents.iter_mut().for_each(Node::let_go);
        }
    }

    fn find_credentials(&self) -> Vec<Span> {
        let named: HashSet<u32> = self.kept.iter().flat_map(|k| k.span.line..=k.span.end_line).collect();
        let lines = (1u32..).zip(self.text.split('\n'));
        lines
            .filter(|(number, line)| !named.contains(number) && redact::strong_hit(line))
            .map(|(line, text)| {
                let column = 1 + u32::try_from(text.chars().take_while(|c| c.is_whitespace()).count()).unwrap_or(0);
                Span { file: self.id, line, column, end_line: line, end_column: column }
            })
            .collect()
    }

    /// Where credentials stand that no key names.
    pub fn credentials(&self) -> &[Span] {
        self.shown.as_ref().map(|s| s.credentials.as_slice()).unwrap_or_default()
    }

    /// Its services; what was noted about them is noted again.
    pub fn services(&self, notes: &mut Notes) -> &[Draft] {
        match &self.services {
            Some(services) if self.is_ours => {
                notes.absorb(&services.notes);
                &services.drafts
            }
            _ => &[],
        }
    }

    /// Its lines without the secrets of any file.
    pub fn lines(&mut self, known: &redact::Known, digest: u64) -> SourceLines {
        let Some(shown) = &mut self.shown else {
            return SourceLines::default();
        };
        match &shown.hidden {
            Some((of, lines)) if *of == digest => lines.clone(),
            _ => {
                let lines = known.hide_lines(&shown.lines);
                shown.hidden = Some((digest, lines.clone()));
                lines
            }
        }
    }

    /// Forget what an earlier reading made of it, and say again what is wrong with its text.
    pub fn begin(&mut self, notes: &mut Notes) {
        self.otherwise = self.found;
        for problem in &self.problems {
            notes.problem(problem);
        }
    }

    /// What it is.
    pub const fn recognised(&self) -> Recognised {
        match self.otherwise {
            Recognised::Broken => Recognised::Broken,
            _ if self.is_ours => Recognised::Ours,
            other => other,
        }
    }

    /// A document with a key that stands twice may mean either; it is said, and takes no effect.
    pub fn leave_out_duplicates(&mut self, notes: &mut Notes) {
        for duplicate in &self.parsed.duplicates {
            let inside = |node: &Node| (node.span.line..=node.span.end_line).contains(&duplicate.span.line);
            for (node, kind) in self.parsed.documents.iter().zip(&mut self.kinds) {
                if inside(node) {
                    *kind = None;
                }
            }
            notes.problem(duplicate);
        }
    }
}

/// Tells one content from another.
pub fn digest(content: &Content) -> u64 {
    let mut hasher = DefaultHasher::new();
    match content {
        Content::Text(text) | Content::Unreadable(text) => text.hash(&mut hasher),
        Content::NotYaml | Content::Foreign | Content::TooLarge | Content::NotText => {}
    }
    std::mem::discriminant(content).hash(&mut hasher);
    hasher.finish()
}

/// The folders of Helm charts: what lies in their `templates/` is no YAML yet.
pub struct Charts<'p>(HashSet<&'p str>);

impl<'p> Charts<'p> {
    /// From the paths of all files.
    pub fn of(paths: impl Iterator<Item = &'p str>) -> Self {
        Self(paths.filter_map(|p| p.strip_suffix("Chart.yaml")).collect())
    }

    /// Whether a file lies in the templates of one of them.
    pub fn hold(&self, path: &str) -> bool {
        !self.0.is_empty() && path.match_indices("templates/").any(|(at, _)| self.0.contains(&path[..at]))
    }
}

/// The items of a Kubernetes `List`, else the document itself.
fn unlisted(node: Node) -> Vec<Node> {
    let is_list = node.word("kind").is_some_and(|k| k == "List");
    match node.get("items").and_then(Node::items) {
        Some(items) if is_list => items.to_vec(),
        _ => vec![node],
    }
}
