//! Values that are one word or one number.

use super::Stored;
use crate::domain::{
    access::{Encryption, UserId},
    attention::{Concern, Lapse, Reason},
    gitops::{Action, DeclaredKind},
    health::{BackupOutcome, Criticality, Origin, Status},
    hierarchy::{NodePath, ScopedName, ServicePath},
    sla::{Aggregation, AlertSeverity, BudgetState, Period, ResultPeriod, Target, Tier, Window, WindowScope},
    tickets::{ClockKind, Priority, Role, TicketStatus},
    time::Timestamp,
};

macro_rules! words {
    ($($type:ty: $what:literal),* $(,)?) => { $(
        impl Stored for $type {
            type Form = String;
            fn form(&self) -> String { self.word().to_owned() }
            fn back(form: String) -> Result<Self, String> {
                Self::parse(&form).ok_or_else(|| format!("`{form}` is no {}", $what))
            }
        }
    )* };
}
words!(
    Status: "status",
    Criticality: "criticality",
    Origin: "origin",
    BackupOutcome: "backup outcome",
    TicketStatus: "ticket status",
    Priority: "priority",
    ClockKind: "clock",
    Aggregation: "aggregation",
    BudgetState: "budget state",
    ResultPeriod: "period of results",
    Encryption: "encryption",
    Action: "action",
    DeclaredKind: "kind of thing",
    Concern: "concern",
    Reason: "reason",
    Lapse: "lapse",
);

impl Stored for Timestamp {
    type Form = i64;
    fn form(&self) -> i64 {
        self.ms()
    }
    fn back(form: i64) -> Result<Self, String> {
        Ok(Self::from_ms(form))
    }
}

impl Stored for NodePath {
    type Form = String;
    fn form(&self) -> String {
        self.as_str().to_owned()
    }
    fn back(form: String) -> Result<Self, String> {
        Self::parse(&form)
    }
}

impl Stored for ServicePath {
    type Form = String;
    fn form(&self) -> String {
        self.as_str().to_owned()
    }
    fn back(form: String) -> Result<Self, String> {
        Self::parse(&form)
    }
}

impl Stored for ScopedName {
    type Form = String;
    fn form(&self) -> String {
        self.as_str().to_owned()
    }
    fn back(form: String) -> Result<Self, String> {
        Ok(Self::full(form))
    }
}

impl Stored for UserId {
    type Form = String;
    fn form(&self) -> String {
        self.0.clone()
    }
    fn back(form: String) -> Result<Self, String> {
        Ok(Self(form))
    }
}

impl Stored for Role {
    type Form = String;
    fn form(&self) -> String {
        self.word().to_owned()
    }
    fn back(form: String) -> Result<Self, String> {
        Ok(Self::parse(&form))
    }
}

impl Stored for Tier {
    type Form = String;
    fn form(&self) -> String {
        self.0.clone()
    }
    fn back(form: String) -> Result<Self, String> {
        Ok(Self(form))
    }
}

impl Stored for Target {
    type Form = u32;
    fn form(&self) -> u32 {
        self.millionths()
    }
    fn back(form: u32) -> Result<Self, String> {
        Self::from_millionths(form).ok_or_else(|| format!("{form} millionths are no target"))
    }
}

impl Stored for Window {
    type Form = i64;
    fn form(&self) -> i64 {
        self.0
    }
    fn back(form: i64) -> Result<Self, String> {
        Ok(Self(form))
    }
}

impl Stored for WindowScope {
    type Form = (String, String);
    fn form(&self) -> (String, String) {
        (self.kind().to_owned(), self.name().to_owned())
    }
    fn back((kind, name): (String, String)) -> Result<Self, String> {
        Self::parse(&kind, &name)
    }
}

impl Stored for Period {
    type Form = String;
    fn form(&self) -> String {
        self.word()
    }
    /// More lengths than a repository may write, so that what was accepted once can always be read back.
    fn back(form: String) -> Result<Self, String> {
        Self::parse(&form)
            .or_else(|| form.strip_suffix('d').and_then(|days| days.parse().ok()).map(Self::Rolling))
            .ok_or_else(|| format!("`{form}` is no period"))
    }
}

impl Stored for AlertSeverity {
    type Form = String;
    fn form(&self) -> String {
        match self {
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
        .to_owned()
    }
    fn back(form: String) -> Result<Self, String> {
        match form.as_str() {
            "ticket" => Ok(Self::Ticket),
            "page" => Ok(Self::Page),
            other => Err(format!("`{other}` is no alert severity")),
        }
    }
}
