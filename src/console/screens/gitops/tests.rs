//! Keys in, pictures out.

use super::{rows::Tab, samples, trail::Pane};
use crate::{
    client::error::{ApiError, Kind},
    console::{
        effect::{Effect, Fetch},
        msg::{Msg, Reply},
        place::{Object, ScreenId},
        testing::Bench,
        update,
    },
    domain::{
        detail::TicketDetail,
        gitops::Severity,
        tickets::{Entry, EntryKind, TicketStatus},
    },
};

/// What a core with the little repository answers.
fn reply(what: &Fetch) -> Option<Reply> {
    Some(match what {
        Fetch::Declared => Reply::Declared(Box::new(samples::index())),
        Fetch::File(file) if file.ends_with("values.yaml") => Reply::File(Box::new(samples::values())),
        Fetch::File(file) if file.ends_with("checkout.yaml") => Reply::File(Box::new(samples::checkout())),
        Fetch::File(file) => Reply::File(Box::new(samples::ticketing(file))),
        Fetch::Blame(file) if !file.ends_with("checkout.yaml") => {
            let mut blame = samples::blame();
            blame.lines = vec![Some(1); 40];
            Reply::Blame(Box::new(blame))
        }
        Fetch::Blame(_) => Reply::Blame(Box::new(samples::blame())),
        Fetch::FileHistory(_) => Reply::FileHistory(Box::new(samples::history())),
        Fetch::FileDiff(..) => Reply::FileDiff(Box::new(samples::diff())),
        Fetch::Plan(..) => Reply::Plan(Box::new(samples::plan())),
        Fetch::Reconciles => Reply::Reconciles(samples::reconciles()),
        Fetch::Drift => Reply::Drift(samples::drift()),
        Fetch::DeclaredState => Reply::DeclaredState(Box::default()),
        _ => return None,
    })
}

/// Answer everything that was asked, and what is asked because of the answers.
fn settle(bench: &mut Bench) {
    for _ in 0..8 {
        for effect in bench.take_effects() {
            let Effect::Fetch { request, what } = effect else { continue };
            if let Some(reply) = reply(&what) {
                bench.tell(Msg::Reply { request, result: Ok(reply) });
            }
        }
    }
}

/// Keys with everything answered after each.
fn keys(bench: &mut Bench, line: &str) {
    for word in line.split(' ') {
        bench.keys(word);
        settle(bench);
    }
}

/// On GitOps with the index read.
fn read(mut bench: Bench) -> Bench {
    bench.take_effects();
    keys(&mut bench, "5");
    bench
}

fn picture(bench: Bench, line: &str) -> String {
    let mut bench = read(bench);
    keys(&mut bench, line);
    bench.picture()
}

macro_rules! pictures {
    ($($name:ident: $keys:literal;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(concat!(stringify!($name), "_80x24"), picture(Bench::small(), $keys));
            insta::assert_snapshot!(concat!(stringify!($name), "_140x40"), picture(Bench::wide(), $keys));
        })*
    };
}

pictures! {
    things_by_kind: "t";
    things_by_file: "v";
    problems_only: "p";
    source_with_its_authors: "<enter> b";
    commits_of_a_file: "c";
    what_a_commit_changed_in_a_file: "c <enter>";
    faults_worst_first: "f";
    fault_in_its_line: "f G <enter>";
    fault_explained: "f x";
    plan_opens_with_deletions: "a";
    plan_of_a_deletion: "a <enter>";
    plan_of_an_update: "a j j j <enter>";
    what_the_last_reconciles_did: "a v";
    drift_on_two_axes: "d";
    drift_in_one_cell: "d v";
    rules: "r";
    catalog_as_cards: "r j j <enter>";
    group_and_who_is_in_it: "r /dba <enter> G <enter>";
    reading: "i";
}

#[test]
fn faults_are_worst_first() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "f");
    let severities: Vec<_> = bench.state.gitops.list().rows().iter().filter_map(|r| r.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Warning]);
}

#[test]
fn each_tab_has_a_key_and_keeps_its_cursor() {
    let mut bench = read(Bench::small());
    for (key, tab) in "tfadri".chars().zip(Tab::ALL) {
        keys(&mut bench, &key.to_string());
        assert_eq!(bench.state.gitops.tab, tab);
    }
    keys(&mut bench, "f j t f");
    assert_eq!(bench.state.gitops.list().index(), 1, "the cursor of the faults is where it was");
    keys(&mut bench, "l");
    assert_eq!(bench.state.gitops.tab, Tab::Plan);
}

