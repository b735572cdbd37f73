//! Keys in, pictures out. The board and triage are in [`board`], lost answers, conflicts and taking back in [`writes`].

mod board;
mod writes;

use crate::{
    client::error::{ApiError, Kind},
    console::{
        effect::{Effect, Fetch, Write},
        msg::Reply,
        testing::Bench,
    },
    domain::{
        access::UserId,
        change::Actor,
        detail::TicketDetail,
        tickets::{Entry, EntryKind, Ticket, TicketStatus},
        time::{MINUTE, SECOND},
    },
    testing::estate::{self, AT, REVISION},
};

fn at_tickets(mut bench: Bench) -> Bench {
    bench.take_effects();
    bench.keys("4");
    bench
}

/// On a ticket, in front.
fn on(number: u64, mut bench: Bench) -> Bench {
    bench.take_effects();
    bench.keys("4");
    crate::console::update::open(&mut bench.state, crate::console::place::Object::Ticket(number));
    bench.keys("<esc>");
    bench.take_effects();
    bench
}

fn ticket(bench: &Bench, number: u64) -> Ticket {
    bench.state.replica.estate.tickets[&number].clone()
}

fn entry(index: u32, version: u64, who: &str, kind: EntryKind) -> Entry {
    Entry {
        index,
        at: AT.plus(-i64::from(20 - index) * MINUTE),
        actor: Actor::User { id: UserId(format!("local:{who}")), name: who.to_owned() },
        acted_as: "assignee".to_owned(),
        version,
        kind,
        allowed_by: Some(estate::place("ticketing.d/20-workflows.yaml", 11, 13)),
        revision: Some(REVISION.to_owned()),
        grant: None,
    }
}

fn detail(bench: &Bench, number: u64) -> TicketDetail {
    let ticket = ticket(bench, number);
    let history = vec![
        Entry {
            actor: Actor::System,
            acted_as: String::new(),
            allowed_by: None,
            ..entry(1, 1, "-", EntryKind::Opened)
        },
        entry(2, 2, "oncall", EntryKind::Assigned { from: None, to: Some("oncall".to_owned()) }),
        entry(
            3,
            3,
            "oncall",
            EntryKind::Moved {
                from: TicketStatus::Open,
                to: TicketStatus::InProgress,
                comment: "replica is short of memory, raising its limit".to_owned(),
            },
        ),
    ];
    TicketDetail { ticket, history }
}

fn written(bench: &Bench, number: u64) -> Reply {
    Reply::Written(Box::new(ticket(bench, number)))
}

fn only_write(bench: &Bench) -> Write {
    let writes: Vec<&Write> = bench
        .effects
        .iter()
        .filter_map(|e| if let Effect::Write { what, .. } = e { Some(what) } else { None })
        .collect();
    assert_eq!(writes.len(), 1, "{:?}", bench.effects);
    writes[0].clone()
}

#[test]
fn nearest_promise_comes_first_at_80_by_24() {
    insta::assert_snapshot!(at_tickets(Bench::small()).picture());
}

