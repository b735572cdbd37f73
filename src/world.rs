//! The only door for time and chance. Everything that needs either is handed a [`World`].

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use crate::domain::time::Timestamp;

/// Clock, ids and randomness; cheap to clone.
#[derive(Clone)]
pub struct World(Arc<Kind>);

enum Kind {
    Real,
    Fake { now_ms: AtomicI64, counter: AtomicU64, waiters: Mutex<Vec<(i64, tokio::sync::oneshot::Sender<()>)>> },
}

impl World {
    /// The machine's clock and generator.
    pub fn real() -> Self {
        Self(Arc::new(Kind::Real))
    }

    /// A world that stands at `now` until it is advanced, and whose ids count up.
    pub fn fake(now: Timestamp) -> Self {
        Self(Arc::new(Kind::Fake {
            now_ms: AtomicI64::new(now.ms()),
            counter: AtomicU64::new(0),
            waiters: Mutex::new(Vec::new()),
        }))
    }

    /// What time it is.
    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Kind::Real => Timestamp::from_ms(jiff::Timestamp::now().as_millisecond()),
            Kind::Fake { now_ms, .. } => Timestamp::from_ms(now_ms.load(Ordering::SeqCst)),
        }
    }

    /// A new identifier that sorts by time.
    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    pub fn id(&self) -> uuid::Uuid {
        match &*self.0 {
            // Every request gets one: what is random of it comes from our generator, not from the system each time.
            Kind::Real => {
                let ms = u64::try_from(self.now().ms()).unwrap_or(0);
                uuid::Builder::from_unix_timestamp_millis(ms, &self.bytes::<10>()).into_uuid()
            }
            Kind::Fake { counter, .. } => uuid::Uuid::from_u128(u128::from(counter.fetch_add(1, Ordering::SeqCst)) + 1),
        }
    }

    /// `N` random bytes; in a fake world they follow from the count of calls.
    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        match &*self.0 {
            Kind::Real => {
                let mut out = [0; N];
                rand::fill(&mut out[..]);
                out
            }
            Kind::Fake { counter, .. } => {
                let seed = counter.fetch_add(1, Ordering::SeqCst);
                std::array::from_fn(|i| {
                    seed.to_le_bytes()[i % 8].wrapping_mul(31).wrapping_add(u8::try_from(i % 256).unwrap_or(0))
                })
            }
        }
    }

    /// A number from 0 to 1, for jitter.
    pub fn unit(&self) -> f64 {
        f64::from(u32::from_le_bytes(self.bytes::<4>())) / f64::from(u32::MAX)
    }

    /// Wait until `at`. In a fake world: until somebody advances it that far.
    pub async fn sleep_until(&self, at: Timestamp) {
        match &*self.0 {
            Kind::Real => {
                let ms = u64::try_from(at.since(self.now())).unwrap_or(0);
                tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
            }
            Kind::Fake { now_ms, waiters, .. } => {
                let (tell, told) = tokio::sync::oneshot::channel();
                {
                    let mut list = waiters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if now_ms.load(Ordering::SeqCst) >= at.ms() {
                        return;
                    }
                    list.push((at.ms(), tell));
                }
                let _ = told.await;
            }
        }
    }

    /// Wait for `ms` milliseconds.
    pub async fn sleep(&self, ms: i64) {
        self.sleep_until(self.now().plus(ms)).await;
    }

    /// Move a fake world's clock forward by `ms` and wake those whose time has come. Does nothing to a real one.
    pub fn advance(&self, ms: i64) {
        if let Kind::Fake { now_ms, waiters, .. } = &*self.0 {
            let mut list = waiters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let now = now_ms.fetch_add(ms, Ordering::SeqCst) + ms;
            let (due, later) = std::mem::take(&mut *list).into_iter().partition(|(at, _)| *at <= now);
            *list = later;
            for (_, tell) in due {
                let tell: tokio::sync::oneshot::Sender<()> = tell;
                let _ = tell.send(());
            }
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(&*self.0, Kind::Real) { "World::real" } else { "World::fake" })
    }
}
