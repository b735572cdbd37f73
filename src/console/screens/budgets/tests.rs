//! Keys in, pictures out.

use crate::{
    client::error::{ApiError, Kind},
    console::{effect::Fetch, msg::Reply, testing::Bench},
    domain::{
        detail::{BudgetDetail, Incident},
        health::Status,
        sla::Aggregation,
        time::{DAY, MINUTE},
    },
    testing::estate::{self, AT, ago},
};

fn detail(bench: &Bench, name: &str) -> BudgetDetail {
    let group = bench.state.replica.estate.budgets[name].clone();
    let allowed = group.budget.allowed_ms;
    let left = group.budget.remaining_ms();
    let day = |d: i64| AT.plus(-(30 - d) * DAY);
    BudgetDetail {
        burn_down: vec![
            (day(0), allowed),
            (day(8), allowed),
            (day(9), allowed - (allowed - left) / 3),
            (day(24), allowed - (allowed - left) / 3),
            (day(29), allowed - (allowed - left) / 2),
            (AT, left),
        ],
        incidents: vec![
            Incident {
                path: estate::path("acme/shop/prod/eu-1/payment-db"),
                from: ago(12),
                to: None,
                worst: Status::Down,
                message: "connection refused".to_owned(),
                outbreaks: 3,
                other_ms: 240_000,
                cause: None,
            },
            Incident {
                path: estate::path("acme/shop/prod/eu-1/payment-api"),
                from: ago(9000),
                to: Some(ago(8958)),
                worst: Status::Down,
                message: "deploy rolled back".to_owned(),
                outbreaks: 1,
                other_ms: 0,
                cause: Some(estate::path("acme/shop/prod/eu-1/payment-db")),
            },
        ],
        incidents_total: 2,
        down: vec![(ago(9000), ago(8958)), (ago(12), AT)],
        windows: Vec::new(),
        members: group.members.iter().map(|path| (path.clone(), group.budget.clone())).collect(),
        group,
    }
}

fn at_budgets(mut bench: Bench) -> Bench {
    bench.take_effects();
    bench.keys("3");
    bench
}

#[test]
fn worst_budget_comes_first_with_its_figures_at_80_by_24() {
    insta::assert_snapshot!(at_budgets(Bench::small()).picture());
}

#[test]
fn list_and_detail_stand_side_by_side_when_wide() {
    let mut bench = at_budgets(Bench::wide());
    let (_, what) = bench.asked().expect("the detail is asked for");
    assert_eq!(*what, Fetch::Budget("databases".to_owned()));
    assert!(bench.picture().contains("the burn-down is being read"));
    let detail = detail(&bench, "databases");
    bench.answer(Reply::Budget(Box::new(detail)));
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn detail_takes_the_screen_where_there_is_no_room_beside_the_list() {
    let mut bench = at_budgets(Bench::small());
    assert!(bench.asked().is_none(), "nothing is fetched that nobody sees");
    bench.keys("j <enter>");
    let detail = detail(&bench, "payments");
    bench.answer(Reply::Budget(Box::new(detail)));
    insta::assert_snapshot!(bench.picture());
    bench.keys("<esc>");
    assert!(bench.picture().contains("GROUP"), "esc leads back to the list");
}

/// The detail of databases, read, on a screen of this height.
fn read_detail(height: u16) -> String {
    let mut bench = at_budgets(Bench::sized(140, height));
    let detail = detail(&bench, "databases");
    bench.answer(Reply::Budget(Box::new(detail)));
    bench.picture()
}

#[test]
fn members_are_told_by_what_tells_them_apart() {
    let picture = read_detail(40);
    let told = picture.split_once("MEMBERS").unwrap_or_else(|| panic!("{picture}")).1;
    let rows: Vec<&str> = told.lines().skip(1).filter_map(|line| line.split_once("\u{2502} ")).map(|r| r.1).collect();
    let words = |row: &str| row.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(rows[0]), "in acme/infra/prod/metal UP DOWN LEFT");
    let galera = rows.iter().find(|row| row.contains("galera-1")).unwrap_or_else(|| panic!("{picture}"));
    assert_eq!(words(galera), "\u{25cf} galera-1 OPERATIONAL 99.979 % 9m 00s -108.4 %");
}

