//! Taking back, conflicts, lost answers, many at once, the user's editor.

use super::*;
use crate::{
    console::{
        dialogs::Dialog,
        msg::{LinkEvent, Msg},
    },
    domain::tickets::{Priority, act::TEXT_LIMIT},
};

fn writes(bench: &Bench) -> Vec<Write> {
    let write = |e: &Effect| if let Effect::Write { what, .. } = e { Some(what.clone()) } else { None };
    bench.effects.iter().filter_map(write).collect()
}

fn confirm(bench: &mut Bench, number: u64) {
    bench.effects.retain(|e| matches!(e, Effect::Write { .. }));
    let reply = written(bench, number);
    bench.answer(reply);
    bench.take_effects();
}

#[test]
fn taking_giving_and_urgency_are_taken_back_where_a_rule_allows_it() {
    let mut bench = on(1041, Bench::small());
    bench.keys("a");
    confirm(&mut bench, 1041);
    assert!(bench.picture().contains("take #1041; z takes it back for 10 s"), "{}", bench.picture());
    bench.keys("j k z");
    let note = String::new();
    assert_eq!(only_write(&bench), Write::Assign { number: 1041, seen: 2, to: None, group: None, note });
    confirm(&mut bench, 1041);
    assert!(bench.picture().contains("taken back"), "{}", bench.picture());
    bench.keys("z");
    assert!(writes(&bench).is_empty(), "what takes back is not taken back");

    let was = ticket(&bench, 1041).priority;
    bench.keys("P <down> <down> <enter>");
    confirm(&mut bench, 1041);
    bench.keys("z");
    assert_eq!(only_write(&bench), Write::Prioritise { number: 1041, seen: 4, to: was });
}

#[test]
fn two_acts_are_taken_back_newest_first_and_what_changed_since_is_left_alone() {
    let mut bench = on(1041, Bench::small());
    bench.keys("a");
    confirm(&mut bench, 1041);
    bench.state.tickets.list.select(&1038);
    bench.keys("a");
    confirm(&mut bench, 1038);
    bench.keys("z");
    assert_eq!(only_write(&bench).number(), Some(1038));
    confirm(&mut bench, 1038);
    let mut theirs = ticket(&bench, 1041);
    theirs.version += 1;
    let kind = EntryKind::Prioritised { from: Priority::High, to: Priority::Critical };
    let entry = Box::new(entry(3, theirs.version, "dba-oncall", kind));
    bench.becomes(crate::domain::change::Fact::TicketChanged { ticket: Box::new(theirs), entry });
    bench.keys("z");
    assert!(writes(&bench).is_empty());
    assert!(bench.picture().contains("#1041 changed since"), "{}", bench.picture());
}

#[test]
fn the_offer_to_take_back_is_in_the_footer_only_while_it_stands() {
    let mut bench = on(1041, Bench::wide());
    assert!(!bench.picture().contains("take back"));
    bench.keys("a");
    confirm(&mut bench, 1041);
    bench.keys("j");
    assert!(bench.picture().contains("z take back"), "{}", bench.picture());
    let end = crate::console::update::next_tick(&bench.state, bench.at);
    assert!(end.since(bench.at) <= 10 * SECOND + 1, "its end is drawn though nothing else happens");
    bench.at = bench.at.plus(10 * SECOND + 1);
    bench.tell(Msg::Tick);
    assert_ne!(bench.draw, crate::console::update::Draw::No);
    assert!(!bench.picture().contains("z take back"), "{}", bench.picture());
}

#[test]
fn a_move_that_only_others_could_take_back_is_asked_once_more() {
    // RESOLVED leads back by `any`, which a bystander is not.
    let mut bench = on(1031, Bench::small());
    bench.keys("m");
    assert!(bench.picture().contains("cannot be taken back"), "{}", bench.picture());
    let mut bench = on(1036, Bench::small());
    bench.keys("m");
    assert!(bench.picture().contains("z undoes it for 10 s"), "{}", bench.picture());
    assert!(bench.picture().contains("resolution clock stops"), "the effect is told beforehand");
}

#[test]
fn after_a_conflict_the_same_is_asked_again_only_on_yes_and_about_what_is_shown() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <tab>memory<enter>");
    let (ticket, kind) = theirs(&bench);
    bench.answer_with(Err(stale(ticket, kind)));
    assert!(writes(&bench).is_empty(), "nothing is sent by itself");
    let picture = bench.picture();
    assert!(picture.contains("dba-oncall set it to CRITICAL") && picture.contains("memory"), "{picture}");
    bench.keys("Y");
    let (to, comment) = (TicketStatus::Resolved, "memory".to_owned());
    assert_eq!(only_write(&bench), Write::Move { number: 1036, seen: 4, to, comment });
}

