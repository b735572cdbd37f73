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

/// How much of the names stands on the tabs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// All of them.
    All,
    /// Those of the screens; the tables of Hierarchy have their keys.
    Screens,
    /// Those of the screens; a mark says that there is more.
    More,
    /// That of the screen in front; the others have their keys.
    Front,
}

/// The tabs. Where there is little room names shrink to their keys, those of the tables of Hierarchy first.
pub fn tabs(state: &State, area: Rect) -> Vec<Tab> {
    let options = [Named::All, Named::Screens, Named::More];
    let wide = |tabs: &[(Action, String)]| tabs.iter().map(|(_, text)| format::width(text)).sum::<usize>();
    let fitting = options.into_iter().map(|named| texts(state, named)).find(|t| wide(t) <= usize::from(area.width));
    let texts = fitting.unwrap_or_else(|| texts(state, Named::Front));
    let is_front = |action: Action| match state.screen {
        ScreenId::Hierarchy => {
            let here = state.hierarchy.lens().action();
            let has_tab = texts.iter().any(|(shown, _)| *shown == here);
            action == if has_tab { here } else { Action::GoHierarchy }
        }
        screen => action == screen.action(),
    };
    let mut x = area.x;
    let tabs = texts.iter().map(|(action, text)| {
        let from = x;
        x = x.saturating_add(u16::try_from(format::width(text)).unwrap_or(u16::MAX));
        Tab { action: *action, from, to: x, text: text.clone(), front: is_front(*action) }
    });
    tabs.collect()
}

fn texts(state: &State, named: Named) -> Vec<(Action, String)> {
    let gap = |badge: &str| if badge.is_empty() { "" } else { " " };
    let screens = ScreenId::ALL.iter().zip(1..).map(|(screen, number)| {
        let badge = screens::badge(state, *screen);
        // The screen in front keeps its name.
        let name = if named == Named::Front && *screen != state.screen { "" } else { screen.title() };
        (screen.action(), format!(" {number}{}{name}{}{badge} ", gap(name), gap(&badge)))
    });
    let tables = hierarchy::TABLES.iter().zip(ScreenId::ALL.len() + 1..).filter_map(|(table, number)| match named {
        Named::All => {
            let badge = table.badge(state);
            Some((table.action(), format!(" {number} {}{}{badge} ", table.title(), gap(&badge))))
        }
        Named::Screens => Some((table.action(), format!(" {number}"))),
        Named::More | Named::Front => None,
    });
    let mark = if state.options.glyphs.full.is_ascii() { " ~" } else { " …" };
    let more = (named == Named::More).then(|| (Action::Palette, mark.to_owned()));
    screens.chain(tables).chain(more).collect()
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
        assert_eq!(front(80, "7"), "7");
        assert_eq!(front(78, "7"), "2 Hierarchy 9");
        assert_eq!(front(40, "4"), "4 Tickets 2");
    }

    #[test]
    fn where_the_tables_have_no_room_for_their_names_their_keys_or_a_mark_tell_of_them() {
        let line = |width: u16| {
            let bench = crate::console::testing::Bench::sized(width, 24);
            let tabs = tabs(&bench.state, Rect::new(0, 0, width, 1));
            tabs.iter().map(|tab| tab.text.as_str()).collect::<String>()
        };
        let screens = " 1 Pulse 18  2 Hierarchy 9  3 Budgets 2  4 Tickets 2  5 GitOps  6 Activity ";
        assert_eq!(line(80), format!("{screens} 7 8"));
        assert_eq!(line(78), format!("{screens} …"));
        assert_eq!(line(76), " 1 Pulse 18  2 9  3 2  4 2  5  6 ");
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
