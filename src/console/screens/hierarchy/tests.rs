//! Facts about Hierarchy, pressed as keys and read from the screen.

use crate::{
    client::error::{ApiError, Kind},
    console::{
        effect::Fetch,
        list::Row as _,
        msg::{LinkEvent, Msg, Reply},
        place::{Object, ScreenId},
        testing::Bench,
    },
    domain::{
        detail::ServiceDetail,
        health::{Services, Status},
        sla::timeline::Timeline,
        time::HOUR,
    },
    testing::estate::{self, AT},
};

const DB: &str = "acme/shop/prod/eu-1/payment-db";

fn past(path: &str) -> Reply {
    let points = vec![(AT.plus(-20 * HOUR), Status::Operational), (AT.plus(-HOUR), Status::Down)];
    Reply::Service(Box::new(ServiceDetail {
        path: estate::path(path),
        timeline: Timeline::from_points(points),
        budget: estate::budget(999_900, 60, 1000, crate::domain::sla::BudgetState::Breached),
        incidents: Vec::new(),
        incidents_total: 0,
    }))
}

#[test]
fn under_a_filter_status_figures_and_reasons_are_those_of_what_fits() {
    let mut bench = Bench::wide();
    bench.keys("2 /galera<enter>");
    let picture = bench.picture();
    assert!(picture.contains("/galera  2 of 28 services"), "{picture}");
    let tree: Vec<&str> = picture.lines().filter_map(|line| line.split('\u{2502}').next()).collect();
    let root = tree.iter().find(|line| line.contains("acme")).unwrap_or_else(|| panic!("{picture}"));
    assert!(root.contains("OPERATIONAL") && root.contains(" 2 ") && !root.contains("payment-db"), "{picture}");
}

#[test]
fn the_past_of_what_is_looked_at_is_fetched_and_shown() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    assert!(bench.picture().contains("reading ..."));
    let (_, what) = bench.asked().unwrap();
    assert_eq!(*what, Fetch::Service(estate::path(DB)));
    bench.answer(past(DB));
    let picture = bench.picture();
    assert!(picture.contains("down 1h, known 83.3 %"), "{picture}");
}

#[test]
fn late_reply_is_dropped() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    let (first, _) = bench.asked().unwrap();
    bench.keys("k");
    bench.tell(Msg::Reply { request: first, result: Ok(past(DB)) });
    assert!(!bench.picture().contains("down 1h"), "the past of another service is never shown");
}

#[test]
fn a_failure_is_shown_as_one_and_not_as_an_empty_past() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    bench.answer_with(Err(ApiError::new(Kind::TimedOut, "no answer after 30s")));
    assert!(bench.picture().contains("cannot be read: no answer after 30s"));
}

#[test]
fn what_could_not_be_read_is_read_when_the_core_is_back() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    bench.answer_with(Err(ApiError::new(Kind::Unreachable, "nobody there")));
    bench.take_effects();
    bench.minutes(1);
    assert!(bench.asked().is_none(), "not again and again");
    bench.tell(Msg::Link(LinkEvent::Offline { reason: "gone".to_owned(), retry_at: bench.at }));
    bench.tell(Msg::Link(LinkEvent::Connected));
    assert_eq!(*bench.asked().unwrap().1, Fetch::Service(estate::path(DB)));
    bench.answer(past(DB));
    assert!(!bench.picture().contains("cannot be read"), "{}", bench.picture());
}

#[test]
fn folding_hides_what_is_below_and_the_cursor_follows_its_object() {
    let mut bench = Bench::small();
    bench.keys("2 g l");
    let before = bench.state.hierarchy.rows.len();
    bench.keys("h");
    assert!(bench.state.hierarchy.rows.len() < before);
    bench.keys("o");
    assert_eq!(bench.state.hierarchy.rows.len(), before);
}

#[test]
fn problems_only_keeps_places_with_problems_and_says_so() {
    let mut bench = Bench::small();
    bench.keys("2 p");
    let picture = bench.picture();
    assert!(picture.contains("problems only"));
    let services = bench.state.hierarchy.rows.rows().iter().filter(|r| matches!(r, super::TreeRow::Service { .. }));
    assert_eq!(services.count(), 9);
}

#[test]
fn opening_an_object_that_the_filter_hides_takes_the_filter_away() {
    let mut bench = Bench::small();
    bench.keys("2 /galera <enter> 1 <enter>");
    assert_eq!(bench.state.selected(), Some(Object::Service(estate::path(DB))));
    assert!(bench.state.filter().is_empty());
}

