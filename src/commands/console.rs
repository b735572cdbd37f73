//! The console: on the chosen core, or over a demonstration.

use std::{
    fs,
    io::{self, IsTerminal},
};

use super::{Exit, Invocation, Trouble};
use crate::{
    console::{
        Session,
        place::ScreenId,
        settings::ConsoleSettings,
        shell::{self, Start},
    },
    domain::time::MINUTE,
    print::wants_color,
    telemetry,
};

/// Open the console on the chosen core.
///
/// # Errors
/// Usage without a terminal, Denied when nobody is signed in, and what the client says.
pub async fn run(run: &Invocation) -> Result<(), Trouble> {
    needs_terminal(run)?;
    let signed = run.signed_in().await?;
    let user = signed.client.me().await?;
    run.keep_renewed(&signed).await?;
    let target = &signed.target;
    let session = Session {
        context: target.name.clone().unwrap_or_else(|| target.url.clone()),
        url: target.url.clone(),
        production: target.production,
        user,
        read_only: target.read_only,
    };
    let _logging = telemetry::start(&run.places.logs(), "info").map_err(Trouble::failed)?;
    let start = Start {
        client: signed.client.clone(),
        session,
        settings: settings(run)?,
        prefs: Some(run.places.choices()),
        editor: editor(run),
        world: run.world.clone(),
    };
    // A session that was renewed is stored soon, so that even a killed console does not cost the sign-in.
    let storing = async {
        loop {
            run.world.sleep(MINUTE).await;
            if let Err(error) = run.keep_renewed(&signed).await {
                tracing::warn!(%error, "the renewed session is not stored");
            }
        }
    };
    let ended = tokio::select! {
        ended = shown(start) => ended,
        never = storing => never,
    };
    ended.and(run.keep_renewed(&signed).await)
}

/// Open the console over a demonstration, signed in as its operator. Keeps nothing.
///
/// # Errors
/// Usage without a terminal, and what the client says.
#[cfg(feature = "server")]
pub async fn over(run: &Invocation, demo: &crate::demo::Demo) -> Result<(), Trouble> {
    use super::target::Target;
    let target = Target {
        name: Some("demo".to_owned()),
        url: demo.url.clone(),
        production: false,
        read_only: run.globals.read_only,
    };
    let client = run.client(&target, None)?;
    let user = client.login(&demo.user, &demo.password, None).await?.user;
    let session =
        Session { context: "demo".to_owned(), url: target.url, production: false, user, read_only: target.read_only };
    let settings = settings(run)?;
    shown(Start { client, session, settings, prefs: None, editor: editor(run), world: run.world.clone() }).await
}

fn editor(run: &Invocation) -> Vec<String> {
    shell::editor_words(run.environment.get("VISUAL"), run.environment.get("EDITOR"))
}

async fn shown(start: Start) -> Result<(), Trouble> {
    match shell::run(start).await {
        Ok(shell::Exit::Quit) => Ok(()),
        Ok(ended) => Err(Trouble::new(Exit::Console(ended.code()), "")),
        Err(error) => Err(Trouble::failed(error.to_string())),
    }
}

/// Refuse early where no screen can be shown, before anything is started for it.
///
/// # Errors
/// Usage, with what to do instead.
pub fn needs_terminal(run: &Invocation) -> Result<(), Trouble> {
    let trouble = |why: &str| {
        Err(Trouble::new(Exit::Usage, format!("the console {why}"))
            .hint("every screen is also a command: `itops --help` lists them"))
    };
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return trouble("needs a terminal");
    }
    if run.environment.get("TERM") == Some("dumb") {
        return trouble("cannot be shown on a dumb terminal");
    }
    Ok(())
}

fn settings(run: &Invocation) -> Result<ConsoleSettings, Trouble> {
    let options = &run.settings.console;
    let screen = ScreenId::ALL.into_iter().find(|s| s.word() == options.screen).ok_or_else(|| {
        let words: Vec<&str> = ScreenId::ALL.into_iter().map(ScreenId::word).collect();
        Trouble::failed(format!("`console.screen` is `{}`, but must be one of {}", options.screen, words.join(", ")))
    })?;
    let color = run.globals.color.unwrap_or(run.settings.color);
    Ok(ConsoleSettings {
        theme: run.globals.theme.clone().or_else(|| Some(options.theme.clone())).filter(|theme| theme != "auto"),
        is_light: run.environment.has_light_background(),
        themes: own_themes(run)?,
        keymap: read(&run.places.keymap())?,
        colour: wants_color(color, run.environment.color, true),
        ascii: options.ascii.unwrap_or_else(|| run.environment.draws_only_ascii()),
        mouse: options.mouse,
        utc: options.utc,
        views: options.ticket_views.clone(),
        screen,
    })
}

fn own_themes(run: &Invocation) -> Result<Vec<(String, String)>, Trouble> {
    let Ok(folder) = fs::read_dir(run.places.themes()) else {
        return Ok(Vec::new());
    };
    let mut themes = Vec::new();
    for path in folder.filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".yaml")) else {
            continue;
        };
        if let Some(text) = read(&path)? {
            themes.push((name.to_owned(), text));
        }
    }
    themes.sort();
    Ok(themes)
}

/// The text of a file; none when there is no such file.
fn read(path: &std::path::Path) -> Result<Option<String>, Trouble> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::failed(format!("{}: {error}", path.display()))),
    }
}
