//! The console as a whole: nothing that happens makes it panic, at no size; what is old never looks good.

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::style::{Color, Modifier};

use super::{
    action::{ACTIONS, Action},
    effect::Effect,
    keymap::{Code, Key},
    msg::{LinkEvent, Mouse, MouseKind, Msg, Reply, RequestId, Size},
    place::ScreenId,
    testing::Bench,
    theme::Role,
    update,
};
use crate::{
    client::error::{ApiError, Kind},
    domain::{
        change::{Actor, Change, Fact},
        health::Status,
        tickets::{Entry, EntryKind, TicketStatus},
        time::Timestamp,
    },
    testing::estate,
};

fn any_key() -> impl Strategy<Value = Key> {
    let bound: Vec<Key> = {
        let keymap = super::keymap::Keymap::default();
        ACTIONS.iter().flat_map(|spec| keymap.keys(spec.action).to_vec()).collect()
    };
    prop_oneof![
        8 => proptest::sample::select(bound).prop_filter("leaving ends it", |key| key.to_string() != "ctrl-c"),
        2 => proptest::char::range(' ', '~').prop_map(|c| Key::plain(Code::Char(c))),
        1 => Just(Key::plain(Code::Char('日'))),
    ]
}

/// Something that may become true.
fn any_fact() -> impl Strategy<Value = Fact> {
    let services: Vec<_> = estate::estate().services.into_values().collect();
    let tickets: Vec<_> = estate::estate().tickets.into_values().collect();
    let budgets: Vec<_> = estate::estate().budgets.into_values().collect();
    let statuses = proptest::sample::select(Status::ALL.to_vec());
    prop_oneof![
        (proptest::sample::select(services.clone()), statuses).prop_map(|(s, status)| Fact::HealthChanged {
            was: s.health.status,
            health: crate::domain::health::Health { status, ..s.health.clone() },
            path: s.path,
        }),
        proptest::sample::select(services.clone()).prop_map(|s| Fact::ServiceRetired(s.path)),
        proptest::sample::select(services).prop_map(|s| Fact::ServiceDeclared(Arc::new(s))),
        (proptest::sample::select(tickets), proptest::sample::select(TicketStatus::ALL.to_vec())).prop_map(
            |(mut t, to)| {
                let entry = Entry {
                    index: 9,
                    at: estate::AT,
                    actor: Actor::System,
                    acted_as: String::new(),
                    version: t.version,
                    kind: EntryKind::Moved { from: t.status, to, comment: String::new() },
                    allowed_by: None,
                    revision: None,
                    grant: None,
                };
                t.status = to;
                t.version += 1;
                Fact::TicketChanged { ticket: Box::new(t), entry: Box::new(entry) }
            }
        ),
        proptest::sample::select(budgets.clone()).prop_map(|b| Fact::BudgetRemoved(b.name)),
        proptest::sample::select(budgets).prop_map(|b| Fact::BudgetChanged(Box::new(b))),
    ]
}