#[test]
fn jumps_lead_to_ticket_budget_and_declaration_and_back() {
    let mut bench = Bench::small();
    bench.keys("<enter> t");
    assert_eq!(bench.state.screen, ScreenId::Tickets);
    bench.keys("[ b");
    assert_eq!(bench.state.screen, ScreenId::Budgets);
    bench.keys("[ d");
    assert_eq!(bench.state.screen, ScreenId::GitOps);
    bench.keys("[");
    assert_eq!(bench.state.selected(), Some(Object::Service(estate::path(DB))));
}

#[test]
fn the_next_problem_is_found_under_folded_nodes() {
    let mut bench = Bench::small();
    bench.keys("2 C g n");
    let Some(Object::Service(path)) = bench.state.selected() else { panic!("{:?}", bench.state.selected()) };
    assert!(bench.state.replica.estate.services[&path].health.status.is_problem());
}

#[test]
fn moving_the_cursor_rebuilds_nothing() {
    let mut bench = Bench::small();
    bench.keys("2");
    let (derived, made_of) = (bench.state.replica.derived, bench.state.hierarchy.made_of);
    bench.keys("j j j <pagedown> k G g");
    assert_eq!((bench.state.replica.derived, bench.state.hierarchy.made_of), (derived, made_of));
}

#[test]
fn storages_and_backups_are_tables_with_the_worst_first_and_the_way_back_keeps_the_service() {
    let mut bench = Bench::small();
    bench.keys("7");
    let first = bench.state.hierarchy.rows.rows()[0].id();
    let picture = bench.picture();
    assert!(picture.contains("Storage") && picture.contains("critical"), "{picture}");
    assert_eq!(bench.state.selected(), Some(first.clone()), "the cursor stands on the worst");
    bench.keys("8");
    assert!(bench.picture().contains("overdue"), "{}", bench.picture());
    bench.keys("7 g <esc>");
    assert!(bench.picture().contains(" Hierarchy ─"), "the tree again");
    assert_eq!(bench.state.selected(), Some(first), "on the same service");
    bench.keys("8 2");
    assert_eq!(bench.state.hierarchy.lens, super::Lens::Tree);
}

#[test]
fn the_tables_cut_neither_when_nor_where_and_leave_out_what_has_no_room() {
    let message = "the dump was cut off when the volume of the backup host ran full";
    for (width, height) in [(80, 24), (140, 40), (200, 50)] {
        let mut bench = Bench::sized(width, height).with(|snapshot| {
            let services = snapshot.estate.services.values_mut();
            let backup = services.filter_map(|service| service.backup.as_mut()).find(|b| b.last_report.is_some());
            message.clone_into(&mut backup.unwrap().message);
        });
        for table in ["7", "8"] {
            bench.keys(table);
            let picture = bench.picture();
            let table: Vec<&str> = picture
                .lines()
                .skip_while(|line| !line.contains("STATE"))
                .map(|l| l.split('│').next().unwrap())
                .collect();
            let rows = bench.state.hierarchy.rows.visible().count();
            for line in &table[..=rows] {
                let is_cut = line.contains('…') && !line.contains("the dump was");
                assert!(!is_cut, "{width}x{height}\n{picture}");
            }
        }
    }
}

#[test]
fn a_symptom_says_what_it_comes_from_and_who_suffers_is_found_through_others() {
    let mut bench = Bench::wide();
    let api = estate::path("acme/shop/prod/eu-1/payment-api");
    bench.keys("<enter>");
    let picture = bench.picture();
    assert!(picture.contains("needed by"), "{picture}");
    let object = Object::Service(api);
    super::update::open(&mut bench.state, &object);
    let picture = bench.picture();
    assert!(picture.contains("because   payment-db is DOWN"), "{picture}");
}

#[test]
fn incidents_stand_under_the_strip_with_their_count_and_their_cause() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    let Reply::Service(mut detail) = past(DB) else { unreachable!() };
    detail.incidents = vec![crate::domain::detail::Incident {
        path: estate::path(DB),
        from: AT.plus(-HOUR),
        to: None,
        worst: Status::Down,
        message: "disk full".to_owned(),
        outbreaks: 3,
        other_ms: HOUR / 15,
        cause: Some(estate::path("acme/shop/prod/eu-1/redis")),
    }];
    bench.answer(Reply::Service(detail));
    let picture = bench.picture();
    assert!(picture.contains("DOWN for 56m so far,") && picture.contains("within 1h, 3 times"), "{picture}");
    assert!(picture.contains("from redis: disk full"), "{picture}");
}

/// On a service, coming from below, with its past there.
fn on_redis_from_below(bench: &mut Bench) {
    bench.keys("2");
    super::update::open(&mut bench.state, &Object::Service(estate::path("acme/shop/prod/eu-1/search")));
    bench.take_effects();
    bench.keys("k");
    assert_eq!(bench.asked().unwrap().1, &Fetch::Service(estate::path("acme/shop/prod/eu-1/redis")));
    bench.answer(past("acme/shop/prod/eu-1/redis"));
}

