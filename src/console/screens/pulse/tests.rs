//! Facts about Pulse, pressed as keys and read from the screen.

use crate::{
    console::{
        effect::{Effect, Write},
        place::{Object, ScreenId},
        testing::Bench,
    },
    domain::{
        attention::{Handled, Handling, Lapse, Reason, Wish, telling::FailingReceiver},
        change::Fact,
        estate::Snapshot,
        health::{Service, Silence, Status, Storage},
        hierarchy::ServicePath,
        sla::{Budget, Exhaustion, WindowScope},
        tickets::{Priority, TicketStatus},
    },
    testing::estate,
};

fn goes(path: &str, status: Status, bench: &Bench) -> Fact {
    let path = estate::path(path);
    let was = bench.state.replica.estate.services[&path].health.clone();
    let health = crate::domain::health::Health { status, since: bench.at, ..was.clone() };
    Fact::HealthChanged { path, was: was.status, health }
}

#[test]
fn the_ticket_beside_a_problem_is_about_that_problem() {
    let db = "acme/shop/prod/eu-1/payment-db";
    let mut bench = Bench::wide().with(|snapshot| {
        let estate = &mut snapshot.estate;
        let service = estate.services.get_mut(&estate::path(db)).expect("it is there");
        service.storage = Some(Storage {
            allocated_bytes: 1000,
            used_bytes: 980,
            storage_type: String::new(),
            mount_path: String::new(),
            at: estate::AT,
        });
        let mut asked = estate::ticket(3, "More room for the database", Some(db), Priority::Medium, 900);
        asked.automatic = false;
        estate.tickets.insert(3, asked);
        let down = estate.tickets.get_mut(&1041).expect("it is there");
        down.status = TicketStatus::InProgress;
    });
    let picture = bench.picture();
    let row = |word: &str| {
        let is_it = |line: &&str| line.contains(word) && line.contains("payment-db");
        picture.lines().find(is_it).unwrap_or_else(|| panic!("{picture}")).to_owned()
    };
    assert!(row("DOWN").contains("#1041"), "{picture}");
    assert!(row("DISK").contains("#3") && !row("DISK").contains("#1041"), "{picture}");
    let open = |bench: &Bench| bench.state.replica.ticket_about_health(&estate::path(db)).map(|t| t.number);
    assert_eq!(open(&bench), Some(1041));
    let mut bench = bench.with(|snapshot| {
        let estate = &mut snapshot.estate;
        estate.tickets.retain(|_, ticket| ticket.number != 1041);
        for (number, priority, status) in
            [(3, Priority::Medium, TicketStatus::Open), (6, Priority::Critical, TicketStatus::InProgress)]
        {
            let mut asked = estate::ticket(number, "by hand", Some(db), priority, 900);
            (asked.automatic, asked.status) = (false, status);
            estate.tickets.insert(number, asked);
        }
    });
    bench.picture();
    assert_eq!(open(&bench), Some(6), "the worst of them");
}

#[test]
fn the_most_urgent_comes_first_and_enter_opens_it() {
    let mut bench = Bench::small();
    assert!(bench.picture().contains("DOWN     payment-db"));
    bench.keys("<enter>");
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
    let object = Object::Service(estate::path("acme/shop/prod/eu-1/payment-db"));
    assert_eq!(bench.state.selected(), Some(object));
    bench.keys("[");
    assert_eq!(bench.state.screen, ScreenId::Pulse);
}

