//! What is asked at the same time shares one flush: counted in commits of the database, as they stand in its log.

use itops::domain::health::Status;

use super::stage::*;

/// Commits in the write-ahead log: its frames that carry the salts of its header and say how large the file is after them.
/// The layout is that of <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
fn commits(stage: &Stage) -> usize {
    let log = std::fs::read(stage.dir.path().join("data/itops.db-wal")).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let frame = 24 + number(8) as usize;
    let mut frames = (32..).step_by(frame).take_while(|at| at + frame <= log.len());
    let mut found = 0;
    while let Some(at) = frames.next().filter(|at| log[at + 8..at + 16] == log[16..24]) {
        found += usize::from(number(at + 4) > 0);
    }
    found
}

#[tokio::test]
async fn pushes_that_wait_together_are_one_commit() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Operational).await;
    let before = commits(&stage);
    assert!(before > 0, "the log is read right");
    let paths: Vec<_> = (0..8).map(|number| path(&format!("acme/shop/prod/eu-1/s{number}"))).collect();
    futures_util::future::join_all(paths.iter().map(|path| say(&core, path, Status::Down))).await;
    assert_eq!(commits(&stage), before + 1);
    for path in &paths {
        say(&core, path, Status::Operational).await;
    }
    assert_eq!(commits(&stage), before + 9, "one after the other each has its own");
}

#[tokio::test]
async fn who_asks_while_the_writer_gets_to_its_turn_is_in_the_same_commit() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Operational).await;
    let before = commits(&stage);
    // The first wakes the writer; the second needs one more step until it asks.
    let (one, other) = (core.clone(), core.clone());
    let first = tokio::spawn(async move { say(&one, &db(), Status::Down).await });
    let second = tokio::spawn(async move {
        let inner = tokio::spawn(async move { say(&other, &api(), Status::Down).await });
        inner.await.unwrap();
    });
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(commits(&stage), before + 1);
}
