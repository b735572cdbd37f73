//! A one-cell-wide mark of how much of a list is in view, and where.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::console::{theme::Role, widgets::ink::Ink};

/// First row of the thumb and its length, in cells of a bar of `height`.
pub fn thumb(height: u16, offset: usize, total: usize) -> (u16, u16) {
    let tall = usize::from(height);
    if total <= tall || height == 0 {
        return (0, height);
    }
    let length = (tall * tall / total).clamp(1, tall);
    let last = total - tall;
    let start = (tall - length) * offset.min(last) / last;
    (u16::try_from(start).unwrap_or(0), u16::try_from(length).unwrap_or(1))
}

/// Draw the bar; nothing when everything is in view.
pub fn draw(area: Rect, buf: &mut Buffer, ink: Ink<'_>, offset: usize, total: usize) {
    if total <= usize::from(area.height) || area.width == 0 {
        return;
    }
    let (start, length) = thumb(area.height, offset, total);
    let (rail, block) = if ink.ascii() { ("|", "#") } else { ("│", "█") };
    for line in 0..area.height {
        let on = line >= start && line < start + length;
        buf.set_string(area.x, area.y + line, if on { block } else { rail }, ink.style(Role::Muted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumb_reaches_both_ends_and_never_leaves_the_bar() {
        assert_eq!(thumb(10, 0, 100), (0, 1));
        assert_eq!(thumb(10, 90, 100), (9, 1));
        assert_eq!(thumb(10, 500, 100), (9, 1));
        assert_eq!(thumb(10, 0, 10), (0, 10));
        assert_eq!(thumb(0, 0, 10), (0, 0));
    }
}
