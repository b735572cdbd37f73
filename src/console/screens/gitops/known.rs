//! What is declared, with what lists need of it worked out once when it arrives: faults of each thing, things of each
//! file. And the rows of the trees by kind and by file.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    console::filter::Filter,
    domain::{
        detail::DeclaredIndex,
        gitops::{DeclaredKind, Fault, Place, Recognised, Severity},
    },
};

use super::rows::{self, Id, Row};

/// Things of one kind, and files of one repository, from which lists begin folded.
const MANY: usize = 200;

/// In the order in which they are told.
const RECOGNISED: [Recognised; 5] =
    [Recognised::Ours, Recognised::Broken, Recognised::Template, Recognised::Foreign, Recognised::Other];

/// What is known of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfFile {
    /// Errors in it.
    pub errors: u32,
    /// Warnings in it.
    pub warnings: u32,
    /// Numbers of the things declared in it, by line.
    pub things: Vec<usize>,
}

/// The index, and what follows from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// As it came.
    pub index: DeclaredIndex,
    /// The worst fault on the lines of each thing.
    pub worst: Vec<Option<Severity>>,
    /// By path.
    pub of_file: BTreeMap<Arc<str>, OfFile>,
    /// Numbers of the faults, worst first.
    pub faults: Vec<usize>,
    /// Things of each kind, in the order of [`DeclaredKind::ALL`].
    pub counts: Vec<usize>,
    /// Files by what they were recognised as.
    pub recognised: Vec<(Recognised, usize)>,
    /// Files below each folder: how many, errors and warnings.
    pub folders: BTreeMap<Arc<str>, (usize, u32, u32)>,
}

impl Known {
    /// Work out what follows from an index.
    pub fn new(index: DeclaredIndex) -> Self {
        let mut by_file: BTreeMap<&str, Vec<&Fault>> = BTreeMap::new();
        let mut of_file: BTreeMap<Arc<str>, OfFile> = BTreeMap::new();
        for file in &index.files {
            of_file.entry(file.path.clone()).or_default();
        }
        for fault in &index.faults {
            by_file.entry(&fault.place.file).or_default().push(fault);
            let of = of_file.entry(fault.place.file.clone()).or_default();
            match fault.severity {
                Severity::Error => of.errors += 1,
                Severity::Warning => of.warnings += 1,
            }
        }
        let within = |place: &Place| {
            let faults = by_file.get(&*place.file)?;
            // Error stands before Warning in order.
            faults.iter().filter(|f| (place.line..=place.end_line).contains(&f.place.line)).map(|f| f.severity).min()
        };
        let worst = index.declared.iter().map(|d| within(&d.place)).collect();
        for (number, thing) in index.declared.iter().enumerate() {
            of_file.entry(thing.place.file.clone()).or_default().things.push(number);
        }
        for of in of_file.values_mut() {
            of.things.sort_by_key(|number| index.declared[*number].place.line);
        }
        let mut faults: Vec<usize> = (0..index.faults.len()).collect();
        faults.sort_by_key(|number| index.faults[*number].severity);
        let counts =
            DeclaredKind::ALL.iter().map(|kind| index.declared.iter().filter(|d| d.kind == *kind).count()).collect();
        let mut folders: BTreeMap<Arc<str>, (usize, u32, u32)> = BTreeMap::new();
        for file in &index.files {
            let (errors, warnings) = of_file.get(&file.path).map_or((0, 0), |of| (of.errors, of.warnings));
            let broken = u32::from(file.recognised == Recognised::Broken && errors == 0);
            for (end, _) in file.path.match_indices('/') {
                let count = folders.entry(file.path[..=end].into()).or_default();
                *count = (count.0 + 1, count.1 + errors + broken, count.2 + warnings);
            }
        }
        let recognised = RECOGNISED
            .iter()
            .map(|kind| (*kind, index.files.iter().filter(|f| f.recognised == *kind).count()))
            .filter(|(_, count)| *count > 0)
            .collect();
        Self { worst, of_file, faults, counts, recognised, folders, index }
    }

    /// Whether folders begin folded.
    pub fn starts_folded(&self) -> bool {
        self.index.files.len() > MANY
    }

    /// Whether a kind with so many things begins folded.
    #[allow(clippy::unused_self, reason = "stands beside its sibling")]
    pub const fn kind_starts_folded(&self, count: usize) -> bool {
        count > MANY
    }

    /// The rows of the tree by kind.
    pub fn by_kind(&self, toggled: &BTreeSet<Id>, problems: bool, filter: &Filter) -> Vec<Row> {
        let everything = problems || !filter.is_empty();
        let mut rows = Vec::with_capacity(self.index.declared.len() + DeclaredKind::ALL.len());
        for (kind, count) in DeclaredKind::ALL.into_iter().zip(&self.counts).filter(|(_, count)| **count > 0) {
            let id = Id::Kind(kind);
            let folded = !everything && (toggled.contains(&id) != self.kind_starts_folded(*count));
            let heading = rows.len();
            let mut worst = None;
            rows.push(Row { folded: Some(folded), ..Row::of(id, *count) });
            for (number, thing) in self.index.declared.iter().enumerate().filter(|(_, d)| d.kind == kind) {
                let severity = self.worst[number];
                if problems && severity.is_none()
                    || !rows::passes(filter, kind, &thing.name, &thing.place.file, &thing.summary)
                {
                    continue;
                }
                worst = worst.min(severity).or(worst).or(severity);
                if !folded {
                    let file = thing.place.file.clone();
                    rows.push(Row {
                        depth: 1,
                        severity,
                        place: Some(thing.place.clone()),
                        ..Row::of(Id::Thing(kind, thing.name.clone(), file), number)
                    });
                }
            }
            rows[heading].severity = worst;
            if everything && rows.len() == heading + 1 {
                rows.pop();
            }
        }
        rows
    }