#[test]
fn the_past_of_the_next_service_is_there_before_the_cursor_is() {
    let mut bench = Bench::small();
    on_redis_from_below(&mut bench);
    assert_eq!(bench.asked().unwrap().1, &Fetch::Service(estate::path(DB)), "the way the cursor goes");
    bench.answer(past(DB));
    bench.take_effects();
    bench.keys("k");
    assert!(!bench.picture().contains("reading"), "{}", bench.picture());
    assert!(bench.picture().contains("known 83.3 %"), "{}", bench.picture());
}

#[test]
fn a_failure_ahead_is_asked_for_again_only_by_who_looks_at_it() {
    let mut bench = Bench::small();
    on_redis_from_below(&mut bench);
    bench.answer_with(Err(ApiError::new(Kind::TimedOut, "no answer after 30s")));
    assert!(bench.asked().is_none());
    bench.minutes(1);
    assert!(bench.asked().is_none());
    bench.keys("k");
    assert!(bench.asked().is_some());
}

#[test]
fn a_table_offers_what_works_there_and_tells_first_what_it_is_about() {
    let mut bench = Bench::small();
    bench.keys("2");
    assert!(bench.picture().contains("l unfold"));
    bench.keys("7 g");
    let picture = bench.picture();
    assert!(!picture.contains("fold") && picture.contains("2 shows the tree"), "{picture}");
    let of = |what: &str| picture.lines().position(|line| line.starts_with(what)).unwrap_or(usize::MAX);
    assert!(of(" storage ") < of(" 24 h"), "{picture}");
    bench.keys("8 g");
    assert!(bench.picture().contains(" backup    last success") || bench.picture().contains(" backup    never"));
}

#[test]
fn enter_in_a_table_leads_to_the_service_in_the_tree_also_when_only_problems_are_shown() {
    let mut bench = Bench::small();
    bench.keys("2 p 8 g");
    let here = bench.state.selected();
    bench.keys("<enter>");
    assert_eq!((bench.state.hierarchy.lens, bench.state.selected()), (super::Lens::Tree, here));
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
}

#[test]
fn where_nothing_says_its_mount_there_is_no_column_for_it() {
    let mut bench = Bench::sized(200, 40).with(|snapshot| {
        let storages = snapshot.estate.services.values_mut().filter_map(|s| s.storage.as_mut());
        storages.for_each(|storage| storage.mount_path.clear());
    });
    bench.keys("7");
    assert!(!bench.picture().contains("MOUNT"), "{}", bench.picture());
    let mut bench = Bench::sized(200, 40).with(|snapshot| {
        let storage = snapshot.estate.services.values_mut().find_map(|s| s.storage.as_mut());
        "/var/lib/data".clone_into(&mut storage.unwrap().mount_path);
    });
    bench.keys("7");
    assert!(bench.picture().contains("MOUNT"), "{}", bench.picture());
}

#[test]
fn what_is_too_long_for_its_line_goes_on_in_the_next_one() {
    let mut bench = Bench::sized(104, 50);
    bench.keys("<enter>");
    let picture = bench.picture();
    let at = picture.lines().position(|line| line.contains(" reports   ")).unwrap();
    let said: Vec<&str> = picture.lines().skip(at).take(3).filter_map(|line| line.rsplit('│').next()).collect();
    assert!(said[0].contains("reports") && !said[0].contains('…'), "{picture}");
    assert!(said[1..].iter().all(|line| line.starts_with("           ")), "{picture}");
    assert!(said[1..].concat().contains("expected"), "{picture}");
}

#[test]
fn an_estate_without_services_says_how_the_first_one_comes() {
    let mut bench = Bench::small().with(|snapshot| {
        snapshot.estate.services = Services::default();
        snapshot.estate.budgets.clear();
        snapshot.estate.tickets.clear();
        snapshot.estate.source.errors = 0;
        snapshot.estate.source.rejected = None;
        snapshot.estate.failing_receivers.clear();
    });
    for screen in ["1", "2"] {
        let picture = bench.keys(screen).picture();
        assert!(picture.contains("No service is known yet") && picture.contains("itops report health"), "{picture}");
        assert!(!picture.contains("Nothing needs a person"), "{picture}");
        for dead in ["t ticket", "a take", "l unfold", "d declared"] {
            assert!(!picture.contains(dead), "{dead}\n{picture}");
        }
    }
    let offered = |bench: &mut Bench| bench.picture().lines().last().unwrap().to_owned();
    bench.keys("3");
    assert!(!offered(&mut bench).contains("exclude"), "{}", offered(&mut bench));
    bench.keys("4");
    assert!(!offered(&mut bench).contains("take") && offered(&mut bench).contains("board"), "{}", offered(&mut bench));
}

