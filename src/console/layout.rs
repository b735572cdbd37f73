//! Where things are: the same answer for `update` (paging, mouse) and for `view`.

use ratatui::layout::Rect;

use super::{format, msg::Size, place::ScreenId, screens, state::State};

/// The parts of the whole screen. Parts that do not fit are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Who, where, how fresh.
    pub header: Rect,
    /// The screens.
    pub tabs: Rect,
    /// The screen in front.
    pub body: Rect,
    /// Keys and messages.
    pub footer: Rect,
}

/// The parts of a terminal of this size. The body comes first when there is little room.
pub fn frame(size: Size) -> Frame {
    let row = |y: u16, height: u16| Rect { x: 0, y, width: size.width, height };
    let header = u16::from(size.height >= 3);
    let footer = u16::from(size.height >= 4);
    let tabs = u16::from(size.height >= 6);
    // A blank line under the tabs where there is room for air.
    let air = u16::from(size.height >= 30);
    let top = header + tabs + air;
    Frame {
        header: row(0, header),
        tabs: row(header, tabs),
        body: row(top, size.height.saturating_sub(top + footer)),
        footer: row(size.height.saturating_sub(footer), footer),
    }
}

/// The place of each tab in the tab bar: from and to, in columns. Names shrink to their keys when there is little room.
pub fn tabs(state: &State, area: Rect) -> Vec<(ScreenId, u16, u16, String)> {
    let label = |screen: ScreenId, long: bool| {
        let badge = screens::badge(state, screen);
        let number = screen as usize + 1;
        match (long, badge.is_empty()) {
            (true, true) => format!(" {number} {} ", screen.title()),
            (true, false) => format!(" {number} {} {badge} ", screen.title()),
            (false, true) => format!(" {number} "),
            (false, false) => format!(" {number} {badge} "),
        }
    };
    let long: usize = ScreenId::ALL.iter().map(|s| format::width(&label(*s, true))).sum();
    let fits = long <= usize::from(area.width);
    let mut x = area.x;
    ScreenId::ALL
        .iter()
        .map(|screen| {
            // The screen in front keeps its name.
            let text = label(*screen, fits || *screen == state.screen);
            let from = x;
            x = x.saturating_add(u16::try_from(format::width(&text)).unwrap_or(u16::MAX));
            (*screen, from, x, text)
        })
        .collect()
}

/// A box of at most `width` x `height` cells in the middle of the screen, a little above the centre.
pub fn middle(size: Size, width: u16, height: u16) -> Rect {
    let width = width.min(size.width);
    let height = height.min(size.height);
    Rect { x: (size.width - width) / 2, y: (size.height - height) / 3, width, height }
}

/// `area` cut into a left part of `share` percent and the rest, with a column for a divider between them.
pub fn columns(area: Rect, share: u16) -> (Rect, Rect, Rect) {
    let left = u16::try_from(u32::from(area.width) * u32::from(share.min(100)) / 100).unwrap_or(area.width);
    let divider = u16::from(left < area.width);
    (
        Rect { width: left, ..area },
        Rect { x: area.x + left, width: divider, ..area },
        Rect { x: area.x + left + divider, width: area.width - left - divider, ..area },
    )
}

/// `area` without a column at both sides, where it is wide enough.
pub fn inset(area: Rect) -> Rect {
    if area.width < 20 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_never_leave_the_screen_and_never_overlap() {
        for height in 0..60 {
            let frame = frame(Size { width: 80, height });
            let parts = [frame.header, frame.tabs, frame.body, frame.footer];
            let sum: u16 = parts.iter().map(|p| p.height).sum();
            assert!(sum <= height, "{height}");
            assert!(parts.iter().all(|p| p.bottom() <= height), "{height}: {frame:?}");
            assert!(height == 0 || frame.body.height > 0, "{height}: the body comes first");
        }
    }
}
