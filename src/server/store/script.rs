//! A batch as one piece of work for the database: one text with all its statements, handed over and answered once.
//!
//! SQLite runs on a thread of its own. Between that thread and ours every statement that is sent by itself costs more than
//! SQLite needs for it, so that a batch is sent as a whole, from its BEGIN to its COMMIT.

use std::collections::BTreeMap;

use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, error::BoxDynError, sqlite::SqliteArguments,
};

/// Rows go in statements of these few sizes, filled up with empty ones that are cut off again, so that few texts come up
/// and each is prepared once.
const SIZES: [usize; 5] = [1, 4, 16, 64, 512];

/// Statements of more rows are sent by themselves: their texts are long and shared by all batches that have many rows.
const ALONE: usize = 64;

/// A transaction that is being written down.
pub(super) struct Script {
    done: Vec<Part>,
    part: Part,
    /// What could not be bound.
    fault: Option<BoxDynError>,
}

/// Statements that are handed over at once.
#[derive(Default)]
struct Part {
    text: String,
    arguments: SqliteArguments,
}

/// The values of one row, or of one statement, in order.
pub(super) struct Row<'a> {
    script: &'a mut Script,
    bound: usize,
}

impl Row<'_> {
    /// The next value.
    pub fn push_bind<'q, T>(&mut self, value: T) -> &mut Self
    where
        T: Encode<'q, Sqlite> + Type<Sqlite>,
    {
        if let Err(fault) = self.script.part.arguments.add(value) {
            self.script.fault.get_or_insert(fault);
        }
        self.bound += 1;
        self
    }
}

impl Script {
    /// A transaction with nothing in it.
    pub fn new() -> Self {
        let part = Part { text: "BEGIN IMMEDIATE;".to_owned(), ..Part::default() };
        Self { done: Vec::new(), part, fault: None }
    }

