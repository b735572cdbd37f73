//! `login`, `logout`, `whoami`.

use serde_json::json;

use super::{Exit, Invocation, Trouble, prompt, target::Target};
use crate::{
    cli::LoginArgs,
    client::Kind,
    domain::access::User,
    print::{Sheet, column},
    settings::{Context, Contexts, Sessions, contexts},
};

/// Sign in and keep the session.
///
/// # Errors
/// Denied for a wrong name or password, Usage when something would have to be asked.
pub async fn login(run: &Invocation, args: LoginArgs) -> Result<(), Trouble> {
    if run.environment.token.is_some() {
        return Err(Trouble::new(Exit::Usage, "ITOPS_TOKEN is set: with it no session is stored")
            .hint("unset ITOPS_TOKEN to sign in"));
    }
    let target = match &args.address {
        Some(text) => {
            let url = contexts::address(text).map_err(|e| Trouble::new(Exit::Usage, e))?;
            Target { name: None, url, production: false, read_only: false }
        }
        None => run.target()?,
    };
    let client = run.client(&target, None)?;
    let user = match args.user {
        Some(user) => user,
        None => run.ask_line(&format!("User at {}: ", target.url), "--user").await?,
    };
    let password = if args.password_stdin {
        prompt::secret_from_stdin().await?
    } else {
        run.ask_secret(&format!("Password of {user}: "), "--password-stdin").await?
    };
    let session = client.login(&user, &password, args.provider.as_deref()).await.map_err(|error| {
        let wrong = error.kind == Kind::Unauthenticated;
        let trouble = Trouble::from(error);
        if wrong { trouble.hint("check the name and the password") } else { trouble }
    })?;
    run.store(&target.url, &session)?;
    let name = remember(run, &target)?;
    run.printer.say(&format!(
        "signed in as {} ({}) at {}, context {name}",
        session.user.name,
        level(&session.user),
        target.url
    ));
    Ok(())
}

/// The context of this address, made when there is none, is the current one from now on.
fn remember(run: &Invocation, target: &Target) -> Result<String, Trouble> {
    let file = run.places.contexts();
    let mut all = Contexts::load(&file).map_err(Trouble::failed)?;
    let name = match all.named(&target.url) {
        Some(name) => name.to_owned(),
        None => {
            let host = target.url.split("://").nth(1).unwrap_or(&target.url).to_owned();
            let taken = all.contexts.contains_key(&host);
            let name = if taken { target.url.clone() } else { host };
            all.contexts.insert(name.clone(), Context { url: target.url.clone(), ..Context::default() });
            name
        }
    };
    all.current = Some(name.clone());
    all.save(&file).map_err(Trouble::failed)?;
    Ok(name)
}

/// End the session at the core and forget it here.
///
/// # Errors
/// When the session file cannot be written. A core that cannot be told is only mentioned.
pub async fn logout(run: &Invocation) -> Result<(), Trouble> {
    let signed = run.signed_in().await;
    let target = run.target()?;
    if let Ok(signed) = &signed
        && let Err(error) = signed.client.logout().await
    {
        run.printer.say(&format!("the core could not be told ({error}); its session ends by itself"));
    }
    let file = run.places.sessions();
    let mut sessions = Sessions::load(&file).map_err(Trouble::failed)?;
    if sessions.forget(&target.url).is_none() {
        run.printer.say(&format!("nobody was signed in at {}", target.url));
        return Ok(());
    }
    sessions.save(&file).map_err(Trouble::failed)?;
    run.printer.say(&format!("signed out at {}", target.url));
    Ok(())
}

/// Who is signed in, where, with what rights.
///
/// # Errors
/// Denied, when nobody is.
pub async fn whoami(run: &Invocation) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    let user = signed.client.me().await?;
    run.keep_renewed(&signed).await?;
    let target = &signed.target;
    let read_only = target.read_only || user.read_only;
    let row = |name: &str, value: String| vec![name.into(), value.into()];
    run.print(&Sheet {
        kind: "user",
        json: json!({
            "id": user.id.0, "name": user.name, "email": user.email, "group": user.level.group(),
            "superadmin": user.superadmin, "readOnly": read_only, "url": target.url, "context": target.name,
            "production": target.production,
        }),
        columns: vec![column(""), column("")],
        rows: vec![
            row("user", user.name.clone()),
            row("id", user.id.0.clone()),
            row("rights", level(&user)),
            row("core", target.url.clone()),
            row("context", target.name.clone().unwrap_or_else(|| "none".to_owned())),
            row("writes", if read_only { "no, read-only".to_owned() } else { "yes".to_owned() }),
        ],
        names: vec![user.name.clone()],
        ..Sheet::default()
    })
}

fn level(user: &User) -> String {
    let group = user.level.group();
    if user.superadmin { format!("{group}, superadmin") } else { group.to_owned() }
}
