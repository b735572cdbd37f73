//! Rows with a cursor that follows the object, not the place in the list.

use super::widgets::table;

/// Something with an identity that outlives its row.
pub trait Row {
    /// The identity.
    type Id: Clone + PartialEq + std::fmt::Debug;
    /// Which object the row shows.
    fn id(&self) -> Self::Id;
}

/// Rows, where the cursor stands, what is marked and which row is at the top.
#[derive(Clone, Debug)]
pub struct List<R: Row> {
    rows: Vec<R>,
    /// How many lines of the screen each row takes; one where none is told.
    lines: Vec<usize>,
    index: usize,
    cursor: Option<R::Id>,
    marks: Vec<R::Id>,
    offset: usize,
    height: usize,
}

impl<R: Row> Default for List<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), lines: Vec::new(), index: 0, cursor: None, marks: Vec::new(), offset: 0, height: 1 }
    }
}

impl<R: Row> List<R> {
    /// All rows.
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// New rows. The cursor stays on its object; if that is gone, on its place. Marks of objects that are gone go.
    pub fn replace(&mut self, rows: Vec<R>) {
        self.rows = rows;
        self.lines.clear();
        if !self.marks.is_empty() {
            let rows = &self.rows;
            self.marks.retain(|mark| rows.iter().any(|row| row.id() == *mark));
        }
        let still = self.rows.get(self.index).map(Row::id);
        if self.cursor.is_some() && still != self.cursor {
            let wanted = self.cursor.as_ref();
            if let Some(found) = self.rows.iter().position(|row| Some(&row.id()) == wanted) {
                self.index = found;
            }
        }
        self.stand(self.index);
    }

    /// Put the cursor on an object, if it is there.
    pub fn select(&mut self, id: &R::Id) -> bool {
        match self.rows.iter().position(|row| row.id() == *id) {
            Some(found) => {
                self.stand(found);
                true
            }
            None => false,
        }
    }

    /// The object to stand on as soon as it is among the rows.
    pub fn aim(&mut self, id: R::Id) {
        if !self.select(&id) {
            self.cursor = Some(id);
        }
    }

    /// The object the cursor stands on, or waits for.
    pub const fn aimed(&self) -> Option<&R::Id> {
        self.cursor.as_ref()
    }

    /// Put the cursor on the row of this number, or the last one.
    pub fn stand(&mut self, index: usize) {
        self.index = index.min(self.rows.len().saturating_sub(1));
        if let Some(row) = self.rows.get(self.index) {
            self.cursor = Some(row.id());
        }
        self.scroll();
    }

    /// Move the cursor by so many rows, stopping at the ends.
    pub fn step(&mut self, by: isize) {
        self.stand(self.index.saturating_add_signed(by));
    }

    /// Move the cursor by so many pages.
    pub fn page(&mut self, by: isize) {
        let rows = isize::try_from(self.visible().count().max(2) - 1).unwrap_or(1);
        self.step(by.saturating_mul(rows));
    }

    /// To the first row.
    pub fn top(&mut self) {
        self.stand(0);
    }

    /// To the last row.
    pub fn bottom(&mut self) {
        self.stand(usize::MAX);
    }

    /// Handles the movements every list knows; false when `action` is none of them.
    pub fn moved(&mut self, action: super::action::Action) -> bool {
        use super::action::Action;
        match action {
            Action::Down => self.step(1),
            Action::Up => self.step(-1),
            Action::PageDown => self.page(1),
            Action::PageUp => self.page(-1),
            Action::Top => self.top(),
            Action::Bottom => self.bottom(),
            Action::Mark => {
                self.toggle_mark();
                self.step(1);
            }
            Action::Unmark => self.marks.clear(),
            _ => return false,
        }
        true
    }

    /// How many lines there are on the screen; keeps the cursor in sight.
    pub fn fit(&mut self, height: u16) {
        self.height = usize::from(height).max(1);
        self.scroll();
    }

    /// Say how many lines of the screen each row takes. It holds until there are new rows.
    pub fn measure(&mut self, lines: Vec<usize>) {
        self.lines = lines;
    }

    /// How many lines a row takes.
    pub fn lines_of(&self, number: usize) -> usize {
        self.lines.get(number).copied().unwrap_or(1).max(1)
    }

    fn scroll(&mut self) {
        let last_top = self.first_before(self.rows.len());
        self.offset = self.offset.min(self.index).min(last_top).max(self.first_before(self.index + 1));
    }

    /// The first of the rows before row `end` that are on the screen when the last of them ends it.
    fn first_before(&self, end: usize) -> usize {
        let end = end.min(self.rows.len());
        let mut room = self.height;
        let fits = (0..end).rev().take_while(|number| {
            let left = room.checked_sub(self.lines_of(*number));
            room = left.unwrap_or(0);
            left.is_some()
        });
        // A row that is taller than the screen is shown as far as it goes.
        end - fits.count().max(1).min(end)
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&R> {
        self.rows.get(self.index)
    }

    /// Number of the row under the cursor.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Number of the row at the top.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The rows in sight with their numbers; of the last one perhaps only its beginning.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &R)> {
        let mut line = 0;
        self.rows.iter().enumerate().skip(self.offset).take_while(move |(number, _)| {
            let is_in_sight = line < self.height;
            line += self.lines_of(*number);
            is_in_sight
        })
    }

