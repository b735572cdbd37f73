//! The board by keys and mouse, quick triage, saved filters, columns.

use super::*;
use crate::{
    console::{
        filter::SavedFilter,
        msg::{Mouse, MouseKind, Msg},
        screens::tickets::SortBy,
    },
    domain::change::Fact,
};

fn board(mut bench: Bench) -> Bench {
    bench.take_effects();
    bench.keys("4 b");
    bench
}

fn selected(bench: &Bench) -> u64 {
    bench.state.tickets.list.selected().unwrap().0
}

/// The cell where a text stands on the screen.
fn cell(bench: &mut Bench, text: &str) -> (u16, u16) {
    let picture = bench.picture();
    let (row, line) = picture.lines().enumerate().find(|(_, line)| line.contains(text)).expect(text);
    let column = crate::console::format::width(&line[..line.find(text).unwrap()]);
    (u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
}

fn mouse(bench: &mut Bench, kind: MouseKind, (column, row): (u16, u16)) {
    bench.tell(Msg::Mouse(Mouse { kind, column, row }));
}

#[test]
fn board_has_a_column_for_each_status_at_80_by_24() {
    insta::assert_snapshot!(board(Bench::small()).picture());
}

#[test]
fn keys_go_through_the_cards_of_a_column_and_across() {
    let mut bench = board(Bench::small());
    let status = |bench: &Bench| ticket(bench, selected(bench)).status;
    bench.keys("g");
    assert_eq!(status(&bench), TicketStatus::Open);
    bench.keys("G j j");
    assert_eq!(status(&bench), TicketStatus::Open, "down stops at the end of its column");
    bench.keys("l");
    assert_eq!(status(&bench), TicketStatus::InProgress);
    bench.keys("<right>");
    assert_eq!(status(&bench), TicketStatus::Resolved);
    bench.keys("<right> <right>");
    assert_eq!(status(&bench), TicketStatus::Resolved, "an empty column is passed over, and the last one is the last");
    bench.keys("h h h");
    assert_eq!(status(&bench), TicketStatus::Open);
    bench.keys("<enter>");
    assert!(bench.state.tickets.in_front);
}

#[test]
fn a_card_is_clicked_opened_and_carried_but_never_moved_without_a_question() {
    let mut bench = board(Bench::wide());
    let card = cell(&mut bench, "#1036");
    mouse(&mut bench, MouseKind::Click, card);
    assert_eq!(selected(&bench), 1036);
    let target = cell(&mut bench, "RESOLVED");
    mouse(&mut bench, MouseKind::Release, (target.0, target.1 + 4));
    assert!(bench.picture().contains("Move #1036"), "{}", bench.picture());
    assert!(bench.effects.iter().all(|e| !matches!(e, Effect::Write { .. })));
    bench.keys("<esc>");
    mouse(&mut bench, MouseKind::Click, card);
    assert!(bench.state.tickets.in_front, "a second click opens it");
    bench.keys("<esc>");
    let mut reader = board(Bench::wide().read_only());
    mouse(&mut reader, MouseKind::Click, card);
    mouse(&mut reader, MouseKind::Release, (target.0, target.1 + 4));
    assert!(reader.state.dialogs.is_empty(), "a reader carries nothing");
}

#[test]
fn the_wheel_scrolls_the_column_under_it_and_leaves_the_cursor_of_another() {
    let many = |snapshot: &mut crate::domain::estate::Snapshot| {
        for number in 0..40 {
            let mut ticket = snapshot.estate.tickets[&1036].clone();
            ticket.number = 2000 + number;
            snapshot.estate.tickets.insert(ticket.number, ticket);
        }
    };
    let mut bench = board(Bench::small().with(many));
    bench.keys("h h g");
    let before = selected(&bench);
    let heading = cell(&mut bench, "IN_PROGRESS");
    assert!(bench.picture().contains("more below"));
    mouse(&mut bench, MouseKind::ScrollDown, (heading.0, heading.1 + 3));
    mouse(&mut bench, MouseKind::ScrollDown, (heading.0, heading.1 + 3));
    assert!(bench.picture().contains("2 above"), "{}", bench.picture());
    assert_eq!(selected(&bench), before, "the cursor stays where it is");
    mouse(&mut bench, MouseKind::Click, (heading.0, heading.1 + 2));
    let on_it = selected(&bench);
    mouse(&mut bench, MouseKind::ScrollDown, (heading.0, heading.1 + 3));
    assert_ne!(selected(&bench), on_it, "a cursor that would scroll away goes with its column");
}

#[test]
fn next_and_act_go_on_without_the_list_and_an_act_never_changes_what_is_looked_at() {
    let mut bench = at_tickets(Bench::small());
    bench.keys("v v");
    bench.state.tickets.list.top();
    let all: Vec<u64> = bench.state.tickets.list.rows().iter().map(|row| row.0).collect();
    bench.keys("<enter> a");
    assert!(bench.state.tickets.in_front);
    assert_eq!(only_write(&bench).number(), Some(all[0]));
    bench.effects.retain(|e| matches!(e, Effect::Write { .. }));
    let reply = written(&bench, all[0]);
    bench.answer(reply);
    bench.picture();
    assert_eq!(selected(&bench), all[0], "it is not unassigned any more, and still under the cursor");
    bench.take_effects();
    bench.keys("n a");
    assert_eq!(only_write(&bench).number(), Some(all[1]), "the next one");
    let rows: Vec<u64> = bench.state.tickets.list.rows().iter().map(|row| row.0).collect();
    assert!(!rows.contains(&all[0]), "what was left goes from the list");
    bench.keys("G n");
    let rows: Vec<u64> = bench.state.tickets.list.rows().iter().map(|row| row.0).collect();
    assert!(bench.picture().contains("the last ticket under this tab"), "{}", bench.picture());
    assert!(bench.picture().contains(&format!("{} of {}", rows.len(), rows.len())), "{}", bench.picture());
}

#[test]
fn saved_filters_of_the_settings_are_tabs_with_figures_and_can_be_clicked() {
    let mut bench = at_tickets(Bench::small());
    bench.state.options.views =
        vec![SavedFilter::new("databases", "service:db"), SavedFilter::new("shop", "is:open node:acme/shop")];
    bench.state.replica.touched();
    bench.keys("V V");
    assert!(bench.picture().contains("databases"), "{}", bench.picture());
    let rows = bench.state.tickets.list.len();
    assert!(rows > 0 && bench.picture().contains(&format!("databases {rows}")), "{}", bench.picture());
    let shop = cell(&mut bench, "shop ");
    mouse(&mut bench, MouseKind::Click, shop);
    let under = |path: &str| path.starts_with("acme/shop/");
    let rows = bench.state.tickets.list.rows();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| under(ticket(&bench, row.0).service.unwrap().as_str())));
}

