//! The one YAML module: text in, a tree with positions out.
//!
//! Guards against what a person would not write (size, depth, alias bombs), keeps plain scalars as they stand
//! (`1.10` stays `1.10`), expands aliases and merge keys, and goes on with the next document after a broken one.
//! JSON is YAML. Nothing in here knows what a document means.
//!
//! Start at [`parse`]. [`node`] is the tree; [`build`] makes it from the parser's events.

mod build;
mod node;

use std::{collections::HashMap, sync::Arc};

use serde_saphyr::granit_parser::{Event, Options, Parser};

use self::build::Build;
pub use self::node::{Entry, Node, Scalar, Span, Value};
use crate::domain::gitops::FaultCode;

/// Nodes of one file after aliases are expanded; more is not what a person writes.
const NODE_LIMIT: usize = 250_000;
/// Deepest nesting, in brackets and in indentation.
const DEPTH_LIMIT: usize = 64;
/// Documents of one file.
const DOCUMENT_LIMIT: usize = 4_096;

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

/// Texts inside a text that were parsed already: more than one stage looks into a service.
#[derive(Default)]
pub struct Embedded(HashMap<Span, Arc<Parsed>>);

impl Embedded {
    /// What the scalar of `node` says as a text of its own.
    pub fn parsed(&mut self, node: &Node, scalar: &Scalar) -> Arc<Parsed> {
        let parse = || Arc::new(parse(scalar.raw(), Origin::inside(node)));
        // Only a literal block has a place that is its own.
        if scalar.block.is_none() {
            return parse();
        }
        self.0.entry(node.span).or_insert_with(parse).clone()
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
        let bad = parse("path: x\nbad: \"a\" b\n", Origin::inside(node));
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
