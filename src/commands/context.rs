//! `context list|use|add|remove`.

use serde_json::json;

use super::{Exit, Invocation, Trouble};
use crate::{
    cli::ContextVerb,
    print::{Cell, Sheet, Tone, column},
    settings::{Context, Contexts, Sessions, contexts},
};

/// Do what the verb says.
///
/// # Errors
/// `NotFound` for an unknown name, Usage for an address that is none.
pub async fn run(run: &Invocation, verb: ContextVerb) -> Result<(), Trouble> {
    let file = run.places.contexts();
    let mut all = Contexts::load(&file).map_err(Trouble::failed)?;
    match verb {
        ContextVerb::List => return list(run, &all),
        ContextVerb::Use { name } => {
            known(&all, &name)?;
            run.printer.say(&format!("{name} is the current context"));
            all.current = Some(name);
        }
        ContextVerb::Add { name, address, production, always_read_only } => {
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(Trouble::new(Exit::Usage, "a context's name is one word"));
            }
            let url = contexts::address(&address).map_err(|e| Trouble::new(Exit::Usage, e))?;
            run.printer.say(&format!("{name} is {url}"));
            all.contexts.insert(name.clone(), Context { url, production, read_only: always_read_only });
            all.current.get_or_insert(name);
        }
        ContextVerb::Remove { name } => {
            let url = known(&all, &name)?.url.clone();
            run.confirm(&format!("Forget context {name} and the session at {url}?")).await?;
            all.contexts.remove(&name);
            if all.current.as_ref() == Some(&name) {
                all.current = None;
            }
            if all.named(&url).is_none() {
                forget_session(run, &url)?;
            }
            run.printer.say(&format!("{name} is forgotten"));
        }
    }
    all.save(&file).map_err(Trouble::failed)
}

fn known<'a>(all: &'a Contexts, name: &str) -> Result<&'a Context, Trouble> {
    all.contexts.get(name).ok_or_else(|| {
        Trouble::new(Exit::NotFound, format!("there is no context `{name}`")).hint("`itops context list` shows all")
    })
}

fn forget_session(run: &Invocation, url: &str) -> Result<(), Trouble> {
    let file = run.places.sessions();
    let mut sessions = Sessions::load(&file).map_err(Trouble::failed)?;
    if sessions.forget(url).is_some() {
        sessions.save(&file).map_err(Trouble::failed)?;
    }
    Ok(())
}

fn list(run: &Invocation, all: &Contexts) -> Result<(), Trouble> {
    let sessions = Sessions::load(&run.places.sessions()).map_err(Trouble::failed)?;
    let mut sheet = Sheet {
        kind: "contexts",
        columns: vec![column("CURRENT"), column("NAME"), column("ADDRESS"), column("USER"), column("MARKS")],
        when_empty: "no contexts yet; `itops login URL` makes one",
        ..Sheet::default()
    };
    let mut items = Vec::new();
    for (name, context) in &all.contexts {
        let current = all.current.as_ref() == Some(name);
        let user = sessions.of(&context.url).map(|s| s.user.clone());
        let marks = [(context.production, "production"), (context.read_only, "read-only")];
        let marks: Vec<&str> = marks.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        items.push(json!({
            "name": name, "url": context.url, "current": current, "user": user, "production": context.production,
            "readOnly": context.read_only,
        }));
        sheet.rows.push(vec![
            if current { "*" } else { "" }.into(),
            name.clone().into(),
            context.url.clone().into(),
            user.map_or(Cell::toned("nobody", Tone::Dim), Cell::from),
            marks.join(", ").into(),
        ]);
        sheet.names.push(name.clone());
    }
    sheet.json = items.into();
    run.print(&sheet)
}