    /// Do `head` and `tail` around all `rows`, which stand between them as a table without a name. Texts that are given
    /// away by `bind` are not copied.
    pub fn put<R, I>(&mut self, head: &str, tail: &str, rows: I, bind: impl Fn(&mut Row<'_>, R))
    where
        I: IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
    {
        let largest = SIZES[SIZES.len() - 1];
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let size = SIZES.into_iter().find(|size| *size >= rows.len()).unwrap_or(largest);
            if size > ALONE {
                self.end_part();
            }
            self.put_some(head, tail, rows.by_ref().take(size), size, &bind);
            if size > ALONE {
                self.end_part();
            }
        }
    }

    fn put_some<R>(
        &mut self,
        head: &str,
        tail: &str,
        rows: impl Iterator<Item = R>,
        size: usize,
        bind: impl Fn(&mut Row<'_>, R),
    ) {
        let (mut count, mut columns) = (0, 0);
        for row in rows {
            let mut values = Row { script: &mut *self, bound: 0 };
            bind(&mut values, row);
            (count, columns) = (count + 1, values.bound);
        }
        let mut rest = Row { script: &mut *self, bound: 0 };
        for _ in 0..(size - count) * columns {
            rest.push_bind(None::<i64>);
        }
        rest.push_bind(i64::try_from(count).unwrap_or(i64::MAX));
        let text = &mut self.part.text;
        text.push_str(head);
        text.push_str("SELECT * FROM (VALUES ");
        for place in 0..size {
            text.push_str(if place == 0 { "(?" } else { ",(?" });
            (1..columns).for_each(|_| text.push_str(",?"));
            text.push(')');
        }
        // A condition, or what follows would be read as one of a join; a sum, or each other limit would be planned anew.
        text.push_str(") WHERE true LIMIT ? + 0");
        text.push_str(tail);
        text.push(';');
    }

    /// Do `statement`, whose `?` take the values of `bind` in order.
    pub fn run(&mut self, statement: &str, bind: impl FnOnce(&mut Row<'_>)) {
        self.part.text.push_str(statement);
        self.part.text.push(';');
        bind(&mut Row { script: self, bound: 0 });
    }

    fn end_part(&mut self) {
        let part = std::mem::take(&mut self.part);
        if !part.text.is_empty() {
            self.done.push(part);
        }
    }

    /// Its statements, one by one.
    #[cfg(test)]
    pub fn statements(mut self) -> Vec<String> {
        self.end_part();
        let all = self.done.iter().flat_map(|part| part.text.split(';'));
        all.filter(|text| !text.is_empty() && !text.starts_with("BEGIN")).map(str::to_owned).collect()
    }

    /// Do all of it or nothing.
    pub async fn execute(mut self, on: &mut SqliteConnection) -> sqlx::Result<()> {
        if let Some(fault) = self.fault {
            return Err(sqlx::Error::Encode(fault));
        }
        self.part.text.push_str("COMMIT");
        self.end_part();
        for part in self.done {
            if let Err(error) = sqlx::query_with(AssertSqlSafe(part.text), part.arguments).execute(&mut *on).await {
                // It may not have begun, or SQLite itself may have taken it back already.
                let _ = sqlx::query("ROLLBACK").execute(on).await;
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Those that are written, and the keys of those that go.
pub(super) fn parted<K, V>(rows: BTreeMap<K, Option<V>>) -> (Vec<(K, V)>, Vec<K>) {
    let (mut there, mut gone) = (Vec::new(), Vec::new());
    for (key, row) in rows {
        match row {
            Some(row) => there.push((key, row)),
            None => gone.push(key),
        }
    }
    (there, gone)
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;

    async fn table() -> SqliteConnection {
        let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::query("CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
            .execute(&mut database)
            .await
            .unwrap();
        database
    }

    fn points(script: &mut Script, ids: std::ops::Range<i64>) {
        let rows: Vec<i64> = ids.collect();
        script.put("INSERT INTO point (id, name) ", " ON CONFLICT (id) DO NOTHING", &rows, |q, id| {
            q.push_bind(*id).push_bind(format!("p{id}"));
        });
    }

    async fn kept(database: &mut SqliteConnection) -> Vec<(i64, String)> {
        sqlx::query_as("SELECT id, name FROM point ORDER BY id").fetch_all(database).await.unwrap()
    }

    #[tokio::test]
    async fn any_number_of_rows_is_written_as_it_is() {
        for count in [0, 1, 2, 4, 5, 16, 17, 64, 65, 512, 513, 1_100] {
            let mut database = table().await;
            let mut script = Script::new();
            points(&mut script, 1..count + 1);
            script.run("UPDATE point SET name = ? WHERE id = ?", |q| {
                q.push_bind("first").push_bind(1);
            });
            script.execute(&mut database).await.unwrap();
            let named = |id| if id == 1 { "first".to_owned() } else { format!("p{id}") };
            assert_eq!(kept(&mut database).await, (1..=count).map(|id| (id, named(id))).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn rows_can_name_what_is_to_go() {
        let mut database = table().await;
        let mut script = Script::new();
        points(&mut script, 0..90);
        let gone: Vec<i64> = (2..80).collect();
        script.put("DELETE FROM point WHERE (id, name) IN (", ")", &gone, |q, id| {
            q.push_bind(*id).push_bind(format!("p{id}"));
        });
        script.execute(&mut database).await.unwrap();
        let left: Vec<i64> = kept(&mut database).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(left, [0, 1].into_iter().chain(80..90).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_fails_leaves_nothing_and_the_next_one_works() {
        let mut database = table().await;
        // Once within the first piece of work, once after one was done already.
        for count in [3, 600] {
            let mut script = Script::new();
            points(&mut script, 0..count);
            script.run("INSERT INTO point (id, name) VALUES (?, NULL)", |q| {
                q.push_bind(-1);
            });
            let failed = script.execute(&mut database).await.unwrap_err();
            assert!(failed.to_string().contains("NOT NULL"), "{failed}");
            assert_eq!(kept(&mut database).await, []);
        }
        let mut script = Script::new();
        points(&mut script, 7..8);
        script.execute(&mut database).await.unwrap();
        assert_eq!(kept(&mut database).await, [(7, "p7".to_owned())]);
    }
}
