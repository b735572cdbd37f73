//! The signs that stand beside words and colours, in two sets.

use crate::domain::health::Status;

/// A set of signs, each one cell wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// By status, in the order of [`Status::ALL`].
    pub status: [&'static str; 5],
    /// A folded node.
    pub folded: &'static str,
    /// An unfolded node.
    pub unfolded: &'static str,
    /// A horizontal line.
    pub horizontal: &'static str,
    /// A vertical line.
    pub vertical: &'static str,
    /// Corners of a box: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// Points at the row under the cursor.
    pub cursor: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// Between two ends.
    pub arrow: &'static str,
    /// A full cell of a bar.
    pub full: &'static str,
    /// An empty cell of a bar.
    pub empty: &'static str,
    /// Between two words.
    pub dot: &'static str,
    /// Yes.
    pub yes: &'static str,
    /// No.
    pub no: &'static str,
    /// Look here.
    pub warn: &'static str,
    /// Bars of a sparkline from low to high.
    pub spark: [&'static str; 8],
    /// Thumb of a scroll bar.
    pub scroll: &'static str,
    /// The link is live / is not.
    pub link: [&'static str; 2],
}

/// For terminals with ordinary fonts.
pub const UNICODE: Glyphs = Glyphs {
    status: ["●", "◆", "?", "▲", "✖"],
    folded: "▸",
    unfolded: "▾",
    horizontal: "─",
    vertical: "│",
    corners: ["╭", "╮", "╰", "╯"],
    cursor: "▌",
    mark: "◉",
    arrow: "→",
    full: "█",
    empty: "░",
    dot: "·",
    yes: "✓",
    no: "✗",
    warn: "!",
    spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    scroll: "┃",
    link: ["●", "○"],
};

/// For terminals, fonts and ears that want plain ASCII.
pub const ASCII: Glyphs = Glyphs {
    status: ["o", "m", "?", "!", "X"],
    folded: "+",
    unfolded: "-",
    horizontal: "-",
    vertical: "|",
    corners: ["+", "+", "+", "+"],
    cursor: ">",
    mark: "*",
    arrow: ">",
    full: "#",
    empty: ".",
    dot: "-",
    yes: "+",
    no: "x",
    warn: "!",
    spark: [".", ".", ":", ":", "=", "=", "#", "#"],
    scroll: "#",
    link: ["*", "o"],
};

impl Glyphs {
    /// The sign of a status.
    pub const fn of(&self, status: Status) -> &'static str {
        self.status[status as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(set: &Glyphs) -> Vec<&'static str> {
        let mut signs = vec![
            set.folded,
            set.unfolded,
            set.horizontal,
            set.vertical,
            set.cursor,
            set.mark,
            set.arrow,
            set.full,
            set.empty,
            set.dot,
            set.yes,
            set.no,
            set.warn,
            set.scroll,
        ];
        signs.extend(set.status);
        signs.extend(set.corners);
        signs.extend(set.spark);
        signs.extend(set.link);
        signs
    }

    #[test]
    fn every_sign_is_one_cell_and_the_ascii_set_is_ascii() {
        for sign in all(&UNICODE).into_iter().chain(all(&ASCII)) {
            assert_eq!(unicode_width::UnicodeWidthStr::width(sign), 1, "{sign}");
        }
        assert!(all(&ASCII).iter().all(|sign| sign.is_ascii()));
    }

    #[test]
    fn every_status_has_its_own_sign() {
        for set in [UNICODE, ASCII] {
            let mut signs = set.status.to_vec();
            signs.sort_unstable();
            signs.dedup();
            assert_eq!(signs.len(), 5);
        }
    }
}