#[test]
fn a_rejected_reading_is_told_on_every_screen_and_gone_when_it_is_fixed() {
    let rejected = Bench::small().with(|s| {
        s.estate.source.rejected = Some("2 errors in ticketing".to_owned());
    });
    let mut bench = read(rejected);
    assert!(bench.picture().contains("a newer reading was rejected, this one stays in force: 2 errors"));
    keys(&mut bench, "i");
    insta::assert_snapshot!(bench.picture());
    for screen in ["1", "2", "3", "4", "5", "6"] {
        keys(&mut bench, screen);
        assert!(bench.picture().lines().next().unwrap().contains("RELOAD REJECTED"), "on {screen}");
    }
    let mut fixed = bench.with(|s| s.estate.source.rejected = None);
    assert!(!fixed.picture().contains("REJECTED"));
}

#[test]
fn held_deletions_are_told_above_everything() {
    let mut bench = read(Bench::small().with(|s| s.estate.source.held = 2));
    assert!(bench.picture().contains("2 changes are held back"), "{}", bench.picture());
}

#[test]
fn a_failed_read_is_told_and_never_an_empty_list() {
    for (key, what) in [("t", "What the repository declares"), ("a", "What would change"), ("d", "What runs")] {
        let mut bench = Bench::small();
        bench.keys("5");
        settle(&mut bench);
        let mut bench = if key == "t" { Bench::small() } else { bench };
        bench.keys("5").take_effects();
        if key == "t" {
            bench = Bench::small();
            bench.take_effects();
            bench.keys("5");
        } else {
            bench.keys(key);
        }
        assert!(bench.picture().contains("being read"), "{what}: {}", bench.picture());
        bench.answer_with(Err(ApiError::new(Kind::Fault, "the core failed")));
        let picture = bench.picture();
        assert!(picture.contains("could not be read") && picture.contains("the core failed"), "{picture}");
        assert!(!picture.contains("Nothing would") && !picture.contains("No drift"), "{picture}");
    }
}

#[test]
fn without_git_the_source_is_shown_and_says_why_nobody_can_tell_who_made_it_so() {
    let mut bench = Bench::wide();
    bench.take_effects();
    bench.keys("5");
    let why = "git is not installed where the core runs, so nobody can say who made it so";
    for effect in (0..4).flat_map(|_| bench.take_effects()).collect::<Vec<_>>() {
        let Effect::Fetch { request, .. } = effect else { continue };
        bench.tell(Msg::Reply { request, result: Ok(reply(&Fetch::Declared).unwrap()) });
    }
    for effect in bench.take_effects() {
        let Effect::Fetch { request, what } = effect else { continue };
        let result = match &what {
            Fetch::Blame(_) => Err(ApiError::new(Kind::NotFound, why)),
            other => reply(other).ok_or_else(|| ApiError::new(Kind::Fault, "no")),
        };
        bench.tell(Msg::Reply { request, result });
    }
    let picture = bench.picture();
    assert!(picture.contains("no trail: git is not installed where the core runs"), "{picture}");
    assert!(picture.contains("criticality"), "the source is there: {picture}");
    bench.keys("<enter> <enter>");
    assert_eq!(bench.state.gitops.trail.pane, Pane::Source, "there is no commit to go to");
    assert!(bench.picture().contains("git is not installed"));
}

#[test]
fn a_plan_that_changes_nothing_says_so() {
    let mut bench = read(Bench::small());
    bench.keys("a");
    bench.answer(Reply::Plan(Box::default()));
    assert!(bench.picture().contains("Nothing would change"), "{}", bench.picture());
}

