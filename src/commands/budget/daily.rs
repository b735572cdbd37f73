//! The report of every morning, made now.

use crate::{
    cli::Format,
    commands::{Exit, Invocation, Trouble, target::Signed},
    print::Sheet,
};

/// Have the core make it, and print it: a document for people, data for programs.
///
/// # Errors
/// Usage for a format that it has not, Denied in read-only mode and below operator, and what the client says.
pub async fn print(run: &Invocation, signed: &Signed) -> Result<(), Trouble> {
    let writer = signed.writer()?;
    match run.printer.format() {
        Format::Table | Format::Wide | Format::Md => run.print_text(&writer.daily_report_for_people().await?),
        Format::Json | Format::Yaml => {
            let json = writer.daily_report().await?;
            run.print(&Sheet { kind: "report", json, ..Sheet::default() })
        }
        Format::Csv | Format::Name | Format::Sarif => {
            Err(Trouble::new(Exit::Usage, "the daily report is no table").hint("`-o md`, `-o json` or `-o yaml`"))
        }
    }
}