    /// The rows of the tree by file.
    pub fn by_file(&self, toggled: &BTreeSet<Id>, problems: bool, filter: &Filter) -> Vec<Row> {
        let everything = problems || !filter.is_empty();
        let start_folded = self.starts_folded();
        let mut rows: Vec<Row> = Vec::new();
        let mut shown: BTreeSet<Arc<str>> = BTreeSet::new();
        // A folder that is folded hides whatever begins with it.
        let mut hidden: Option<Arc<str>> = None;
        for (number, file) in self.index.files.iter().enumerate() {
            if hidden.as_ref().is_some_and(|folder| file.path.starts_with(&**folder)) {
                continue;
            }
            let of = self.of_file.get(&file.path);
            let broken = (file.recognised == Recognised::Broken).then_some(Severity::Error);
            let severity = match of {
                Some(of) if of.errors > 0 => Some(Severity::Error),
                Some(of) if of.warnings > 0 => broken.or(Some(Severity::Warning)),
                _ => broken,
            };
            if problems && severity.is_none() || !self.file_passes(number, filter) {
                continue;
            }
            hidden = None;
            for (end, _) in file.path.match_indices('/') {
                let folder: Arc<str> = file.path[..=end].into();
                let id = Id::Folder(folder.clone());
                let folded = !everything && (toggled.contains(&id) != start_folded);
                if shown.insert(folder.clone()) {
                    rows.push(self.folder(id, &folder, folded));
                }
                if folded {
                    hidden = Some(folder);
                    break;
                }
            }
            if hidden.is_none() {
                self.push_file(number, severity, toggled, &mut rows);
            }
        }
        rows
    }

    fn folder(&self, id: Id, folder: &Arc<str>, folded: bool) -> Row {
        let (files, errors, warnings) = self.folders.get(folder).copied().unwrap_or_default();
        let severity = match (errors, warnings) {
            (0, 0) => None,
            (0, _) => Some(Severity::Warning),
            _ => Some(Severity::Error),
        };
        let depth = depth_of(folder.trim_end_matches('/'));
        Row { depth, severity, folded: Some(folded), ..Row::of(id, files) }
    }

    fn push_file(&self, number: usize, severity: Option<Severity>, toggled: &BTreeSet<Id>, rows: &mut Vec<Row>) {
        let file = &self.index.files[number];
        let things = self.of_file.get(&file.path).map(|of| of.things.as_slice()).unwrap_or_default();
        let id = Id::File(file.path.clone());
        let open = toggled.contains(&id);
        let depth = depth_of(&file.path);
        let place = Some(Place { file: file.path.clone(), line: 1, column: 1, end_line: 0 });
        let folded = (!things.is_empty()).then_some(!open);
        rows.push(Row { depth, severity, place, folded, ..Row::of(id, number) });
        for number in things.iter().copied().filter(|_| open) {
            let thing = &self.index.declared[number];
            rows.push(Row {
                depth: depth + 1,
                severity: self.worst[number],
                place: Some(thing.place.clone()),
                ..Row::of(Id::Thing(thing.kind, thing.name.clone(), file.path.clone()), number)
            });
        }
    }

    /// A file passes by its own name or by anything declared in it.
    fn file_passes(&self, number: usize, filter: &Filter) -> bool {
        let file = &self.index.files[number];
        let word = file.recognised.word();
        let own = filter.facts(&[&file.path, word], |key| (key == "path").then_some(&*file.path));
        own || self.of_file.get(&file.path).is_some_and(|of| {
            of.things
                .iter()
                .map(|number| &self.index.declared[*number])
                .any(|thing| rows::passes(filter, thing.kind, &thing.name, &file.path, &thing.summary))
        })
    }

    /// The rows of the faults, worst first.
    pub fn fault_rows(&self, filter: &Filter, errors_only: bool) -> Vec<Row> {
        self.faults
            .iter()
            .map(|number| (*number, &self.index.faults[*number]))
            .filter(|(_, fault)| !errors_only || fault.severity == Severity::Error)
            .filter(|(_, fault)| {
                let file: &str = &fault.place.file;
                let texts = [fault.code.code(), fault.severity.word(), &fault.message, &fault.hint, file];
                filter.facts(&texts, |key| (key == "path").then_some(file))
            })
            .map(|(number, fault)| {
                let place = &fault.place;
                Row {
                    severity: Some(fault.severity),
                    place: Some(place.clone()),
                    ..Row::of(Id::Fault(fault.code, place.file.clone(), place.line, place.column), number)
                }
            })
            .collect()
    }
}