#[test]
fn list_and_detail_stand_side_by_side_when_wide() {
    let mut bench = at_tickets(Bench::wide());
    bench.keys("j");
    bench.state.tickets.list.select(&1036);
    bench.tell(crate::console::msg::Msg::Tick);
    bench.answer_with(Err(ApiError::new(Kind::TimedOut, "for another one")));
    let (_, what) = bench.asked().expect("the history is asked for");
    assert_eq!(*what, Fetch::Ticket(1036));
    let reply = Reply::Ticket(Box::new(detail(&bench, 1036)));
    bench.answer(reply);
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn detail_with_drawn_workflow_fits_80_by_24() {
    let mut bench = on(1036, Bench::small());
    bench.keys("<enter>");
    let reply = Reply::Ticket(Box::new(detail(&bench, 1036)));
    bench.answer(reply);
    insta::assert_snapshot!(bench.picture());
    bench.keys("J J J J J J J J");
    insta::assert_snapshot!("detail_scrolled_to_its_history", bench.picture());
}

#[test]
fn board_has_a_column_for_each_status() {
    let mut bench = at_tickets(Bench::wide());
    bench.keys("b");
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn tabs_are_saved_filters_and_say_why_they_are_empty() {
    let mut bench = at_tickets(Bench::small());
    bench.keys("v");
    assert!(
        bench
            .state
            .tickets
            .list
            .rows()
            .iter()
            .all(|r| ticket(&bench, r.0).is_assigned_to(&UserId("local:oncall".into())))
    );
    bench.keys("v v v");
    let rows: Vec<u64> = bench.state.tickets.list.rows().iter().map(|r| r.0).collect();
    assert_eq!(rows, [1015]);
    let mut none = at_tickets(Bench::small().with(|s| s.estate.tickets.clear()));
    assert!(none.picture().contains("No tickets under \"all open\""));
}

#[test]
fn taking_is_shown_at_once_and_marked_until_confirmed() {
    let mut bench = on(1041, Bench::small());
    bench.keys("a");
    assert_eq!(only_write(&bench), Write::Take { number: 1041, seen: 1 });
    let picture = bench.picture();
    let line = picture.lines().find(|l| l.contains("#1041")).unwrap();
    assert!(line.contains("… #1041") && line.contains("oncall"), "{picture}");
    let reply = written(&bench, 1041);
    bench.answer(reply);
    assert!(!bench.picture().contains("… #1041"));
}

#[test]
fn a_refusal_takes_the_shown_result_back_and_says_why() {
    let mut bench = on(1041, Bench::small());
    bench.keys("a");
    bench.answer_with(Err(ApiError::new(Kind::Forbidden, "the right was taken away")));
    assert_eq!(ticket(&bench, 1041).assignee, None);
    assert!(bench.picture().contains("the right was taken away"));
}

#[test]
fn the_move_dialog_lists_every_move_with_its_reason() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m");
    insta::assert_snapshot!(bench.picture());
    let mut bench = on(1029, Bench::small());
    bench.keys("m 1 <enter>");
    assert!(bench.picture().contains("assigned to dba-oncall"));
    assert!(bench.effects.is_empty(), "what is refused is not sent: {:?}", bench.effects);
}

#[test]
fn what_the_workflow_leads_back_from_is_moved_at_once_and_can_be_taken_back() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <enter>");
    let to = TicketStatus::Resolved;
    assert_eq!(only_write(&bench), Write::Move { number: 1036, seen: 3, to, comment: String::new() });
    let reply = written(&bench, 1036);
    bench.answer(reply);
    assert!(bench.picture().contains("takes it back"), "{}", bench.picture());
    bench.take_effects();
    bench.keys("z");
    assert_eq!(
        only_write(&bench),
        Write::Move { number: 1036, seen: 4, to: TicketStatus::InProgress, comment: String::new() }
    );
}

#[test]
fn taking_back_is_over_after_ten_seconds() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <enter>");
    let reply = written(&bench, 1036);
    bench.answer(reply);
    bench.take_effects();
    bench.at = bench.at.plus(11 * SECOND);
    bench.keys("z");
    assert!(bench.effects.iter().all(|e| !matches!(e, Effect::Write { .. })), "{:?}", bench.effects);
}

#[test]
fn closing_asks_once_and_its_default_is_no() {
    let mut bench = on(1031, Bench::small());
    bench.keys("m <enter>");
    insta::assert_snapshot!(bench.picture());
    bench.keys("<enter>");
    assert!(bench.effects.is_empty() && bench.state.dialogs.len() == 1, "enter is No and loses nothing");
    bench.keys("<enter> Y");
    let to = TicketStatus::Closed;
    let seen = ticket(&bench, 1031).version - 1;
    assert_eq!(only_write(&bench), Write::Move { number: 1031, seen, to, comment: String::new() });
    let reply = written(&bench, 1031);
    bench.answer(reply);
    assert!(!bench.picture().contains("takes it back"), "no way leads out of CLOSED: {}", bench.picture());
    bench.take_effects();
    bench.keys("z");
    assert!(bench.effects.iter().all(|e| !matches!(e, Effect::Write { .. })), "{:?}", bench.effects);
}

#[test]
fn a_ticket_that_changes_under_an_open_dialog_is_shown_anew_and_not_moved() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <tab>fixed it");
    let mut now = ticket(&bench, 1036);
    now.version += 1;
    now.assignee = Some((UserId("local:dba-oncall".into()), "dba-oncall".into()));
    let entry = entry(4, now.version, "dba-oncall", EntryKind::Assigned { from: None, to: Some("dba-oncall".into()) });
    bench.becomes(crate::domain::change::Fact::TicketChanged { ticket: Box::new(now), entry: Box::new(entry) });
    bench.keys("<enter>");
    assert!(bench.effects.iter().all(|e| !matches!(e, Effect::Write { .. })));
    let picture = bench.picture();
    assert!(picture.contains("changed while this was open") && picture.contains("fixedit"), "{picture}");
}

