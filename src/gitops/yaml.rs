//! The one YAML module: text in, a tree with positions out.
//!
//! Guards against what a person would not write (size, depth, alias bombs), keeps plain scalars as they stand
//! (`1.10` stays `1.10`), expands aliases and merge keys, and goes on with the next document after a broken one.
//! JSON is YAML. Nothing in here knows what a document means.

use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span as Range, StructureStyle,
};

use super::redact;
use crate::domain::{gitops::FaultCode, text};

/// Nodes of one file after aliases are expanded; more is not what a person writes.
const NODE_LIMIT: usize = 250_000;
/// Deepest nesting, in brackets and in indentation.
const DEPTH_LIMIT: usize = 64;
/// Documents of one file.
const DOCUMENT_LIMIT: usize = 4_096;

/// Where something stands; lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Index of the file in the reading.
    pub file: usize,
    /// First line.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character of the last line.
    pub end_column: u32,
}

impl Span {
    /// The very beginning of a file.
    pub const fn start_of(file: usize) -> Self {
        Self { file, line: 1, column: 1, end_line: 1, end_column: 1 }
    }

    /// From the start of `self` to the end of `other`.
    pub const fn to(self, other: Self) -> Self {
        Self { end_line: other.end_line, end_column: other.end_column, ..self }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where. An alias has the place of what it stands for.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// The three shapes of YAML.
#[derive(Clone, Debug)]
pub enum Value {
    /// A word, number or text, as it stands.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping in order of declaration, merge keys applied.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key, cleaned.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Entry {
    /// From the key to the end of the value.
    pub const fn span(&self) -> Span {
        self.key_span.to(self.node.span)
    }
}

/// A scalar before anyone decides on its type.
#[derive(Clone, Debug)]
pub struct Scalar {
    raw: String,
    /// Without quotes and not a block.
    pub is_plain: bool,
    /// For a literal block: its first content line and the columns cut off in front of each line.
    pub block: Option<(u32, u32)>,
    /// A block, literal or folded.
    pub is_block: bool,
}

impl Scalar {
    /// The text exactly as declared. Only for parsing it again; never to be shown.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// One safe line without secrets.
    pub fn line(&self) -> String {
        redact::line(text::clean_line(self.raw.trim()).as_ref())
    }

    /// Nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        self.is_plain && matches!(self.raw.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// True or false, by the words that Kubernetes tooling takes.
    pub fn flag(&self) -> Option<bool> {
        match self.raw.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }
}

impl Node {
    /// The entries of a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether it is a mapping.
    pub const fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// The elements of a list.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, if it is one.
    pub const fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    /// The value of `key`, unless it is null.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|e| &e.node).filter(|n| !n.is_null())
    }

    /// The value at the end of a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Whether it says nothing.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// The scalar of `key` as one safe line.
    pub fn word(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Self::scalar).map(Scalar::line)
    }

    /// `other` laid over this one as Helm does: mappings merge, all else is replaced, null takes away.
    pub fn layered(&self, other: &Self) -> Self {
        if !self.is_map() || !other.is_map() {
            return other.clone();
        }
        let mut entries: Vec<Entry> = self.entries().to_vec();
        for over in other.entries() {
            match entries.iter().position(|e| e.key == over.key) {
                Some(index) if over.node.is_null() => {
                    entries.remove(index);
                }
                Some(index) => {
                    let node = entries[index].node.layered(&over.node);
                    entries[index] = Entry { key: over.key.clone(), key_span: over.key_span, node };
                }
                None => entries.push(over.clone()),
            }
        }
        Self { span: self.span, value: Value::Map(entries) }
    }

    fn size(&self) -> usize {
        match &self.value {
            Value::Scalar(_) => 1,
            Value::Seq(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|e| 1 + e.node.size()).sum::<usize>(),
        }
    }
}

/// Something that is wrong with the text itself.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Stable code.
    pub code: FaultCode,
    /// Where.
    pub span: Span,
    /// What, in plain words; never holds text of the file.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
}

/// What came out of a text.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The whole documents.
    pub documents: Vec<Node>,
    /// Duplicate keys; the document they stand in is still a document.
    pub duplicates: Vec<Problem>,
    /// What made documents unreadable; not empty means that the file is broken.
    pub problems: Vec<Problem>,
}

/// How positions in an embedded text become positions in its file.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Index of the file.
    pub file: usize,
    lines: u32,
    columns: u32,
    pinned: Option<Span>,
}

impl Origin {
    /// The text is the file.
    pub const fn file(file: usize) -> Self {
        Self { file, lines: 0, columns: 0, pinned: None }
    }