#[test]
fn age_is_since_when_it_is_so_and_what_is_due_later_has_none_yet() {
    let mut bench = Bench::wide();
    let line = |picture: &str, what: &str| {
        let found = picture.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {picture}"));
        found.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let picture = bench.picture();
    assert!(line(&picture, "RESOLVE  #1033").contains("infra/prod/metal resolution due in 20m"), "{picture}");
    assert!(line(&picture, "RESPOND  #1041").contains("shop/prod/eu-1 6m response late"), "{picture}");
    assert!(line(&picture, "DOWN     payment-db").contains("shop/prod/eu-1 12m no primary"), "{picture}");
    bench.minutes(30);
    let picture = bench.picture();
    assert!(line(&picture, "RESOLVE  #1033").contains("infra/prod/metal 10m resolution late"), "{picture}");
    assert!(line(&picture, "DOWN     payment-db").contains("shop/prod/eu-1 42m no primary"), "{picture}");
}

#[test]
fn a_broken_budget_has_the_age_of_its_exhaustion_and_one_that_pages_says_it_in_words() {
    let pictured = |change: fn(&mut Budget)| {
        let mut bench = Bench::wide().with(|snapshot| {
            change(&mut snapshot.estate.budgets.get_mut("databases").unwrap().budget);
        });
        let picture = bench.picture();
        picture.lines().find(|line| line.contains(" databases ")).unwrap_or_else(|| panic!("{picture}")).to_owned()
    };
    let broken = pictured(|_| ());
    assert!(broken.contains("BREACHED") && broken.contains(" 7h  -109 % left, over by 4m 40s"), "{broken}");
    assert!(!broken.contains("gone"), "said once: {broken}");
    let longer = pictured(|budget| budget.exhaustion = Exhaustion::Exhausted(None));
    assert!(longer.contains("over by 4m 40s, gone for over 30d"), "{longer}");
    let pages = pictured(|budget| budget.alerts[0].firing = true);
    assert!(pages.contains("PAGE") && pages.contains("over by 4m 40s, gone 7h ago"), "{pages}");
}

#[test]
fn a_silent_job_is_called_by_its_name_and_a_key_by_itself_with_the_place_of_what_nobody_hears_of() {
    for (reporter, named) in [
        ("acme/data/prod/eu-2", "agent"),
        ("cronjob/ops/push-health", "push-health"),
        ("cronjob/ops/push-health@acme/data/prod/eu-2", "push-health"),
        ("operator@acme/data/prod/eu-2", "operator"),
    ] {
        let mut bench = Bench::wide().with(|snapshot| {
            let silent = snapshot.estate.services.values_mut().filter(|s| s.health.silence.is_some());
            silent.for_each(|s| s.health.reporter = reporter.to_owned());
        });
        let picture = bench.picture();
        let line = picture.lines().find(|line| line.contains("SILENT")).unwrap();
        let words: Vec<&str> = line.split_whitespace().skip_while(|word| *word != "SILENT").skip(1).collect();
        assert_eq!(words[0], named, "{line}");
        assert!(line.contains("data/prod/eu-2"), "{line}");
    }
}

#[test]
fn taking_sends_the_version_that_was_seen() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.keys("a");
    let writes: Vec<_> = bench.take_effects().into_iter().filter(|e| matches!(e, Effect::Write { .. })).collect();
    assert!(matches!(&writes[..], [Effect::Write { what: Write::Take { number: 1041, seen: 1 }, .. }]));
    assert!(bench.state.replica.estate.tickets[&1041].assignee.is_some(), "shown ahead of the answer");
}

#[test]
fn a_read_only_session_writes_nothing() {
    let mut bench = Bench::small().read_only();
    bench.take_effects();
    bench.keys("a N m c A P z <enter>");
    assert!(!bench.take_effects().iter().any(|e| matches!(e, Effect::Write { .. })));
    assert!(bench.picture().contains("READ-ONLY"));
}

/// What the core makes of the only write that is on its way.
fn said(bench: &mut Bench) -> Wish {
    let writes: Vec<_> = bench.take_effects().into_iter().filter(|e| matches!(e, Effect::Write { .. })).collect();
    let [Effect::Write { what: Write::Attend(wish), .. }] = &writes[..] else { panic!("{writes:?}") };
    let wish = wish.clone();
    let (subject, concern) = (wish.subject.clone(), wish.seen.concern());
    let fact = match wish.handling {
        None => Fact::HandlingLapsed { subject, concern, why: Lapse::Withdrawn },
        Some(handling) => Fact::ProblemHandled(Box::new(Handled {
            subject,
            reason: wish.seen,
            handling,
            by: (estate::operator().id, "second".to_owned()),
            at: bench.at,
        })),
    };
    bench.becomes(fact);
    wish
}

