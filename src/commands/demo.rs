//! `demo`: with the console on top, or headless until told to stop.

use super::{Invocation, Trouble, console, stop};
use crate::{
    cli::core::DemoArgs,
    demo::{Demo, Wanted},
    telemetry,
};

/// Start a demonstration, show it, and leave nothing behind.
///
/// # Errors
/// When a part of it cannot be set up.
pub async fn run(run: &Invocation, args: DemoArgs) -> Result<(), Trouble> {
    if !args.headless {
        console::needs_terminal(run)?;
    }
    let wanted = Wanted {
        services: args.services,
        changes_per_second: args.changes_per_second,
        seed: args.seed,
        listen: args.listen,
        path: run.environment.get("PATH").map(str::to_owned),
    };
    // Caught from here on, so that files are removed whenever it is told to stop.
    let told = stop::told();
    tokio::pin!(told);
    let demo = tokio::select! {
        started = Demo::start(&wanted, &run.settings.core, &run.world) => {
            started.map_err(|e| Trouble::failed(format!("the demonstration cannot start: {e}")))?
        }
        () = &mut told => return Ok(()),
    };
    let shown = if args.headless { headless(run, &demo, told).await } else { on_screen(run, &demo).await };
    let stopped = demo.stop().await.map_err(Trouble::failed);
    shown.and(stopped)
}

async fn headless(run: &Invocation, demo: &Demo, told: impl Future<Output = ()>) -> Result<(), Trouble> {
    let _logging = telemetry::to_stderr("warn").map_err(Trouble::failed)?;
    for note in &demo.notes {
        run.printer.say(note);
    }
    run.print_text(&format!("listening on {}\nlogin in {}\n", demo.url, demo.login_file().display()))?;
    told.await;
    Ok(())
}

async fn on_screen(run: &Invocation, demo: &Demo) -> Result<(), Trouble> {
    // Logs go where everything else of this run is, and go with it.
    let _logging = telemetry::start(&demo.folder().join("logs"), "info").map_err(Trouble::failed)?;
    console::over(run, demo).await
}
