//! One ticket: facts, clocks, its workflow drawn, what may be done and why not, what was said and done.

use ratatui::{
    style::Modifier,
    text::{Line, Span},
};

use super::{Standing, why::Why, words};
use crate::{
    console::{
        format,
        paint::wrap,
        theme::Role,
        widgets::{fit, flow::Flow, ink::Ink, workflow::Drawing},
    },
    domain::{
        detail::TicketDetail,
        tickets::{Entry, Explanation, Offer, Ticket},
        time::Timestamp,
    },
};

/// What is known of the ticket's history.
#[derive(Clone, Copy, Debug)]
pub enum Past<'a> {
    /// Here, and when it came.
    Here(&'a TicketDetail, Timestamp),
    /// On its way.
    Loading,
    /// Could not be read: what was said, and what to do.
    Failed(&'a str, &'a str),
    /// Nobody asked yet, or nobody can.
    Missing(&'a str),
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// As we show it: with what is on its way.
    pub ticket: &'a Ticket,
    /// What happened to it.
    pub past: Past<'a>,
    /// Every move out of its status, judged for the one who is signed in.
    pub offers: &'a [Offer],
    /// Whether something is on its way.
    pub standing: Standing,
    /// Whether the names tried for a role are told.
    pub explains: bool,
    /// Why it is where it is, when that is asked and known.
    pub why: Option<Why<'a>>,
    /// The move in the history that was chosen, by its index.
    pub chosen: Option<u32>,
    /// The core's clock.
    pub now: Timestamp,
}

impl View<'_> {
    /// The whole text, line by line, for a place of `width` cells.
    pub fn text(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        self.head(flow, width, ink);
        self.clocks(flow, ink);
        if let Some(why) = &self.why {
            why.text(flow, width, ink);
        }
        self.workflow(flow, width, ink);
        self.description(flow, width, ink);
        self.history(flow, width, ink);
    }

    fn head(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        let ticket = self.ticket;
        let ascii = ink.ascii();
        for line in wrap(&format!("#{} {}", ticket.number, ticket.title), width) {
            flow.push(|| Line::from(Span::styled(line, ink.style(Role::Title).add_modifier(Modifier::BOLD))));
        }
        flow.push(|| {
            Line::from(vec![
                Span::styled(
                    format!("{} {}", words::status_mark(ticket.status, ascii), ticket.status.word()),
                    ink.style(Role::Accent).add_modifier(Modifier::BOLD),
                ),
                Span::raw("  "),
                Span::styled(ticket.priority.word(), ink.style(words::priority_role(ticket.priority))),
                Span::styled(
                    format!(
                        "  version {}, opened {} ago, changed {} ago",
                        ticket.version,
                        format::span(self.now.since(ticket.opened_at)),
                        format::span(self.now.since(ticket.updated_at))
                    ),
                    ink.style(Role::Muted),
                ),
            ])
        });
        match self.standing {
            Standing::Settled => {}
            Standing::Pending => {
                let text = if ascii { "~ sent, not confirmed yet" } else { "… sent, not confirmed yet" };
                flow.push(|| Line::from(Span::styled(text, ink.style(Role::Caution))));
            }
            Standing::Checking => {
                let text = "? unknown, checking: the answer to the last write was lost";
                flow.push(|| Line::from(Span::styled(text, ink.style(Role::Caution))));
            }
        }
        let facts = [
            ("service", ticket.service.as_ref().map_or("none", |s| s.as_str()).to_owned()),
            ("assignee", words::assignee(ticket)),
            ("requester", words::requester(&ticket.requester)),
            ("item", ticket.item.clone().unwrap_or_else(|| "none: a free ticket".to_owned())),
        ];
        for (name, value) in facts {
            flow.push(|| {
                let value = fit::cut_front(&value, width.saturating_sub(11), ascii).into_owned();
                Line::from(vec![Span::styled(format!("{name:11}"), ink.style(Role::Muted)), Span::raw(value)])
            });
        }
    }

    fn clocks(&self, flow: &mut Flow, ink: Ink<'_>) {
        let clocks = &self.ticket.clocks;
        for (name, clock) in [("response", &clocks.response), ("resolution", &clocks.resolution)] {
            flow.push(|| {
                let (text, role) = words::clock(clock, self.now);
                Line::from(vec![
                    Span::styled(format!("{name:11}"), ink.style(Role::Muted)),
                    Span::styled(text, ink.style(role)),
                    Span::styled(format!(" of {} promised", format::span(clock.allowed_ms)), ink.style(Role::Muted)),
                ])
            });
        }
    }

    fn workflow(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        let workflow = &self.ticket.workflow;
        let place = workflow.place.as_ref().map_or_else(|| "built in".to_owned(), words::place);
        let ascii = ink.ascii();
        let room = width.saturating_sub(fit::cells(workflow.name.as_str()) + 11);
        flow.push(|| Line::from(""));
        flow.push(|| {
            Line::from(vec![
                Span::styled(format!("WORKFLOW {}", workflow.name), ink.style(Role::Title)),
                Span::raw("  "),
                Span::styled(fit::cut_front(&place, room, ascii).into_owned(), ink.style(Role::Muted)),
            ])
        });
        let drawing = Drawing { workflow, current: Some(self.ticket.status), offers: self.offers };
        for line in drawing.lines(u16::try_from(width).unwrap_or(u16::MAX), ink) {
            flow.push(|| line);
        }
        if self.offers.is_empty() {
            let text = match self.ticket.is_live() {
                true => format!("no move leads out of {}", self.ticket.status.word()),
                false => "CLOSED is final; comments are still possible".to_owned(),
            };
            flow.push(|| Line::from(Span::styled(text, ink.style(Role::Muted))));
        }
        for (offer, number) in self.offers.iter().zip(1..) {
            for line in offer_lines(offer, number, self.explains, width, ink) {
                flow.push(|| line);
            }
        }
    }

    fn description(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        flow.push(|| Line::from(""));
        flow.push(|| Line::from(Span::styled("DESCRIPTION", ink.style(Role::Title))));
        if self.ticket.description.trim().is_empty() {
            flow.push(|| Line::from(Span::styled("  none", ink.style(Role::Muted))));
        }
        for line in wrap(&self.ticket.description, width.saturating_sub(2)) {
            flow.push(|| Line::from(format!("  {line}")));
        }
    }

    fn history(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        flow.push(|| Line::from(""));
        let title = |text: String| Line::from(Span::styled(text, ink.style(Role::Title)));
        let muted = |text: String| Line::from(Span::styled(text, ink.style(Role::Muted)));
        match self.past {
            Past::Here(detail, came) => {
                let age = format::span(self.now.since(came));
                flow.push(|| title(format!("HISTORY  newest first; read {age} ago")));
                for entry in detail.history.iter().rev() {
                    if flow.is_full() {
                        return;
                    }
                    entry_lines(entry, self.chosen == Some(entry.index), flow, width, ink);
                }
            }
            Past::Loading => {
                flow.push(|| title("HISTORY".to_owned()));
                flow.push(|| muted("  is being read".to_owned()));
            }
            Past::Failed(what, hint) => {
                flow.push(|| title("HISTORY".to_owned()));
                for line in wrap(&format!("could not be read: {what}"), width.saturating_sub(2)) {
                    flow.push(|| Line::from(Span::styled(format!("  {line}"), ink.style(Role::Bad))));
                }
                for line in wrap(hint, width.saturating_sub(2)) {
                    flow.push(|| muted(format!("  {line}")));
                }
            }
            Past::Missing(why) => {
                flow.push(|| title("HISTORY".to_owned()));
                flow.push(|| muted(format!("  {why}")));
            }
        }
    }
}

