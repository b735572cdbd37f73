//! Exclusion windows by keys: asked about before anything is sent, offered only to those who may, settled when an answer
//! is lost.

use crate::{
    client::error::{ApiError, Kind},
    console::{
        effect::{Effect, Fetch, Write},
        msg::Reply,
        state::Outcome,
        testing::Bench,
    },
    domain::{
        access::Level,
        change::Fact,
        detail::BudgetDetail,
        sla::{ExclusionWindow, NewWindow, WindowEnd, WindowScope},
        time::{DAY, HOUR},
    },
    testing::estate::{self, AT, ago},
};

fn group() -> WindowScope {
    WindowScope::Group("databases".to_owned())
}

/// On Budgets, with the cursor on `databases`.
fn at_budgets(mut bench: Bench) -> Bench {
    bench.keys("3");
    bench.take_effects();
    bench
}

fn as_admin(mut bench: Bench) -> Bench {
    bench.state.session.user.level = Level::Admin;
    bench
}

fn sent(bench: &Bench) -> Option<&Write> {
    bench.effects.iter().rev().find_map(|effect| match effect {
        Effect::Write { what, .. } => Some(what),
        _ => None,
    })
}

fn wanted(from: Option<i64>, to: Option<i64>) -> NewWindow {
    NewWindow {
        scope: group(),
        from: from.map(|ms| AT.plus(ms)),
        // From now on a length is a length.
        to: to.map(|ms| if from.is_none() { WindowEnd::After(ms) } else { WindowEnd::At(AT.plus(ms)) }),
        reason: "disks".to_owned(),
    }
}

fn with_windows(bench: Bench) -> Bench {
    bench.with(|snapshot| {
        let member = WindowScope::Service(estate::path("acme/infra/prod/metal/galera-1"));
        let planned = ExclusionWindow {
            from: AT.plus(DAY),
            to: Some(AT.plus(DAY + 2 * HOUR)),
            reason: "new switch".to_owned(),
            ..estate::window(5, group())
        };
        let past = ExclusionWindow {
            from: ago(6 * 24 * 60),
            to: Some(ago(5 * 24 * 60)),
            opened_at: ago(60),
            ..estate::window(6, member)
        };
        let all = [estate::window(4, group()), planned, past];
        snapshot.estate.windows = all.into_iter().map(|w| (w.id, w)).collect();
    })
}

#[test]
fn a_window_from_now_on_is_asked_once_and_enter_is_no() {
    let mut bench = at_budgets(Bench::small());
    bench.keys("x disks <enter> <enter> +2h");
    insta::assert_snapshot!(bench.picture());
    bench.keys("<enter>");
    assert!(bench.picture().contains("Open it?"), "{}", bench.picture());
    bench.keys("<enter>");
    assert_eq!(sent(&bench), None, "enter is the default: no");
    assert!(bench.picture().contains("disks"), "and what was typed stays\n{}", bench.picture());
    bench.keys("<ctrl-s>");
    assert!(bench.picture().contains("from Mar 02 08:15 for 2h, to Mar 02 10:15"), "{}", bench.picture());
    bench.minutes(7);
    assert!(bench.picture().contains("from Mar 02 08:22 for 2h, to Mar 02 10:22"), "as long as was asked");
    bench.keys("Y");
    assert_eq!(sent(&bench), Some(&Write::OpenWindow(wanted(None, Some(2 * HOUR)))));
    let done = ExclusionWindow { reason: "disks".to_owned(), ..estate::window(9, group()) };
    bench.answer_with(Ok(Reply::WindowWritten(Box::new(done))));
    assert!(bench.picture().contains("window 9 for the group databases is open"), "{}", bench.picture());
    assert!(bench.state.replica.estate.windows.contains_key(&9));
}

#[test]
fn a_window_for_the_past_is_for_admins_who_type_its_name() {
    let mut bench = at_budgets(Bench::small());
    bench.keys("x disks <enter> -2h <enter> -1h <enter>");
    assert!(bench.picture().contains("itops-admins"), "{}", bench.picture());
    let mut bench = at_budgets(as_admin(Bench::small()));
    bench.keys("x disks <enter> -2h <enter> -1h <enter>");
    insta::assert_snapshot!(bench.picture());
    bench.keys("data <enter>");
    assert_eq!(sent(&bench), None, "half a name is none");
    bench.keys("bases <enter>");
    assert_eq!(sent(&bench), Some(&Write::OpenWindow(wanted(Some(-2 * HOUR), Some(-HOUR)))));
}

