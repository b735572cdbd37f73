//! Which commit last changed each line of a file.

use std::collections::HashMap;

use super::{
    archive::{Archive, commit_of},
    door::Failure,
};
use crate::domain::detail::Commit;

/// Longest line number that is believed; a file of the size limit has fewer lines.
const LINE_LIMIT: usize = 2_000_000;

/// The lines of a file at one commit and where they come from.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    pub commits: Vec<Commit>,
    /// For each line: its place in `commits`, and its number there, from 1.
    pub lines: Vec<Option<(u32, u32)>>,
    /// `commit:path` of every version that a line comes from or replaced.
    pub versions: Vec<String>,
}

/// Ask who made each line of `path` as it is at `commit`.
///
/// # Errors
/// When git fails, or there is no such file there.
pub fn of_file(archive: &Archive, commit: &str, path: &str) -> Result<Origins, Failure> {
    let args = ["blame", "--incremental", "--no-textconv", "--no-progress", "--encoding=UTF-8", commit, "--", path];
    archive.git.ask(&archive.at, &args).map(|bytes| parse(&String::from_utf8_lossy(&bytes)))
}

/// What is told of a commit the first time it is named.
#[derive(Default)]
struct Told<'t> {
    author: &'t str,
    time: &'t str,
    summary: &'t str,
}

/// Groups of lines: `id line-there line-here count`, then headers, then `filename`.
fn parse(text: &str) -> Origins {
    let mut origins = Origins::default();
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut told = Told::default();
    let mut group = ("", 0, 0, 0);
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "author" => told.author = rest,
            "author-time" => told.time = rest,
            "summary" => told.summary = rest,
            "previous" => origins.versions.extend(rest.split_once(' ').map(|(id, path)| format!("{id}:{path}"))),
            "filename" => {
                let (id, there, here, count) = group;
                origins.versions.push(format!("{id}:{rest}"));
                let told = std::mem::take(&mut told);
                let place = places.get(id).copied().or_else(|| {
                    let commit = commit_of(id, told.author, told.time, told.summary)?;
                    let place = u32::try_from(origins.commits.len()).ok()?;
                    origins.commits.push(commit);
                    places.insert(id, place);
                    Some(place)
                });
                if let Some(place) = place {
                    origins.put(place, there, here, count);
                }
            }
            _ => group = group_of(word, rest).unwrap_or(group),
        }
    }
    origins.versions.sort();
    origins.versions.dedup();
    origins
}

fn group_of<'t>(word: &'t str, rest: &str) -> Option<(&'t str, u32, usize, u32)> {
    if !matches!(word.len(), 40 | 64) {
        return None;
    }
    let mut numbers = rest.split(' ');
    let (there, here, count) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some((word, there.parse().ok()?, here.parse().ok()?, count.parse().ok()?))
}

impl Origins {
    fn put(&mut self, place: u32, there: u32, here: usize, count: u32) {
        let end = here.saturating_sub(1).saturating_add(count as usize);
        if here == 0 || end > LINE_LIMIT {
            return;
        }
        if self.lines.len() < end {
            self.lines.resize(end, None);
        }
        for step in 0..count {
            self.lines[here - 1 + step as usize] = Some((place, there.saturating_add(step)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_lines_are_put_where_they_belong() {
        let (one, two) = ("a".repeat(40), "b".repeat(40));
        let text = format!(
            "{one} 4 2 2\nauthor A\nauthor-mail <a@x>\nauthor-time 5\nsummary first: token=abc\nprevious {two} old name.yaml\nfilename a.yaml\n\
             {two} 1 1 1\nauthor B\nauthor-time 3\nsummary second\nboundary\nfilename old name.yaml\n{one} 9 4 1\nfilename a.yaml\n"
        );
        let origins = parse(&text);
        assert_eq!(origins.lines, [Some((1, 1)), Some((0, 4)), Some((0, 5)), Some((0, 9))]);
        assert_eq!(origins.commits[0].subject, "first: token=••••••");
        assert_eq!(origins.commits[1].author, "B");
        assert_eq!(origins.versions, [format!("{one}:a.yaml"), format!("{two}:old name.yaml")]);
    }

    #[test]
    fn any_text_is_survived() {
        for text in ["", "filename x", "\0\n\n", &format!("{} 1 0 9\nfilename x", "a".repeat(40))] {
            assert!(parse(text).lines.is_empty());
        }
    }
}