/// One move: its number, where it leads, and as whom one may follow it or why not; with `why`, what was tried.
pub fn offer_lines(offer: &Offer, number: usize, why: bool, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let place = offer.place.as_ref().map_or_else(String::new, |p| format!("  {}", words::place(p)));
    let (mark, role, text) = match &offer.verdict {
        Ok(acted_as) => (ink.glyphs.yes, Role::Good, format!("as {acted_as}")),
        Err(refusal) => (ink.glyphs.no, Role::Muted, refusal.reason.clone()),
    };
    let head = format!("{mark} {number} {:12}", offer.to.word());
    let room = width.saturating_sub(fit::cells(&head) + 1);
    let mut lines = Vec::new();
    for (text, index) in wrap(&format!("{text}{place}"), room.max(10)).into_iter().zip(0..) {
        let start = if index == 0 { head.clone() } else { " ".repeat(fit::cells(&head)) };
        let style = if offer.is_allowed() { ink.style(role).add_modifier(Modifier::BOLD) } else { ink.style(role) };
        lines.push(Line::from(vec![Span::styled(start, style), Span::styled(format!(" {text}"), ink.style(role))]));
    }
    if why {
        lines.extend(reasons(offer, width, ink));
    }
    lines
}

/// How the role of a move was resolved.
fn reasons(offer: &Offer, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let mut said = vec![format!("role {}", offer.role.word())];
    said.extend(offer.explanation.as_ref().map(resolution).unwrap_or_default());
    said.into_iter()
        .flat_map(|text| wrap(&text, width.saturating_sub(6)))
        .map(|text| Line::from(Span::styled(format!("      {text}"), ink.style(Role::Muted))))
        .collect()
}

