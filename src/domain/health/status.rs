//! The five statuses, the four criticalities, and how they rank.

/// How a service is. Ordered from best to worst for a roll-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Status {
    /// Works.
    Operational,
    /// Taken out on purpose.
    Maintenance,
    /// Nobody knows: never reported, silent, or its workload is missing.
    #[default]
    Unknown,
    /// Works in part. Still "up" for the SLA.
    Degraded,
    /// Does not work.
    Down,
}

impl Status {
    /// From best to worst.
    pub const ALL: [Self; 5] = [Self::Operational, Self::Maintenance, Self::Unknown, Self::Degraded, Self::Down];

    /// The documented word, as it stands in API bodies.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operational => "OPERATIONAL",
            Self::Maintenance => "MAINTENANCE",
            Self::Unknown => "UNKNOWN",
            Self::Degraded => "DEGRADED",
            Self::Down => "DOWN",
        }
    }

    /// The status for a documented word; case does not matter and `OUTAGE` reads as `DOWN`.
    pub fn parse(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("OUTAGE") {
            return Some(Self::Down);
        }
        Self::ALL.into_iter().find(|s| s.word().eq_ignore_ascii_case(word))
    }

    /// What this means for uptime.
    pub const fn counts_as(self) -> Counts {
        match self {
            Self::Operational | Self::Degraded => Counts::Up,
            Self::Down => Counts::Down,
            Self::Maintenance | Self::Unknown => Counts::Neither,
        }
    }

    /// Whether someone should look: DOWN, DEGRADED or UNKNOWN.
    pub const fn is_problem(self) -> bool {
        matches!(self, Self::Down | Self::Degraded | Self::Unknown)
    }
}

/// What a status means for uptime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Time in which the promise was kept.
    Up,
    /// Time in which it was not.
    Down,
    /// Time that says nothing.
    Neither,
}

/// How much hangs on a service. Ordered from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Criticality {
    /// Cosmetic or internal.
    Low,
    /// The documented default.
    #[default]
    Medium,
    /// Gets automatic tickets.
    High,
    /// Gets automatic tickets.
    Critical,
}

impl Criticality {
    /// From least to most.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The documented word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The criticality for a documented word; case does not matter.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word().eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roll_up_order_is_the_documented_one() {
        let mut all = Status::ALL;
        all.sort();
        all.reverse();
        assert_eq!(all.map(Status::word), ["DOWN", "DEGRADED", "UNKNOWN", "MAINTENANCE", "OPERATIONAL"]);
    }

    #[test]
    fn outage_reads_as_down_and_case_does_not_matter() {
        assert_eq!(Status::parse("outage"), Some(Status::Down));
        assert_eq!(Status::parse("Operational"), Some(Status::Operational));
        assert_eq!(Status::parse("fine"), None);
    }
}