#[test]
fn what_makes_no_sense_is_told_before_it_is_sent() {
    for (typed, told) in [
        ("x <ctrl-s>", "needs a reason"),
        ("x disks <enter> noon <enter> <enter>", "`noon` is no time"),
        ("x disks <enter> +2h <enter> +1h <enter>", "ends before it begins"),
        ("x disks <enter> +9000h <enter> <enter>", "366 days ahead"),
    ] {
        let mut bench = at_budgets(Bench::small());
        bench.keys(typed);
        assert!(bench.picture().contains(told), "{typed}\n{}", bench.picture());
        assert_eq!(sent(&bench), None, "{typed}");
    }
}

#[test]
fn who_may_not_is_not_offered_one() {
    let mut looking = at_budgets(Bench::wide().read_only());
    looking.keys("x");
    assert!(looking.state.dialogs.is_empty());
    assert!(looking.picture().contains("read-only"), "{}", looking.picture());
    assert!(!looking.picture().contains("x exclude"));
    let mut user = at_budgets(Bench::wide());
    assert!(user.picture().contains("x exclude"), "{}", user.picture());
    user.state.session.user.level = Level::User;
    user.keys("x");
    assert!(user.state.dialogs.is_empty());
    assert!(user.picture().contains("itops-operators"), "{}", user.picture());
    let mut listed = with_windows(at_budgets(Bench::wide().read_only()));
    listed.keys("v <enter>");
    assert!(!listed.picture().contains("Stop window"), "{}", listed.picture());
    assert!(listed.picture().contains("you cannot stop it: this session is read-only"), "{}", listed.picture());
    let mut user = with_windows(at_budgets(Bench::small()));
    user.state.session.user.level = Level::User;
    user.keys("v <enter>");
    let picture = user.picture();
    assert!(picture.contains("you cannot stop it: ") && picture.contains("itops-operators"), "{picture}");
    assert!(picture.contains("you are in itops-users"), "nothing of the reason is cut\n{picture}");
    assert!(!picture.contains("Stop window") && !picture.contains("enter stop it"), "{picture}");
}

#[test]
fn windows_deep_in_the_tree_are_told_apart_at_80_columns() {
    let mut bench = at_budgets(Bench::small());
    let places =
        ["acme/commerce/prod/region-1/cart-recommendations", "acme/commerce/staging/region-1/cart-recommendations"];
    for (place, id) in places.into_iter().zip(31..) {
        let to = Some(AT.plus(2 * HOUR));
        let window = ExclusionWindow { to, ..estate::window(id, WindowScope::Service(estate::path(place))) };
        bench.becomes(Fact::WindowChanged(Box::new(window)));
    }
    bench.keys("v");
    let picture = bench.picture();
    let row = |id: &str| picture.lines().find(|line| line.contains(id)).unwrap().to_owned();
    assert!(row("#31").contains("/prod/region-1/cart-recommendations"), "{picture}");
    assert!(row("#32").contains("/staging/region-1/cart-recommendations"), "{picture}");
    assert!(row("#31").contains("to Mar 02 10:15"), "the end that comes next\n{picture}");
    let whole = "over    service acme/commerce/staging/region-1/cart-recommendations";
    assert!(picture.contains(whole), "{picture}");
    assert!(picture.contains("time    Mar 02 "), "both ends\n{picture}");
}

#[test]
fn the_list_says_who_and_why_and_stops_only_what_is_not_over() {
    let mut bench = with_windows(at_budgets(Bench::small()));
    bench.keys("v");
    insta::assert_snapshot!(bench.picture());
    bench.keys("<down> <down> <enter>");
    assert!(!bench.picture().contains("Stop window"), "what is over stays\n{}", bench.picture());
    bench.keys("<up> <up> <enter> <enter>");
    assert_eq!(sent(&bench), None, "enter is the default: no");
    bench.keys("<enter> Y");
    let stop = Write::StopWindow { id: 4, scope: "group databases".to_owned() };
    assert_eq!(sent(&bench), Some(&stop));
}