#[test]
fn a_conflict_that_leaves_no_way_says_why_and_offers_nothing() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <tab>memory<enter>");
    let (mut ticket, _) = theirs(&bench);
    ticket.assignee = Some((UserId("local:dba-oncall".into()), "dba-oncall".into()));
    let kind = EntryKind::Assigned { from: Some("oncall".into()), to: Some("dba-oncall".into()) };
    bench.answer_with(Err(stale(ticket, kind)));
    let picture = bench.picture();
    assert!(picture.contains("not again: needs the assignee") && !picture.contains("do it again"), "{picture}");
    bench.keys("Y");
    assert!(writes(&bench).is_empty() && bench.state.dialogs.len() == 1);
}

#[test]
fn what_comes_back_waits_until_nobody_types() {
    let mut bench = on(1036, Bench::small());
    bench.keys("m <tab>memory<enter> /car");
    let (ticket, kind) = theirs(&bench);
    bench.effects.retain(|e| matches!(e, Effect::Write { .. }));
    bench.answer_with(Err(stale(ticket, kind)));
    bench.keys("t");
    assert_eq!(bench.state.filter().text(), "cart");
    assert!(bench.state.dialogs.is_empty());
    bench.keys("<enter>");
    bench.picture();
    assert!(matches!(bench.state.dialogs.last(), Some(Dialog::Conflict(_))));
}

#[test]
fn a_lost_answer_that_cannot_be_settled_is_asked_again_with_the_next_link_and_never_sent_again() {
    let mut bench = on(1041, Bench::small());
    bench.keys("a");
    bench.answer_with(Err(ApiError::new(Kind::Unknown, "the connection was lost")));
    assert!(matches!(bench.asked(), Some((_, Fetch::Written(_)))));
    bench.answer_with(Err(ApiError::new(Kind::Unreachable, "refused")));
    assert_eq!(super::super::standing(&bench.state, 1041), super::super::Standing::Checking, "still not known");
    bench.keys("a");
    assert!(writes(&bench).is_empty(), "nothing is done to what is unknown");
    bench.take_effects();
    bench.tell(Msg::Link(LinkEvent::Connected));
    assert!(matches!(bench.asked(), Some((_, Fetch::Written(_)))));
    let mut done = ticket(&bench, 1041);
    done.version = 2;
    bench.answer(Reply::Settled(Some(Box::new(done))));
    assert_eq!(super::super::standing(&bench.state, 1041), super::super::Standing::Settled);
    assert!(writes(&bench).is_empty());
    assert!(bench.picture().contains("take #1041"), "{}", bench.picture());
}

#[test]
fn a_lost_new_ticket_is_settled_too_and_its_form_comes_back_when_it_never_arrived() {
    let mut bench = on(1041, Bench::small());
    bench.keys("N <enter> Slow<tab><tab><tab>since<enter>noon<ctrl-s>");
    bench.answer_with(Err(ApiError::new(Kind::Unknown, "the connection was lost")));
    bench.answer(Reply::Settled(None));
    assert!(bench.state.dialogs.is_empty(), "it may still be on its way");
    bench.at = bench.at.plus(crate::console::lost::AGAIN_MS);
    bench.tell(Msg::Tick);
    bench.answer(Reply::Settled(None));
    let picture = bench.picture();
    assert!(picture.contains("Slow") && picture.contains("noon") && picture.contains("did not happen"), "{picture}");
}

#[test]
fn a_late_answer_to_a_settled_write_is_dropped() {
    let mut bench = on(1041, Bench::small());
    bench.keys("a");
    let Some(Effect::Write { request, .. }) =
        bench.take_effects().into_iter().find(|e| matches!(e, Effect::Write { .. }))
    else {
        panic!()
    };
    let ticket = ticket(&bench, 1041);
    let reply = |ticket: &Ticket| Msg::Reply { request, result: Ok(Reply::Written(Box::new(ticket.clone()))) };
    bench.tell(reply(&ticket));
    let before = bench.state.replica.estate.clone();
    let mut other = ticket.clone();
    other.title = "late".to_owned();
    other.version += 5;
    bench.tell(reply(&other));
    assert_eq!(bench.state.replica.estate, before);
}

