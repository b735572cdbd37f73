//! Lines of a scrolled text of which only those in sight are kept.

use std::collections::VecDeque;

use ratatui::text::Line;

/// Takes lines from the top until those in sight are there.
#[derive(Debug)]
pub struct Flow {
    skip: usize,
    height: usize,
    count: usize,
    lines: VecDeque<Line<'static>>,
}

impl Flow {
    /// A text scrolled down by `skip` lines in a place of `height`.
    pub fn new(skip: usize, height: u16) -> Self {
        Self { skip, height: usize::from(height), count: 0, lines: VecDeque::new() }
    }

    /// One that only counts.
    pub fn counting() -> Self {
        Self { skip: usize::MAX / 2, height: 0, count: 0, lines: VecDeque::new() }
    }

    /// The next line. `make` is asked only for what may be seen.
    pub fn push(&mut self, make: impl FnOnce() -> Line<'static>) {
        self.count += 1;
        if self.is_full() && self.count > self.skip + self.height {
            return;
        }
        // What is still above is kept for the case that the text ends early: then its end is shown.
        if self.height == 0 {
            return;
        }
        self.lines.push_back(make());
        if self.lines.len() > self.height {
            self.lines.pop_front();
        }
    }

    /// Whether what follows cannot be seen any more.
    pub const fn is_full(&self) -> bool {
        self.height > 0 && self.count >= self.skip + self.height
    }

    /// How many lines came.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The lines in sight; the end of the text if it was scrolled further than it goes.
    pub fn lines(self) -> Vec<Line<'static>> {
        self.lines.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(skip: usize, total: usize) -> Vec<String> {
        let mut flow = Flow::new(skip, 3);
        for index in 0..total {
            if flow.is_full() {
                break;
            }
            flow.push(|| Line::from(index.to_string()));
        }
        flow.lines().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_lines_in_sight_are_kept_and_the_end_is_the_end() {
        assert_eq!(shown(0, 9), ["0", "1", "2"]);
        assert_eq!(shown(4, 9), ["4", "5", "6"]);
        assert_eq!(shown(40, 9), ["6", "7", "8"]);
        assert_eq!(shown(0, 2), ["0", "1"]);
    }

    #[test]
    fn counting_makes_no_lines() {
        let mut flow = Flow::counting();
        for _ in 0..5 {
            flow.push(|| unreachable!());
        }
        assert_eq!(flow.count(), 5);
    }
}