/// The names tried for a group, step by step, and by what somebody is in it.
fn resolution(explanation: &Explanation) -> Vec<String> {
    let step = |name: &String| {
        let found = explanation.matched.as_ref() == Some(name);
        format!("tried {name}: {}", if found { "exists, so this is the group" } else { "no such group" })
    };
    explanation.tried.iter().map(step).chain([explanation.sentence()]).collect()
}

/// By what right an entry happened, as it was written down then.
pub fn grant_lines(entry: &Entry) -> Vec<String> {
    let Some(grant) = &entry.grant else {
        return vec!["how the role was found was not kept then".to_owned()];
    };
    let mut said = Vec::new();
    if let Some(role) = &grant.role {
        said.push(format!("asks for {}, filled as {}", role.word(), entry.acted_as));
    }
    said.extend(grant.explanation.as_ref().map(resolution).unwrap_or_default());
    if !grant.right.is_empty() {
        said.push(format!("covered by {}", grant.right));
    }
    said
}

fn entry_lines(entry: &Entry, chosen: bool, flow: &mut Flow, width: usize, ink: Ink<'_>) {
    flow.push(|| {
        let cursor = if chosen { ink.glyphs.cursor } else { " " };
        Line::from(vec![
            Span::styled(format!("{cursor} "), ink.style(Role::Accent)),
            Span::styled(format!("{} ", format::moment(entry.at)), ink.style(Role::Muted)),
            Span::styled(entry.actor.name().to_owned(), ink.style(Role::Text).add_modifier(Modifier::BOLD)),
            Span::raw(format!(" {}", words::entry(&entry.kind))),
        ])
    });
    let mut under = Vec::new();
    if !entry.acted_as.is_empty() {
        under.push(format!("as {}", entry.acted_as));
    }
    if let Some(place) = &entry.allowed_by {
        under.push(format!("allowed by {}", words::place(place)));
    }
    if let Some(revision) = &entry.revision {
        under.push(format!("at {}", revision.get(..7).unwrap_or(revision)));
    }
    under.push(format!("version {}", entry.version));
    for line in wrap(&under.join(", "), width.saturating_sub(16)) {
        flow.push(|| Line::from(Span::styled(format!("{:16}{line}", ""), ink.style(Role::Muted))));
    }
    for line in wrap(words::said(&entry.kind), width.saturating_sub(18)) {
        flow.push(|| {
            Line::from(vec![
                Span::styled(format!("{:16}{} ", "", ink.glyphs.vertical), ink.style(Role::Accent)),
                Span::raw(line),
            ])
        });
    }
}
