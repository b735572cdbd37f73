//! Composition root: the only file that knows every part. From a parsed command line to an exit code.

use std::process::ExitCode;

use crate::{
    cli::{BackupVerb, Cli, Command, Format, StorageVerb},
    commands::{
        Exit, Invocation, Trouble, access, activity, budget, console, context, gitops, holdings, report, service,
        settings, template, ticket, window,
    },
    print::Printer,
    settings::{Environment, Places, Settings},
    world::World,
};

/// Do what the command line says. The exit code is the documented one.
pub fn run(cli: Cli) -> ExitCode {
    let environment = Environment::read();
    // Until settings are read, flags and environment decide how to speak.
    let early = printer(&cli, None, &environment);
    let ended = start(cli, environment);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            if !trouble.message.is_empty() {
                early.error(&trouble.message, &trouble.hint);
            }
            ExitCode::from(trouble.exit.code())
        }
    }
}

fn start(cli: Cli, environment: Environment) -> Result<(), Trouble> {
    color_eyre::install().map_err(|e| Trouble::failed(e.to_string()))?;
    // Before any client or server is made: rustls takes no default by itself here. A second call is no fault.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let places = Places::find().ok_or_else(|| Trouble::failed("there is no home folder to keep settings in"))?;
    let settings = Settings::load(&places.settings()).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Trouble::failed(lines.join("\n"))
            .hint("`itops settings path` says where the file is; moving it away restores the defaults")
    });
    // Where the file is can be asked even while the file is wrong.
    let settings = match (settings, &cli.command) {
        (Err(_), Some(Command::Settings(crate::cli::SettingsVerb::Path) | Command::Completion { .. })) => {
            Settings::from_text(None).map_err(|_| Trouble::failed("the compiled-in settings are broken"))?
        }
        (settings, _) => settings?,
    };
    let printer = printer(&cli, Some(&settings), &environment);
    let format = printer.format();
    if cli.command.as_ref().is_some_and(|command| !command.prints(format)) {
        let (what, who) = match format {
            Format::Md => ("Markdown", "`itops budget report` does"),
            _ => ("SARIF", "`itops gitops validate` does"),
        };
        return Err(Trouble::new(Exit::Usage, format!("this command does not print {what}")).hint(who));
    }
    let run = Invocation { globals: cli.globals, settings, environment, places, printer, world: World::real() };
    let runtime =
        tokio::runtime::Runtime::new().map_err(|e| Trouble::failed(format!("threads cannot be started: {e}")))?;
    let ended = runtime.block_on(command(&run, cli.command));
    // A question that nobody answered must not keep the process.
    runtime.shutdown_background();
    ended
}

fn printer(cli: &Cli, settings: Option<&Settings>, environment: &Environment) -> Printer {
    let format = cli.globals.output.or(settings.map(|s| s.output)).unwrap_or_default();
    let color = cli.globals.color.or(settings.map(|s| s.color)).unwrap_or_default();
    Printer::new(format, color, environment.color)
}

/// Commands that handle signals themselves run as they are; any other ends at ctrl-c.
async fn command(run: &Invocation, command: Option<Command>) -> Result<(), Trouble> {
    match command {
        None => console::run(run).await,
        #[cfg(feature = "server")]
        Some(Command::Demo(args)) => crate::commands::demo::run(run, args).await,
        #[cfg(feature = "server")]
        Some(Command::Serve(args)) => crate::commands::serve::run(run, args).await,
        Some(Command::Ticket(verb)) => ticket::run(run, verb).await,
        Some(command) => tokio::select! {
            done = short(run, command) => done,
            _ = tokio::signal::ctrl_c() => Err(Trouble::new(Exit::Interrupted, "")),
        },
    }
}

async fn short(run: &Invocation, command: Command) -> Result<(), Trouble> {
    match command {
        Command::Login(args) => access::login(run, args).await,
        Command::Logout => access::logout(run).await,
        Command::Whoami => access::whoami(run).await,
        Command::Context(verb) => context::run(run, verb).await,
        Command::Service(verb) => service::run(run, verb).await,
        Command::Storage(StorageVerb::List(args)) => holdings::storage(run, &args).await,
        Command::Backup(BackupVerb::List(args)) => holdings::backup(run, &args).await,
        Command::Budget(verb) => budget::run(run, verb).await,
        Command::Window(verb) => window::run(run, verb).await,
        Command::Ack(args) => crate::commands::ack::run(run, args).await,
        Command::Gitops(verb) => gitops::run(run, verb).await,
        Command::Template(verb) => template::run(run, verb).await,
        Command::Report(verb) => report::run(run, verb).await,
        Command::Activity(args) => activity::run(run, args).await,
        Command::Settings(verb) => settings::run(run, &verb),
        Command::Completion { shell } => completion(run, shell),
        Command::Ticket(_) => Ok(()),
        #[cfg(feature = "server")]
        Command::Demo(_) | Command::Serve(_) => Ok(()),
    }
}

fn completion(run: &Invocation, shell: clap_complete::Shell) -> Result<(), Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "itops", &mut script);
    run.print_text(&String::from_utf8_lossy(&script))
}
