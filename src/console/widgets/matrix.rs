//! A small table of counts on two axes. Zeros stand back, the chosen cell is brought out.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{fit, ink::Ink};
use crate::console::theme::Role;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// Words of the rows.
    pub rows: &'a [&'a str],
    /// Words of the columns.
    pub columns: &'a [&'a str],
    /// By row, then column.
    pub counts: &'a [Vec<usize>],
    /// How a count that is not zero looks, by row and column.
    pub role: fn(usize, usize) -> Role,
    /// The chosen cell: row and column.
    pub chosen: Option<(usize, usize)>,
}

impl Matrix<'_> {
    /// Cells of the row words and of each column, in `width` cells.
    fn widths(&self, width: u16) -> (usize, Vec<usize>) {
        let names = self.rows.iter().map(|r| fit::cells(r)).max().unwrap_or(0) + 1;
        let room = usize::from(width).saturating_sub(names);
        for gap in [3, 2, 1] {
            let natural: Vec<usize> = self.columns.iter().map(|c| fit::cells(c).max(4) + gap).collect();
            if natural.iter().sum::<usize>() <= room {
                return (names, natural);
            }
        }
        (names, vec![room / self.columns.len().max(1); self.columns.len()])
    }

    /// The cell at this place of `area`.
    pub fn hit(&self, area: Rect, column: u16, row: u16) -> Option<(usize, usize)> {
        let row = usize::from(row.checked_sub(area.y + 1)?);
        let mut x = usize::from(column.checked_sub(area.x)?);
        let (names, widths) = self.widths(area.width);
        x = x.checked_sub(names)?;
        for (index, wide) in widths.iter().enumerate() {
            if x < *wide {
                return (row < self.rows.len()).then_some((row, index));
            }
            x -= wide;
        }
        None
    }

    /// Draw into `area`: a line of words, then a line for each row.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let (names, widths) = self.widths(area.width);
        let mut put = |x: usize, row: usize, text: &str, role: Role, chosen: bool| {
            let (Ok(dx), Ok(dy)) = (u16::try_from(x), u16::try_from(row)) else { return };
            if dx < area.width && dy < area.height {
                let style = if chosen { ink.style(Role::Selection) } else { ink.style(role) };
                let style = if role == Role::Title { style.add_modifier(Modifier::BOLD) } else { style };
                buf.set_stringn(area.x + dx, area.y + dy, text, usize::from(area.width - dx), style);
            }
        };
        let mut x = names;
        for (index, wide) in widths.iter().enumerate() {
            put(x, 0, &fit::right(self.columns[index], *wide, ink.ascii()), Role::Muted, false);
            for row in 0..self.rows.len() {
                let count = self.counts[row][index];
                let chosen = self.chosen == Some((row, index));
                let text = if count == 0 { ink.glyphs.dot.to_owned() } else { count.to_string() };
                let role = if count == 0 { Role::Rule } else { (self.role)(row, index) };
                let pad = wide.saturating_sub(fit::cells(&text) + 2);
                put(
                    x + pad + 1,
                    row + 1,
                    &format!("{}{text}", if chosen { ink.glyphs.cursor } else { " " }),
                    role,
                    chosen,
                );
            }
            x += wide;
        }
        for (row, word) in self.rows.iter().enumerate() {
            put(0, row + 1, word, Role::Title, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::picture;

    const fn role(_: usize, _: usize) -> Role {
        Role::Caution
    }

    #[test]
    fn counts_stand_under_their_words_and_the_chosen_cell_is_marked() {
        let counts = [vec![3, 0], vec![0, 12]];
        let matrix = Matrix {
            rows: &["declared", "retired"],
            columns: &["differs", "silent"],
            counts: &counts,
            role,
            chosen: Some((1, 1)),
        };
        let drawn = picture::of(40, 3, |area, buf| matrix.draw(area, buf, Ink::for_tests(false)));
        assert_eq!(drawn, "            differs   silent\ndeclared          3        ·\nretired           ·      ▌12");
        let area = Rect::new(0, 0, 40, 3);
        assert_eq!(matrix.hit(area, 27, 2), Some((1, 1)));
        assert_eq!(matrix.hit(area, 15, 1), Some((0, 0)));
        assert_eq!(matrix.hit(area, 3, 1), None);
    }
}