#[test]
fn from_a_commit_of_a_file_to_what_it_changed_in_what_is_declared_and_back() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "c j");
    bench.keys("w");
    let commit = samples::commits()[1].id.clone();
    let plan = Fetch::Plan(Some(format!("{commit}^").into()), Some(commit.clone()));
    assert_eq!(bench.asked().map(|(_, what)| what.clone()), Some(plan));
    settle(&mut bench);
    assert!(bench.picture().contains("changed by 9d1c07a"), "{}", bench.picture());
    keys(&mut bench, "<esc>");
    assert_eq!((bench.state.gitops.tab, bench.state.gitops.trail.pane.clone()), (Tab::Things, Pane::History));
    keys(&mut bench, "G m g");
    bench.keys("w");
    let (first, last) = (samples::commits()[2].id.clone(), samples::commits()[0].id.clone());
    assert_eq!(bench.asked().map(|(_, what)| what.clone()), Some(Fetch::Plan(Some(first), Some(last))));
}

#[test]
fn a_reconcile_opens_its_plan_and_esc_leads_back_to_it() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "a v j <enter>");
    let picture = bench.picture();
    assert!(picture.contains("legacy-cart") && picture.contains("reconciled 52m ago"), "{picture}");
    let stands_on = bench.state.gitops.list().selected().map(|row| row.id.is_heading());
    assert_eq!(stands_on, Some(false), "a heading says nothing of its own");
    keys(&mut bench, "<esc>");
    assert!(bench.picture().contains("the last reconciles"));
    assert_eq!(bench.state.gitops.list().index(), 1, "on the one it came from");
}

#[test]
fn a_filter_finds_steps_by_action_and_kind() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "a");
    bench.keys("/action:delete<space>kind:service <enter>");
    let picture = bench.picture();
    assert!(picture.contains("legacy-cart") && !picture.contains("payment-api"), "{picture}");
}

#[test]
fn an_answer_for_another_plan_is_not_taken_for_this_one() {
    let mut bench = read(Bench::small());
    bench.keys("a");
    let request = bench.asked().map(|(request, _)| request).unwrap();
    bench.take_effects();
    keys(&mut bench, "v");
    bench.tell(Msg::Reply {
        request: crate::console::msg::RequestId(9_999),
        result: Ok(Reply::Drift(samples::drift())),
    });
    assert!(bench.state.gitops.drift.all.get(|_| true).is_none(), "nobody asked for drift");
    bench.tell(Msg::Reply { request, result: Ok(Reply::Plan(Box::new(samples::plan()))) });
    assert!(bench.state.gitops.plans.pending.get(|_| true).is_some());
    assert!(bench.state.gitops.plans.between.get(|_| true).is_none());
}

#[test]
fn the_cursor_follows_its_service_when_drift_comes_anew() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "d j j");
    let at = bench.state.gitops.list().selected().unwrap().id.clone();
    bench.take_effects();
    bench.keys("R");
    let request = bench.asked().map(|(request, what)| (request, what.clone())).unwrap();
    assert_eq!(request.1, Fetch::Drift);
    let mut fewer = samples::drift();
    fewer.remove(0);
    bench.tell(Msg::Reply { request: request.0, result: Ok(Reply::Drift(fewer)) });
    assert_eq!(bench.state.gitops.list().selected().unwrap().id, at);
    assert_eq!(bench.state.gitops.list().index(), 1);
}

#[test]
fn drift_leads_to_the_service_in_the_hierarchy() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "d <enter>");
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
    assert_eq!(bench.state.selected(), Some(Object::Service(crate::testing::estate::path("acme/shop/prod/eu-1/cart"))));
    keys(&mut bench, "[");
    assert_eq!((bench.state.screen, bench.state.gitops.tab), (ScreenId::GitOps, Tab::Drift));
}