fn any_msg() -> impl Strategy<Value = Msg> {
    let kinds = proptest::sample::select(vec![
        MouseKind::Click,
        MouseKind::Release,
        MouseKind::ScrollUp,
        MouseKind::ScrollDown,
    ]);
    prop_oneof![
        12 => any_key().prop_map(Msg::Key),
        2 => (kinds, 0u16..90, 0u16..50).prop_map(|(kind, column, row)| Msg::Mouse(Mouse { kind, column, row })),
        1 => "\\PC{0,20}".prop_map(Msg::Paste),
        2 => (0u16..120, 0u16..60).prop_map(|(width, height)| Msg::Resize(Size { width, height })),
        1 => Just(Msg::Tick),
        1 => Just(Msg::Link(LinkEvent::Stale)),
        1 => Just(Msg::Link(LinkEvent::Connected)),
        1 => Just(Msg::Link(LinkEvent::Offline { reason: "reset".into(), retry_at: estate::AT })),
        1 => Just(Msg::Snapshot(Box::new(estate::snapshot()))),
        1 => Just(Msg::Snapshot(Box::default())),
        // The place in the log is put in when it is told.
        6 => any_fact().prop_map(|fact| Msg::Changes(vec![Change {
            seq: crate::domain::change::Seq(0), at: estate::AT, actor: Actor::System, fact,
        }])),
        3 => (0u64..30, any::<bool>()).prop_map(|(request, ok)| Msg::Reply {
            request: RequestId(request),
            result: if ok {
                let ticket = estate::ticket(1041, "a", None, crate::domain::tickets::Priority::Low, 3);
                Ok(Reply::Written(Box::new(ticket)))
            } else {
                Err(ApiError::new(if request % 2 == 0 { Kind::Unknown } else { Kind::Fault }, "no"))
            },
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn update_and_view_never_panic_for_random_messages(messages in proptest::collection::vec(any_msg(), 1..60)) {
        let mut bench = Bench::small();
        for (step, mut msg) in messages.into_iter().enumerate() {
            if let Msg::Changes(changes) = &mut msg {
                for change in changes {
                    change.seq = bench.state.replica.seq.next();
                }
            }
            bench.at = Timestamp::from_ms(bench.at.ms() + 700 * i64::try_from(step).unwrap());
            bench.tell(msg);
            bench.picture();
        }
    }
}

#[test]
fn every_screen_and_dialog_draws_at_every_size() {
    for (width, height) in [(0, 0), (1, 1), (20, 5), (73, 41), (80, 24), (300, 100), (1, 60), (200, 2)] {
        for screen in ScreenId::ALL {
            for over in ["", ":", "?", "/", "p", "m", "c", "N"] {
                let mut bench = Bench::sized(width, height);
                bench.keys(&format!("{} {over}", screen as usize + 1));
                bench.picture();
            }
        }
    }
}

#[test]
fn nothing_old_is_green() {
    let mut bench = Bench::wide();
    bench.at = bench.at.plus(60_000);
    bench.tell(Msg::Tick);
    for screen in 1..=8 {
        bench.keys(&screen.to_string());
        let good = bench.state.options.theme().style(Role::Operational).fg;
        let cells = bench.cells();
        assert!(cells.content.iter().all(|cell| Some(cell.fg) != good), "screen {screen}");
    }
    assert!(bench.picture().contains("offline, last sign 1m 00s ago"));
}

#[test]
fn without_colour_no_cell_has_one_and_the_selection_is_seen() {
    let mut bench = Bench::small();
    let settings = super::settings::ConsoleSettings { colour: false, ..Default::default() };
    bench.state.options = settings.options().unwrap();
    let cells = bench.cells();
    assert!(cells.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert!(cells.content.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)));
}

#[test]
fn the_ascii_set_draws_nothing_else_on_any_screen() {
    let settings = super::settings::ConsoleSettings { ascii: true, ..Default::default() };
    for (width, height) in [(80, 24), (140, 40), (50, 14)] {
        let mut bench = Bench::empty(width, height);
        bench.state.options = settings.options().unwrap();
        assert!(bench.picture().is_ascii(), "{}", bench.picture());
        bench.tell(Msg::Link(LinkEvent::Connected));
        bench.tell(Msg::Snapshot(Box::new(estate::snapshot())));
        // Over each screen what may lie on top of it, and what can be done there.
        for keys in ["", ":", ":pay", "?", "/status:", "N", "x", "v", "m", "a", "c", "A", "P", "z", "b", "w", "<enter>"]
        {
            for screen in 1..=8 {
                bench.keys(&format!("{screen} {keys}"));
                let picture = bench.picture();
                let odd: String = picture.lines().filter(|line| !line.is_ascii()).collect();
                assert_eq!(odd, "", "screen {screen}, keys {keys}");
                bench.keys("<esc> <esc> <esc>");
                bench.state.dialogs.clear();
            }
        }
        bench.tell(Msg::Link(LinkEvent::Offline { reason: "reset".to_owned(), retry_at: bench.at }));
        assert!(bench.picture().is_ascii(), "{}", bench.picture());
    }
}

#[test]
fn pasted_text_never_triggers_an_action() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.tell(Msg::Paste("qqq\nNaz:quit\n".to_owned()));
    assert_eq!(bench.take_effects(), []);
    assert_eq!(bench.state.screen, ScreenId::Pulse);
    bench.keys("/");
    bench.tell(Msg::Paste("payment\u{9b}31m\n".to_owned()));
    assert!(bench.state.filter().text().starts_with("payment"));
    assert!(!bench.state.filter().text().contains('\u{9b}'));
}

#[test]
fn leaving_works_from_anywhere() {
    for over in ["", ":", "?", "/x", "N"] {
        let mut bench = Bench::small();
        bench.keys(over);
        bench.take_effects();
        bench.keys("<ctrl-c>");
        assert!(bench.take_effects().contains(&Effect::Quit), "over `{over}`");
    }
}

#[test]
fn a_quick_beat_draws_nothing_while_live() {
    let mut bench = Bench::small();
    bench.at = bench.at.plus(9_000);
    bench.tell(Msg::Link(LinkEvent::Beat));
    assert_eq!(bench.draw, update::Draw::No);
    bench.tell(Msg::Tick);
    assert_eq!(bench.draw, update::Draw::No, "the minute has not turned");
}

#[test]
fn a_write_whose_answer_is_lost_is_looked_up_and_not_sent_again() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.keys("a");
    bench.effects.retain(|e| matches!(e, Effect::Write { .. }));
    bench.answer_with(Err(ApiError::new(Kind::Unknown, "the answer was lost")));
    let effects = bench.take_effects();
    assert!(effects.iter().all(|e| !matches!(e, Effect::Write { .. })), "{effects:?}");
    assert!(effects.iter().any(|e| matches!(e, Effect::Fetch { what: super::effect::Fetch::Written(_), .. })));
    assert!(bench.picture().contains("unknown whether this happened, checking"));
}

