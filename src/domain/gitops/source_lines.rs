//! The lines of a file as they may be shown.

use std::sync::Arc;

use super::Place;

/// Lines without their ends, in one piece: a repository has hundreds of thousands of them. A clone costs a pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLines(Arc<Text>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Text {
    /// One line after the other.
    all: Box<str>,
    /// Where each ends, in bytes: no file that is shown has more than a few MiB.
    ends: Box<[u32]>,
}

impl SourceLines {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.ends.is_empty()
    }

    /// The line at `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<&str> {
        let Text { all, ends } = &*self.0;
        let end = *ends.get(index)? as usize;
        let from = index.checked_sub(1).map_or(0, |before| ends[before] as usize);
        all.get(from..end)
    }

    /// Those of a place: from its first to its last line, counted from 1.
    pub fn of(&self, place: &Place) -> Vec<&str> {
        let first = place.line.saturating_sub(1) as usize;
        let last = place.end_line.max(place.line) as usize;
        self.iter().take(last).skip(first).collect()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator + Clone {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }
}

impl<S: AsRef<str>> FromIterator<S> for SourceLines {
    fn from_iter<I: IntoIterator<Item = S>>(lines: I) -> Self {
        let (mut all, mut ends) = (String::new(), Vec::new());
        for line in lines {
            all.push_str(line.as_ref());
            ends.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
        }
        Self(Arc::new(Text { all: all.into(), ends: ends.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_one_by_one() {
        let words = ["", "path: ä", "", "x", ""];
        let lines: SourceLines = words.into_iter().collect();
        assert_eq!(lines.iter().collect::<Vec<_>>(), words);
        assert_eq!((lines.len(), lines.get(1), lines.get(5)), (5, Some("path: ä"), None));
        assert!(SourceLines::default().is_empty());
    }
}