/// Where a line of the detail begins so.
fn at(picture: &str, what: &str) -> usize {
    let is = |line: &str| line.rsplit('│').next().is_some_and(|detail| detail.trim_start().starts_with(what));
    picture.lines().position(is).unwrap_or_else(|| panic!("{what}\n{picture}"))
}

#[test]
fn the_detail_says_what_is_down_whom_that_hurts_what_it_costs_and_who_works_on_it_in_this_order() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    bench.answer(past(DB));
    let picture = bench.picture();
    let order = ["✖ DOWN for", "hurts", "budget", "tickets", "24 h", "runbook", "needed by"];
    let order: Vec<usize> = order.iter().map(|what| at(&picture, what)).collect();
    assert!(order.is_sorted(), "{order:?}\n{picture}");
}

#[test]
fn who_is_well_hurts_nobody() {
    let mut bench = Bench::wide();
    bench.keys("2");
    super::update::open(&mut bench.state, &Object::Service(estate::path("acme/shop/prod/eu-1/redis")));
    assert!(!bench.picture().contains(" hurts "), "{}", bench.picture());
}

#[test]
fn a_long_link_goes_on_in_the_next_line_and_loses_nothing() {
    let link = format!("https://runbooks.example/{}/end", "payments-and-everything-behind-them/".repeat(3));
    let mut bench = Bench::wide().with(|snapshot| {
        snapshot.estate.services.get_mut(&estate::path(DB)).unwrap().runbook = Some(link.clone());
    });
    bench.keys("<enter>");
    let picture = bench.picture();
    let detail = picture.lines().skip(at(&picture, "runbook")).take(4).filter_map(|line| line.rsplit('│').next());
    let text: String = detail.flat_map(|line| line.split_whitespace()).collect();
    assert!(text.contains(&link), "{picture}");
}

#[test]
fn a_node_says_which_leaf_explains_it_which_budgets_that_hurts_and_what_else_is_wrong() {
    let mut bench = Bench::sized(140, 60);
    bench.keys("2 g");
    let picture = bench.picture();
    let order = ["✖ DOWN   acme", "because   acme/shop/prod/eu-1/payment-db", "budgets", "also"];
    let order: Vec<usize> = order.iter().map(|what| at(&picture, what)).collect();
    assert!(order.is_sorted(), "{order:?}\n{picture}");
    let also: Vec<&str> = picture.lines().skip(order[3]).filter_map(|line| line.rsplit('│').next()).collect();
    assert!(!also.iter().any(|line| line.contains("payment-db")), "not the same once more\n{picture}");
    assert!(also[0].contains("SILENT") || also[0].contains("DOWN"), "the worst first\n{picture}");
}

#[test]
fn one_name_in_two_places_is_told_apart_in_the_tables() {
    let mut bench = Bench::wide();
    bench.keys("7 g");
    let picture = bench.picture();
    let list: Vec<&str> = picture.lines().filter_map(|line| line.split('│').next()).collect();
    assert!(list.iter().any(|line| line.contains("WHERE")), "{picture}");
    assert!(list.iter().any(|line| line.contains("prod/")), "{picture}");
}

#[test]
fn the_branch_that_nobody_declared_is_marked_where_it_begins_also_at_the_root() {
    let mut bench = Bench::sized(200, 70).with(|snapshot| {
        let stray = estate::path("acme/unknown/unknown/unknown/cron-host-7");
        let mut nameless = snapshot.estate.services.get(&stray).unwrap().clone();
        nameless.path = estate::path("unknown/unknown/unknown/unknown/x");
        snapshot.estate.services.insert(nameless);
    });
    bench.keys("2");
    let picture = bench.picture();
    let marked: Vec<usize> = picture.lines().filter_map(|line| line.find("unknown (declared by nobody)")).collect();
    let [below, root] = marked[..] else { panic!("{picture}") };
    assert_eq!(below - root, 2, "{picture}");
}

#[test]
fn an_old_storage_report_does_not_look_like_health() {
    let mut bench = Bench::sized(140, 40).with(|snapshot| {
        for service in snapshot.estate.services.values_mut() {
            if let Some(storage) = &mut service.storage {
                storage.at = AT.plus(-26 * 24 * HOUR);
                storage.used_bytes = storage.allocated_bytes / 2;
            }
        }
    });
    bench.keys("7");
    let picture = bench.picture();
    let rows: Vec<&str> = picture.lines().filter(|line| line.contains("healthy")).collect();
    assert!(!rows.is_empty() && rows.iter().all(|line| !line.contains('\u{2713}')), "{picture}");
    assert!(rows.iter().all(|line| line.contains("was healthy")), "{picture}");
    assert!(rows.iter().any(|line| line.contains("26d")), "{picture}");
}
