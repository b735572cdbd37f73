//! What reports say of the clocks of those who make them. A clock that turns out wrong, and one that is right again, is
//! told once; what each report said is known since this start only.

use super::{batch::Batch, health::Reporter};
use crate::domain::{
    change::Actor,
    health::{
        Service,
        clock_skew::{ClockReading, SHOWN_MS},
    },
    hierarchy::ServicePath,
};

/// Read the clock of `reporter` off a report on `path` that was just taken, where it is the one that speaks for the
/// service. `ahead_ms` is what the report said.
pub(super) fn read(batch: &mut Batch<'_>, reporter: &Reporter<'_>, path: &ServicePath, ahead_ms: Option<i64>) {
    let Some(service) = batch.truth.estate.services.get(path) else { return };
    if service.health.reporter != reporter.name {
        return;
    }
    let known = service.clock_ahead_ms;
    let readings = &mut batch.truth.session.clocks;
    let verdict = match ahead_ms {
        // It says no time any more, so none is wrong.
        None if known.is_none() => return,
        None => Some(0),
        Some(ms) if ms.abs() < SHOWN_MS && known.is_none() && !readings.contains_key(path) => return,
        Some(ms) => {
            let reading = ClockReading::after(readings.get(path).copied(), ms);
            readings.insert(path.clone(), reading);
            reading.verdict()
        }
    };
    let Some(verdict) = verdict else { return };
    if verdict == 0 {
        readings.remove(path);
    }
    let clock_ahead_ms = Some(verdict).filter(|ms| *ms != 0);
    let is_news = clock_ahead_ms != known;
    if is_news {
        let service = Service { clock_ahead_ms, ..service.clone() };
        batch.declare(Actor::Reporter(reporter.name.to_owned()), service);
    }
}
