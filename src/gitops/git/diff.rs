//! Two versions of a file, held against each other without showing a secret.
//!
//! Lines are compared as they are and shown as they may be shown. So a secret that changed is a change whose two
//! lines look the same, and says so.

use std::collections::HashMap;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use super::{super::redact::MASK, pages::Page};
use crate::domain::gitops::{DiffLine, Hunk, Side};

/// Unchanged lines around a change.
const AROUND: usize = 3;

/// Lines of one side times lines of the other up to which they are compared one by one: that is how long it takes at worst.
/// So it has an end, and the same answer on every machine.
const CLOSELY: usize = 25_000_000;

/// What must be done to `old` to make it `new`.
fn ops(old: &[String], new: &[String]) -> Vec<DiffOp> {
    let front = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[front..], &new[front..]);
    let back = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_len, new_len) = (old_rest.len() - back, new_rest.len() - back);
    if old_len.saturating_mul(new_len) <= CLOSELY {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    // A file written anew: nobody looks for the line that stayed.
    let equal = |old_index, new_index, len| DiffOp::Equal { old_index, new_index, len };
    let middle = DiffOp::Replace { old_index: front, old_len, new_index: front, new_len };
    let all = [equal(0, 0, front), middle, equal(front + old_len, front + new_len, back)];
    all.into_iter().filter(|op| !op.old_range().is_empty() || !op.new_range().is_empty()).collect()
}

/// What changed from `old` to `new`.
pub fn hunks(old: &Page, new: &Page) -> Vec<Hunk> {
    let covered = covered(old, new);
    let ops = ops(&old.raw, &new.raw);
    group_diff_ops(ops, AROUND).iter().map(|group| hunk(group, old, new, &covered)).collect()
}

/// For each line of `new`, the line of `old` that it is; none for one that is new.
pub fn same_lines(old: &[String], new: &[String]) -> Vec<Option<usize>> {
    let mut same = vec![None; new.len()];
    for op in ops(old, new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for step in 0..len {
                same[new_index + step] = Some(old_index + step);
            }
        }
    }
    same
}

/// Lines that one side masks are masked on the other side too, whatever stands around them there.
fn covered<'p>(old: &'p Page, new: &'p Page) -> HashMap<&'p str, &'p str> {
    let pairs = [old, new].into_iter().flat_map(|page| page.raw.iter().zip(&page.shown));
    pairs.filter(|(_, shown)| shown.contains(MASK)).map(|(raw, shown)| (raw.as_str(), shown.as_str())).collect()
}

