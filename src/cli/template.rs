//! `template` verbs.

use std::path::PathBuf;

use clap::Subcommand;

/// Workflows, catalog and SLA definitions, out of one core and into another.
#[derive(Debug, Subcommand)]
pub enum TemplateVerb {
    /// Write what the core declares as YAML
    #[command(after_help = "Example:\n  itops template export > templates.yaml")]
    Export {
        /// File to write instead of standard output; it must not be there yet, or be given with --yes
        #[arg(short = 'f', long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Take over what a file declares: all of it or none, and never what Git declares
    #[command(after_help = "Needs an admin, and asks for the name of the core to be typed.\n\nExamples:\n  itops \
template import templates.yaml\n  itops template export --context lab | itops template import - --context prod --yes")]
    Import {
        /// YAML as `template export` writes it; `-` reads standard input
        file: PathBuf,
    },
}
