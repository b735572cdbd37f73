//! Faults of a repository: stable code, severity, place, hint.

use super::Place;

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The thing is left out, or the core does not start.
    Error,
    /// The thing takes effect; someone should look.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where; sorts first, so that a list reads by file and line.
    pub place: Place,
    /// How bad.
    pub severity: Severity,
    /// Stable code.
    pub code: FaultCode,
    /// What is wrong with what, in plain words. Never holds a secret value.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $severity:ident;)*) => {
        /// Stable codes; `E` stops what it touches, `W` does not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultCode { $($(#[doc = $doc])* $name,)* }

        impl FaultCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The printed form, for example `E001`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it stands for, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii(),)* }
            }

            /// How bad a fault of this code is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// The code for a printed form.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.code().eq_ignore_ascii_case(text))
            }
        }
    };
}

codes! {
    /// The text is not YAML (tabs, bad indentation, unclosed quotes).
    MalformedYaml = "E001", Error;
    /// A key stands twice in one mapping.
    DuplicateKey = "E002", Error;
    /// Aliases, depth or size beyond what a person writes.
    HostileYaml = "E003", Error;
    /// The file is not text in UTF-8.
    NotText = "E004", Error;
    /// The file or folder cannot be read.
    Unreadable = "E005", Error;
    /// A required field is missing or has the wrong type.
    BadField = "E010", Error;
    /// A path that is not five clean segments.
    BadPath = "E011", Error;
    /// The same name or path is declared twice in one release.
    DuplicateName = "E012", Error;
    /// A workflow without transitions.
    EmptyWorkflow = "E020", Error;
    /// A status outside OPEN, IN_PROGRESS, RESOLVED, CLOSED.
    UnknownStatus = "E021", Error;
    /// A priority outside LOW, MEDIUM, HIGH, CRITICAL.
    UnknownPriority = "E022", Error;
    /// An item names a workflow that is not declared.
    UnknownWorkflow = "E023", Error;
    /// An item names a category that is not declared.
    UnknownCategory = "E024", Error;
    /// A name with the reserved `itops-` prefix.
    ReservedName = "E025", Error;
    /// An uptime target that is not above 0 and below 100 %.
    ImpossibleTarget = "E030", Error;
    /// Several releases of one chart and none picked.
    AmbiguousRelease = "E031", Error;
    /// The release or the values that were asked for are not here.
    UnknownRelease = "E032", Error;
    /// A secret stands in plain text.
    PlainSecret = "W101", Warning;
    /// A plain value is shadowed by a reference.
    ShadowedSecret = "W102", Warning;
    /// A key that means nothing here.
    UnknownKey = "W103", Warning;
    /// A service that names no workload and will stay UNKNOWN.
    NoWorkload = "W104", Warning;
    /// A group without members.
    EmptyGroup = "W105", Warning;
    /// A role that names a group which exists nowhere in its cascade.
    UnresolvedRole = "W106", Warning;
    /// A status that no transition reaches, or a transition out of CLOSED.
    UnreachableStatus = "W107", Warning;
    /// A dependency on a service that nobody declares.
    DanglingDependency = "W108", Warning;
    /// A Helm chart or repository revision that moves by itself.
    FloatingRevision = "W109", Warning;
    /// A service names an SLA group that nobody declares, or that the agent of its node does not bring.
    UnknownSlaGroup = "W110", Warning;
    /// A secret reference that cannot be read here.
    UnresolvedSecret = "W111", Warning;
    /// Services that require each other in a circle.
    DependencyCircle = "W112", Warning;
    /// Two agents promise different things under one group's name.
    ConflictingGroup = "W113", Warning;
    /// An SLA group that no service joins.
    UnjoinedGroup = "W114", Warning;
    /// A target for an SLA group that no service joins.
    UnjoinedTarget = "W115", Warning;
    /// An item or a mapping names a group that exists nowhere.
    UnknownGroup = "W116", Warning;
    /// A job pushes for a service that is nearly, but not quite, one that is declared, or reports backups of nobody.
    UndeclaredReporter = "W117", Warning;
    /// An Application takes values from a file that is not here.
    MissingValues = "W118", Warning;
    /// The same directory group is mapped twice to one group.
    DuplicateMapping = "W119", Warning;
    /// A directory group that lies outside the configured base and is never found.
    OutsideBase = "W120", Warning;
    /// A group waits for a directory, and none is switched on.
    NoDirectory = "W121", Warning;
    /// A tier without a documented target, and no target of its own.
    UnknownTier = "W122", Warning;
    /// A service lies in a namespace that its agent does not watch.
    Unwatched = "W123", Warning;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_their_letter_is_their_severity() {
        let mut seen = std::collections::BTreeSet::new();
        for code in FaultCode::ALL {
            assert!(seen.insert(code.code()), "{} stands twice", code.code());
            let letter = if code.severity() == Severity::Error { 'E' } else { 'W' };
            assert!(code.code().starts_with(letter));
            assert_eq!(FaultCode::parse(code.code()), Some(*code));
        }
    }
}
