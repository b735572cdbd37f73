//! Where the truth is kept: SQLite in a folder of its own, one writer connection and a few readers.
//!
//! Start at [`Store`]. [`folder`] is where it lies, [`rows`] is what a batch writes, [`declared`] the part of it
//! that comes from the repository, [`promises`] that of windows and results, [`attention`] what people said about
//! problems, [`telling`] what is told outside, [`idempotency`] what must not be done twice, [`load`] what is read at the start, [`queries`] what is read when
//! somebody opens one object, [`settled`] what is brought into order later, [`retention`] what is taken away, [`encoding`] how values look on disk. No rule lives here, and nobody but
//! `server::service` calls it.

pub mod attention;
pub mod declared;
pub mod encoding;
pub mod folder;
pub mod idempotency;
pub mod load;
#[cfg(test)]
mod plans;
pub mod promises;
pub mod queries;
pub mod retention;
pub mod rows;
mod script;
pub mod settled;
pub mod telling;

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use script::Script;
use tokio::sync::Mutex;

pub use folder::Folder;
pub use load::{Account, Loaded, Token};
pub use rows::Rows;

/// Name of the database file in the data folder.
pub const FILE_NAME: &str = "itops.db";
/// Pages in memory for the writer: KiB, negative as SQLite wants it.
const WRITER_CACHE_KIB: &str = "-16384";
/// Pages of 4 KiB in the write-ahead log after which it is folded into the file.
const LOG_PAGES: &str = "4000";

/// An open database.
pub struct Store {
    folder: Folder,
    /// None once closed.
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
}

impl Store {
    /// Open or make the database in `folder` and bring it to this version's shape.
    ///
    /// # Errors
    /// Says what cannot be made, opened or migrated.
    pub async fn open(folder: Folder) -> Result<Self, String> {
        let path = folder.file(FILE_NAME)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            // What a statement may have to take back is kept in memory, not in a file for each.
            .pragma("temp_store", "MEMORY");
        let mut writer = options
            .clone()
            // The pages that every batch touches stay at hand, and are folded into the file once in many batches.
            .pragma("cache_size", WRITER_CACHE_KIB)
            .pragma("wal_autocheckpoint", LOG_PAGES)
            .connect()
            .await
            .map_err(|e| format!("{}: {e}", path.display()))?;
        sqlx::migrate!("src/server/store/migrations").run(&mut writer).await.map_err(|e| e.to_string())?;
        let writer = Mutex::new(Some(writer));
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true))
            .await
            .map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self { folder, writer, readers })
    }

    /// Write a batch, all of it or nothing.
    ///
    /// # Errors
    /// What the database said; then nothing was written.
    pub async fn save(&self, rows: Rows) -> Result<(), String> {
        let mut script = Script::new();
        rows.save(&mut script);
        match self.writer.lock().await.as_mut() {
            Some(writer) => script.execute(writer).await.map_err(|e| e.to_string()),
            None => Err("the database is closed".to_owned()),
        }
    }

    /// Whether the database answers.
    pub async fn answers(&self) -> bool {
        sqlx::query_scalar::<_, i64>("SELECT 1").fetch_one(&self.readers).await.is_ok()
    }

    /// Fold the write-ahead log into the file and close.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(mut writer) = self.writer.lock().await.take() {
            let folded = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut writer).await.map(drop);
            if let Err(error) = folded.and(writer.close().await) {
                tracing::warn!(%error, "the write-ahead log was not folded into the database");
            }
        }
        self.folder.leave();
    }
}