    /// The text is a scalar of a file. A literal block keeps exact lines and columns; anything else has one place.
    pub fn inside(node: &Node) -> Self {
        match node.scalar().and_then(|s| s.block) {
            Some((line, columns)) => Self { file: node.span.file, lines: line - 1, columns, pinned: None },
            None => Self { file: node.span.file, lines: 0, columns: 0, pinned: Some(node.span) },
        }
    }
}

/// Line ends become `\n` and a byte order mark goes, so that lines count the same for everyone.
pub fn normalised(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n")
}

/// Parse `text` (already [`normalised`]).
pub fn parse(text: &str, origin: Origin) -> Parsed {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEPTH_LIMIT;
    options.block_nesting_limit = DEPTH_LIMIT;
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut parsed = Parsed::default();
    let mut build = Build::new(text, origin);
    loop {
        let stopped = match parser.next_event() {
            None => break,
            Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, range))) => build.take(event, range, &mut parsed).err(),
            Some(Err(error)) => Some(build.scan_problem(&error)),
        };
        if let Some(problem) = stopped {
            let give_up = problem.code == FaultCode::HostileYaml;
            parsed.problems.push(problem);
            build.abandon();
            if give_up || !matches!(parser.proceed_next_document(), Ok(true)) {
                break;
            }
        }
    }
    parsed
}

enum Shape {
    Seq(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Span)>),
}

struct Open {
    shape: Shape,
    span: Span,
    anchor: usize,
    is_flow: bool,
}

struct Build<'t> {
    lines: Vec<&'t str>,
    origin: Origin,
    stack: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    documents: usize,
}

impl<'t> Build<'t> {
    fn new(text: &'t str, origin: Origin) -> Self {
        Self {
            lines: text.split('\n').collect(),
            origin,
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: 0,
        }
    }

    fn abandon(&mut self) {
        self.stack.clear();
        self.anchors.clear();
    }

    fn take(&mut self, event: Event<'_>, range: Range, parsed: &mut Parsed) -> Result<(), Problem> {
        let span = self.span(range);
        match event {
            Event::DocumentStart(..) => {
                self.abandon();
                self.documents += 1;
                if self.documents > DOCUMENT_LIMIT {
                    return Err(hostile(span, format!("more than {DOCUMENT_LIMIT} documents in one file")));
                }
            }
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned().ok_or_else(|| {
                    hostile(span, "an alias stands inside the thing that it stands for".to_owned())
                })?;
                // Counted before it is copied again: the size is known, so a bomb costs nothing.
                self.count(node.size(), span)?;
                self.put(node, 0, parsed)?;
            }
            Event::Scalar(text, style, anchor, _) => {
                self.count(1, span)?;
                let node = self.scalar(text.into_owned(), style, span);
                self.put(node, anchor, parsed)?;
            }
            Event::SequenceStart(style, anchor, _) => self.open(Shape::Seq(Vec::new()), style, anchor, span)?,
            Event::MappingStart(style, anchor, _) => self.open(Shape::Map(Vec::new(), None), style, anchor, span)?,
            Event::SequenceEnd | Event::MappingEnd => self.close(span, parsed)?,
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, more: usize, span: Span) -> Result<(), Problem> {
        self.nodes += more;
        if self.nodes > NODE_LIMIT {
            return Err(hostile(span, format!("more than {NODE_LIMIT} values once aliases are expanded")));
        }
        Ok(())
    }

    fn open(&mut self, shape: Shape, style: StructureStyle, anchor: usize, span: Span) -> Result<(), Problem> {
        self.count(1, span)?;
        self.stack.push(Open { shape, span, anchor, is_flow: style == StructureStyle::Flow });
        Ok(())
    }

