//! What dialogs have in common to the eye: the box, its foot, a text after its label, a name to be typed, a list to
//! choose from.

use ratatui::layout::Rect;

use crate::console::{
    action::Action,
    format, layout,
    paint::{self, Canvas},
    state::State,
    text_input::TextInput,
    theme::Role,
};

/// The foot of a dialog: keys and what they do, as many as fit whole.
pub fn foot(area: Rect, row: u16, keys: &[(Action, &str)], state: &State, canvas: &mut Canvas<'_>) {
    let mut pen = canvas.pen(area, row);
    for (action, word) in keys.iter().filter(|(action, _)| state.offers(*action)) {
        let key = state.options.keymap.label(*action);
        if key.is_empty() || format::width(&key) + word.len() + 1 > pen.room() {
            continue;
        }
        pen.put(&key, Role::Key).skip(1).put(word, Role::Muted).skip(3);
    }
}

/// An empty box with a title; returns its inside.
pub fn frame(area: Rect, title: &str, canvas: &mut Canvas<'_>) -> Rect {
    canvas.clear(area);
    if area.width < 4 || area.height < 3 {
        return area;
    }
    let [top_left, top_right, bottom_left, bottom_right] = canvas.glyphs.corners;
    let (horizontal, vertical) = (canvas.glyphs.horizontal, canvas.glyphs.vertical);
    let inner = usize::from(area.width - 2);
    for (row, left, right) in [(0, top_left, top_right), (area.height - 1, bottom_left, bottom_right)] {
        canvas.pen(area, row).put(left, Role::Rule).repeat(horizontal, inner, Role::Rule).put(right, Role::Rule);
    }
    for row in 1..area.height - 1 {
        let mut pen = canvas.pen(area, row);
        pen.put(vertical, Role::Rule).skip(inner).put(vertical, Role::Rule);
    }
    if !title.is_empty() {
        let mut pen = canvas.pen(Rect { width: area.width - 2, ..area }, 0);
        pen.skip(2).put(" ", Role::Title).put(title, Role::Title).put(" ", Role::Title);
    }
    layout::inset(Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 })
}

/// What is said before something typed is thrown away.
pub fn once_more(what: &str, state: &State) -> String {
    format!("{} again throws the {what} away", state.options.keymap.label(Action::DialogClose))
}

/// The foot of a question whose default is No.
pub fn yes_or_no(area: Rect, row: u16, state: &State, canvas: &mut Canvas<'_>) {
    let label = |action| state.options.keymap.label(action);
    let mut pen = canvas.pen(area, row);
    pen.put(&label(Action::ConfirmYes), Role::Key).put(" yes   ", Role::Text);
    pen.put(&label(Action::ConfirmNo), Role::Key).put(" or ", Role::Muted);
    pen.put(&label(Action::DialogAccept), Role::Key).put(" no (default)", Role::Text);
}

/// A word at the start of a row; returns what is left of the row.
pub fn after_label(area: Rect, row: u16, label: &str, role: Role, canvas: &mut Canvas<'_>) -> Rect {
    canvas.text(area, row, label, role);
    let used = u16::try_from(format::width(label)).unwrap_or(u16::MAX).min(area.width);
    Rect { x: area.x + used, width: area.width - used, ..paint::row(area, row) }
}

/// The line in which the name of a dangerous target is typed.
pub fn type_name(area: Rect, row: u16, name: &str, typed: &TextInput, canvas: &mut Canvas<'_>) {
    let after = after_label(area, row, "type ", Role::Muted, canvas);
    let after = after_label(after, 0, name, Role::Key, canvas);
    let field = after_label(after, 0, ": ", Role::Muted, canvas);
    typed.view(field, canvas);
}

/// A list without the column at its right in which a bar may stand.
pub fn before_bar(list: Rect) -> Rect {
    Rect { width: list.width.saturating_sub(2), ..list }
}

/// Names to choose from, each with a note; the one under the cursor is always in sight.
pub fn choices<'c>(list: Rect, shown: &[(&'c str, &'c str)], index: usize, nothing: &str, canvas: &mut Canvas<'_>) {
    let first = (index + 1).saturating_sub(usize::from(list.height));
    let words = before_bar(list);
    for ((label, note), row) in shown.iter().skip(first).zip(0..list.height) {
        canvas.pen(words, row).skip(1).column(label, 24, Role::Text).skip(1).put(note, Role::Muted);
        canvas.highlight(paint::row(list, row), first + usize::from(row) == index, false);
    }
    canvas.scrollbar(list, first, usize::from(list.height), shown.len());
    if shown.is_empty() {
        canvas.text(list, 0, nothing, Role::Muted);
    }
}
