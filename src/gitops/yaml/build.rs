//! From the parser's events to the tree: aliases, merge keys, duplicates, exact places.

use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{ErrorKind, Event, ScalarStyle, ScanError, Span as Range, StructureStyle};

use super::{DEPTH_LIMIT, DOCUMENT_LIMIT, Entry, NODE_LIMIT, Node, Origin, Parsed, Problem, Scalar, Span, Value};
use crate::{
    domain::{gitops::FaultCode, text},
    gitops::redact,
};

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

/// A tree in the making.
pub struct Build<'t> {
    lines: Vec<&'t str>,
    origin: Origin,
    stack: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    limit: usize,
    documents: usize,
}

impl<'t> Build<'t> {
    pub fn new(text: &'t str, origin: Origin) -> Self {
        Self {
            lines: text.split('\n').collect(),
            origin,
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            // A short text cannot grow as large as a long one: a file may hold thousands of them.
            limit: NODE_LIMIT.min(1_000 + 10 * text.len()),
            documents: 0,
        }
    }

    pub fn abandon(&mut self) {
        self.stack.clear();
        self.anchors.clear();
    }

    pub fn take(&mut self, event: Event<'_>, range: Range, parsed: &mut Parsed) -> Result<(), Problem> {
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
                let node =
                    self.anchors.get(&id).cloned().ok_or_else(|| {
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
        if self.nodes > self.limit {
            return Err(hostile(span, format!("more than {} values once aliases are expanded", self.limit)));
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
            Shape::Seq(mut items) => {
                // Kept as long as the file is.
                items.shrink_to_fit();
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

    fn scalar(&self, mut raw: String, style: ScalarStyle, span: Span) -> Node {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        raw.shrink_to_fit();
        let mut node = Node {
            span,
            value: Value::Scalar(Scalar { is_plain: style == ScalarStyle::Plain, is_block, block: None, raw }),
        };
        if let (Value::Scalar(scalar), true, None) = (&mut node.value, is_block, self.origin.pinned) {
            if style == ScalarStyle::Literal && !scalar.raw.trim().is_empty() {
                // The parser puts the start at the first line that is not blank, after its indentation.
                let blank = scalar.raw.chars().take_while(|c| *c == '\n').count();
                let rows = scalar.raw.trim_end_matches('\n').split('\n').count();
                let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX / 2);
                let first = span.line.saturating_sub(small(blank)).max(1);
                scalar.block = Some((first, span.column - 1));
                node.span.end_line = first + small(rows) - 1;
            } else if span.end_column <= 1 + self.origin.columns && span.end_line > span.line {
                node.span.end_line -= 1;
            }
            let last = node.span.end_line.saturating_sub(1 + self.origin.lines) as usize;
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

    pub fn scan_problem(&self, error: &ScanError) -> Problem {
        let mark = error.marker();
        let span = self.at(mark.line(), mark.col(), mark.line(), mark.col() + 1);
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return hostile(span, format!("nested deeper than {DEPTH_LIMIT} levels"));
        }
        // A tab is often noticed on the line above it, where the value seemed to go on.
        let near = self.lines.iter().skip(mark.line().saturating_sub(1)).take(2);
        let tab = near.into_iter().any(|l| l.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t'));
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
    own.shrink_to_fit();
    own
}