fn hunk(ops: &[DiffOp], old: &Page, new: &Page, covered: &HashMap<&str, &str>) -> Hunk {
    let text = |page: &Page, line: usize| {
        let raw = page.raw.get(line).map_or("", String::as_str);
        let shown = page.shown.get(line).map_or("", String::as_str);
        let is_masked = shown.contains(MASK);
        covered.get(raw).filter(|_| !is_masked).map_or(shown, |masked| masked).to_owned()
    };
    let mut lines = Vec::new();
    for op in ops {
        let (before, after) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            lines.extend(after.map(|line| DiffLine { side: Side::Same, text: text(new, line), secret_changed: false }));
            continue;
        }
        let removed: Vec<String> = before.map(|line| text(old, line)).collect();
        let added: Vec<String> = after.map(|line| text(new, line)).collect();
        let with = |side, text: String, others: &[String]| DiffLine {
            secret_changed: text.contains(MASK) && others.contains(&text),
            side,
            text,
        };
        lines.extend(removed.iter().map(|text| with(Side::Removed, text.clone(), &added)));
        lines.extend(added.iter().map(|text| with(Side::Added, text.clone(), &removed)));
    }
    let start = |at: Option<usize>| at.map_or(1, |at| u32::try_from(at + 1).unwrap_or(u32::MAX));
    Hunk {
        old_start: start(ops.first().map(|op| op.old_range().start)),
        new_start: start(ops.first().map(|op| op.new_range().start)),
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pages, *};
    use crate::domain::gitops::Recognised;

    #[test]
    fn a_large_file_written_anew_keeps_its_ends_and_costs_little() {
        let version = |word: &str| -> Vec<String> {
            let middle = (0..6_000).map(|n| format!("{word} {n}"));
            ["first".to_owned()].into_iter().chain(middle).chain(["last".to_owned()]).collect()
        };
        let same = same_lines(&version("old"), &version("new"));
        assert_eq!((same[0], same[6_001]), (Some(0), Some(6_001)));
        assert!(same[1..6_001].iter().all(Option::is_none));
        let appended: Vec<String> = version("old").into_iter().chain(["more".to_owned()]).collect();
        assert_eq!(same_lines(&version("old"), &appended).iter().flatten().count(), 6_002);
    }

    #[test]
    fn a_short_file_that_becomes_a_very_long_one_is_not_compared_line_by_line() {
        let all = |word: &str, count: usize| -> Vec<String> {
            let mut all: Vec<String> = (0..count).map(|n| format!("{word} {n}")).collect();
            all[count / 2] = "the same".to_owned();
            all
        };
        let found = |old: usize, new: usize| same_lines(&all("old", old), &all("new", new)).iter().flatten().count();
        assert_eq!(found(50, CLOSELY / 50), 1, "the line that stayed is found");
        assert_eq!(found(50, CLOSELY / 50 + 1), 0, "nobody looks for it");
    }

    fn page(text: &str) -> Page {
        let (recognised, page) = pages::alone("values.yaml", text);
        assert_eq!(recognised, Some(Recognised::Ours), "{text}");
        page.unwrap()
    }

    fn drawn(old: &str, new: &str) -> Vec<String> {
        let lines = hunks(&page(old), &page(new)).into_iter().flat_map(|hunk| hunk.lines);
        lines.map(|l| format!("{}{}{}", l.side.sign(), l.text, if l.secret_changed { " !" } else { "" })).collect()
    }

    #[test]
    fn a_changed_secret_is_a_change_of_two_lines_that_look_the_same() {
        let of =
            |secret: &str| format!("secretEnv:\n  ITOPS_JWT_SECRET: {secret}\nauth: {{local: {{enabled: true}}}}\n");
        assert_eq!(
            drawn(&of("first-secret-1"), &of("second-secret-2")),
            [
                " secretEnv:",
                "-  ITOPS_JWT_SECRET: •••••• !",
                "+  ITOPS_JWT_SECRET: •••••• !",
                " auth: {local: {enabled: true}}"
            ]
        );
        assert!(drawn(&of("same-secret-1"), &of("same-secret-1")).is_empty());
    }

    #[test]
    fn what_one_side_masks_the_other_masks_too() {
        let old = "env:\n  ITOPS_X: word-one\nauth: {local: {enabled: true}}\n";
        let new = "secretEnv:\n  ITOPS_X: word-one\nauth: {local: {enabled: true}}\n";
        let drawn = drawn(old, new);
        assert_eq!(drawn[..3], ["-env:", "+secretEnv:", "   ITOPS_X: ••••••"]);
        let back: Vec<String> =
            hunks(&page(new), &page(old)).into_iter().flat_map(|h| h.lines).map(|l| l.text).collect();
        assert!(!back.join("\n").contains("word-one"));
    }

    #[test]
    fn hunks_say_where_they_begin_and_have_three_lines_around() {
        let lines: Vec<String> = (1..=30).map(|n| format!("# line {n}\n")).collect();
        let old = format!("auth: {{local: {{enabled: true}}}}\n{}", lines.concat());
        let hunks = hunks(&page(&old), &page(&old.replace("# line 20", "# other")));
        assert_eq!((hunks.len(), hunks[0].old_start, hunks[0].new_start, hunks[0].lines.len()), (1, 18, 18, 8));
    }
}