#[test]
fn a_member_has_the_sign_of_its_health_and_not_of_its_budget() {
    let down = estate::path("acme/shop/prod/eu-1/payment-db");
    for is_read in [true, false] {
        let mut bench = at_budgets(Bench::sized(160, 60));
        bench.keys("j");
        let mut detail = detail(&bench, "payments");
        let own = detail.members.iter_mut().find(|(path, _)| *path == down).expect("a member");
        own.1.state = crate::domain::sla::BudgetState::Met;
        if is_read {
            bench.answer(Reply::Budget(Box::new(detail)));
        } else {
            bench.answer_with(Err(ApiError::new(Kind::TimedOut, "no answer for 10 s")));
        }
        let picture = bench.picture();
        let told = picture.split_once("MEMBERS").unwrap_or_else(|| panic!("{picture}")).1;
        let row = told.lines().find(|line| line.contains("payment-db")).unwrap_or_else(|| panic!("{picture}"));
        assert!(row.contains("\u{2716} payment-db") && row.contains("DOWN"), "{picture}");
    }
}

#[test]
fn no_text_touches_the_bar() {
    let picture = read_detail(30);
    let bars = ['\u{2502}', '\u{2503}', '\u{2588}'];
    let beside: Vec<char> = picture.lines().filter_map(|line| line.strip_suffix(bars)?.chars().last()).collect();
    assert!(beside.len() > 3 && beside.iter().all(|cell| *cell == ' '), "{picture}");
}

#[test]
fn a_member_that_never_reported_has_no_figure_that_looks_good() {
    let mut bench = at_budgets(Bench::wide());
    let mut detail = detail(&bench, "databases");
    let own = &mut detail.members[0].1;
    (own.uptime_millionths, own.down_ms) = (None, 0);
    bench.answer(Reply::Budget(Box::new(detail)));
    let picture = bench.picture();
    assert!(picture.contains("unknown unknown "), "{picture}");
}

#[test]
fn a_failed_read_is_told_and_never_looks_like_an_empty_past() {
    let mut bench = at_budgets(Bench::wide());
    bench.answer_with(Err(ApiError::new(Kind::TimedOut, "no answer for 10 s")));
    let picture = bench.picture();
    assert!(picture.contains("no burn-down: no answer for 10 s"), "{picture}");
    assert!(!picture.contains("none in the period"), "{picture}");
}

#[test]
fn an_answer_for_another_group_is_not_shown_for_this_one() {
    let mut bench = at_budgets(Bench::wide());
    let late = detail(&bench, "databases");
    bench.keys("j");
    bench.answer(Reply::Budget(Box::new(late)));
    let picture = bench.picture();
    assert!(picture.contains("being read") && !picture.contains("INCIDENTS"), "{picture}");
}

#[test]
fn sorting_goes_through_the_columns_and_the_cursor_stays_on_its_group() {
    let mut bench = at_budgets(Bench::small());
    bench.keys("j s");
    let rows: Vec<&str> = bench.state.budgets.list.rows().iter().map(|r| r.0.as_str()).collect();
    assert_eq!(rows, ["analytics", "databases", "ingest", "payments", "storefront"]);
    assert_eq!(bench.state.budgets.list.selected().unwrap().0, "payments");
    bench.keys("S");
    assert_eq!(bench.state.budgets.list.rows()[0].0, "storefront");
}

#[test]
fn a_filter_without_a_match_says_so_and_how_to_get_rid_of_it() {
    let mut bench = at_budgets(Bench::small());
    bench.keys("/zzz<enter>");
    let picture = bench.picture();
    assert!(picture.contains("No budget matches `zzz`") && picture.contains("esc takes"), "{picture}");
    bench.keys("<esc>");
    assert!(bench.picture().contains("payments"));
}

#[test]
fn no_budget_at_all_says_why() {
    let mut bench = at_budgets(Bench::small().with(|s| s.estate.budgets.clear()));
    let picture = bench.picture();
    assert!(picture.contains("No budgets") && picture.contains("declares no SLA group"), "{picture}");
}