/// Ten tickets of a service outside production, marked.
fn ten() -> Bench {
    let mut bench = Bench::small().with(|snapshot| {
        let free = snapshot.estate.tickets[&1038].clone();
        for number in 3001..=3010 {
            let mut ticket = free.clone();
            (ticket.number, ticket.service) = (number, None);
            snapshot.estate.tickets.insert(number, ticket);
        }
    });
    bench.take_effects();
    bench.keys("4");
    for number in 3001..=3010 {
        bench.state.tickets.list.select(&number);
        bench.state.tickets.list.toggle_mark();
    }
    bench
}

#[test]
fn of_many_a_few_are_on_their_way_and_the_rest_can_be_left() {
    let mut bench = ten();
    bench.keys("a Y");
    assert_eq!(writes(&bench).len(), 4, "no more than four at a time");
    let reply = written(&bench, 3004);
    bench.answer(reply);
    assert_eq!(writes(&bench).len(), 4, "an answer lets the next one go");
    assert!(bench.picture().contains("1 of 10 done"), "{}", bench.picture());
    bench.keys("<esc>");
    assert!(bench.picture().contains("5 left"), "{}", bench.picture());
    while !writes(&bench).is_empty() {
        let number = writes(&bench).last().unwrap().number().unwrap();
        let reply = written(&bench, number);
        bench.answer(reply);
    }
    assert!(bench.picture().contains("5 of 10 done, 0 not, 0 open, 5 left"), "{}", bench.picture());
    bench.keys("<esc>");
    assert!(bench.state.dialogs.is_empty());
}

#[test]
fn many_are_given_and_made_urgent_after_a_rehearsal_too() {
    let mut bench = ten();
    bench.keys("A dba<tab>yours now<ctrl-s>");
    let picture = bench.picture();
    assert!(picture.contains("Give 10 of 10 marked tickets to dba-oncall"), "{picture}");
    bench.keys("Y");
    let Write::Assign { to, note, .. } = writes(&bench).remove(0) else { panic!() };
    assert_eq!((to.as_deref(), note.as_str()), (Some("dba-oncall"), "yoursnow"));
    let mut bench = ten();
    bench.keys("P <enter>");
    assert!(bench.picture().contains("marked tickets to CRITICAL"), "{}", bench.picture());
    bench.keys("Y");
    assert_eq!(writes(&bench).len(), 4);
}

#[test]
fn a_ticket_is_given_to_a_group_with_a_note_and_its_effect_is_told_first() {
    let mut bench = on(1036, Bench::small());
    bench.keys("A group<tab>see<enter>the<enter>graph<tab>");
    insta::assert_snapshot!("hand_over", bench.picture());
    bench.keys("<enter>");
    let Write::Assign { to: None, group: Some(_), note, .. } = only_write(&bench) else {
        panic!("{:?}", bench.effects)
    };
    assert_eq!(note, "see\nthe\ngraph");
}

#[test]
fn the_editor_is_asked_for_once_gives_its_text_back_and_a_late_one_is_dropped() {
    let mut bench = on(1036, Bench::small());
    bench.keys("c one<ctrl-o>");
    let Some(Effect::Edit { request, text }) =
        bench.take_effects().into_iter().find(|e| matches!(e, Effect::Edit { .. }))
    else {
        panic!()
    };
    assert_eq!(text, "one");
    bench.tell(Msg::Edited { request, result: Ok("one\ntwo".to_owned()) });
    bench.tell(Msg::Edited { request, result: Ok("late".to_owned()) });
    bench.keys("<ctrl-s>");
    assert_eq!(only_write(&bench), Write::Comment { number: 1036, text: "one\ntwo".into() });
    let mut bench = on(1036, Bench::small());
    bench.keys("m <tab>why<ctrl-o>");
    let Some(Effect::Edit { request, .. }) = bench.take_effects().pop() else { panic!() };
    bench.tell(Msg::Edited { request, result: Err("vi cannot be started: no such file".to_owned()) });
    let picture = bench.picture();
    assert!(picture.contains("vi cannot be started") && picture.contains("why"), "{picture}");
}

#[test]
fn a_text_over_the_limit_is_refused_with_the_limit_and_what_was_there_stays() {
    let mut bench = on(1036, Bench::small());
    bench.keys("c first");
    bench.tell(Msg::Paste("x".repeat(1 << 20)));
    let picture = bench.picture();
    assert!(picture.contains("first") && picture.contains(&format!("the limit is {TEXT_LIMIT}")), "{picture}");
}