#[test]
fn a_refused_write_is_taken_back_with_its_reason() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.keys("a");
    assert!(bench.state.replica.estate.tickets[&1041].assignee.is_some());
    bench.effects.retain(|e| matches!(e, Effect::Write { .. }));
    bench.answer_with(Err(ApiError::new(Kind::Forbidden, "somebody else has it")));
    assert!(bench.state.replica.estate.tickets[&1041].assignee.is_none());
    assert!(bench.picture().contains("somebody else has it"));
}

const LONG: &str = "not done (move #1041 to RESOLVED): the core answered that the resolution of this ticket needs a comment \
                    of at least twenty characters, and that the window for it ended an hour ago";

#[test]
fn a_long_error_is_told_whole_over_the_foot_of_the_screen() {
    for (width, height) in [(80, 24), (40, 20)] {
        let mut bench = Bench::sized(width, height);
        bench.state.say(super::state::Weight::Problem, LONG);
        let picture = bench.picture();
        let told: Vec<&str> = picture.lines().skip_while(|line| !line.contains("not done")).collect();
        let words: Vec<&str> = told.iter().flat_map(|line| line.split_whitespace()).collect();
        for word in LONG.split_whitespace() {
            assert!(words.contains(&word), "{word}\n{picture}");
        }
        assert!(words.contains(&"(esc") && told[0].contains("✗"), "{picture}");
        bench.keys("<esc>");
        assert!(!bench.picture().contains("not done"));
    }
}

#[test]
fn an_error_leaves_a_minute_after_somebody_was_there_to_read_it_and_not_before() {
    let mut bench = Bench::small();
    bench.state.say(super::state::Weight::Problem, "it did not happen");
    bench.minutes(30);
    assert!(bench.picture().contains("it did not happen"), "nobody was there");
    bench.keys("j");
    assert!(bench.picture().contains("it did not happen"));
    bench.at = bench.at.plus(59_000);
    bench.tell(Msg::Link(LinkEvent::Beat));
    assert_eq!(update::next_tick(&bench.state, bench.at), bench.at.plus(1_000), "it is waited for");
    bench.at = bench.at.plus(1_000);
    bench.tell(Msg::Tick);
    assert_eq!(bench.draw, update::Draw::Soon);
    assert!(!bench.picture().contains("it did not happen"));
}

#[test]
fn the_row_under_the_cursor_has_one_look_from_end_to_end_also_where_it_is_marked_but_for_states() {
    for (keys, word) in
        [("1", "DOWN"), ("2", "DOWN"), ("2 <space>", "DEGRADED"), ("3", "BREACHED"), ("4", "resp"), ("7", "critical")]
    {
        let mut bench = Bench::small();
        bench.keys(keys);
        let cells = bench.cells();
        let is_cursor = |y: &u16| cells[(4, *y)].modifier.contains(Modifier::REVERSED);
        let rows: Vec<u16> = (3..20).filter(is_cursor).collect();
        assert_eq!(rows.len(), 1, "{keys}");
        let looks: Vec<_> = (4..70).map(|x| cells[(x, rows[0])].style()).collect();
        let often = |style: &ratatui::style::Style| looks.iter().filter(|other| *other == style).count();
        let base = *looks.iter().max_by_key(|style| often(style)).unwrap();
        let own: Vec<u16> = (1..70).filter(|x| cells[(*x, rows[0])].style() != base).collect();
        assert!(own.iter().all(|x| cells[(*x, rows[0])].modifier.contains(Modifier::REVERSED)), "{keys}");
        let told: String = own.iter().map(|x| cells[(*x, rows[0])].symbol()).collect();
        assert!(told.contains(word), "{keys}: {told}");
        assert!(own.iter().all(|x| cells[(*x, rows[0])].fg != base.fg.unwrap_or_default()), "{keys}");
    }
}

