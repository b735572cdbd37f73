//! Several services under one promise.

use super::{Budget, Period, Target, Tier};
use crate::domain::{
    gitops::Place,
    hierarchy::{NodePath, ServicePath},
    time::Timestamp,
};

/// How members add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Aggregation {
    /// Down while any member is down; up while one is up and none is down.
    #[default]
    Worst,
    /// Sum of the members' down over the sum of their up + down.
    Mean,
}

impl Aggregation {
    /// The declared word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Worst => "worst",
            Self::Mean => "mean",
        }
    }

    /// What stands behind a length of time that is allowed, down or left: under `mean` they are sums over the members.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Worst => "",
            Self::Mean => " member time",
        }
    }

    /// The aggregation for a declared word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Worst, Self::Mean].into_iter().find(|a| a.word() == word)
    }
}

/// A group as the repository declares it, its target already decided (portal, else group, else tier).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredGroup {
    /// Short name.
    pub name: String,
    /// Label.
    pub display_name: String,
    /// Class of promise.
    pub tier: Tier,
    /// Promise.
    pub target: Target,
    /// Over what.
    pub period: Period,
    /// How members add up.
    pub aggregation: Aggregation,
    /// Whether maintenance that a reporter declares itself counts as down: `selfDeclaredMaintenance: down`.
    pub maintenance_is_down: bool,
    /// How fast somebody should react, when declared, in milliseconds.
    pub response_ms: Option<i64>,
    /// How fast it should be mended, when declared, in milliseconds.
    pub resolution_ms: Option<i64>,
    /// Nodes whose agents bring it, sorted; none for a group that only the portal names.
    pub nodes: Vec<NodePath>,
    /// Where it is declared.
    pub place: Option<Place>,
    /// Where its target comes from, when that is another place.
    pub target_place: Option<Place>,
}

impl DeclaredGroup {
    /// One of which nothing but the target is declared: the usual period, and as nobody says otherwise.
    pub fn new(name: &str, tier: Tier, target: Target) -> Self {
        Self {
            name: name.to_owned(),
            display_name: name.to_owned(),
            tier,
            target,
            period: Period::default(),
            aggregation: Aggregation::default(),
            maintenance_is_down: false,
            response_ms: None,
            resolution_ms: None,
            nodes: Vec::new(),
            place: None,
            target_place: None,
        }
    }
}

/// A group that was declared once and is not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredGroup {
    /// As declared last.
    pub group: DeclaredGroup,
    /// First moment at which it was not declared.
    pub until: Timestamp,
}

/// A group that is live: its members and its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaGroup {
    /// Short name.
    pub name: String,
    /// Label.
    pub display_name: String,
    /// Class of promise.
    pub tier: Tier,
    /// How members add up.
    pub aggregation: Aggregation,
    /// Whether maintenance that a reporter declares itself counts as down: `selfDeclaredMaintenance: down`.
    pub maintenance_is_down: bool,
    /// Services in it, by path.
    pub members: Vec<ServicePath>,
    /// Figures.
    pub budget: Budget,
    /// Where it is declared.
    pub place: Option<Place>,
}