#[test]
fn the_list_of_windows_can_be_drawn_at_every_size() {
    for (width, height) in [(1, 1), (12, 4), (40, 7), (60, 9), (80, 12), (300, 100)] {
        let mut bench = with_windows(at_budgets(Bench::sized(width, height)));
        bench.keys("v <down> <enter>");
        bench.picture();
    }
    let mut low = with_windows(at_budgets(Bench::sized(80, 12)));
    low.keys("v");
    let picture = low.picture();
    assert!(picture.contains("#4") && picture.contains("over    "), "a little of both\n{picture}");
}

#[test]
fn a_lost_answer_is_settled_by_looking() {
    let lost = || Err(ApiError::new(Kind::Unknown, "the answer was lost"));
    for happened in [true, false] {
        let mut bench = at_budgets(Bench::small());
        bench.keys("x disks <ctrl-s> Y");
        bench.answer_with(lost());
        assert_eq!(bench.asked().unwrap().1, &Fetch::Windows);
        assert!(bench.picture().contains("checking"), "{}", bench.picture());
        let ours = ExclusionWindow { reason: "disks".to_owned(), opened_at: AT, ..estate::window(9, group()) };
        let older = estate::window(8, group());
        let all = if happened { vec![older, ours] } else { vec![older] };
        bench.answer(Reply::Windows(all));
        let outcome = &bench.state.journal.last().unwrap().outcome;
        assert_eq!(*outcome == Outcome::Done, happened, "{outcome:?}");
        assert_eq!(sent(&bench), None, "nothing is sent twice");
    }
}

#[test]
fn a_window_is_marked_on_the_group_the_service_and_what_needs_nobody() {
    let mut bench = with_windows(Bench::wide());
    bench.keys("3");
    let group = bench.state.replica.estate.budgets["databases"].clone();
    let (allowed, left) = (group.budget.allowed_ms, group.budget.remaining_ms());
    let past = BudgetDetail {
        burn_down: vec![(AT.plus(-30 * DAY), allowed), (AT.plus(-9 * DAY), allowed), (AT, left)],
        incidents: Vec::new(),
        incidents_total: 0,
        down: Vec::new(),
        windows: Vec::new(),
        members: Vec::new(),
        group,
    };
    bench.answer(Reply::Budget(Box::new(past)));
    insta::assert_snapshot!(bench.picture());
    assert!(bench.picture().contains("WINDOWS  3 in this period"), "{}", bench.picture());
    let db = estate::path("acme/shop/prod/eu-1/payment-db");
    let over_db = estate::window(7, WindowScope::Service(db));
    bench.becomes(Fact::WindowChanged(Box::new(over_db)));
    bench.keys("1");
    let picture = bench.picture();
    assert!(picture.contains("DOWN in window 7") && picture.contains("18, 1 in a window"), "{picture}");
    assert!(picture.contains("1 Pulse 18"), "{picture}");
    bench.keys("2 /payment-db <enter> G");
    let picture = bench.picture();
    assert!(picture.contains("window #1041"), "{picture}");
    assert!(picture.contains("window    7 until stopped by oncall: new disks"), "{picture}");
    bench.keys("v");
    assert!(bench.picture().contains("Windows over service acme/shop/prod/eu-1/payment-db"), "{}", bench.picture());
    bench.keys("<esc> x");
    assert!(bench.picture().contains("service acme/shop/prod/eu-1/payment-db"), "{}", bench.picture());
}

#[test]
fn a_beginning_that_goes_by_while_the_question_waits_makes_it_a_window_for_the_past() {
    let ask = |bench: Bench| {
        let mut bench = at_budgets(bench);
        bench.keys("x disks <enter> +30m <enter> +2h <enter>");
        assert!(bench.picture().contains("from Mar 02 08:45 for 1h 30m"), "{}", bench.picture());
        bench.minutes(45);
        let picture = bench.picture();
        assert!(picture.contains("from Mar 02 08:45 for 1h 30m"), "what is asked about stays as it is\n{picture}");
        bench.keys("Y");
        assert_eq!(sent(&bench), None, "nobody agreed to a correction of the past");
        bench
    };
    let operator = ask(Bench::small()).picture();
    assert!(operator.contains("itops-admins"), "{operator}");
    let mut admin = ask(as_admin(Bench::small()));
    assert!(admin.picture().contains("its beginning went by while this waited"), "{}", admin.picture());
    admin.keys("databases <enter>");
    assert_eq!(sent(&admin), Some(&Write::OpenWindow(wanted(Some(HOUR / 2), Some(2 * HOUR)))));
}
