//! `gitops` verbs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::domain::gitops::{Action, DeclaredKind};

/// What to do with a repository.
#[derive(Debug, Subcommand)]
pub enum GitopsVerb {
    /// Report every fault of a repository, with file, line and hint
    Validate(ValidateArgs),
    /// Say what would change, before anything happens: deletions first
    Plan(PlanArgs),
    /// Show what a thing or a file says, its lines, and who last changed them
    Show(ShowArgs),
    /// Show who changed a thing or a file, and with -p how
    Log(LogArgs),
    /// Explain the code of a fault; without a code, list them all
    #[command(after_help = "Examples:\n  itops gitops explain\n  itops gitops explain E023")]
    Explain {
        /// For example E023
        code: Option<String>,
    },
    /// Explain a role: every name that is tried, which one matches, and who is in it
    Resolve(ResolveArgs),
    /// Print the JSON Schema of a kind of document, for editors; without a kind, list them
    #[command(after_help = SCHEMA_HELP)]
    Schema {
        /// Which kind of document
        kind: Option<String>,
    },
}

const SCHEMA_HELP: &str = "An editor with the YAML language server checks and completes while you type when the \
first line of a file names the schema:\n  itops gitops schema service > .schemas/service.json\n  # yaml-language-server: \
$schema=../.schemas/service.json";

/// How a repository is read.
#[derive(Clone, Debug, Default, Args)]
pub struct Reading {
    /// The release to take, where the repository holds several of one chart
    #[arg(long, value_name = "NAME")]
    pub release: Option<String>,
    /// The core's value files, relative to the root, in the order Helm layers them; may be repeated
    #[arg(long, value_name = "FILE")]
    pub values: Vec<String>,
    /// Folder with referenced secrets as DIR/NAME/KEY
    #[arg(long, value_name = "DIR")]
    pub secrets_dir: Option<PathBuf>,
}

/// `gitops validate`.
#[derive(Debug, Args)]
#[command(after_help = VALIDATE_HELP)]
pub struct ValidateArgs {
    /// Root of the repository
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Read this branch, tag or commit instead of the files as they lie
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
    /// How to read it.
    #[command(flatten)]
    pub reading: Reading,
    /// Warnings count as errors
    #[arg(long)]
    pub strict: bool,
}

const VALIDATE_HELP: &str = "Reads the repository on this machine; no core is asked. Exit code 1 when there is an \
error, or with --strict when there is a warning.\n\nExamples:\n  itops gitops validate\n  itops gitops validate --rev \
main --strict\n  itops gitops validate -o sarif > faults.sarif";

/// `gitops plan`.
#[derive(Debug, Args)]
#[command(after_help = PLAN_HELP)]
pub struct PlanArgs {
    /// Root of the repository
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Read this branch, tag or commit instead of the files as they lie
    #[arg(long, value_name = "REV", conflicts_with = "from")]
    pub rev: Option<String>,
    /// Compare with this revision of the repository instead of the running core
    #[arg(long, value_name = "REV", conflicts_with_all = ["against", "against_release"])]
    pub from: Option<String>,
    /// With --from: the revision to go to [default: the files as they lie]
    #[arg(long, value_name = "REV", requires = "from")]
    pub to: Option<String>,
    /// Compare with the repository in this folder instead of the running core
    #[arg(long, value_name = "DIR")]
    pub against: Option<PathBuf>,
    /// Compare with this release instead of the running core: what would change there if it became --release
    #[arg(long, value_name = "NAME", requires = "release")]
    pub against_release: Option<String>,
    /// How to read it.
    #[command(flatten)]
    pub reading: Reading,
    /// What of it to show.
    #[command(flatten)]
    pub filter: PlanFilter,
    /// Exit code 10 when something would change
    #[arg(long)]
    pub exit_code: bool,
}

/// Which steps of a plan are shown.
#[derive(Clone, Debug, Default, Args)]
pub struct PlanFilter {
    /// Only these: delete, create, update or move
    #[arg(long, value_name = "WORD", value_parser = action)]
    pub action: Option<Action>,
    /// Only this kind of thing, for example service or workflow
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub kind: Option<DeclaredKind>,
    /// Only this name and what lies below it, for example acme/shop/prod
    #[arg(long, value_name = "PREFIX")]
    pub path: Option<String>,
}