fn depth_of(path: &str) -> u8 {
    u8::try_from(path.matches('/').count()).unwrap_or(u8::MAX).min(12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::screens::gitops::samples,
        domain::gitops::{Declared, FileEntry},
    };

    fn filter(text: &str) -> Filter {
        let mut filter = Filter::default();
        filter.set(text);
        filter
    }

    fn ids(rows: &[Row]) -> Vec<String> {
        rows.iter()
            .map(|row| match &row.id {
                Id::Kind(kind) => format!("{}s", kind.word()),
                Id::Thing(_, name, _) => format!(" {name}"),
                Id::Folder(path) | Id::File(path) => path.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    fn large(files: usize) -> Known {
        let mut index = DeclaredIndex::default();
        for number in 0..files {
            let path: Arc<str> = format!("services/team-{:02}/svc-{number:05}.yaml", number % 50).into();
            index.files.push(FileEntry { path: path.clone(), recognised: Recognised::Ours, lines: 20 });
            index.declared.push(Arc::new(Declared {
                kind: DeclaredKind::Service,
                name: format!("acme/shop/prod/eu-1/svc-{number:05}"),
                display_name: String::new(),
                place: Place { file: path, line: 1, column: 1, end_line: 20 },
                summary: String::new(),
            }));
        }
        index.files.sort_by(|a, b| a.path.cmp(&b.path));
        Known::new(index)
    }

    #[test]
    fn errors_come_before_warnings() {
        let known = Known::new(samples::index());
        let rows = known.fault_rows(&filter(""), false);
        let codes: Vec<&str> = rows.iter().map(|r| known.index.faults[r.item].code.code()).collect();
        assert_eq!(codes, ["E023", "W105", "W101"]);
        assert_eq!(known.fault_rows(&filter("path:values"), false).len(), 1);
        assert_eq!(known.fault_rows(&filter(""), true).len(), 1);
    }

    #[test]
    fn a_thing_with_a_fault_on_its_lines_shows_it_and_so_does_its_kind() {
        let known = Known::new(samples::index());
        let rows = known.by_kind(&BTreeSet::new(), false, &filter(""));
        let group = rows.iter().find(|r| matches!(&r.id, Id::Thing(DeclaredKind::Group, ..))).unwrap();
        assert_eq!(group.severity, Some(Severity::Warning));
        let kind = rows.iter().find(|r| r.id == Id::Kind(DeclaredKind::Group)).unwrap();
        assert_eq!(kind.severity, Some(Severity::Warning));
        let service = rows.iter().find(|r| matches!(&r.id, Id::Thing(DeclaredKind::Service, ..))).unwrap();
        assert_eq!(service.severity, None);
    }

    #[test]
    fn a_kind_over_nothing_is_not_shown_and_keys_of_the_filter_are_exact() {
        let known = Known::new(samples::index());
        let none = BTreeSet::new();
        assert_eq!(
            ids(&known.by_kind(&none, false, &filter("checkout"))),
            ["services", " acme/shop/prod/eu-1/checkout"]
        );
        assert!(known.by_kind(&none, false, &filter("zzz")).is_empty());
        assert_eq!(ids(&known.by_kind(&none, false, &filter("kind:group"))), ["groups", " acme/platform-team"]);
    }

    #[test]
    fn problems_only_leaves_what_has_faults() {
        let known = Known::new(samples::index());
        let none = BTreeSet::new();
        let rows = known.by_kind(&none, true, &filter(""));
        assert!(!ids(&rows).contains(&"services".to_owned()), "{rows:?}");
        let files = known.by_file(&none, true, &filter(""));
        assert!(ids(&files).contains(&"services/half.yaml".to_owned()), "a broken file is a problem");
        assert!(!ids(&files).contains(&"services/checkout.yaml".to_owned()));
    }

    #[test]
    fn a_folder_hides_its_files_and_a_file_opens_on_its_things() {
        let known = Known::new(samples::index());
        let toggled = [Id::Folder("services/".into()), Id::File("platform/values.yaml".into())].into();
        let rows = ids(&known.by_file(&toggled, false, &filter("")));
        assert_eq!(rows[..5], ["README.md", "platform/", "platform/values.yaml", " platform/values.yaml", "services/"]);
        assert_eq!(rows[5], "ticketing.d/");
    }

    #[test]
    fn thousands_of_files_begin_folded_and_a_filter_opens_them() {
        let known = large(5_000);
        let none = BTreeSet::new();
        assert_eq!(ids(&known.by_file(&none, false, &filter(""))), ["services/"]);
        assert_eq!(ids(&known.by_kind(&none, false, &filter(""))), ["services"]);
        let found = ids(&known.by_file(&none, false, &filter("svc-00042")));
        assert_eq!(found, ["services/", "services/team-42/", "services/team-42/svc-00042.yaml"]);
        let open = [Id::Folder("services/".into())].into();
        assert_eq!(known.by_file(&open, false, &filter("")).len(), 51, "one level at a time");
    }
}