#[test]
fn from_the_history_of_a_tickets_move_to_its_commit_in_two_keys() {
    for wide in [false, true] {
        let mut bench = if wide { Bench::wide() } else { Bench::small() };
        bench.take_effects();
        bench.keys("4");
        update::open(&mut bench.state, Object::Ticket(1041));
        bench.tell(Msg::Paste(String::new()));
        let ticket = bench.state.replica.estate.tickets[&1041].clone();
        let moved = |index, from, to| Entry {
            index,
            at: crate::testing::estate::ago(20 - i64::from(index)),
            actor: crate::domain::change::Actor::System,
            acted_as: "assignee".to_owned(),
            version: u64::from(index),
            kind: EntryKind::Moved { from, to, comment: String::new() },
            allowed_by: Some(crate::testing::estate::place("ticketing.d/old.yaml", 2, 4)),
            revision: None,
            grant: None,
        };
        let history = vec![
            moved(1, TicketStatus::Open, TicketStatus::InProgress),
            moved(2, TicketStatus::InProgress, TicketStatus::Resolved),
        ];
        // Where the detail stands beside the list, the first ticket of the list was asked for before.
        for _ in 0..2 {
            for effect in bench.take_effects() {
                let Effect::Fetch { request, what: Fetch::Ticket(_) } = effect else { continue };
                let detail = TicketDetail { ticket: ticket.clone(), history: history.clone() };
                bench.tell(Msg::Reply { request, result: Ok(Reply::Ticket(Box::new(detail))) });
            }
        }
        // The first key: the transition's line as it is declared now, with who wrote it.
        bench.keys("d");
        settle(&mut bench);
        let picture = bench.picture();
        assert!(picture.contains("20-workflows.yaml") && picture.contains("lines 11 to 13"), "{picture}");
        assert!(picture.contains("9d1c07a Payments"), "its authors stand beside it: {picture}");
        // The second: the commit.
        bench.keys("<enter>");
        let commit = samples::commits()[1].id.clone();
        let diff = Fetch::FileDiff("ticketing.d/20-workflows.yaml".into(), commit);
        assert_eq!(bench.asked().map(|(_, what)| what.clone()), Some(diff));
        settle(&mut bench);
        assert!(bench.picture().contains("+     criticality: critical"), "{}", bench.picture());
        // And back, one step after the other.
        keys(&mut bench, "<esc> [");
        assert_eq!(bench.state.screen, ScreenId::Tickets);
        // An older move is chosen first.
        keys(&mut bench, "o o d");
        assert!(bench.picture().contains("lines 8 to 10"), "{}", bench.picture());
    }
}

#[test]
fn the_second_key_may_come_before_the_answer_to_the_first() {
    let mut bench = read(Bench::small());
    bench.take_effects();
    bench.keys("<enter> <enter>");
    assert_eq!(bench.state.gitops.trail.pane, Pane::Commit(None));
    assert!(bench.picture().contains("being looked up"), "{}", bench.picture());
    settle(&mut bench);
    assert!(bench.picture().contains("criticality: critical"), "{}", bench.picture());
}

#[test]
fn text_of_broken_files_is_never_asked_for() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "v");
    bench.state.gitops.list_mut().aim(super::rows::Id::File("services/half.yaml".into()));
    bench.take_effects();
    bench.keys("<enter>");
    assert!(
        bench.effects.iter().all(|e| !matches!(e, Effect::Fetch { what: Fetch::File(_) | Fetch::Blame(_), .. })),
        "{:?}",
        bench.effects
    );
    let picture = bench.picture();
    assert!(picture.contains("never shown"), "{picture}");
}

#[test]
fn going_to_a_line_from_elsewhere_shows_what_is_declared_around_it() {
    let mut bench = Bench::small();
    update::open(&mut bench.state, Object::File("services/checkout.yaml".into(), 5));
    bench.tell(Msg::Paste(String::new()));
    settle(&mut bench);
    let picture = bench.picture();
    assert!(picture.contains("5▌    criticality: critical") && picture.contains("lines 3 to 9"), "{picture}");
}

#[test]
fn from_a_declared_service_to_the_running_one() {
    let mut bench = read(Bench::small());
    keys(&mut bench, "e");
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
}

#[test]
fn every_size_can_be_drawn() {
    for (width, height) in [(1, 1), (20, 5), (73, 41), (120, 7), (300, 100)] {
        let mut bench = read(Bench::sized(width, height));
        for line in
            ["<enter>", "J K n", "c <enter> J j w", "a j <enter> v <enter>", "d v <enter> [", "r <enter> x <esc>", "i"]
        {
            keys(&mut bench, line);
            bench.picture();
        }
    }
}

#[test]
fn the_ascii_set_draws_nothing_else() {
    let mut bench = Bench::wide();
    bench.state.options.glyphs = crate::console::theme::glyphs::ASCII;
    bench.keys("5");
    settle(&mut bench);
    for line in ["b", "c", "<enter>", "f", "a", "j j j", "v", "d v", "r", "j j", "i"] {
        keys(&mut bench, line);
        let picture = bench.picture();
        assert!(picture.is_ascii(), "{line}: {picture}");
    }
}
