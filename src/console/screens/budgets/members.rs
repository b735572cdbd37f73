//! Who is in a group: a row for each, worst first, with how it is now and its own figures. What all paths have in common
//! is said once, above them.

use ratatui::text::{Line, Span};

use super::{
    detail::{Past, View},
    words,
};
use crate::{
    console::{
        paint::wrap,
        theme::Role,
        widgets::{fit, flow::Flow, ink::Ink},
    },
    domain::{
        hierarchy::{ServicePath, path::SEGMENTS},
        sla::Budget,
    },
};

/// Cells of sign and blanks before a name.
const INDENT: usize = 4;
/// Cells of a status in words.
const STATUS: usize = 11;
/// Cells of the figures: up, down, left.
const FIGURES: [usize; 3] = [9, 7, 9];

impl View<'_> {
    pub(super) fn members(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        let heading = |text: &str| Line::from(Span::styled(text.to_owned(), ink.style(Role::Title)));
        let here = match self.past {
            Past::Here(detail, _) => Some(&detail.members),
            _ => None,
        };
        let members: Vec<(&ServicePath, Option<&Budget>)> = match here {
            Some(members) => members.iter().map(|(path, own)| (path, Some(own))).collect(),
            None => self.group.members.iter().map(|path| (path, None)).collect(),
        };
        flow.push(|| match here {
            Some(_) => heading("MEMBERS  worst first, each by itself under this target"),
            None => heading("MEMBERS  their own figures are not here"),
        });
        if members.is_empty() {
            flow.push(|| Line::from(Span::styled("  nobody is in this group", ink.style(Role::Muted))));
            return;
        }
        let names = MemberNames::of(members.iter().map(|(path, _)| *path));
        let shared = names.shared().map_or_else(String::new, |shared| format!("in {shared}"));
        let lanes = Lanes::of(width, here.is_some(), names.widest(members.iter().map(|(path, _)| *path)));
        let titles = here.map(|_| ["UP", "DOWN", "LEFT"].map(str::to_owned));
        flow.push(|| {
            let room = lanes.name + lanes.word;
            let shared = fit::left(&fit::cut_front(&shared, room, ink.ascii()), room, ink.ascii());
            let titles = format!("{:INDENT$}{shared}{}", "", in_lanes(titles, ink));
            Line::from(Span::styled(titles, ink.style(Role::Muted)))
        });
        for (path, own) in members {
            if flow.is_full() {
                return;
            }
            self.member(&names.own(path), path, own, lanes, ink).into_iter().for_each(|line| flow.push(|| line));
        }
    }

    /// One member: how it is, its name, and its figures where they are here.
    fn member(
        &self,
        name: &str,
        path: &ServicePath,
        own: Option<&Budget>,
        lanes: Lanes,
        ink: Ink<'_>,
    ) -> Vec<Line<'static>> {
        let status = self.services.get(path).map(|service| service.health.status);
        let (sign, word) = status.map_or((" ", ""), |status| (ink.glyphs.of(status), status.word()));
        let how = ink.style(status.map_or(Role::Muted, Role::of_status));
        let figures = ink.style(own.map_or(Role::Text, words::left_role));
        let signs = std::iter::once(sign).chain(std::iter::repeat(" "));
        let line = |([name, word, own], sign): ([String; 3], &str)| {
            let sign = Span::styled(format!("  {sign} "), how);
            Line::from(vec![sign, Span::raw(name), Span::styled(word, how), Span::styled(own, figures)])
        };
        lanes.rows(name, word, own.map(figured), ink).into_iter().zip(signs).map(line).collect()
    }
}

/// What of its own a member stands with: up, down, left.
fn figured(own: &Budget) -> [String; 3] {
    // Of one that nobody reported on, "0s" would read like a good figure.
    let down = own.uptime_millionths.map_or_else(|| "unknown".to_owned(), |_| words::precise(own.down_ms));
    [words::share(own.uptime_millionths), down, words::left_share(own)]
}

/// Cells of what stands beside the figures.
#[derive(Clone, Copy)]
struct Lanes {
    name: usize,
    /// Of the status in words; nothing where the names need the room, and the sign has to do.
    word: usize,
}

impl Lanes {
    fn of(width: usize, has_figures: bool, widest: usize) -> Self {
        let figures = if has_figures { FIGURES.iter().map(|cells| cells + 1).sum() } else { 0 };
        let room = width.saturating_sub(INDENT + figures).max(1);
        let word = if room > widest + STATUS { STATUS + 1 } else { 0 };
        Self { name: room - word, word }
    }

    /// A name, a status and figures, each in its place. A name that is longer than its place goes on below: cut, it might
    /// read like another one.
    fn rows(self, name: &str, word: &str, figures: Option<[String; 3]>, ink: Ink<'_>) -> Vec<[String; 3]> {
        let rests = std::iter::once((word, figures)).chain(std::iter::repeat(("", None)));
        let row = |(part, (word, figures)): (String, (&str, Option<[String; 3]>))| {
            let name = fit::left(&part, self.name, ink.ascii());
            [name, fit::left(&format!(" {word}"), self.word, ink.ascii()), in_lanes(figures, ink)]
        };
        wrap(name, self.name).into_iter().zip(rests).map(row).collect()
    }
}