#[test]
fn a_closed_ticket_takes_comments_and_nothing_else() {
    let mut bench = on(1015, Bench::small());
    for key in ["m", "A", "P"] {
        bench.keys(key);
        assert!(bench.state.dialogs.is_empty(), "{key}");
        assert!(bench.picture().contains("closed; only comments"), "{}", bench.picture());
    }
    bench.keys("a");
    assert!(writes(&bench).is_empty() && bench.picture().contains("closed"));
    bench.keys("c thanks<ctrl-s>");
    assert_eq!(only_write(&bench), Write::Comment { number: 1015, text: "thanks".into() });
}

#[test]
fn a_ticket_whose_workflow_changed_or_vanished_offers_what_it_was_opened_under() {
    let gone = on(1036, Bench::small().with(|snapshot| snapshot.estate.source.workflows.clear()));
    let here = on(1036, Bench::small());
    let offers = |bench: &Bench| super::super::offers_of(&bench.state, &ticket(bench, 1036));
    assert!(!offers(&gone).is_empty());
    assert_eq!(offers(&gone), offers(&here));
}

#[test]
fn the_footer_never_names_a_key_that_a_dialog_means_otherwise() {
    for keys in ["c", "m", "A", "P", "N", "i", "?"] {
        let mut bench = on(1036, Bench::small());
        bench.keys(keys);
        let picture = bench.picture();
        let footer = picture.lines().last().unwrap();
        assert!(!footer.contains("accept") && !footer.contains("? help"), "{keys}: {footer}");
    }
}

#[test]
fn one_key_tells_why_down_to_the_commit_and_what_stood_there_before() {
    use crate::domain::{
        detail::Commit,
        gitops::{
            Blame, FileDiff, SourceFile,
            trail::{DiffLine, Hunk, Side},
        },
        tickets::{Grant, Role},
    };
    let mut bench = on(1036, Bench::sized(100, 70));
    bench.keys("w");
    let mut detail = detail(&bench, 1036);
    let grant = Grant { role: Some(Role::Assignee), right: "itops-operators".to_owned(), ..Grant::default() };
    detail.history[2].grant = Some(grant);
    bench.answer(Reply::Ticket(Box::new(detail)));
    let picture = bench.picture();
    assert!(picture.contains("oncall moved it from OPEN to IN_PROGRESS"), "{picture}");
    assert!(picture.contains("asks for assignee, filled as assignee"), "{picture}");
    assert!(picture.contains("assignee by entry 2: oncall gave it to oncall"), "{picture}");
    assert!(picture.contains("who wrote it is being asked"), "{picture}");
    let commit = Commit {
        id: "9d1c07a0000000000000000000000000000000aa".into(),
        author: "Platform".to_owned(),
        at: estate::ago(60 * 24),
        subject: "Incidents go to who took them".to_owned(),
    };
    let answer = |bench: &mut Bench, wanted: fn(&Fetch) -> bool, reply: Reply| {
        let found = bench.effects.iter().find_map(|effect| match effect {
            Effect::Fetch { request, what } if wanted(what) => Some(*request),
            _ => None,
        });
        bench.tell(Msg::Reply { request: found.expect("it is asked for"), result: Ok(reply) });
    };
    let file: std::sync::Arc<str> = "ticketing.d/20-workflows.yaml".into();
    let lines = vec![Some(0); 30];
    let blame = Blame { file: file.clone(), revision: REVISION.into(), commits: vec![commit.clone()], lines };
    answer(&mut bench, |what| matches!(what, Fetch::Blame(_)), Reply::Blame(Box::new(blame)));
    let lines = (1..=30).map(|n| format!("line {n}")).collect();
    let source = SourceFile { path: file.clone(), lines, faults: Vec::new(), declared: Vec::new() };
    answer(&mut bench, |what| matches!(what, Fetch::File(_)), Reply::File(Box::new(source)));
    let line = |side, text: &str| DiffLine { side, text: text.to_owned(), secret_changed: false };
    let lines = vec![line(Side::Removed, "role: dba"), line(Side::Added, "line 11")];
    let hunks = vec![Hunk { old_start: 11, new_start: 11, lines }];
    let diff = FileDiff { commit, path: file, hunks, withheld: None };
    answer(&mut bench, |what| matches!(what, Fetch::FileDiff(..)), Reply::FileDiff(Box::new(diff)));
    let picture = bench.picture();
    assert!(
        picture.contains("by commit 9d1c07a of Platform") && picture.contains("Incidents go to who took"),
        "{picture}"
    );
    assert!(picture.contains("- role: dba") && picture.contains("+ line 11"), "{picture}");
}