    /// Whether there is more of it than is in sight, as a table of these rows tells it.
    pub fn scrolls(&self) -> bool {
        let (count, lines) =
            self.visible().fold((0, 0), |(count, lines), (number, _)| (count + 1, lines + self.lines_of(number)));
        table::scrolls(self.offset, lines, self.rows.len() - self.offset - count, self.height)
    }

    /// Number of the row of which a part stands in this line of the screen.
    pub fn at_line(&self, line: usize) -> Option<usize> {
        let mut below = 0;
        let mut visible = self.visible();
        visible.find_map(|(number, _)| {
            below += self.lines_of(number);
            (line < below).then_some(number)
        })
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Mark the row under the cursor, or take its mark away.
    pub fn toggle_mark(&mut self) {
        let Some(id) = self.selected().map(Row::id) else {
            return;
        };
        match self.marks.iter().position(|mark| *mark == id) {
            Some(found) => {
                self.marks.remove(found);
            }
            None => self.marks.push(id),
        }
    }

    /// Whether a row is marked.
    pub fn is_marked(&self, row: &R) -> bool {
        !self.marks.is_empty() && self.marks.contains(&row.id())
    }

    /// Everything marked, in the order of marking.
    pub fn marks(&self) -> &[R::Id] {
        &self.marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug)]
    struct Name(&'static str);
    impl Row for Name {
        type Id = &'static str;
        fn id(&self) -> Self::Id {
            self.0
        }
    }

    fn list(names: &[&'static str]) -> List<Name> {
        let mut list = List::default();
        list.replace(names.iter().map(|n| Name(n)).collect());
        list.fit(2);
        list
    }

    #[test]
    fn the_cursor_follows_its_object_when_the_order_changes() {
        let mut list = list(&["a", "b", "c"]);
        list.step(1);
        list.replace(vec![Name("c"), Name("a"), Name("b")]);
        assert_eq!(list.selected().unwrap().0, "b");
        assert_eq!(list.offset(), 1, "and stays in sight");
    }

    #[test]
    fn the_cursor_keeps_its_place_when_its_object_is_gone() {
        let mut list = list(&["a", "b", "c"]);
        list.step(1);
        list.replace(vec![Name("a"), Name("c")]);
        assert_eq!(list.selected().unwrap().0, "c");
        list.replace(Vec::new());
        assert!(list.selected().is_none());
    }

    #[test]
    fn marks_go_with_their_objects() {
        let mut list = list(&["a", "b"]);
        list.toggle_mark();
        list.replace(vec![Name("b"), Name("a")]);
        assert_eq!(list.marks(), ["a"]);
        list.replace(vec![Name("b")]);
        assert!(list.marks().is_empty());
    }

    #[test]
    fn paging_stops_at_the_ends() {
        let mut list = list(&["a", "b", "c", "d", "e"]);
        list.page(isize::MAX);
        assert_eq!((list.index(), list.offset()), (4, 3));
        list.page(isize::MIN);
        assert_eq!((list.index(), list.offset()), (0, 0));
    }

    #[test]
    fn rows_of_several_lines_stay_whole_under_the_cursor_and_are_found_by_their_lines() {
        let mut list = list(&["a", "bb", "c", "ddd", "e"]);
        list.measure(vec![1, 2, 1, 3, 1]);
        list.fit(4);
        let seen = |list: &List<Name>| list.visible().map(|(_, row)| row.0).collect::<Vec<_>>();
        assert_eq!(seen(&list), ["a", "bb", "c"]);
        assert_eq!([0, 1, 2, 3, 4].map(|line| list.at_line(line)), [Some(0), Some(1), Some(1), Some(2), None]);
        list.step(3);
        assert_eq!((list.offset(), seen(&list)), (2, vec!["c", "ddd"]));
        list.page(1);
        assert_eq!((list.index(), list.offset()), (4, 3));
        list.page(-1);
        assert_eq!((list.index(), list.offset()), (3, 3), "a page is what is in sight");
        list.fit(2);
        assert_eq!((list.index(), list.offset()), (3, 3), "taller than the screen");
        list.replace(["a", "bb"].map(Name).to_vec());
        assert_eq!(list.at_line(1), Some(1), "new rows have one line until they are measured");
    }

    #[test]
    fn an_aim_is_kept_until_its_object_comes() {
        let mut list = list(&[]);
        list.aim("b");
        list.replace(vec![Name("a"), Name("b")]);
        assert_eq!(list.selected().unwrap().0, "b");
    }
}