#[test]
fn an_acknowledged_problem_sinks_with_the_name_of_who_cares_and_rises_when_it_gets_worse() {
    let mut bench = Bench::small();
    bench.take_effects();
    let (count, badge) = (bench.state.pulse.problems.len(), super::badge(&bench.state));
    bench.keys("A");
    let wish = said(&mut bench);
    assert_eq!((wish.seen, wish.handling), (Reason::Down, Some(Handling::Acknowledged)));
    let picture = bench.picture();
    assert!(picture.contains("1 acknowledged"), "{picture}");
    assert_eq!(bench.state.pulse.problems.len(), count, "it stays in sight");
    let last = bench.state.pulse.problems.rows().last().unwrap();
    assert_eq!(last.object, Object::Service(estate::path("acme/shop/prod/eu-1/payment-db")));
    assert_eq!(super::badge(&bench.state).parse::<usize>().unwrap() + 1, badge.parse::<usize>().unwrap());
    bench.keys("G");
    let picture = bench.picture();
    assert!(picture.contains("[second]") && picture.contains("acknowledged by second"), "{picture}");
    bench.keys("A");
    assert_eq!(said(&mut bench).handling, None, "the same key takes it back");
    bench.picture();
    let first = &bench.state.pulse.problems.rows()[0];
    assert_eq!(first.object, Object::Service(estate::path("acme/shop/prod/eu-1/payment-db")));
}

#[test]
fn the_cursor_stays_on_the_problem_that_was_acted_on_also_when_it_never_moved() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.keys("A");
    let acknowledged = said(&mut bench);
    bench.picture();
    bench.keys("A");
    let taken_back = said(&mut bench);
    assert_eq!((taken_back.subject, taken_back.handling), (acknowledged.subject, None));
    bench.picture();
    bench.keys("a");
    bench.minutes(1);
    let worst = estate::path("acme/shop/prod/eu-1/payment-db");
    assert_eq!(bench.state.selected(), Some(Object::Service(worst)));
    bench.take_effects();
    bench.keys("A");
    said(&mut bench);
    bench.keys("g");
    bench.picture();
    assert_eq!(bench.state.pulse.problems.index(), 0, "and lets go when it is moved");
}

#[test]
fn a_snoozed_problem_is_counted_and_comes_back() {
    let mut bench = Bench::small();
    bench.take_effects();
    let before = bench.state.pulse.problems.len();
    bench.keys("z");
    assert!(bench.picture().contains("Snooze for everybody"));
    bench.keys("<enter>");
    let wish = said(&mut bench);
    assert_eq!(wish.handling, Some(Handling::Snoozed(bench.state.core_now().plus(3_600_000))));
    let picture = bench.picture();
    assert!(picture.contains("1 snoozed"), "{picture}");
    assert_eq!(bench.state.pulse.problems.len(), before - 1);
    bench.keys("Z G");
    let picture = bench.picture();
    assert!(picture.contains("1 snoozed shown") && picture.contains("[second to "), "{picture}");
    bench.keys("Z");
    bench.minutes(61);
    assert!(bench.state.pulse.problems.len() >= before);
}

#[test]
fn who_may_not_operate_is_told_so_and_nothing_is_sent() {
    let mut bench = Bench::small();
    bench.state.session.user.level = crate::domain::access::Level::User;
    bench.take_effects();
    bench.keys("A z <enter>");
    assert!(!bench.take_effects().iter().any(|e| matches!(e, Effect::Write { .. })));
}

