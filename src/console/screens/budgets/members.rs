//! Who is in a group: a row for each, worst first. What all paths have in common is said once, above them.

use ratatui::text::{Line, Span};

use super::{
    detail::{Past, View},
    words,
};
use crate::{
    console::{
        theme::Role,
        widgets::{fit, flow::Flow, ink::Ink},
    },
    domain::{hierarchy::ServicePath, sla::Budget},
};

/// Cells of sign and blanks before a name.
const INDENT: usize = 4;
/// Cells of the figures: up, down, left.
const FIGURES: [usize; 3] = [9, 7, 9];

impl View<'_> {
    pub(super) fn members(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        let heading = |text: &str| Line::from(Span::styled(text.to_owned(), ink.style(Role::Title)));
        let muted = |text: String| Line::from(Span::styled(text, ink.style(Role::Muted)));
        let Past::Here(detail, _) = self.past else {
            let names = Names::of(self.group.members.iter());
            flow.push(|| heading("MEMBERS  their own figures are not here"));
            if let Some(shared) = names.shared() {
                flow.push(|| muted(format!("{:INDENT$}in {shared}", "")));
            }
            for path in &self.group.members {
                if flow.is_full() {
                    return;
                }
                flow.push(|| Line::from(format!("{:INDENT$}{}", "", names.own(path))));
            }
            return;
        };
        flow.push(|| heading("MEMBERS  worst first, each by itself under this target"));
        if detail.members.is_empty() {
            flow.push(|| muted("  nobody is in this group".to_owned()));
            return;
        }
        let names = Names::of(detail.members.iter().map(|(path, _)| path));
        let shared = names.shared().map_or_else(String::new, |shared| format!("in {shared}"));
        let titles = ["UP", "DOWN", "LEFT"].map(str::to_owned);
        flow.push(|| muted(format!("{:INDENT$}{}", "", columns(&shared, titles, width, ink).concat())));
        for (path, own) in &detail.members {
            if flow.is_full() {
                return;
            }
            flow.push(|| member_line(&names.own(path), own, width, ink));
        }
    }
}

/// A name and figures, each in its place.
fn columns(name: &str, figures: [String; 3], width: usize, ink: Ink<'_>) -> [String; 2] {
    let taken = INDENT + FIGURES.iter().map(|cells| cells + 1).sum::<usize>();
    let room = width.saturating_sub(taken);
    let name = fit::left(&fit::cut_front(name, room, ink.ascii()), room, ink.ascii());
    let figures = figures.into_iter().zip(FIGURES).map(|(text, cells)| fit::right(&text, cells + 1, ink.ascii()));
    [name, figures.collect()]
}

fn member_line(name: &str, own: &Budget, width: usize, ink: Ink<'_>) -> Line<'static> {
    let (mark, _) = words::state(own.state, ink.ascii());
    // Of one that nobody reported on, "0s" would read like a good figure.
    let down = own.uptime_millionths.map_or_else(|| "unknown".to_owned(), |_| words::precise(own.down_ms));
    let figures = [words::share(own.uptime_millionths), down, words::left_share(own)];
    let [name, figures] = columns(name, figures, width, ink);
    Line::from(vec![
        Span::styled(format!("  {mark} "), ink.style(Role::of_budget(own.state))),
        Span::raw(name),
        Span::styled(figures, ink.style(words::left_role(own))),
    ])
}

/// Segments of a path: organization, platform, environment, cluster, service.
const SEGMENTS: usize = 5;

/// What several paths have in common, segment by segment, and what tells them apart.
struct Names<'a> {
    /// None where they differ. A service is always told by its name.
    shared: [Option<&'a str>; SEGMENTS],
}

impl<'a> Names<'a> {
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
        let names = Names::of(paths.iter());
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
}
