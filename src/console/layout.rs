//! Where things are: the same answer for `update` (paging, mouse) and for `view`.

use ratatui::layout::Rect;

use super::{
    action::Action,
    format,
    msg::Size,
    outage,
    place::ScreenId,
    screens::{self, hierarchy},
    state::State,
};

/// The parts of the whole screen. Parts that do not fit are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Who, where, how fresh.
    pub header: Rect,
    /// The screens.
    pub tabs: Rect,
    /// What keeps the core from being heard; empty while it is.
    pub outage: Rect,
    /// The screen in front.
    pub body: Rect,
    /// Keys and messages.
    pub footer: Rect,
}

/// The parts of the screen now.
pub fn frame(state: &State) -> Frame {
    split(state.size, outage::height(state))
}

/// The parts of a terminal of this size of which an outage wants so many lines. The body comes first when there is little
/// room.
fn split(size: Size, outage: u16) -> Frame {
    let row = |y: u16, height: u16| Rect { x: 0, y, width: size.width, height };
    let header = u16::from(size.height >= 3);
    let footer = u16::from(size.height >= 4);
    let tabs = u16::from(size.height >= 6);
    // A blank line under the tabs where there is room for air; an outage has it first, so that nothing jumps.
    let air = u16::from(size.height >= 30).max(outage);
    let top = header + tabs + air;
    Frame {
        header: row(0, header),
        tabs: row(header, tabs),
        outage: row(header + tabs, outage),
        body: row(top, size.height.saturating_sub(top + footer)),
        footer: row(size.height.saturating_sub(footer), footer),
    }
}

/// A tab of the tab bar: from and to in columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// What goes there.
    pub action: Action,
    /// Its first column.
    pub from: u16,
    /// The column behind it.
    pub to: u16,
    /// What stands on it.
    pub text: String,
    /// Whether it is what is looked at.
    pub front: bool,
}

/// The tabs. Names shrink to their keys when there is little room; the tables of Hierarchy have tabs where there is much.
pub fn tabs(state: &State, area: Rect) -> Vec<Tab> {
    let room = usize::from(area.width);
    let screens: Vec<_> = ScreenId::ALL.iter().map(|s| (s.action(), s.title(), screens::badge(state, *s))).collect();
    let tables: Vec<_> = hierarchy::TABLES.iter().map(|l| (l.action(), l.title(), l.badge(state))).collect();
    let long = |number: usize, (_, title, badge): &(Action, &str, String)| {
        format!(" {number} {title}{}{badge} ", if badge.is_empty() { "" } else { " " })
    };
    let wide = |all: &[_]| all.iter().zip(1..).map(|(tab, number)| format::width(&long(number, tab))).sum::<usize>();
    let all = [screens.clone(), tables].concat();
    let (shown, fits) = if wide(&all) <= room { (all, true) } else { (screens, false) };
    let fits = fits || wide(&shown) <= room;
    let here = state.hierarchy.lens().action();
    let is_front = |action: Action| match state.screen {
        ScreenId::Hierarchy if shown.iter().any(|(shown, ..)| *shown == here) => action == here,
        screen => action == screen.action(),
    };
    let mut x = area.x;
    let tabs = shown.iter().zip(1..).map(|(tab, number)| {
        let (action, front, badge) = (tab.0, is_front(tab.0), &tab.2);
        // The screen in front keeps its name.
        let text = match (fits || front, badge.is_empty()) {
            (true, _) => long(number, tab),
            (false, true) => format!(" {number} "),
            (false, false) => format!(" {number} {badge} "),
        };
        let from = x;
        x = x.saturating_add(u16::try_from(format::width(&text)).unwrap_or(u16::MAX));
        Tab { action, from, to: x, text, front }
    });
    tabs.collect()
}

/// A box of at most `width` x `height` cells in the middle of the screen, a little above the centre.
pub fn middle(size: Size, width: u16, height: u16) -> Rect {
    let width = width.min(size.width);
    let height = height.min(size.height);
    Rect { x: (size.width - width) / 2, y: (size.height - height) / 3, width, height }
}

/// `area` cut into a left part of `share` percent and the rest, with a column for a divider between them and a blank one
/// before it.
pub fn columns(area: Rect, share: u16) -> (Rect, Rect, Rect) {
    let left = u16::try_from(u32::from(area.width) * u32::from(share.min(100)) / 100).unwrap_or(area.width);
    let divider = u16::from(left < area.width);
    (
        Rect { width: left.saturating_sub(divider), ..area },
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
    fn tables_have_tabs_where_there_is_room_and_what_is_looked_at_is_in_front() {
        let front = |width: u16, keys: &str| {
            let mut bench = crate::console::testing::Bench::sized(width, 30);
            bench.keys(keys);
            let tabs = tabs(&bench.state, Rect::new(0, 0, width, 1));
            assert!(tabs.is_sorted_by(|a, b| a.to == b.from));
            let front: Vec<Tab> = tabs.into_iter().filter(|tab| tab.front).collect();
            assert_eq!(front.len(), 1);
            front[0].text.trim().to_owned()
        };
        assert_eq!(front(140, "7"), "7 Storage 2");
        assert_eq!(front(140, "2"), "2 Hierarchy 9");
        assert_eq!(front(80, "7"), "2 Hierarchy 9");
        assert_eq!(front(40, "4"), "4 Tickets 2");
    }

    #[test]
    fn parts_never_leave_the_screen_and_never_overlap() {
        for height in 0..60 {
            let outage = if height >= outage::ROOMY { 2 } else { 0 };
            let frame = split(Size { width: 80, height }, outage);
            let parts = [frame.header, frame.tabs, frame.outage, frame.body, frame.footer];
            let sum: u16 = parts.iter().map(|p| p.height).sum();
            assert!(sum <= height, "{height}");
            assert!(parts.iter().all(|p| p.bottom() <= height), "{height}: {frame:?}");
            assert!(height == 0 || frame.body.height > 0, "{height}: the body comes first");
        }
    }
}