    fn close(&mut self, end: Span, parsed: &mut Parsed) -> Result<(), Problem> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let (value, last) = match open.shape {
            Shape::Seq(items) => {
                let last = items.iter().map(|n| n.span).max_by_key(|s| (s.end_line, s.end_column));
                (Value::Seq(items), last)
            }
            Shape::Map(entries, _) => {
                let last = entries
                    .iter()
                    .filter(|e| e.node.span.line >= open.span.line)
                    .map(Entry::span)
                    .max_by_key(|s| (s.end_line, s.end_column));
                (Value::Map(merged(entries, parsed)), last)
            }
        };
        // The end of a block collection is only noticed further down, so its last child says where it ends.
        let span = if open.is_flow { open.span.to(end) } else { last.map_or(open.span, |l| open.span.to(l)) };
        self.put(Node { span, value }, open.anchor, parsed)
    }

    fn put(&mut self, node: Node, anchor: usize, parsed: &mut Parsed) -> Result<(), Problem> {
        if anchor > 0 {
            self.count(node.size(), node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut().map(|open| &mut open.shape) {
            None => parsed.documents.push(node),
            Some(Shape::Seq(items)) => items.push(node),
            Some(Shape::Map(entries, pending)) => match pending.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, node }),
                None => match &node.value {
                    Value::Scalar(scalar) => {
                        *pending = Some((text::clean_line(&scalar.raw).into_owned(), node.span));
                    }
                    _ => {
                        return Err(Problem {
                            code: FaultCode::MalformedYaml,
                            span: node.span,
                            message: "a list or mapping stands where a key should".to_owned(),
                            hint: "quote `{{ ... }}` and other text that begins with a bracket",
                        });
                    }
                },
            },
        }
        Ok(())
    }

    fn scalar(&self, raw: String, style: ScalarStyle, span: Span) -> Node {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let mut node = Node {
            span,
            value: Value::Scalar(Scalar {
                is_plain: style == ScalarStyle::Plain,
                is_block,
                block: None,
                raw,
            }),
        };
        if let (Value::Scalar(scalar), true, None) = (&mut node.value, is_block, self.origin.pinned) {
            let first = span.line + 1;
            let body: Vec<&str> = scalar.raw.trim_end_matches('\n').split('\n').collect();
            if style == ScalarStyle::Literal {
                let rows = u32::try_from(body.len()).unwrap_or(u32::MAX);
                node.span.end_line = span.line.saturating_add(rows);
                let cut = body.iter().enumerate().find(|(_, l)| !l.is_empty()).map_or(0, |(index, text)| {
                    let row = (first - 1 - self.origin.lines) as usize + index;
                    let whole = self.lines.get(row).map_or(0, |l| l.chars().count());
                    whole.saturating_sub(text.chars().count())
                });
                scalar.block = Some((first, self.origin.columns + u32::try_from(cut).unwrap_or(0)));
            } else if span.end_column <= 1 + self.origin.columns && span.end_line > span.line {
                node.span.end_line -= 1;
            }
            let last = (node.span.end_line - 1 - self.origin.lines) as usize;
            let width = self.lines.get(last).map_or(0, |l| l.chars().count());
            node.span.end_column = u32::try_from(width).unwrap_or(0) + 1 + self.origin.columns;
        }
        node
    }

    fn span(&self, range: Range) -> Span {
        let (from, to) = (range.start, range.end);
        self.at(from.line(), from.col(), to.line(), to.col())
    }

    fn at(&self, line: usize, column: usize, end_line: usize, end_column: usize) -> Span {
        if let Some(pinned) = self.origin.pinned {
            return pinned;
        }
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX / 2);
        Span {
            file: self.origin.file,
            line: small(line.max(1)) + self.origin.lines,
            column: small(column) + 1 + self.origin.columns,
            end_line: small(end_line.max(1)) + self.origin.lines,
            end_column: small(end_column) + 1 + self.origin.columns,
        }
    }

    fn scan_problem(&self, error: &ScanError) -> Problem {
        let mark = error.marker();
        let span = self.at(mark.line(), mark.col(), mark.line(), mark.col() + 1);
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return hostile(span, format!("nested deeper than {DEPTH_LIMIT} levels"));
        }
        let tab = self.lines.get(mark.line().saturating_sub(1)).is_some_and(|l| {
            l.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t')
        });
        let hint = if tab {
            "indent with spaces; YAML takes no tabs"
        } else {
            "see the indentation, quotes and brackets here and on the line above"
        };
        let info = error.info();
        let message = if info.is_empty() { "not YAML".to_owned() } else { format!("not YAML: {info}") };
        Problem { code: FaultCode::MalformedYaml, span, message: text::clean_line(&message).into_owned(), hint }
    }
}

fn hostile(span: Span, message: String) -> Problem {
    Problem { code: FaultCode::HostileYaml, span, message, hint: "write it out, or split the file" }
}