#[test]
fn who_looks_is_told_whole_where_marks_and_an_outage_leave_little_room() {
    let mut bench = Bench::small().read_only();
    bench.state.session.context = "meridian-eu".to_owned();
    bench.state.session.production = true;
    let reason = "connection refused".to_owned();
    bench.tell(Msg::Link(LinkEvent::Offline { reason, retry_at: bench.at.plus(9_000) }));
    let picture = bench.picture();
    let header = picture.lines().next().unwrap_or_default();
    assert!(header.starts_with(" meridian-eu  PROD   RO   SIM  oncall@"), "{header}");
    let mut wide = Bench::wide().read_only();
    assert!(wide.picture().starts_with(" itops demo  READ-ONLY   SIMULATED  oncall@operator"));
}

#[test]
fn how_to_leave_and_that_there_are_more_keys_is_seen_at_any_width() {
    let mut bench = Bench::small();
    bench.keys("4");
    let picture = bench.picture();
    let footer = picture.lines().last().unwrap_or_default();
    assert!(footer.ends_with("q quit  ? help") && footer.contains(" … "), "{footer}");
}

#[test]
fn help_names_every_action_of_the_screen_with_its_key() {
    for screen in ScreenId::ALL {
        let mut bench = Bench::sized(120, 60);
        bench.keys(&format!("{} ?", screen as usize + 1));
        let picture = bench.picture();
        for spec in ACTIONS.iter().filter(|s| s.context == screen.context()) {
            assert!(picture.contains(spec.title), "{screen:?}: {}", spec.title);
        }
    }
}

#[test]
fn the_palette_finds_a_service_by_some_letters_and_goes_there() {
    let mut bench = Bench::small();
    bench.keys(": gal2 <enter>");
    assert_eq!(bench.state.selected().map(|o| o.to_string()).as_deref(), Some("acme/infra/prod/metal/galera-2"));
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
}

#[test]
fn tabs_are_clicked_where_they_are_drawn() {
    let mut bench = Bench::small();
    let row = u16::try_from(bench.picture().lines().position(|l| l.contains("2 Hierarchy")).unwrap()).unwrap();
    let line = bench.picture().lines().nth(usize::from(row)).unwrap().to_owned();
    let column = u16::try_from(line.find("Hierarchy").unwrap()).unwrap();
    bench.tell(Msg::Mouse(Mouse { kind: MouseKind::Click, column, row }));
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
}

#[test]
fn a_gap_in_the_log_asks_for_a_new_snapshot() {
    let mut bench = Bench::small();
    bench.take_effects();
    let seq = bench.state.replica.seq.next().next();
    let fact = Fact::BudgetRemoved("payments".to_owned());
    bench.tell(Msg::Changes(vec![Change { seq, at: bench.at, actor: Actor::System, fact }]));
    assert!(bench.take_effects().contains(&Effect::Resync));
    assert!(bench.state.replica.estate.budgets.contains_key("payments"));
}

#[test]
fn what_changed_while_away_is_told_until_it_is_closed() {
    let mut bench = Bench::wide();
    let mut later = estate::snapshot();
    let path = estate::path("acme/shop/prod/eu-1/checkout");
    later.estate.services.get_mut(&path).unwrap().health.status = Status::Down;
    bench.tell(Msg::Snapshot(Box::new(later)));
    assert!(bench.picture().contains("While you were away"));
    bench.keys("<esc>");
    assert!(!bench.picture().contains("While you were away"));
}

#[test]
fn an_action_of_every_kind_can_be_asked_for_from_nowhere() {
    // Without a snapshot, with nothing selected: nothing panics, nothing is written.
    for spec in ACTIONS {
        let mut bench = Bench::empty(80, 24);
        for screen in ScreenId::ALL {
            bench.state.screen = screen;
            let effects = update::act(&mut bench.state, spec.action);
            assert!(!effects.iter().any(|e| matches!(e, Effect::Write { .. })), "{}", spec.id);
            bench.picture();
        }
    }
    assert!(Action::by_id("quit").is_some());
}
