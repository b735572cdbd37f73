//! A budget gauge whose zero stands inside it, so that what is overdrawn is drawn below zero.

use ratatui::text::{Line, Span};

use crate::console::{theme::Role, widgets::ink::Ink};

/// What is left of a budget in `width` cells. A quarter of it lies left of the zero mark and shows an overdraft of
/// up to a whole budget; more is marked by an arrow head at its end.
pub fn bar(thousandths: Option<i64>, width: usize, ascii: bool) -> String {
    if width < 4 {
        return " ".repeat(width);
    }
    let below = (width / 4).max(1);
    let above = width - below - 1;
    let (full, empty, zero, more) = if ascii { ('#', '.', '|', '<') } else { ('█', '·', '│', '◀') };
    let Some(left) = thousandths else {
        return format!("{}{zero}{}", " ".repeat(below), "?".repeat(above));
    };
    let part = |share: i64, cells: usize| -> usize {
        let share = usize::try_from(share.clamp(0, 1000)).unwrap_or(0);
        // Anything above nothing is seen.
        if share == 0 { 0 } else { (share * cells / 1000).max(1) }
    };
    let mut out = String::new();
    let drawn = part(-left, below);
    out.extend(std::iter::repeat_n(' ', below - drawn));
    if left < -1000 {
        out.push(more);
        out.extend(std::iter::repeat_n(full, drawn - 1));
    } else {
        out.extend(std::iter::repeat_n(full, drawn));
    }
    out.push(zero);
    let drawn = part(left, above);
    out.extend(std::iter::repeat_n(full, drawn));
    out.extend(std::iter::repeat_n(empty, above - drawn));
    out
}

/// The role for what is left: bad below zero, a warning under a quarter.
pub fn role(thousandths: Option<i64>) -> Role {
    match thousandths {
        None => Role::Unknown,
        Some(left) if left < 0 => Role::Bad,
        Some(left) if left < 250 => Role::Caution,
        Some(_) => Role::Good,
    }
}

/// The gauge as a coloured line.
pub fn line(thousandths: Option<i64>, width: usize, ink: Ink<'_>) -> Line<'static> {
    Line::from(Span::styled(bar(thousandths, width, ink.ascii()), ink.style(role(thousandths))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overdraft_is_drawn_left_of_zero_and_a_huge_one_is_marked() {
        assert_eq!(bar(Some(1000), 13, false), "   │█████████");
        assert_eq!(bar(Some(500), 13, false), "   │████·····");
        assert_eq!(bar(Some(0), 13, false), "   │·········");
        assert_eq!(bar(Some(-400), 13, false), "  █│·········");
        assert_eq!(bar(Some(-2500), 13, false), "◀██│·········");
        assert_eq!(bar(Some(-2500), 13, true), "<##|.........");
    }

    #[test]
    fn one_thousandth_is_seen_and_no_figure_is_not_zero() {
        assert_eq!(bar(Some(1), 13, true), "   |#........");
        assert_eq!(bar(None, 13, true), "   |?????????");
    }
}
