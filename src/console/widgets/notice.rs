//! Why there is nothing to see: said in the place where it would be. An error is never an empty list.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::ink::Ink;
use crate::console::{paint::wrap, theme::Role};

/// One line on what is missing and, below it, why or what to do.
pub fn draw(area: Rect, buf: &mut Buffer, ink: Ink<'_>, role: Role, what: &str, why: &str) {
    if area.width < 4 || area.height == 0 {
        return;
    }
    let room = usize::from(area.width).saturating_sub(4);
    let mut lines: Vec<Line<'_>> = wrap(what, room)
        .into_iter()
        .map(|text| Line::from(Span::styled(text, ink.style(role).add_modifier(Modifier::BOLD))))
        .collect();
    lines.extend(wrap(why, room).into_iter().map(|text| Line::from(Span::styled(text, ink.style(Role::Muted)))));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let top = area.y + area.height.saturating_sub(height) / 3;
    for (line, y) in lines.iter().zip(top..area.bottom()) {
        buf.set_line(area.x + 2, y, line, area.width - 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::picture;

    #[test]
    fn what_and_why_are_both_said_and_broken_to_fit() {
        let drawn = picture::of(20, 6, |area, buf| {
            draw(area, buf, Ink::for_tests(false), Role::Bad, "No ticket matches", "take the filter away with esc");
        });
        assert_eq!(drawn, "  No ticket\n  matches\n  take the filter\n  away with esc\n\n");
    }
}