/// Figures, each in its place.
fn in_lanes(figures: Option<[String; 3]>, ink: Ink<'_>) -> String {
    let figures = figures.into_iter().flatten().zip(FIGURES);
    figures.map(|(text, cells)| fit::right(&text, cells + 1, ink.ascii())).collect()
}

/// What several paths have in common, segment by segment, and what tells them apart.
struct MemberNames<'a> {
    /// None where they differ. A service is always told by its name.
    shared: [Option<&'a str>; SEGMENTS],
}

impl<'a> MemberNames<'a> {
    fn of(mut paths: impl Iterator<Item = &'a ServicePath>) -> Self {
        let mut shared = paths.next().map_or([None; SEGMENTS], |path| path.segments().map(Some));
        for path in paths {
            for (segment, own) in shared.iter_mut().zip(path.segments()) {
                segment.take_if(|segment| *segment != own);
            }
        }
        shared[SEGMENTS - 1] = None;
        Self { shared }
    }

    /// What all have in common, with a `*` for what a name says; none where that is nothing.
    fn shared(&self) -> Option<String> {
        let last = self.shared.iter().rposition(Option::is_some)?;
        Some(self.shared[..=last].iter().map(|segment| segment.unwrap_or("*")).collect::<Vec<_>>().join("/"))
    }

    /// Cells of the longest of the own names of `paths`.
    fn widest(&self, paths: impl Iterator<Item = &'a ServicePath>) -> usize {
        let width = |path: &ServicePath| {
            let own = path.segments().into_iter().zip(self.shared).filter(|(_, shared)| shared.is_none());
            own.map(|(segment, _)| fit::cells(segment) + 1).sum::<usize>().saturating_sub(1)
        };
        paths.map(width).max().unwrap_or(0)
    }

    /// What tells a path from the others.
    fn own(&self, path: &ServicePath) -> String {
        let segments = path.segments().into_iter().zip(self.shared);
        segments.filter(|(_, shared)| shared.is_none()).map(|(own, _)| own).collect::<Vec<_>>().join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(paths: &[&str]) -> (Option<String>, Vec<String>) {
        let paths: Vec<ServicePath> = paths.iter().map(|path| ServicePath::parse(path).unwrap()).collect();
        let names = MemberNames::of(paths.iter());
        (names.shared(), paths.iter().map(|path| names.own(path)).collect())
    }

    #[test]
    fn members_are_told_by_what_tells_them_apart() {
        let (shared, own) = told(&["acme/shop/prod/eu-1/api", "acme/data/prod/eu-2/api", "acme/data/prod/eu-2/db"]);
        assert_eq!(shared.as_deref(), Some("acme/*/prod"));
        assert_eq!(own, ["shop/eu-1/api", "data/eu-2/api", "data/eu-2/db"]);
        assert_eq!(
            told(&["acme/shop/prod/eu-1/api"]),
            (Some("acme/shop/prod/eu-1".to_owned()), vec!["api".to_owned()])
        );
        let (shared, own) = told(&["acme/shop/prod/eu-1/api", "acme/shop/prod/eu-2/api"]);
        assert_eq!(
            (shared.as_deref(), own),
            (Some("acme/shop/prod"), vec!["eu-1/api".to_owned(), "eu-2/api".to_owned()])
        );
        let apart = ["a/b/c/d/e", "v/w/x/y/z"];
        assert_eq!(told(&apart), (None, apart.map(str::to_owned).into()));
        assert_eq!(told(&[]), (None, Vec::new()));
    }

    #[test]
    fn names_that_end_alike_are_told_whole_and_figures_stand_once() {
        let ink = Ink::for_tests(false);
        let figures = || Some(["99.9 %", "3m", "80 %"].map(str::to_owned));
        let name = "commerce/frankfurt-1/postgres-ledger";
        let drawn = Lanes::of(56, true, name.len()).rows(name, "DOWN", figures(), ink);
        let names: Vec<&str> = drawn.iter().map(|row| row[0].trim_end()).collect();
        assert_eq!(names, ["commerce/frankfurt-1/", "postgres-ledger"]);
        assert!(drawn[0][2].contains("99.9 %") && drawn[1][2].is_empty(), "{drawn:?}");
        assert_eq!(drawn[0][1], "", "no room for the word: the sign has to do");
        let wide = Lanes::of(90, true, name.len()).rows(name, "DOWN", figures(), ink);
        assert_eq!((wide.len(), wide[0][1].trim()), (1, "DOWN"));
        assert_eq!(
            Lanes::of(3, false, 3).rows("api", "DOWN", None, ink).len(),
            3,
            "a place that is too small hides nothing"
        );
    }

    #[test]
    fn the_longest_own_name_is_measured() {
        let paths = ["acme/shop/prod/eu-1/api", "acme/data/prod/eu-2/database"].map(|p| ServicePath::parse(p).unwrap());
        let names = MemberNames::of(paths.iter());
        assert_eq!(names.widest(paths.iter()), "data/eu-2/database".len());
    }
}