#[test]
fn a_conflict_shows_their_change_and_keeps_the_comment() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <tab>memory<enter>");
    let (ticket, kind) = theirs(&bench);
    bench.answer_with(Err(stale(ticket, kind)));
    insta::assert_snapshot!(bench.picture());
    bench.keys("<enter>");
    assert!(bench.state.dialogs.is_empty(), "enter is no");
    bench.keys("c");
    assert!(bench.picture().contains("memory"), "what was typed waits for the next word:\n{}", bench.picture());
}

/// What somebody else made of #1036 meanwhile.
fn theirs(bench: &Bench) -> (Ticket, EntryKind) {
    let mut ticket = ticket(bench, 1036);
    (ticket.version, ticket.status) = (4, TicketStatus::InProgress);
    ticket.priority = crate::domain::tickets::Priority::Critical;
    let from = crate::domain::tickets::Priority::Medium;
    (ticket, EntryKind::Prioritised { from, to: crate::domain::tickets::Priority::Critical })
}

fn stale(ticket: Ticket, kind: EntryKind) -> ApiError {
    let since = vec![entry(4, 4, "dba-oncall", kind)];
    let stale = Some(Box::new(crate::domain::detail::Stale { ticket, since }));
    ApiError { stale, ..ApiError::new(Kind::Conflict, "it is at version 4 now") }
}

#[test]
fn where_no_ticket_is_the_key_for_a_new_one_is_named_to_who_may_open_one() {
    let empty = |bench: Bench| at_tickets(bench.with(|snapshot| snapshot.estate.tickets.clear())).picture();
    assert!(empty(Bench::small()).contains("no ticket is open; N opens one"));
    assert!(!empty(Bench::small().read_only()).contains("opens one"));
}

#[test]
fn a_lost_answer_is_unknown_until_a_read_settles_it() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <enter>");
    bench.answer_with(Err(ApiError::new(Kind::Unknown, "the connection was lost")));
    assert_eq!(super::standing(&bench.state, 1036), super::Standing::Checking);
    let writes = |b: &Bench| b.effects.iter().filter(|e| matches!(e, Effect::Write { .. })).count();
    assert_eq!(writes(&bench), 0, "a write is never repeated");
    bench.answer(Reply::Settled(None));
    assert_eq!(super::standing(&bench.state, 1036), super::Standing::Checking, "it may still be on its way");
    bench.at = bench.at.plus(crate::console::lost::AGAIN_MS);
    bench.tell(crate::console::msg::Msg::Tick);
    bench.answer(Reply::Settled(None));
    assert_eq!(super::standing(&bench.state, 1036), super::Standing::Settled);
    assert_eq!(ticket(&bench, 1036).status, TicketStatus::InProgress);
    assert!(bench.picture().contains("it did not happen"));
}

#[test]
fn a_comment_has_several_lines_and_survives_a_failure() {
    let mut bench = on(1036, Bench::small());
    bench.keys("c first<enter>second");
    insta::assert_snapshot!(bench.picture());
    bench.keys("<ctrl-s>");
    assert_eq!(only_write(&bench), Write::Comment { number: 1036, text: "first\nsecond".into() });
    bench.answer_with(Err(ApiError::new(Kind::Unreachable, "connection refused")));
    let picture = bench.picture();
    assert!(picture.contains("second") && picture.contains("not sent"), "{picture}");
}

#[test]
fn a_new_ticket_comes_from_the_catalog_with_the_service_filled_in() {
    let mut bench = on(1041, Bench::small());
    bench.keys("N");
    insta::assert_snapshot!("catalog", bench.picture());
    bench.keys("<down> <enter> Slow<tab><tab>h<tab>since<enter>noon");
    insta::assert_snapshot!("form", bench.picture());
    bench.keys("<ctrl-s>");
    let Write::Create(new) = only_write(&bench) else { panic!() };
    assert_eq!(new.item.as_deref(), Some("acme/service_slow"));
    assert_eq!((new.title.as_str(), new.description.as_str()), ("Slow", "since\nnoon"));
    assert_eq!(new.service.unwrap().service(), "payment-db");
    assert_eq!(new.priority, Some(crate::domain::tickets::Priority::High));
}