#[test]
fn a_receiver_that_fails_for_long_is_a_line_of_its_own() {
    let mut bench = Bench::small();
    let failing = |since| FailingReceiver {
        name: "pager".to_owned(),
        address: "https://pager.example".to_owned(),
        since,
        given_up: 0,
        said: "it answered 503".to_owned(),
    };
    let is_shown = |bench: &mut Bench| {
        bench.picture();
        bench.state.pulse.problems.rows().iter().any(|p| p.object == Object::Receiver("pager".to_owned()))
    };
    bench.becomes(Fact::ReceiversChanged(vec![failing(bench.at)]));
    assert!(!is_shown(&mut bench));
    bench.minutes(16);
    assert!(is_shown(&mut bench));
    bench.becomes(Fact::ReceiversChanged(Vec::new()));
    assert!(!is_shown(&mut bench));
}

#[test]
fn a_runbook_is_copied_only_when_it_is_an_https_link() {
    for (runbook, wanted) in [
        ("https://runbooks.example/db", Some("https://runbooks.example/db")),
        ("javascript:alert(1)", None),
        ("http://runbooks.example/db", None),
        ("https://a b", None),
        ("https://a\u{fffd}b", None),
    ] {
        let mut bench = Bench::small().with(|snapshot| {
            let path = estate::path("acme/shop/prod/eu-1/payment-db");
            snapshot.estate.services.get_mut(&path).unwrap().runbook = Some(runbook.to_owned());
        });
        bench.take_effects();
        bench.keys("r");
        let copied = bench.take_effects().into_iter().find_map(|e| match e {
            Effect::Copy(text) => Some(text),
            _ => None,
        });
        assert_eq!(copied.as_deref(), wanted, "{runbook}");
    }
}

#[test]
fn the_cursor_stays_on_its_problem_when_a_worse_one_comes() {
    let mut bench = Bench::small();
    bench.keys("j j");
    let before = bench.state.selected();
    let fact = goes("acme/shop/prod/eu-1/checkout", Status::Down, &bench);
    bench.becomes(fact);
    assert_eq!(bench.state.selected(), before);
}

#[test]
fn who_has_not_moved_sees_the_worst_at_once() {
    let mut bench = Bench::small();
    let fact = goes("acme/shop/prod/eu-1/checkout", Status::Down, &bench);
    bench.becomes(fact);
    bench.picture();
    assert_eq!(bench.state.pulse.problems.index(), 0);
    assert_eq!(bench.state.pulse.problems.offset(), 0);
}

#[test]
fn a_quiet_estate_says_so_and_a_stale_one_does_not() {
    let mut bench = Bench::small().with(|snapshot| {
        let is_quiet = |s: &&Service| {
            s.health.status == Status::Operational && s.backup.is_none() && s.storage.is_none() && !s.path.is_unknown()
        };
        snapshot.estate.services = snapshot.estate.services.values().filter(is_quiet).cloned().collect();
        snapshot.estate.tickets.clear();
        snapshot.estate.budgets.clear();
    });
    assert!(bench.picture().contains("Nothing needs a person."));
    bench.at = bench.at.plus(40_000);
    bench.tell(crate::console::msg::Msg::Tick);
    let picture = bench.picture();
    assert!(picture.contains("offline, last sign 40s ago"), "{picture}");
    assert!(!picture.contains("Nothing needs a person."), "{picture}");
}

#[test]
fn the_filter_is_the_one_of_the_command_line() {
    let mut bench = Bench::small();
    bench.keys("/ team:payments <enter>");
    let objects: Vec<_> = bench.state.pulse.problems.rows().iter().map(|p| p.object.to_string()).collect();
    assert!(!objects.is_empty());
    assert!(objects.iter().all(|o| o.contains("payment")), "{objects:?}");
}

