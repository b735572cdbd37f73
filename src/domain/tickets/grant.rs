//! By what right something was done: written down when it is decided, so that it can be told later, whatever the
//! declarations say by then.

use super::{Explanation, Role};

/// By what right somebody did something to a ticket, as it was decided at that moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The role that the declaration asks for; none where no declaration is asked, as for a comment.
    pub role: Option<Role>,
    /// How a group was resolved, where one decided.
    pub explanation: Option<Explanation>,
    /// What covered it on the platform's side, in words, for example `itops-operators`.
    pub right: String,
}

impl Grant {
    /// Covered by a right of the platform alone.
    pub fn by_right(right: impl Into<String>) -> Self {
        Self { role: None, explanation: None, right: right.into() }
    }

    /// Covered because he acts for the group that `explanation` found.
    pub fn for_group(explanation: Explanation) -> Self {
        Self { role: None, explanation: Some(explanation), right: ACTS_FOR_GROUP.to_owned() }
    }
}

/// What covers who acts for a group.
pub const ACTS_FOR_GROUP: &str = "acts for a group he is in";
/// What covers who confirms or re-opens what he asked for.
pub const OWN_RESOLVED: &str = "his own request, which is RESOLVED";