#[test]
fn a_form_without_title_or_with_an_unknown_service_stays_open_and_says_why() {
    let mut bench = on(1041, Bench::small());
    bench.keys("N <enter> <ctrl-s>");
    assert!(bench.picture().contains("a ticket needs a title"));
    bench.keys("x<tab>9<ctrl-s>");
    assert!(bench.picture().contains("there is no service"), "{}", bench.picture());
    assert!(bench.effects.is_empty());
}

#[test]
fn assigning_offers_names_and_nobody() {
    let mut bench = on(1036, Bench::small());
    bench.keys("A");
    insta::assert_snapshot!(bench.picture());
    bench.keys("dba<enter>");
    let (to, note) = (Some("dba-oncall".into()), String::new());
    assert_eq!(only_write(&bench), Write::Assign { number: 1036, seen: 3, to, group: None, note });
}

#[test]
fn nothing_is_written_in_a_read_only_session() {
    let mut bench = on(1041, Bench::small().read_only());
    bench.keys("a m c A P N z");
    assert!(bench.state.dialogs.is_empty());
    assert!(bench.effects.iter().all(|e| !matches!(e, Effect::Write { .. })));
    let offers = super::offers_of(&bench.state, &ticket(&bench, 1036));
    assert!(offers.iter().all(|o| !o.is_allowed()));
}

#[test]
fn why_tells_which_names_were_tried_for_a_role() {
    let mut bench = on(1036, Bench::sized(100, 50));
    bench.keys("w");
    let picture = bench.picture();
    assert!(picture.contains("tried acme/shop/prod/eu-1/cart/dba-oncall: no such group"), "{picture}");
    assert!(picture.contains("tried acme/shop/prod/dba-oncall: exists, so this is the group"), "{picture}");
    assert!(picture.contains("role assignee"), "{picture}");
}

#[test]
fn marked_tickets_are_rehearsed_and_production_wants_its_name_typed() {
    let mut bench = on(1041, Bench::small());
    bench.keys("<space>");
    bench.state.tickets.list.select(&1029);
    bench.keys("<space>");
    bench.state.tickets.list.select(&1036);
    bench.keys("<space> a");
    insta::assert_snapshot!("rehearsal", bench.picture());
    bench.keys("<enter>");
    assert!(bench.effects.iter().all(|e| !matches!(e, Effect::Write { .. })), "enter alone is not enough");
    bench.keys("prod<enter>");
    let numbers: Vec<_> = bench
        .effects
        .iter()
        .filter_map(|e| if let Effect::Write { what, .. } = e { what.number() } else { None })
        .collect();
    assert!(bench.state.tickets.list.marks().is_empty(), "the next key is about one ticket again");
    assert_eq!(numbers, [1041, 1029], "what is mine already is left out");
    bench.answer_with(Err(ApiError::new(Kind::Forbidden, "not yours to take")));
    let reply = written(&bench, 1041);
    bench.answer(reply);
    insta::assert_snapshot!("receipt", bench.picture());
    bench.keys("Y");
    assert_eq!(only_write(&bench), Write::Take { number: 1029, seen: 3 }, "only what failed goes again");
}

#[test]
fn a_rehearsal_is_left_by_enter_where_nothing_must_be_typed() {
    let mut bench = on(1038, Bench::small());
    bench.keys("<space> a <enter>");
    assert!(bench.state.dialogs.is_empty() && bench.effects.is_empty());
    bench.state.tickets.list.select(&1038);
    bench.keys("a Y");
    assert_eq!(only_write(&bench), Write::Take { number: 1038, seen: 1 });
}

#[test]
fn every_size_can_be_drawn() {
    for (width, height) in [(1, 1), (20, 5), (73, 41), (130, 8), (300, 100)] {
        let mut bench = at_tickets(Bench::sized(width, height));
        for keys in ["b", "b <enter>", "J K w", "m", "<esc> c", "<esc> N", "<enter>", "<esc> A"] {
            bench.keys(keys);
            bench.picture();
        }
    }
}

#[test]
fn the_ascii_set_draws_nothing_else() {
    let mut bench = Bench::wide();
    bench.state.options.glyphs = crate::console::theme::glyphs::ASCII;
    for keys in ["4", "j", "<enter>"] {
        bench.keys(keys);
        let picture = bench.picture();
        assert!(picture.is_ascii(), "{picture}");
    }
}