#[test]
fn a_list_is_narrowed_to_what_shares_the_service_the_place_or_the_group() {
    let mut bench = on(1036, Bench::small());
    bench.keys("i");
    insta::assert_snapshot!("narrow", bench.picture());
    bench.keys("<down> <enter>");
    let path = ticket(&bench, 1036).service.unwrap();
    let place = path.as_str().rsplit_once('/').unwrap().0.to_owned();
    assert_eq!(bench.state.filter().text(), format!("node:={place}"));
    bench.picture();
    assert!(
        bench
            .state
            .tickets
            .list
            .rows()
            .iter()
            .all(|row| { ticket(&bench, row.0).service.is_some_and(|service| service.as_str().starts_with(&place)) })
    );
}

#[test]
fn a_heading_is_clicked_to_sort_and_again_to_turn_the_order() {
    let mut bench = at_tickets(Bench::small());
    let title = cell(&mut bench, "TITLE");
    mouse(&mut bench, MouseKind::Click, title);
    let titles = |bench: &Bench| -> Vec<String> {
        bench.state.tickets.list.rows().iter().map(|row| ticket(bench, row.0).title).collect()
    };
    bench.picture();
    assert!(titles(&bench).is_sorted(), "{:?}", titles(&bench));
    let title = cell(&mut bench, "TITLE");
    mouse(&mut bench, MouseKind::Click, title);
    bench.picture();
    assert!(titles(&bench).iter().rev().is_sorted(), "{:?}", titles(&bench));
}