#[test]
fn the_chart_can_be_narrowed_to_a_week_and_a_day() {
    let points: Vec<_> = (0..60).map(|i| (AT.plus((i - 59) * DAY / 2), 60 * MINUTE - i)).collect();
    use super::ChartSpan;
    assert_eq!(ChartSpan::Period.cut(&points).len(), 60);
    assert_eq!(ChartSpan::Week.cut(&points).len(), 16);
    assert_eq!(ChartSpan::Day.cut(&points).len(), 4);
    assert!(ChartSpan::Day.cut(&[]).is_empty());
}

#[test]
fn every_size_can_be_drawn() {
    for (width, height) in [(1, 1), (20, 5), (73, 41), (120, 8), (300, 100)] {
        let mut bench = at_budgets(Bench::sized(width, height));
        bench.picture();
        bench.keys("<enter> J J J K");
        bench.picture();
    }
}

#[test]
fn the_ascii_set_draws_nothing_else() {
    let mut bench = Bench::wide();
    bench.state.options.glyphs = crate::console::theme::glyphs::ASCII;
    for keys in ["3", "j", "<enter>"] {
        bench.keys(keys);
        let picture = bench.picture();
        assert!(picture.is_ascii(), "{picture}");
    }
}

#[test]
fn every_window_of_the_burn_is_in_sight_beside_the_list_and_none_touches_another() {
    let mut bench = Bench::wide().with(|snapshot| {
        let group = snapshot.estate.budgets.get_mut("databases").unwrap();
        group.budget.burns[0].thousandths = Some(1_609_800);
    });
    bench.keys("3");
    let picture = bench.picture();
    let of = |word: &str| {
        let line = picture.lines().find_map(|line| line.split_once(&format!("│   {word} "))).unwrap();
        line.1.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("over"), ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "7d"], "{picture}");
    assert_eq!((of("burn").len(), of("burn")[0].as_str()), (8, "1609x"), "{picture}");
}

/// The detail of the payments group after such a change, at 140 by 40.
fn told(change: impl FnOnce(&mut crate::domain::estate::Snapshot)) -> String {
    let mut bench = at_budgets(Bench::wide().with(change));
    bench.keys("/payments <enter>");
    bench.picture()
}

fn at_risk_without_an_alert(snapshot: &mut crate::domain::estate::Snapshot) {
    let budget = &mut snapshot.estate.budgets.get_mut("payments").unwrap().budget;
    budget.state = crate::domain::sla::BudgetState::AtRisk;
    budget.down_ms = 0;
    budget.alerts.iter_mut().for_each(|alert| alert.firing = false);
}

fn fall_silent(snapshot: &mut crate::domain::estate::Snapshot, path: &str) {
    let health = &mut snapshot.estate.services.get_mut(&estate::path(path)).unwrap().health;
    health.status = Status::Unknown;
    health.silence = Some(crate::domain::health::Silence { from: ago(8), last_known: Status::Operational });
}

#[test]
fn who_is_silent_is_named_where_a_budget_is_at_risk_through_him_alone() {
    let picture = told(|snapshot| {
        at_risk_without_an_alert(snapshot);
        fall_silent(snapshot, "acme/shop/prod/eu-1/payment-api");
    });
    assert!(picture.contains("at risk: under a quarter is left if who is unknown now is down"), "{picture}");
    assert!(picture.contains("payment-api is unknown now: at worst DOWN since then"), "{picture}");
    let picture = told(|snapshot| {
        at_risk_without_an_alert(snapshot);
        let budget = &mut snapshot.estate.budgets.get_mut("payments").unwrap().budget;
        budget.down_ms = budget.allowed_ms * 9 / 10;
        fall_silent(snapshot, "acme/shop/prod/eu-1/payment-api");
    });
    assert!(picture.contains("at risk: under a quarter of the budget is left"), "{picture}");
    let picture = told(|snapshot| {
        at_risk_without_an_alert(snapshot);
        snapshot.estate.budgets.get_mut("payments").unwrap().budget.alerts[0].firing = true;
    });
    assert!(picture.contains("at risk: a PAGE alert fires"), "{picture}");
}

