//! The same work on many things, shared out to the machine's processors.

use std::sync::{Mutex, PoisonError};

/// Fewer things than this are not worth a second thread.
const FEW: usize = 16;
/// More threads than this would wait for each other.
const MOST: usize = 8;
/// How many things a thread takes at a time.
const BATCH: usize = 16;

/// `work` on each of `things`.
pub fn each<T: Send, R: Send>(things: Vec<T>, work: impl Fn(T, ()) -> R + Sync) -> Vec<R> {
    fed(things, |_| (), work)
}

/// Both at the same time.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// `work` on each of `things` with what `feed` brings for it. Only one thread feeds at a time. The answers come in any
/// order.
pub fn fed<T: Send, F: Send, R: Send>(
    things: Vec<T>,
    feed: impl FnMut(&T) -> F + Send,
    work: impl Fn(T, F) -> R + Sync,
) -> Vec<R> {
    let threads = if things.len() < FEW { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let queue = Mutex::new((things.into_iter(), feed));
    let run = || {
        let mut done = Vec::new();
        loop {
            let batch: Vec<(T, F)> = {
                let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                let (things, feed) = &mut *queue;
                things.take(BATCH).map(|thing| (feed(&thing), thing)).map(|(fed, thing)| (thing, fed)).collect()
            };
            if batch.is_empty() {
                return done;
            }
            done.extend(batch.into_iter().map(|(thing, fed)| work(thing, fed)));
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(MOST)).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}