/// Reports keys that stand twice, then applies `<<`: what is written out wins, then the first merged mapping.
fn merged(entries: Vec<Entry>, parsed: &mut Parsed) -> Vec<Entry> {
    let mut seen: HashSet<String> = HashSet::with_capacity(entries.len());
    let mut merges = Vec::new();
    let mut own: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        if !seen.insert(entry.key.clone()) {
            parsed.duplicates.push(Problem {
                code: FaultCode::DuplicateKey,
                span: entry.key_span,
                message: format!("`{}` stands twice in this mapping", redact::line(&entry.key)),
                hint: "keep one of them; readers differ in which one wins",
            });
        }
        if entry.key == "<<" && (entry.node.is_map() || entry.node.items().is_some()) {
            merges.push(entry.node);
        } else {
            own.push(entry);
        }
    }
    for node in merges {
        let sources = match node.value {
            Value::Seq(items) => items,
            value => vec![Node { span: node.span, value }],
        };
        for source in sources {
            if let Value::Map(more) = source.value {
                own.extend(more.into_iter().filter(|e| seen.insert(e.key.clone())));
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        let parsed = parse(text, Origin::file(0));
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        parsed.documents.into_iter().next().unwrap()
    }

    #[test]
    fn keys_values_and_blocks_have_exact_places() {
        let root = one("a: 1\nb:\n  c: [x, y]\n  d: |\n    one\n\n    two\n\n# end\ne: 'q'\n");
        let d = root.get("b").unwrap().entry("d").unwrap();
        assert_eq!((d.key_span.line, d.key_span.column), (4, 3));
        assert_eq!(d.node.scalar().unwrap().block, Some((5, 4)));
        assert_eq!(d.node.span.end_line, 7);
        assert_eq!(root.entry("b").unwrap().span().end_line, 7);
        let e = root.entry("e").unwrap();
        assert_eq!((e.node.span.line, e.node.span.column, e.node.span.end_column), (10, 4, 7));
    }

    #[test]
    fn embedded_text_keeps_the_lines_and_columns_of_its_file() {
        let root = one("data:\n  it-ops.yaml: |\n    path: x\n    tags: [a]\n");
        let node = root.at(&["data", "it-ops.yaml"]).unwrap();
        let inner = parse(node.scalar().unwrap().raw(), Origin::inside(node));
        let tags = inner.documents[0].entry("tags").unwrap().clone();
        assert_eq!((tags.key_span.line, tags.key_span.column), (4, 5));
        let bad = parse("path: x\n\tbad: y\n", Origin::inside(node));
        assert_eq!(bad.problems[0].code, FaultCode::MalformedYaml);
        assert_eq!(bad.problems[0].span.line, 4);
    }

    #[test]
    fn tabs_are_refused_with_line_and_column() {
        let parsed = parse("a:\n\tb: 1\n", Origin::file(0));
        assert_eq!(parsed.problems[0].code, FaultCode::MalformedYaml);
        assert_eq!(parsed.problems[0].span.line, 2);
        assert!(parsed.problems[0].hint.contains("tabs"));
    }

    #[test]
    fn duplicate_keys_are_named_where_the_second_stands() {
        let parsed = parse("a: 1\nb: 2\na: 3\n", Origin::file(0));
        assert_eq!(parsed.duplicates.len(), 1);
        assert_eq!((parsed.duplicates[0].span.line, parsed.duplicates[0].span.column), (3, 1));
    }

    #[test]
    fn alias_bomb_is_refused_before_it_grows() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..6 {
            let before = format!("*a{}", n - 1);
            text.push_str(&format!("a{n}: &a{n} [{}]\n", vec![before; 10].join(",")));
        }
        let parsed = parse(&text, Origin::file(0));
        assert_eq!(parsed.problems.len(), 1);
        assert_eq!(parsed.problems[0].code, FaultCode::HostileYaml);
        assert!(parsed.documents.is_empty());
    }

    #[test]
    fn forty_thousand_brackets_are_refused() {
        let parsed = parse(&"[".repeat(40_000), Origin::file(0));
        assert_eq!(parsed.problems[0].code, FaultCode::HostileYaml);
    }

    #[test]
    fn alias_to_itself_is_refused() {
        let parsed = parse("a: &x [*x]\n", Origin::file(0));
        assert_eq!(parsed.problems[0].code, FaultCode::HostileYaml);
    }

    #[test]
    fn merge_keys_fill_what_is_not_written_out() {
        let root = one("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nlist:\n  <<: [*b, {z: 4}]\n");
        let used = root.get("use").unwrap();
        assert_eq!(used.word("x").unwrap(), "1");
        assert_eq!(used.word("y").unwrap(), "3");
        assert_eq!(root.get("list").unwrap().word("z").unwrap(), "4");
        assert!(used.get("<<").is_none());
    }

    #[test]
    fn a_broken_document_does_not_take_the_next_with_it() {
        let parsed = parse("a: [1, 2\n---\nb: 1\n---\nc: 2\n", Origin::file(0));
        assert_eq!(parsed.problems.len(), 1);
        assert_eq!(parsed.documents.len(), 2);
    }

    #[test]
    fn byte_order_mark_and_line_ends_do_not_shift_lines() {
        let root = one(&normalised("\u{feff}a: 1\r\nb:\r\n  c: 2\r\n"));
        assert_eq!(root.at(&["b"]).unwrap().entry("c").unwrap().key_span.line, 3);
        assert_eq!(root.word("a").unwrap(), "1");
    }

    #[test]
    fn numbers_and_booleans_stay_as_they_are_written() {
        let root = one("{\"a\": 1.10, \"b\": 012, \"c\": yes, \"d\": null}");
        assert_eq!(root.word("a").unwrap(), "1.10");
        assert_eq!(root.word("b").unwrap(), "012");
        assert_eq!(root.get("c").unwrap().scalar().unwrap().flag(), Some(true));
        assert!(root.get("d").is_none());
    }
}