#[test]
fn what_was_down_when_it_fell_silent_is_in_the_figures_and_not_told_as_missing() {
    let picture = |status: Status| {
        told(|snapshot| {
            at_risk_without_an_alert(snapshot);
            snapshot.estate.budgets.get_mut("payments").unwrap().budget.state = crate::domain::sla::BudgetState::Met;
            fall_silent(snapshot, "acme/shop/prod/eu-1/payment-api");
            let path = estate::path("acme/shop/prod/eu-1/payment-api");
            snapshot.estate.services.get_mut(&path).unwrap().health.status = status;
        })
    };
    assert!(picture(Status::Unknown).contains("payment-api is unknown now"));
    assert!(!picture(Status::Down).contains("unknown now"));
}

#[test]
fn who_never_reported_is_not_told_as_down_at_worst_and_the_worst_case_says_what_it_is() {
    let path = || estate::path("acme/shop/prod/eu-1/payment-api");
    let never = told(|snapshot| {
        let health = &mut snapshot.estate.services.get_mut(&path()).unwrap().health;
        *health = crate::domain::health::Health::default();
    });
    assert!(never.contains("payment-api was never reported: it is in no figure"), "{never}");
    assert!(!never.contains("unknown now"), "{never}");
    assert!(never.contains("known for 99.820 %") && never.contains("99.963 % unknown=down"), "{never}");
    let known = told(|snapshot| {
        snapshot.estate.budgets.get_mut("payments").unwrap().budget.coverage_millionths = 1_000_000;
    });
    assert!(known.contains("known for 100 % "), "{known}");
}

#[test]
fn what_becomes_of_self_declared_maintenance_is_said() {
    let with = |is_down: bool, ms: i64| {
        told(move |snapshot| {
            let group = snapshot.estate.budgets.get_mut("payments").unwrap();
            group.maintenance_is_down = is_down;
            group.budget.maintenance_ms = ms;
        })
    };
    assert!(with(true, 0).contains("without a window counts as down"));
    assert!(with(false, 90 * MINUTE).contains("1h 30m of maintenance declared without a window is not counted"));
    assert!(!with(false, 0).contains("maintenance"));
}

/// The detail with one of its incidents changed.
fn with_incident(change: impl FnOnce(&mut Incident)) -> String {
    let mut bench = at_budgets(Bench::sized(200, 60));
    let mut detail = detail(&bench, "databases");
    change(&mut detail.incidents[1]);
    bench.answer(Reply::Budget(Box::new(detail)));
    bench.picture()
}

#[test]
fn an_incident_of_which_nothing_was_said_ends_without_a_colon() {
    let picture = with_incident(|incident| incident.message = String::new());
    assert!(picture.contains("payment-api, from payment-db") && !picture.contains("from payment-db:"), "{picture}");
}

#[test]
fn maintenance_that_cost_budget_is_named_as_its_cause() {
    let picture = with_incident(|incident| (incident.worst, incident.cause) = (Status::Maintenance, None));
    let line = picture.lines().find(|line| line.contains("MAINT. ")).unwrap();
    assert!(line.contains("payment-api, maintenance without a window: deploy"), "{picture}");
}

#[test]
fn times_of_a_mean_are_said_to_be_those_of_its_members() {
    let with = |aggregation| {
        told(move |snapshot| snapshot.estate.budgets.get_mut("payments").unwrap().aggregation = aggregation)
    };
    assert!(with(Aggregation::Mean).contains("left are member time: sums over"));
    assert!(!with(Aggregation::Worst).contains("member time"));
}

#[test]
fn what_of_the_detail_is_out_of_sight_shows_by_a_bar() {
    let mut bench = at_budgets(Bench::sized(140, 30));
    let detail = detail(&bench, "payments");
    bench.keys("/payments <enter>");
    bench.answer(Reply::Budget(Box::new(detail)));
    let right = |bench: &mut Bench| -> Vec<bool> {
        let cells = bench.cells();
        (18..29).map(|y| cells[(137, y)].symbol() == "┃").collect()
    };
    let before = right(&mut bench);
    assert!(before.contains(&true) && before.contains(&false), "{}", bench.picture());
    bench.keys("J J J J J J J J");
    assert_ne!(right(&mut bench), before, "it follows");
}
