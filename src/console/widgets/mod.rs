//! Drawing of data: data in, cells out.
//!
//! What lives here: tables, charts, source views, text fields; each draws what it is given and remembers nothing.
//! What must not: state of a screen, keys, effects, anything that waits. Start at [`table`]; [`fit`] is how text is
//! made to fit.

pub mod burn_down;
pub mod card;
pub mod changes;
pub mod diff;
pub mod fit;
pub mod flow;
pub mod gauge;
pub mod ink;
pub mod matrix;
pub mod notice;
pub mod scrollbar;
pub mod source;
pub mod table;
pub mod text_area;
pub mod timeline;
pub mod workflow;
pub mod yaml;

#[cfg(test)]
pub mod picture {
    //! What was drawn, as text.

    use ratatui::{buffer::Buffer, layout::Rect};

    /// The cells of a fresh buffer after `draw`, one line each, without spaces at line ends.
    pub fn of(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        draw(area, &mut buf);
        lines(&buf)
    }

    /// The text of a buffer.
    pub fn lines(buf: &Buffer) -> String {
        let area = buf.area;
        let mut out = Vec::new();
        for y in area.top()..area.bottom() {
            let mut line = String::new();
            let mut skip = 0;
            for x in area.left()..area.right() {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let symbol = buf[(x, y)].symbol();
                skip = super::fit::cells(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            out.push(line.trim_end().to_owned());
        }
        out.join("\n")
    }
}