#[test]
fn headings_are_where_they_are_drawn_also_when_only_the_end_of_the_last_row_is_out_of_sight() {
    let mut tried = 0;
    for height in 8..40 {
        let mut bench = at_tickets(Bench::sized(80, height));
        bench.picture();
        let list = &bench.state.tickets.list;
        if list.visible().count() < list.len() || list.scrolls() == (list.visible().count() < list.len()) {
            continue;
        }
        for (heading, by) in [("TITLE", SortBy::Title), ("DUE", SortBy::Due)] {
            let place = cell(&mut bench, heading);
            mouse(&mut bench, MouseKind::Click, place);
            let picture = bench.picture();
            assert_eq!(bench.state.tickets.sort, by, "{picture}");
        }
        tried += 1;
    }
    assert!(tried > 0, "no height at which the last row ends below");
}

#[test]
fn only_a_clock_near_its_end_makes_the_screen_tick_by_the_second() {
    let far = |snapshot: &mut crate::domain::estate::Snapshot| {
        snapshot.estate.tickets.retain(|number, _| *number == 1031 || *number == 1036);
    };
    let mut bench = at_tickets(Bench::small().with(far));
    let due = ticket(&bench, 1036).next_due().unwrap();
    let tick = |bench: &Bench| crate::console::update::next_tick(&bench.state, bench.at).since(bench.at);
    assert!(tick(&bench) > SECOND);
    bench.at = due.plus(-4 * MINUTE);
    bench.tell(Msg::Link(crate::console::msg::LinkEvent::Beat));
    bench.tell(Msg::Tick);
    assert!(tick(&bench) <= SECOND);
    assert!(bench.picture().contains("4m 00s"), "{}", bench.picture());
    bench.keys("1");
    assert!(tick(&bench) > SECOND, "nowhere else");
}

#[test]
fn what_changed_while_a_ticket_is_kept_under_the_cursor_is_shown() {
    let mut bench = at_tickets(Bench::small());
    bench.keys("v v g");
    let number = selected(&bench);
    let mut taken = ticket(&bench, number);
    taken.version += 1;
    taken.assignee = Some((UserId("local:dba-oncall".into()), "dba-oncall".into()));
    let kind = EntryKind::Assigned { from: None, to: Some("dba-oncall".into()) };
    let entry = Box::new(entry(2, taken.version, "dba-oncall", kind));
    bench.becomes(Fact::TicketChanged { ticket: Box::new(taken), entry });
    assert_eq!(selected(&bench), number, "the next key is about the ticket that was looked at");
    assert!(bench.picture().contains("dba-oncall"), "{}", bench.picture());
}

#[test]
fn a_long_title_goes_on_in_further_lines_and_each_of_them_is_its_row() {
    let long = |snapshot: &mut crate::domain::estate::Snapshot| {
        let ticket = snapshot.estate.tickets.get_mut(&1041).unwrap();
        "payment-db is DOWN and takes carts and all searches with it".clone_into(&mut ticket.title);
    };
    for mut bench in [at_tickets(Bench::wide().with(long)), at_tickets(Bench::small().with(long))] {
        let picture = bench.picture();
        let row = picture.lines().position(|line| line.contains("#1041")).unwrap();
        let next = picture.lines().nth(row + 1).unwrap();
        assert!(next.contains("all searches with it") && !picture.contains("with it…"), "{picture}");
        bench.keys("G");
        let second = cell(&mut bench, "all searches with");
        mouse(&mut bench, MouseKind::Click, second);
        assert_eq!(selected(&bench), 1041);
        let after = picture.lines().nth(row + 2).unwrap().to_owned();
        let number: u64 = after.split('#').nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        mouse(&mut bench, MouseKind::Click, (second.0, second.1 + 1));
        assert_eq!(selected(&bench), number, "{picture}");
    }
}
