//! How SQLite goes about what is asked of it often: by searches. What goes through a whole table costs more with every day
//! that is kept.

use super::*;
use crate::{
    domain::{
        attention::telling::{Episode, Topic},
        change::Seq,
        time::Timestamp,
    },
    server::store::{
        declared::{DeclaredRow, ReconciledRow},
        idempotency::Answered,
        retention::Forget,
        rows::{ChangeRow, EntryRow, HealthRow, PointRow, ServiceRow, TicketRow, TokenRow, UserRow},
        settled::Settled,
        telling::{Delivery, DeliveryState, Told},
    },
    world::World,
};

/// What retention and a change of receivers may go through: it happens once in a while. Most of these tables are short, or
/// read to their first row that is young enough; the three of history are gone through whole, once a day.
const MAY_GO_THROUGH: [&str; 8] = [
    "DELETE FROM idempotency WHERE at <",
    "DELETE FROM delivery WHERE finished_at <",
    "DELETE FROM refresh_token WHERE expires <=",
    "DELETE FROM change_log WHERE seq <= ? AND seq < COALESCE",
    "DELETE FROM status_history WHERE at <",
    "DELETE FROM history_place WHERE at <",
    "DELETE FROM report_gap WHERE next <",
    "UPDATE delivery SET state = 'given_up'",
];

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::take(dir.path(), 0, &World::fake(Timestamp::from_ms(0))).await.unwrap();
    let store = Store::open(folder).await.unwrap();
    // A row that others point at is written with a look for those that were there before it, which is in the plan, but is
    // left out where none can be: parents are written first.
    let off = sqlx::query("PRAGMA foreign_keys = OFF").execute(store.writer.lock().await.as_mut().unwrap()).await;
    off.unwrap();
    (dir, store)
}

/// Tables that a statement goes through from end to end.
async fn gone_through(store: &Store, statement: &str) -> Vec<String> {
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained)
        .fetch_all(store.writer.lock().await.as_mut().unwrap())
        .await
        .unwrap_or_else(|e| panic!("{statement}: {e}"));
    let tables = steps.into_iter().filter_map(|(.., step)| Some(step.strip_prefix("SCAN ")?.to_owned()));
    // Values that a statement brings along, what it made of them, and the table of one row.
    let is_own = |table: &str| table.starts_with(|c: char| c == '(' || c.is_ascii_digit());
    tables.filter(|table| !is_own(table) && !["CONSTANT ROW", "wanted", "settled"].contains(&table.as_str())).collect()
}

/// One of everything that a batch can write.
fn rows() -> Rows {
    let text = || "x".to_owned();
    let mut rows = Rows::default();
    let service = ServiceRow { path: text(), description: text(), seq: 1, first_seen: 1, retired_at: None };
    rows.services.insert(1, service);
    rows.history.push(PointRow { id: 1, service: 1, at: 1, status: 1, message: text() });
    let health = HealthRow {
        seq: 1,
        status: "UP",
        message: text(),
        reporter: text(),
        since: 1,
        seen: None,
        replicas: None,
        every_ms: 1,
        assumed: false,
        silence: None,
    };
    rows.health.insert(1, health);
    rows.seen.extend([(1, Some(1)), (2, None)]);
    rows.gaps.extend([((1, 1), Some(2)), ((1, 3), None)]);
    rows.storage.insert(1, text());
    rows.backup.insert(1, text());
    rows.memberships.insert((text(), 1, 1), None);
    rows.tickets.insert(1, TicketRow { version: 1, live: true, updated_at: 1, body: text() });
    rows.entries.push(EntryRow { number: 1, place: 1, at: 1, body: text() });
    rows.changes.push(ChangeRow { seq: 1, at: 1, actor: text(), fact: text() });
    let answered = Answered { body_hash: text(), answer: text(), at: Timestamp::from_ms(1) };
    rows.idempotency.insert(("ticket", text(), text()), answered);
    rows.tokens.insert(text(), TokenRow { family: text(), user: text(), expires: 1, used: false });
    rows.users.push(UserRow {
        id: text(),
        name: text(),
        email: text(),
        password_hash: text(),
        level: "x",
        superadmin: false,
    });
    let declared = DeclaredRow { origin: "git", place: None, body: text() };
    rows.declared.extend([(("service", "a".into()), Some(declared)), (("service", "b".into()), None)]);
    rows.reconciled.push(ReconciledRow { id: 1, at: 1, commit: None, plan: text(), rejected: None });
    rows.heard.extend([("a".to_owned(), Some(text())), ("b".to_owned(), None)]);
    rows.promises.windows.insert(1, (1, None, text()));
    rows.promises.results.extend([((text(), "day", 1), Some(text())), ((text(), "day", 2), None)]);
    rows.promises.restatements.insert(1, (text(), 1, text()));
    rows.promises.corrections.extend([(1, Some(text())), (2, None)]);
    rows.attention.handled.extend([(("a", text(), "b"), Some(text())), (("c", text(), "d"), None)]);
    told(&mut rows);
    rows.meta.insert("a", text());
    rows.settled = Some(Settled { seq: Seq(1), point: 1 });
    rows.forget = Some(Forget {
        keys_before: 1,
        deliveries_before: 1,
        tokens_until: 1,
        changes_up_to: 1,
        changes_before: 1,
        changes_kept_from: 1,
        figures_within: (1, 1),
        points_before: Some(1),
    });
    rows
}

fn told(rows: &mut Rows) {
    let at = Timestamp::from_ms(1);
    let episode = |name: &str| Episode { topic: Topic::ALL[0], name: name.to_owned() };
    let told = Told { id: String::new(), since: at, told_at: at };
    rows.telling.episodes.extend([(episode("a"), Some(told)), (episode("b"), None)]);
    rows.telling.put(Delivery {
        id: String::new(),
        receiver: String::new(),
        kind: String::new(),
        body: String::new(),
        made_at: at,
        state: DeliveryState::Waiting,
        attempts: 0,
        due: None,
        finished_at: None,
        said: String::new(),
    });
    rows.telling.only_for = Some((vec!["a".to_owned()], at));
}

#[tokio::test]
async fn no_write_of_every_day_goes_through_a_table() {
    let (_dir, store) = store().await;
    let mut script = Script::new();
    rows().save(&mut script);
    let statements = script.statements();
    assert!(statements.len() > 40, "one of everything: {}", statements.len());
    let mut unused = MAY_GO_THROUGH.to_vec();
    for statement in statements {
        let through = gone_through(&store, &statement).await;
        match unused.iter().position(|known| statement.starts_with(known)) {
            Some(known) => drop(unused.remove(known)),
            None => assert_eq!(through, Vec::<String>::new(), "{statement}"),
        }
    }
    assert_eq!(unused, Vec::<&str>::new(), "nothing begins like that any more");
}

#[tokio::test]
async fn what_was_said_at_points_and_what_is_sent_next_is_found_by_searches() {
    let (_dir, store) = store().await;
    let points = [(1, Timestamp::from_ms(1)), (2, Timestamp::from_ms(2))];
    let said = queries::messages(&points);
    assert_eq!(gone_through(&store, said.sql().as_str()).await, Vec::<String>::new());
    assert_eq!(gone_through(&store, telling::NEXT_DELIVERY).await, Vec::<String>::new());
}