#[test]
fn a_job_that_fell_silent_is_one_line_with_its_ticket() {
    let mut bench = Bench::wide().with(|snapshot| {
        let of_the_job = ["acme/shop/prod/eu-1/redis", "acme/shop/prod/eu-1/search"];
        for path in of_the_job {
            let health = &mut snapshot.estate.services.get_mut(&estate::path(path)).unwrap().health;
            health.status = Status::Unknown;
            health.reporter = "cache-job".to_owned();
            let from = estate::ago(8);
            health.silence = Some(crate::domain::health::Silence { from, last_known: Status::Operational });
        }
        let about = Some(of_the_job[1]);
        let ticket = estate::ticket(77, "Search is silent", about, crate::domain::tickets::Priority::High, 5);
        snapshot.estate.tickets.insert(77, ticket);
    });
    let picture = bench.picture();
    let lines: Vec<&str> = picture.lines().filter(|line| line.contains("cache-job")).collect();
    assert_eq!(lines.len(), 1, "{picture}");
    assert!(lines[0].contains("2 services without a rep") && lines[0].contains("#77"), "{}", lines[0]);
    bench.keys("/cache-job <enter>");
    assert!(bench.picture().contains("nothing is heard of redis, search"), "{}", bench.picture());
    bench.keys("t");
    assert_eq!(bench.state.selected(), Some(Object::Ticket(77)));
}

#[test]
fn of_a_silent_reporter_only_what_nobody_announced_is_named() {
    let names = ["redis", "search", "fraud-check"].map(|name| format!("acme/shop/prod/eu-1/{name}"));
    let mut bench = Bench::wide().with(|snapshot| {
        for path in &names {
            let health = &mut snapshot.estate.services.get_mut(&estate::path(path)).unwrap().health;
            health.status = Status::Unknown;
            health.reporter = "cache-job".to_owned();
            let from = estate::ago(8);
            health.silence = Some(crate::domain::health::Silence { from, last_known: Status::Operational });
        }
        let over = WindowScope::Service(estate::path(&names[1]));
        snapshot.estate.windows.insert(4, estate::window(4, over));
    });
    bench.keys("/cache-job <enter>");
    let picture = bench.picture();
    assert!(picture.contains("nothing is heard of fraud-check, redis"), "{picture}");
    assert!(!picture.contains("search"), "{picture}");
}

/// The line of the list about this service.
fn line(bench: &mut Bench, word: &str, name: &str) -> String {
    let picture = bench.picture();
    let found = picture.lines().find(|line| line.contains(&format!("{word:<8} {name}")));
    found.unwrap_or_else(|| panic!("{word} {name}\n{picture}")).to_owned()
}

const REASON: &str = "primary refuses connections: no space left for the write-ahead log";

fn with_a_long_reason(width: u16, height: u16) -> Bench {
    Bench::sized(width, height).with(|snapshot| {
        let path = estate::path("acme/shop/prod/eu-1/payment-db");
        REASON.clone_into(&mut snapshot.estate.services.get_mut(&path).unwrap().health.message);
    })
}

#[test]
fn a_reason_stands_whole_in_its_line_where_the_screen_is_wide_with_the_place_beside_it() {
    let line = line(&mut with_a_long_reason(140, 40), "DOWN", "payment-db");
    assert!(line.contains(REASON) && line.contains("shop/prod/eu-1"), "{line}");
}

#[test]
fn on_a_narrow_screen_the_environment_stands_for_the_place_and_the_reason_has_most_of_the_line() {
    let line = line(&mut with_a_long_reason(80, 24), "DOWN", "payment-db");
    assert!(line.contains(" prod ") && line.contains(&REASON[..32]), "{line}");
}

#[test]
fn below_stands_whom_it_hurts_then_what_it_costs_then_who_works_on_it() {
    let picture = with_a_long_reason(140, 40).picture();
    let at =
        |what: &str| picture.lines().position(|l| l.starts_with(what)).unwrap_or_else(|| panic!("{what}\n{picture}"));
    let order = [
        at(" acme/shop/prod/eu-1/payment-db"),
        at(&format!(" {REASON}")),
        at(" needed by "),
        at(" budget "),
        at(" #1041"),
    ];
    assert!(order.is_sorted(), "{order:?}\n{picture}");
}

