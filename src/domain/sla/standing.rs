//! How the members of a group stand at one moment: what each of them says, whether it counts, and what that makes of all.

use super::Exclusions;
use crate::domain::{health::Status, time::Timestamp};

/// What one member says from some moment on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Say {
    /// Not a member, or nothing reported yet.
    Absent,
    /// In a window of its own.
    Excluded,
    /// In a window of its own that nobody stopped yet; its status counts again as soon as somebody does.
    Paused(Status),
    /// Its status.
    Is(Status),
}

/// How many members are how.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Numbers {
    pub(super) up: u32,
    pub(super) down: u32,
    pub(super) maintenance: u32,
    pub(super) unknown: u32,
}

impl Numbers {
    const fn of(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Operational | Status::Degraded => &mut self.up,
            Status::Down => &mut self.down,
            Status::Maintenance => &mut self.maintenance,
            Status::Unknown => &mut self.unknown,
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            up: self.up + other.up,
            down: self.down + other.down,
            maintenance: self.maintenance + other.maintenance,
            unknown: self.unknown + other.unknown,
        }
    }

    const fn total(self) -> u32 {
        self.up + self.down + self.maintenance + self.unknown
    }
}

/// How many members say what.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    /// Those who count.
    pub(super) counted: Numbers,
    /// Those in windows that nobody stopped yet.
    paused: Numbers,
    excluded: u32,
}

impl Standing {
    const fn slot(&mut self, say: Say) -> Option<&mut u32> {
        match say {
            Say::Absent => None,
            Say::Excluded => Some(&mut self.excluded),
            Say::Paused(status) => Some(self.paused.of(status)),
            Say::Is(status) => Some(self.counted.of(status)),
        }
    }

    /// The same once every window that is open is stopped.
    pub(super) const fn resumed(self) -> Self {
        Self {
            counted: self.counted.plus(self.paused),
            paused: Numbers { up: 0, down: 0, maintenance: 0, unknown: 0 },
            ..self
        }
    }

    /// One member says `is` where it said `was`.
    pub(super) const fn change(&mut self, was: Say, is: Say) {
        if let Some(count) = self.slot(was) {
            *count -= 1;
        }
        if let Some(count) = self.slot(is) {
            *count += 1;
        }
    }

    /// Under `worst`: DOWN while anybody is, up while somebody is and nobody is down, MAINTENANCE (nobody is up, somebody
    /// is in maintenance, nobody unknown) or UNKNOWN.
    pub(super) const fn verdict(self) -> Status {
        let Numbers { up, down, maintenance, unknown } = self.counted;
        if down > 0 {
            Status::Down
        } else if up > 0 {
            Status::Operational
        } else if maintenance > 0 && unknown == 0 {
            Status::Maintenance
        } else {
            Status::Unknown
        }
    }

    /// Whether windows took everybody out who is there.
    pub(super) const fn is_out(self) -> bool {
        self.excluded + self.paused.total() > 0 && self.counted.total() == 0
    }
}

/// Whether what somebody says counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// Yes.
    Yes,
    /// Not while a window is open.
    NotYet,
    /// Not at all.
    No,
}

impl Counts {
    /// What a member says whose status it is.
    pub(super) const fn say(self, status: Status) -> Say {
        match self {
            Self::Yes => Say::Is(status),
            Self::NotYet => Say::Paused(status),
            Self::No => Say::Excluded,
        }
    }
}

/// The parts of `from..to` in order, and whether what is said in them counts.
pub(super) fn each_part(
    exclusions: &Exclusions,
    from: Timestamp,
    to: Timestamp,
    mut look: impl FnMut(Counts, Timestamp, Timestamp),
) {
    let open = exclusions.open().unwrap_or(to);
    let mut look = |counts, start, end| {
        if start < end {
            look(counts, start, end);
        }
    };
    let mut at = from;
    for (start, end) in exclusions.ending_within(from, to).chain([(to, to)]) {
        look(Counts::Yes, at, start.min(open));
        look(Counts::NotYet, at.max(open), start);
        look(Counts::No, start, end);
        at = end;
    }
}