const PLAN_HELP: &str = "The plan is computed here, from what the core has in force; no file is sent. With --from, \
--against or --against-release no core is asked. Exit code 0 whatever would change; with --exit-code 10 when something \
would, and 1 when the repository has an error. 1 always when a core would refuse it as a whole.\n\nExamples:\n  itops gitops \
plan\n  itops gitops plan --action delete\n  itops gitops plan --from main\n  itops gitops plan --from v1.4 --to v1.5 -o \
json\n  itops gitops plan --release dev --against-release prod";

/// `gitops show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct ShowArgs {
    /// KIND/NAME of a declared thing, or the path of a file; without it everything declared is listed
    #[arg(value_name = "KIND/NAME or FILE")]
    pub what: Option<String>,
    /// Where to read it.
    #[command(flatten)]
    pub place: Where,
}

const SHOW_HELP: &str = "Secrets are masked. With -o wide each line of a file names the commit that last changed \
it.\n\nExamples:\n  itops gitops show\n  itops gitops show service/acme/shop/prod/eu-1/api\n  itops gitops show \
workflow/acme/incident --dir .\n  itops gitops show services/api.yaml -o wide";

/// `gitops log`.
#[derive(Debug, Args)]
#[command(after_help = LOG_HELP)]
pub struct LogArgs {
    /// KIND/NAME of a declared thing, or the path of a file; without it, what the core's newest reconciliations did
    #[arg(value_name = "KIND/NAME or FILE")]
    pub what: Option<String>,
    /// What each commit changed, secrets masked
    #[arg(short, long)]
    pub patch: bool,
    /// How many to show, newest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Where to read it.
    #[command(flatten)]
    pub place: Where,
}

const LOG_HELP: &str = "Examples:\n  itops gitops log\n  itops gitops log service/acme/shop/prod/eu-1/api -p\n  itops \
gitops log services/api.yaml --dir . --limit 5";

/// Which repository is meant: one that lies here, or the core's.
#[derive(Clone, Debug, Default, Args)]
pub struct Where {
    /// Read the repository in this folder [default: ask the core]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// With --dir: read this branch, tag or commit instead of the files as they lie
    #[arg(long, value_name = "REV", requires = "dir")]
    pub rev: Option<String>,
    /// With --dir: the release to take, where the repository holds several of one chart
    #[arg(long, value_name = "NAME", requires = "dir")]
    pub release: Option<String>,
    /// With --dir: the core's value files in the order Helm layers them; may be repeated
    #[arg(long, value_name = "FILE", requires = "dir")]
    pub values: Vec<String>,
}

/// `gitops resolve`.
#[derive(Debug, Args)]
#[command(after_help = RESOLVE_HELP)]
pub struct ResolveArgs {
    /// The group as a workflow names it, for example dba
    pub role: String,
    /// The service that a ticket is about [default: a ticket about no service]
    #[arg(short, long, value_name = "PATH")]
    pub service: Option<String>,
    /// Whether this account is in it, and by what; its login name
    #[arg(short, long, value_name = "NAME")]
    pub user: Option<String>,
    /// Where to read it.
    #[command(flatten)]
    pub place: Where,
}

const RESOLVE_HELP: &str = "The most specific group that exists is the one acted as; who is in a group of the same \
name further up is in it too.\n\nExamples:\n  itops gitops resolve dba --service acme/shop/prod/eu-1/db\n  itops gitops \
resolve dba --service acme/shop/prod/eu-1/db --user oncall --dir .";

fn action(word: &str) -> Result<Action, String> {
    Action::parse(word).ok_or_else(|| listed("action", word, &Action::ALL.map(Action::word)))
}

fn kind(word: &str) -> Result<DeclaredKind, String> {
    DeclaredKind::parse(word).ok_or_else(|| listed("kind", word, &DeclaredKind::ALL.map(DeclaredKind::word)))
}

/// What there is, with the nearest first where `word` looks like a slip.
fn listed(what: &str, word: &str, all: &[&str]) -> String {
    match crate::domain::search::nearest(word, all.iter().copied()) {
        Some(near) => format!("no such {what}; did you mean `{near}`?"),
        None => format!("no such {what}; there are {}", all.join(", ")),
    }
}