#[test]
fn since_when_a_storage_is_full_is_not_told_by_when_it_last_said_so() {
    let mut bench = Bench::sized(140, 60);
    let reported = bench.state.replica.estate.services[&estate::path("acme/shop/prod/eu-1/payment-db")].storage.clone();
    assert_eq!(reported.unwrap().at, estate::ago(14));
    let line = line(&mut bench, "DISK", "payment-db");
    assert!(!line.contains("14m"), "{line}");
}

/// Nobody ever reported on any service; `of` says who should.
fn never_reported(width: u16, height: u16, of: fn(&crate::domain::hierarchy::ServicePath) -> Option<String>) -> Bench {
    Bench::sized(width, height).with(|snapshot| {
        for service in snapshot.estate.services.values_mut().filter(|s| !s.path.is_unknown()) {
            service.health = crate::domain::health::Health { since: estate::ago(3), ..Default::default() };
            service.expected_reporter = of(&service.path);
        }
    })
}

#[test]
fn an_estate_that_nobody_ever_reported_on_is_a_line_for_each_who_should_with_its_services_below() {
    let mut bench = never_reported(140, 40, |path| {
        Some(if path.node_str().ends_with("metal") {
            "cronjob/ops/hosts".to_owned()
        } else {
            path.node_str().to_owned()
        })
    });
    let picture = bench.picture();
    let unknown = || picture.lines().filter(|line| line.contains("? UNKNOWN"));
    assert!(unknown().count() < 9, "{picture}");
    let line = unknown().find(|line| line.contains(" hosts ")).unwrap();
    assert!(line.contains("none of its 4 services was ever reported"), "{line}");
    bench.keys("/hosts <enter>");
    let picture = bench.picture();
    assert!(
        picture.contains("CronJob ops/hosts") && picture.contains("galera-1, galera-2, gitlab, vault"),
        "{picture}"
    );
    bench.take_effects();
    bench.keys("A");
    let wish = said(&mut bench);
    let reporter = crate::domain::attention::Subject::Reporter("cronjob/ops/hosts".to_owned());
    assert_eq!((wish.subject, wish.seen), (reporter, Reason::Unknown));
    assert!(bench.picture().contains("1 acknowledged"));
}

#[test]
fn what_nobody_is_declared_to_report_is_one_line_with_its_number() {
    let mut bench = never_reported(140, 40, |_| None);
    let picture = bench.picture();
    let lines: Vec<&str> = picture.lines().filter(|line| line.contains("? UNKNOWN")).collect();
    assert_eq!(lines.len(), 1, "{picture}");
    assert!(lines[0].contains("27 services") && lines[0].contains("never reported"), "{}", lines[0]);
}

#[test]
fn one_service_that_was_never_reported_says_who_should() {
    let mut bench = Bench::wide().with(|snapshot| {
        let service = snapshot.estate.services.get_mut(&estate::path("acme/shop/prod/eu-1/redis")).unwrap();
        service.health = crate::domain::health::Health::default();
        service.expected_reporter = Some("cronjob/ops/cache".to_owned());
    });
    let line = line(&mut bench, "UNKNOWN", "redis");
    assert!(line.contains("never reported, expected from CronJob"), "{line}");
}

#[test]
fn a_receiver_that_fails_is_acknowledged_as_everything_else_is() {
    let mut bench = Bench::small();
    let (name, address) = ("pager".to_owned(), "https://pager.example".to_owned());
    let failing = FailingReceiver { name, address, since: estate::ago(60), given_up: 1, said: "503".to_owned() };
    bench.becomes(Fact::ReceiversChanged(vec![failing]));
    bench.keys("/pager <enter>");
    bench.take_effects();
    bench.keys("A");
    let wish = said(&mut bench);
    assert_eq!(wish.subject, crate::domain::attention::Subject::Receiver("pager".to_owned()));
    assert!(bench.picture().contains("[second]"), "{}", bench.picture());
}

