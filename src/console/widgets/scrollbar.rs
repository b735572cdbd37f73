//! A one-cell-wide mark of how much of a list is in view, and where. Only the thumb is drawn: a rail would stand beside the
//! line between two panels as a second one.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::console::{theme::Role, widgets::ink::Ink};

/// First row of the thumb and its length, in cells of a bar of `height`, for `shown` of `total` from `offset` on.
fn thumb(height: u16, offset: usize, shown: usize, total: usize) -> (u16, u16) {
    let tall = usize::from(height);
    if total <= shown || height == 0 {
        return (0, height);
    }
    let length = (tall * shown / total).clamp(1, tall);
    let last = total - shown;
    let start = (tall - length) * offset.min(last) / last;
    (u16::try_from(start).unwrap_or(0), u16::try_from(length).unwrap_or(1))
}

/// Draw the bar for lines of which as many are in view as `area` has; nothing when that is all of them.
pub fn draw(area: Rect, buf: &mut Buffer, ink: Ink<'_>, offset: usize, total: usize) {
    draw_part(area, buf, ink, offset, usize::from(area.height), total);
}

/// Draw the bar for `shown` of `total`; nothing when that is everything.
pub fn draw_part(area: Rect, buf: &mut Buffer, ink: Ink<'_>, offset: usize, shown: usize, total: usize) {
    if total <= shown || area.width == 0 {
        return;
    }
    let (start, length) = thumb(area.height, offset, shown, total);
    for y in area.y + start..area.y + start + length {
        buf.set_string(area.x, y, ink.glyphs.scroll, ink.style(Role::Muted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumb_reaches_both_ends_and_never_leaves_the_bar() {
        assert_eq!(thumb(10, 0, 10, 100), (0, 1));
        assert_eq!(thumb(10, 90, 10, 100), (9, 1));
        assert_eq!(thumb(10, 500, 10, 100), (9, 1));
        assert_eq!(thumb(10, 0, 10, 10), (0, 10));
        assert_eq!(thumb(0, 0, 0, 10), (0, 0));
        assert_eq!(thumb(10, 3, 5, 8), (4, 6), "rows may be taller than one line");
    }
}
