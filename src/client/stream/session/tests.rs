//! The link told step by step, with a clock in hand.

use super::*;
use crate::domain::change::{Actor, Fact};

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn change(seq: u64, ms: i64) -> Input {
    let fact = Fact::BudgetRemoved("gold".to_owned());
    Input::Frame(ServerFrame::Change(Box::new(Change { seq: Seq(seq), at: at(ms), actor: Actor::System, fact })))
}

fn ping(sent: u64, ms: i64) -> Input {
    Input::Frame(ServerFrame::Ping(Some(Head { sent: Seq(sent), at: at(ms) })))
}

/// A session that went live at 0 after change 5.
fn live() -> Session {
    let mut session = Session::new(Patience::default(), "e1".to_owned(), Seq(5), at(0));
    assert_eq!(session.step(at(0), Input::Tick, 0.0), [Output::Connect]);
    assert_eq!(session.step(at(0), Input::Opened, 0.0), [Output::Send(ClientFrame::Init)]);
    let subscribe = ClientFrame::Subscribe { epoch: "e1".to_owned(), after: Seq(5) };
    assert_eq!(
        session.step(at(0), Input::Frame(ServerFrame::Ack), 0.0),
        [Output::Send(subscribe), Output::Tell(StreamEvent::Connected)]
    );
    session
}

fn told(outputs: &[Output]) -> Vec<&StreamEvent> {
    outputs.iter().filter_map(|o| if let Output::Tell(event) = o { Some(event) } else { None }).collect()
}

#[test]
fn changes_come_once_and_in_order() {
    let mut session = live();
    for (seq, expected) in [(6, 1), (6, 0), (3, 0), (7, 1)] {
        assert_eq!(told(&session.step(at(1), change(seq, 1), 0.0)).len(), expected, "change {seq}");
    }
    assert_eq!(session.after(), Seq(7));
}

#[test]
fn a_gap_ends_the_session() {
    let mut session = live();
    let outputs = session.step(at(1), change(8, 1), 0.0);
    assert!(matches!(told(&outputs)[..], [StreamEvent::Resync { .. }]));
    assert_eq!(outputs.last(), Some(&Output::Finish));
    assert_eq!(session.wake_at(), None);
    assert_eq!(session.step(at(2), change(6, 1), 0.0), []);
}

#[test]
fn a_lost_tail_is_seen_at_the_next_beat() {
    let mut session = live();
    let outputs = session.step(at(1), ping(6, 1), 0.0);
    assert!(matches!(told(&outputs)[..], [StreamEvent::Resync { .. }]));
}

#[test]
fn silence_is_stale_after_two_beats_and_offline_after_three() {
    let mut session = live();
    assert_eq!(session.wake_at(), Some(at(10_000)));
    assert_eq!(session.step(at(10_000), Input::Tick, 0.0), [Output::Send(ClientFrame::Ping)]);
    let lagging = session.step(at(12_001), Input::Tick, 0.0);
    assert_eq!(told(&lagging), [&StreamEvent::Lagging { ms: 2_001, heard: false }]);
    let stale = session.step(at(20_000), Input::Tick, 0.0);
    assert_eq!(told(&stale), [&StreamEvent::Stale]);
    assert_eq!(told(&session.step(at(20_001), Input::Tick, 0.0)), [] as [&StreamEvent; 0], "told once");
    let offline = session.step(at(30_000), Input::Tick, 1.0);
    assert_eq!(offline[0], Output::Close);
    assert!(matches!(told(&offline)[..], [StreamEvent::Offline { retry_in_ms: 500, .. }]));
    assert_eq!(session.wake_at(), Some(at(30_500)));
}

#[test]
fn a_sign_of_life_ends_staleness() {
    let mut session = live();
    session.step(at(20_000), Input::Tick, 0.0);
    let outputs = session.step(at(21_000), Input::Frame(ServerFrame::Pong), 0.0);
    assert!(told(&session.step(at(21_001), ping(5, 21_001), 0.0)).contains(&&StreamEvent::Beat), "{outputs:?}");
    assert_eq!(session.wake_at(), Some(at(30_000)));
}

#[test]
fn a_change_ends_staleness_too() {
    let mut session = live();
    session.step(at(20_000), Input::Tick, 0.0);
    let outputs = session.step(at(21_000), change(6, 21_000), 0.0);
    assert!(matches!(told(&outputs)[..], [StreamEvent::Change(_), StreamEvent::Beat]), "{outputs:?}");
}

#[test]
fn it_resumes_after_the_last_change_it_told() {
    let mut session = live();
    session.step(at(1), change(6, 1), 0.0);
    let outputs = session.step(at(2), Input::Closed("reset".to_owned()), 0.0);
    assert!(matches!(told(&outputs)[..], [StreamEvent::Offline { retry_in_ms: 250, .. }]));
    assert_eq!(session.step(at(251), Input::Tick, 0.0), [], "not before its time");
    assert_eq!(session.step(at(252), Input::Tick, 0.0), [Output::Connect]);
    session.step(at(253), Input::Opened, 0.0);
    let outputs = session.step(at(254), Input::Frame(ServerFrame::Ack), 0.0);
    let subscribe = ClientFrame::Subscribe { epoch: "e1".to_owned(), after: Seq(6) };
    assert_eq!(outputs[0], Output::Send(subscribe));
}