#[test]
fn a_window_that_nobody_stops_is_a_line_that_can_be_acknowledged() {
    use crate::domain::sla::WindowScope;
    let window = |days: i64| {
        let path = estate::path("acme/shop/prod/eu-1/redis");
        let from = estate::ago(days * 24 * 60 + 1);
        crate::domain::sla::ExclusionWindow {
            from,
            opened_at: from,
            to: None,
            ..estate::window(4, WindowScope::Service(path))
        }
    };
    let mut bench = Bench::sized(140, 40);
    bench.becomes(Fact::WindowChanged(Box::new(window(0))));
    assert!(!bench.picture().contains("without an end"));
    bench.becomes(Fact::WindowChanged(Box::new(window(2))));
    let seen = line(&mut bench, "WINDOW", "redis");
    assert!(seen.contains("window 4 is open for 2d without an end"), "{seen}");
    bench.keys("/redis <enter>");
    bench.take_effects();
    bench.keys("A");
    assert_eq!(said(&mut bench).subject, crate::domain::attention::Subject::Window(4));
}

#[test]
fn a_clock_that_misplaces_reports_is_a_line_with_whose_and_by_how_much() {
    let mut bench = Bench::sized(140, 40).with(|snapshot| {
        for name in ["redis", "search"] {
            let path = estate::path(&format!("acme/shop/prod/eu-1/{name}"));
            let service = snapshot.estate.services.get_mut(&path).unwrap();
            service.health.reporter = "cronjob/ops/cache".to_owned();
            service.clock_ahead_ms = Some(-12 * 60_000);
        }
    });
    let line = line(&mut bench, "CLOCK", "cache");
    assert!(line.contains("its clock is 12m behind, which misplaces reports on 2 services"), "{line}");
}

/// An estate where this reporter speaks of these services.
fn reported_by(snapshot: &mut Snapshot, reporter: &str, names: &[&str]) -> Vec<ServicePath> {
    let paths: Vec<ServicePath> =
        names.iter().map(|name| estate::path(&format!("acme/shop/prod/eu-1/{name}"))).collect();
    for path in &paths {
        reporter.clone_into(&mut snapshot.estate.services.get_mut(path).unwrap().health.reporter);
    }
    paths
}

#[test]
fn reporters_of_one_short_name_are_told_apart_by_where_they_report_from() {
    let mut bench = Bench::sized(140, 40).with(|snapshot| {
        for (reporter, name) in [("operator@audit/shop/prod/c1", "redis"), ("operator@audit/skew/prod/c1", "search")] {
            for path in reported_by(snapshot, reporter, &[name]) {
                snapshot.estate.services.get_mut(&path).unwrap().clock_ahead_ms = Some(-12 * 60_000);
            }
        }
    });
    let picture = bench.picture();
    let clocks: Vec<&str> = picture.lines().filter(|line| line.contains("CLOCK    operator")).collect();
    assert_eq!(clocks.len(), 2, "{picture}");
    assert!(clocks.iter().any(|line| line.contains("shop/prod/c1")), "{picture}");
    assert!(clocks.iter().any(|line| line.contains("skew/prod/c1")), "{picture}");
}

#[test]
fn a_silent_job_is_snoozed_by_its_name() {
    let mut bench = Bench::sized(140, 40).with(|snapshot| {
        for path in reported_by(snapshot, "cronjob/ops/cache", &["redis", "search"]) {
            let health = &mut snapshot.estate.services.get_mut(&path).unwrap().health;
            (health.status, health.silence) =
                (Status::Unknown, Some(Silence { from: estate::AT, last_known: Status::Operational }));
        }
    });
    bench.keys("/cache <enter>");
    bench.take_effects();
    bench.keys("z");
    let picture = bench.picture();
    assert!(picture.contains("SILENT CronJob ops/cache"), "{picture}");
}
