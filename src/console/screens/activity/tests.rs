//! Keys in, pictures out.

use super::words::Kind;
use crate::{
    client::error::{ApiError, Kind as ErrorKind},
    console::{
        effect::{Effect, Fetch},
        msg::Reply,
        place::ScreenId,
        testing::Bench,
    },
    domain::{
        change::{Actor, Change, Fact, Seq},
        health::{Health, Status},
        sla::BudgetState,
    },
    testing::estate::{self, AT, ago},
};

fn health(path: &str, was: Status, is: Status, said: &str) -> Fact {
    let health = Health { status: is, since: AT, message: said.to_owned(), ..Health::default() };
    Fact::HealthChanged { path: estate::path(path), was, health }
}

/// On Activity with some changes, the oldest of them read from the core.
fn busy(mut bench: Bench) -> Bench {
    let mut budget = bench.state.replica.estate.budgets["payments"].clone();
    budget.budget.state = BudgetState::Breached;
    bench.becomes(health("acme/shop/prod/eu-1/checkout", Status::Operational, Status::Degraded, "p99 over 2 s"));
    bench.becomes(Fact::BudgetChanged(Box::new(budget)));
    bench.take_effects();
    bench.keys("6");
    let (_, what) = bench.asked().unwrap();
    assert_eq!(*what, Fetch::Changes(Some(Seq(4_201))), "what is older than the oldest known");
    let old = |seq, minutes, actor, fact| Change { seq: Seq(seq), at: ago(minutes), actor, fact };
    let source = bench.state.replica.estate.source.clone();
    bench.answer(Reply::Changes(vec![
        old(
            4_200,
            12,
            Actor::Reporter("agent-eu-1".to_owned()),
            health("acme/shop/prod/eu-1/payment-db", Status::Operational, Status::Down, "connection refused"),
        ),
        old(4_199, 52, Actor::Git(source.revision.clone()), Fact::SourceRead(Box::new(source))),
    ]));
    bench
}

#[test]
fn figures_of_a_budget_that_moved_stand_under_budgets_only_and_are_counted() {
    let mut bench = busy(Bench::wide());
    let mut budget = bench.state.replica.estate.budgets["payments"].clone();
    for state in [BudgetState::Breached, BudgetState::Breached, BudgetState::Met] {
        budget.budget.down_ms += 1_000;
        budget.budget.state = state;
        bench.becomes(Fact::BudgetChanged(Box::new(budget.clone())));
    }
    assert!(bench.picture().contains("budget is MET"));
    assert_eq!(bench.state.activity.list.len(), 5, "that it is broken, that it is met again, and all else");
    assert!(bench.picture().contains("2 moved figures under budgets"), "{}", bench.picture());
    bench.keys("v v v");
    assert_eq!(bench.state.activity.kind, Kind::Budgets);
    assert_eq!(bench.state.activity.list.len(), 4);
    assert!(!bench.picture().contains("moved figures"));
}

#[test]
fn changes_are_sentences_newest_first_at_80_by_24() {
    insta::assert_snapshot!(busy(Bench::small()).picture());
}

#[test]
fn changes_at_140_by_40() {
    insta::assert_snapshot!(busy(Bench::wide()).picture());
}

#[test]
fn kinds_and_filter_narrow_the_list() {
    let mut bench = busy(Bench::small());
    bench.keys("v");
    assert_eq!((bench.state.activity.kind, bench.state.activity.list.len()), (Kind::Health, 2));
    bench.keys("/refused<enter>");
    assert_eq!(bench.state.activity.list.len(), 1);
    bench.keys("/zzz<enter>");
    let picture = bench.picture();
    assert!(picture.contains("being read") || picture.contains("No change under"), "{picture}");
}

#[test]
fn the_end_of_the_log_is_asked_for_once_and_told() {
    let mut bench = busy(Bench::small());
    let (_, what) = bench.asked().unwrap();
    assert_eq!(*what, Fetch::Changes(Some(Seq(4_199))));
    bench.answer(Reply::Changes(Vec::new()));
    bench.keys("j k G");
    assert!(bench.asked().is_none());
    assert!(bench.picture().contains("end of log"));
}

#[test]
fn a_failed_read_is_told_and_not_repeated() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.keys("6");
    bench.answer_with(Err(ApiError::new(ErrorKind::TimedOut, "no answer")));
    bench.keys("j k");
    assert!(bench.asked().is_none());
    let picture = bench.picture();
    assert!(picture.contains("could not be read") && picture.contains("no answer"), "{picture}");
}

#[test]
fn following_stays_on_the_newest_and_moving_down_stops_it() {
    let mut bench = busy(Bench::small());
    bench.becomes(health("acme/shop/prod/eu-1/cart", Status::Degraded, Status::Operational, ""));
    assert_eq!(bench.state.activity.list.index(), 0);
    bench.keys("j");
    let under = bench.state.activity.list.selected().unwrap().seq;
    bench.becomes(health("acme/shop/prod/eu-1/cart", Status::Operational, Status::Down, ""));
    assert_eq!(bench.state.activity.list.selected().unwrap().seq, under, "the cursor follows its change");
}

#[test]
fn what_the_columns_cut_is_told_whole_below() {
    let mut bench = busy(Bench::small());
    let said = "the primary is gone and the replica refuses to take over before somebody has looked at the log";
    bench.becomes(health("acme/shop/prod/eu-1/cart", Status::Operational, Status::Down, said));
    bench.keys("g");
    let picture = bench.picture();
    assert!(!picture.lines().any(|line| line.contains(said)), "{picture}");
    let below: Vec<&str> = picture.lines().skip_while(|line| !line.contains("───")).map(str::trim).collect();
    assert!(below.join(" ").contains(said), "{picture}");
    assert!(below[1].contains("acme/shop/prod/eu-1/cart"), "{picture}");
}

#[test]
fn enter_goes_to_what_a_change_is_about() {
    let mut bench = busy(Bench::small());
    bench.keys("<enter>");
    assert_eq!(bench.state.screen, ScreenId::Budgets);
    bench.keys("6 j <enter>");
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
}

#[test]
fn my_journal_is_copyable_as_commands() {
    let mut bench = busy(Bench::small());
    bench.keys("i");
    assert!(bench.picture().contains("Nothing was written in this session"));
    bench.keys("4");
    crate::console::update::open(&mut bench.state, crate::console::place::Object::Ticket(1036));
    bench.keys("<esc> m <enter> 6");
    insta::assert_snapshot!(bench.picture());
    bench.take_effects();
    bench.keys("Y");
    assert_eq!(bench.take_effects(), [Effect::Copy("itops ticket move 1036 RESOLVED --if-version 3".to_owned())]);
}

#[test]
fn every_size_can_be_drawn() {
    for (width, height) in [(1, 1), (20, 5), (73, 41), (300, 100)] {
        let mut bench = busy(Bench::sized(width, height));
        for keys in ["j", "i", "i v", "/x<enter>"] {
            bench.keys(keys);
            bench.picture();
        }
    }
}

#[test]
fn the_ascii_set_draws_nothing_else() {
    let mut bench = Bench::wide();
    bench.state.options.glyphs = crate::console::theme::glyphs::ASCII;
    for keys in ["6", "j", "i"] {
        bench.keys(keys);
        let picture = bench.picture();
        assert!(picture.is_ascii(), "{picture}");
    }
}