#[test]
fn waits_grow_while_the_link_does_not_hold_and_start_over_once_it_did() {
    let mut session = live();
    let mut now = 1;
    let mut waits = Vec::new();
    for _ in 0..9 {
        let outputs = session.step(at(now), Input::Closed("no".to_owned()), 1.0);
        let [StreamEvent::Offline { retry_in_ms, .. }] = told(&outputs)[..] else { panic!("{outputs:?}") };
        waits.push(*retry_in_ms);
        now += retry_in_ms;
        session.step(at(now), Input::Tick, 1.0);
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    session.step(at(now), Input::Opened, 1.0);
    session.step(at(now), Input::Frame(ServerFrame::Ack), 1.0);
    session.step(at(now + 9_000), ping(5, now), 1.0);
    let outputs = session.step(at(now + 10_000), Input::Closed("no".to_owned()), 1.0);
    assert!(matches!(told(&outputs)[..], [StreamEvent::Offline { retry_in_ms: 500, .. }]), "{outputs:?}");
}

#[test]
fn a_refused_token_is_replaced_before_the_next_try() {
    let mut session = live();
    let error = ServerFrame::Error { code: "unauthenticated".to_owned(), message: "expired".to_owned() };
    session.step(at(1), Input::Frame(error), 0.0);
    assert_eq!(session.step(at(1_000), Input::Tick, 0.0), [Output::ConnectAnew]);
}

#[test]
fn to_sign_in_again_is_asked_for_only_once_a_new_token_was_refused_too() {
    /// What is said of a token that is refused at `ms`, and when the next try is made.
    fn refused(session: &mut Session, ms: i64) -> (String, i64) {
        let error = ServerFrame::Error { code: "unauthenticated".to_owned(), message: "expired".to_owned() };
        let outputs = session.step(at(ms), Input::Frame(error), 1.0);
        let [StreamEvent::Offline { reason, retry_in_ms }] = told(&outputs)[..] else { panic!("{outputs:?}") };
        let next = ms + retry_in_ms;
        assert_eq!(session.step(at(next), Input::Tick, 1.0), [Output::ConnectAnew], "whatever was said");
        session.step(at(next), Input::Opened, 1.0);
        (reason.clone(), next)
    }
    let mut session = live();
    // The core restarts, and the link holds for an hour.
    session.step(at(20_000), Input::Closed("no".to_owned()), 1.0);
    session.step(at(30_000), Input::Tick, 1.0);
    session.step(at(30_000), Input::Opened, 1.0);
    session.step(at(30_000), Input::Frame(ServerFrame::Ack), 1.0);
    let (said, now) = refused(&mut session, 3_600_000);
    assert_eq!(said, "expired; signing in anew");
    // The new one holds for an hour too, until it expires.
    session.step(at(now), Input::Frame(ServerFrame::Ack), 1.0);
    let (said, now) = refused(&mut session, now + 3_600_000);
    assert_eq!(said, "expired; signing in anew");
    let (said, _) = refused(&mut session, now);
    assert_eq!(said, "expired; sign in again with `itops login`");
}

#[test]
fn old_changes_are_called_lagging_until_the_link_caught_up() {
    let mut session = live();
    // The clocks are an hour apart: only what is above the fastest message counts as delay.
    let skew = 3_600_000;
    assert_eq!(told(&session.step(at(100), ping(5, 100 + skew), 0.0)), [&StreamEvent::Beat]);
    let late = session.step(at(10_000), change(6, 5_000 + skew), 0.0);
    assert!(told(&late).contains(&&StreamEvent::Lagging { ms: 5_000, heard: true }));
    let caught_up = session.step(at(10_001), change(7, 10_000 + skew), 0.0);
    assert!(told(&caught_up).contains(&&StreamEvent::Beat));
}

#[test]
fn a_late_message_is_a_sign_of_life_also_when_it_is_as_late_as_the_one_before() {
    let mut session = live();
    session.step(at(10_000), Input::Tick, 0.0);
    let waited = session.step(at(12_001), Input::Tick, 0.0);
    assert_eq!(told(&waited), [&StreamEvent::Lagging { ms: 2_001, heard: false }]);
    let came = session.step(at(12_400), Input::Frame(ServerFrame::Pong), 0.0);
    assert_eq!(told(&came), [&StreamEvent::Lagging { ms: 2_001, heard: true }]);
}

#[test]
fn a_core_that_does_not_greet_is_given_up() {
    let mut session = Session::new(Patience::default(), "e".to_owned(), Seq(0), at(0));
    session.step(at(0), Input::Tick, 0.0);
    session.step(at(1), Input::Opened, 0.0);
    assert_eq!(session.step(at(9_999), Input::Tick, 0.0), []);
    let outputs = session.step(at(10_001), Input::Tick, 0.0);
    assert_eq!(outputs[0], Output::Close);
    assert!(matches!(told(&outputs)[..], [StreamEvent::Offline { .. }]));
}
