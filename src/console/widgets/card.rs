//! Cards: boxes of a few lines side by side, as many as fit.

use ratatui::text::{Line, Span};

use super::{fit, ink::Ink};
use crate::console::{paint::wrap, theme::Role};

/// One card.
#[derive(Clone, Debug)]
pub struct Card {
    /// In its upper edge.
    pub title: String,
    /// A sentence; may be empty.
    pub about: String,
    /// Short names and what they say.
    pub facts: Vec<(&'static str, String)>,
}

/// Narrowest and widest card.
const MIN: usize = 32;
const MAX: usize = 52;

/// The cards in `width` cells, row by row.
pub fn lines(cards: &[Card], width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let across = (width / (MIN + 1)).clamp(1, cards.len().max(1));
    let wide = ((width + 1) / across).saturating_sub(1).min(MAX);
    if wide < 8 {
        return Vec::new();
    }
    let mut out = Vec::new();
    for row in cards.chunks(across) {
        let inside: Vec<Vec<Line<'static>>> = row.iter().map(|card| body(card, wide - 4, ink)).collect();
        let tall = inside.iter().map(Vec::len).max().unwrap_or(0);
        let [top_left, top_right, bottom_left, bottom_right] = ink.glyphs.corners;
        let rule = ink.style(Role::Rule);
        let across_line = |left: &str, right: &str, title: &str| {
            let title = fit::cut(title, wide - 6, ink.ascii()).into_owned();
            let named = if title.is_empty() { 0 } else { fit::cells(&title) + 2 };
            let line = ink.glyphs.horizontal;
            let mut spans = vec![Span::styled(format!("{left}{line}"), rule)];
            if named > 0 {
                spans.push(Span::styled(format!(" {title} "), ink.style(Role::Title)));
            }
            spans.push(Span::styled(format!("{}{right} ", line.repeat(wide - 3 - named)), rule));
            spans
        };
        out.push(Line::from(row.iter().flat_map(|c| across_line(top_left, top_right, &c.title)).collect::<Vec<_>>()));
        for index in 0..tall {
            let mut spans = Vec::new();
            for lines in &inside {
                let side = ink.glyphs.vertical;
                spans.push(Span::styled(format!("{side} "), rule));
                let line = lines.get(index).cloned().unwrap_or_default();
                let used = line.width();
                spans.extend(line.spans);
                spans.push(Span::raw(" ".repeat((wide - 4).saturating_sub(used))));
                spans.push(Span::styled(format!(" {side} "), rule));
            }
            out.push(Line::from(spans));
        }
        out.push(Line::from(row.iter().flat_map(|_| across_line(bottom_left, bottom_right, "")).collect::<Vec<_>>()));
    }
    out
}

fn body(card: &Card, room: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = wrap(&card.about, room).into_iter().map(Line::from).collect();
    let names = card.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    for (name, says) in &card.facts {
        for (index, part) in wrap(says, room.saturating_sub(names).max(4)).into_iter().enumerate() {
            let name = if index == 0 { *name } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("{name:names$}"), ink.style(Role::Muted)),
                Span::raw(part),
            ]));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(title: &str, about: &str) -> Card {
        Card { title: title.to_owned(), about: about.to_owned(), facts: vec![("flow", "incident".to_owned())] }
    }

    #[test]
    fn cards_stand_side_by_side_and_are_equally_tall() {
        let cards = [card("Service is down", ""), card("New space", "For a team")];
        let drawn: Vec<String> = lines(&cards, 66, Ink::for_tests(false)).iter().map(|l| l.to_string()).collect();
        assert_eq!(
            drawn,
            [
                "╭─ Service is down ────────────╮ ╭─ New space ──────────────────╮ ",
                "│ flow incident                │ │ For a team                   │ ",
                "│                              │ │ flow incident                │ ",
                "╰──────────────────────────────╯ ╰──────────────────────────────╯ ",
            ]
        );
        assert_eq!(lines(&cards, 40, Ink::for_tests(true)).len(), 7, "below each other where there is no room");
    }
}
