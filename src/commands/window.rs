//! `window list|start|stop`. Times are read, and windows told past, open or planned, by the clock of the core.

use serde_json::{Value, json};

use super::{Exit, Invocation, Trouble, service, target::Signed};
use crate::{
    cli::window::{ScopeArgs, StartArgs, StopArgs, WindowVerb},
    client::{ApiError, Kind},
    console::{times, windows},
    domain::{
        estate::{Estate, Snapshot},
        refusal::RefusalCode,
        sla::{ExclusionWindow, NewWindow, WindowEnd, WindowPhase, WindowScope},
        time::{MINUTE, Timestamp},
    },
    print::{
        Cell, Sheet, Tone, column, figures,
        time::{ago, rfc3339},
        wide,
    },
};

/// Do what the verb says.
///
/// # Errors
/// Usage for times and paths that are none, Denied without the right, Declined when the name is not typed, and what the
/// client says.
pub async fn run(run: &Invocation, verb: WindowVerb) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    let done = match verb {
        WindowVerb::List { phase } => list(run, &signed, phase).await,
        WindowVerb::Start(args) => start(run, &signed, args).await,
        WindowVerb::Stop(args) => stop(run, &signed, args).await,
    };
    run.keep_renewed(&signed).await?;
    done
}

async fn list(run: &Invocation, signed: &Signed, phase: Option<WindowPhase>) -> Result<(), Trouble> {
    let Snapshot { at: now, estate, .. } = signed.client.snapshot().await?;
    let mut windows: Vec<ExclusionWindow> = estate.windows.into_values().collect();
    windows.retain(|w| phase.is_none_or(|phase| w.phase(now) == phase));
    windows.sort_by_key(|w| (w.phase(now), std::cmp::Reverse(w.from), w.id));
    run.print(&sheet(&windows, now))
}

async fn start(run: &Invocation, signed: &Signed, args: StartArgs) -> Result<(), Trouble> {
    let writer = signed.writer()?;
    let usage = |message: String| Trouble::new(Exit::Usage, message);
    let Snapshot { at: now, estate, .. } = signed.client.snapshot().await?;
    let scope = scope(&estate, &args.scope)?
        .ok_or_else(|| usage("say what the window is for".to_owned()).hint("--service, --node or --group"))?;
    let from = args.from.as_deref().map(|text| times::read(text, now).ok_or_else(|| no_time(text))).transpose()?;
    let to = args.to.as_deref().map(|text| times::end(text, from, now).ok_or_else(|| no_time(text))).transpose()?;
    let new = NewWindow { scope, from, to, reason: args.reason };
    if new.is_for_the_past(now) {
        let what = format!("Take a time of the past out of the {}? Results that are kept are corrected.", new.scope);
        run.confirm_by_name(&what, new.scope.name()).await?;
    }
    let is_length = |given: &Option<String>| given.as_deref().is_some_and(|text| times::length(text).is_some());
    let lengths = (is_length(&args.from), is_length(&args.to));
    let key = key(run, args.idempotency_key);
    let asked_at = now;
    let opened = match writer.open_window(&new, &key).await {
        Err(error) if error.kind == Kind::Refused(RefusalCode::KeyReused) => {
            match as_first_asked(signed, (&new, asked_at), lengths, &key).await {
                Some(asked) => writer.open_window(&asked, &key).await,
                None => Err(error),
            }
        }
        sent => sent,
    };
    wrote(run, settled(signed, opened, &key).await?)
}

/// What was asked under this key before, where it can have been the same: a moment that was written as a length from now is
/// what it was then. The core judges whether it is the same, and then answers what came of it.
async fn as_first_asked(
    signed: &Signed,
    (new, now): (&NewWindow, Timestamp),
    (from, to): (bool, bool),
    key: &str,
) -> Option<NewWindow> {
    let first = signed.client.window_write(key).await.ok().flatten().filter(|_| from || to)?;
    let is_as_long = |asked: Option<Timestamp>, then: Option<Timestamp>| match (asked, then) {
        (Some(asked), Some(then)) => is_same_length(asked.since(now), then.since(first.opened_at)),
        (asked, then) => asked == then,
    };
    let end = match new.to {
        Some(WindowEnd::At(at)) => Some(at),
        // The same length again would have been the same request.
        Some(WindowEnd::After(_)) => return None,
        None => None,
    };
    if (from && !is_as_long(new.from, Some(first.from))) || (to && !is_as_long(end, first.to)) {
        return None;
    }
    Some(NewWindow {
        from: if from { Some(first.from) } else { new.from },
        to: if to { first.to.map(WindowEnd::At) } else { new.to },
        ..new.clone()
    })
}

/// Whether two lengths in milliseconds were written as the same one: between reading the clock and the write lies a moment.
pub(super) const fn is_same_length(one: i64, other: i64) -> bool {
    (one - other).abs() < MINUTE
}

async fn stop(run: &Invocation, signed: &Signed, args: StopArgs) -> Result<(), Trouble> {
    let writer = signed.writer()?;
    let id = match args.number {
        Some(number) => number,
        None => {
            let snapshot = signed.client.snapshot().await?;
            match stopped_before(signed, &snapshot, &args).await? {
                Some(id) => id,
                None => the_open_one(&snapshot, &args.scope)?,
            }
        }
    };
    let key = key(run, args.idempotency_key);
    let stopped = writer.stop_window(id, &key).await;
    wrote(run, settled(signed, stopped, &key).await?)
}

/// The number of the window that was written under this key before, when it is for what is named: it is not open any more,
/// and the core answers again what it answered then.
async fn stopped_before(signed: &Signed, snapshot: &Snapshot, args: &StopArgs) -> Result<Option<u64>, Trouble> {
    let Some(key) = &args.idempotency_key else { return Ok(None) };
    let Some(written) = signed.client.window_write(key).await? else { return Ok(None) };
    let is_the_same = scope(&snapshot.estate, &args.scope)?.is_none_or(|scope| scope == written.scope);
    if is_the_same {
        return Ok(Some(written.id));
    }
    let message =
        format!("the key {key} was used for another request: it wrote window {} for the {}", written.id, written.scope);
    Err(Trouble::new(Exit::Conflict, message).hint("give every request a key of its own"))
}

/// The number of the one window that is open for what is named.
fn the_open_one(snapshot: &Snapshot, args: &ScopeArgs) -> Result<u64, Trouble> {
    let scope = scope(&snapshot.estate, args)?.ok_or_else(|| {
        Trouble::new(Exit::Usage, "say which window").hint("its number, or --service, --node, --group")
    })?;
    let open = snapshot.estate.active_windows(snapshot.at).into_iter().filter(|w| w.scope == scope);
    match open.map(|w| w.id).collect::<Vec<_>>().as_slice() {
        [] => Err(Trouble::new(Exit::NotFound, format!("no window is open for the {scope}"))),
        [only] => Ok(*only),
        several => {
            let numbers = several.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("several windows are open for the {scope}: {numbers}");
            Err(Trouble::new(Exit::Usage, message).hint("name one by its number"))
        }
    }
}

/// What is named; a service also by its last segment when that is unique.
fn scope(estate: &Estate, args: &ScopeArgs) -> Result<Option<WindowScope>, Trouble> {
    match &args.service {
        Some(text) if !text.contains('/') => Ok(Some(WindowScope::Service(service::find(estate, text)?.path.clone()))),
        _ => args.read().map_err(|message| Trouble::new(Exit::Usage, message)),
    }
}

fn key(run: &Invocation, given: Option<String>) -> String {
    given.unwrap_or_else(|| run.world.id().to_string())
}

/// A lost answer is settled by asking for it; nothing is sent twice.
async fn settled(
    signed: &Signed,
    sent: Result<ExclusionWindow, ApiError>,
    key: &str,
) -> Result<ExclusionWindow, Trouble> {
    match sent {
        Err(error) if error.kind == Kind::Unknown => match signed.client.window_write(key).await {
            Ok(Some(window)) => Ok(window),
            _ => Err(Trouble::from(error).hint(format!(
                "the core does not know of it yet, or cannot be asked; the same command with --idempotency-key {key} \
                 does it once, whether it arrived or not"
            ))),
        },
        other => Ok(other?),
    }
}

/// What a write did: a sentence for people, the window for programs.
fn wrote(run: &Invocation, window: ExclusionWindow) -> Result<(), Trouble> {
    // When it was written, by the clock of the core.
    let now = window.stopped.as_ref().map_or(window.opened_at, |(_, at)| *at);
    if run.printer.for_people() {
        return run.print_text(&format!("{}\n", windows::sentence(&window, now)));
    }
    run.print(&Sheet { kind: "window", json: dto(&window, now), ..sheet(&[window], now) })
}

/// What is neither RFC 3339 nor a length from now with its sign.
fn no_time(text: &str) -> Trouble {
    Trouble::new(Exit::Usage, format!("`{text}` is no time"))
        .hint("write 2026-11-27T22:00:00Z, or a length from now such as +30m or -2h")
}

/// Windows as a table.
pub(super) fn sheet(windows: &[ExclusionWindow], now: Timestamp) -> Sheet {
    let row = |w: &ExclusionWindow| {
        let phase = w.phase(now);
        let tone = match phase {
            WindowPhase::Active => Tone::Warn,
            WindowPhase::Planned => Tone::Plain,
            WindowPhase::Past | WindowPhase::Cancelled => Tone::Dim,
        };
        let end = match w.to {
            _ if phase == WindowPhase::Cancelled && w.was_for_the_past() => "taken back".to_owned(),
            _ if phase == WindowPhase::Cancelled => "never began".to_owned(),
            None => "when it is stopped".to_owned(),
            Some(to) => ago(to, now),
        };
        let end = Cell::valued(end, w.to.map(rfc3339));
        let (from, to) = w.span(now);
        vec![
            w.id.to_string().into(),
            Cell::toned(phase.word(), tone),
            w.scope.kind().into(),
            w.scope.name().into(),
            Cell::moment(w.from, now),
            end,
            Cell::length(to.since(from)),
            w.opened_by.name().into(),
            w.reason.as_str().into(),
            w.stopped.as_ref().map_or("", |(actor, _)| actor.name()).into(),
        ]
    };
    Sheet {
        kind: "windows",
        json: windows.iter().map(|w| dto(w, now)).collect(),
        columns: vec![
            figures("NO"),
            column("PHASE"),
            column("FOR"),
            column("NAME"),
            column("FROM"),
            column("TO"),
            figures("LENGTH").counted_in("seconds"),
            column("BY"),
            column("WHY"),
            wide("STOPPED BY"),
        ],
        rows: windows.iter().map(row).collect(),
        names: windows.iter().map(|w| w.id.to_string()).collect(),
        when_empty: "there are no exclusion windows",
        ..Sheet::default()
    }
}

fn dto(w: &ExclusionWindow, now: Timestamp) -> Value {
    json!({
        "id": w.id,
        "scope": w.scope.kind(),
        "name": w.scope.name(),
        "phase": w.phase(now).word(),
        "from": rfc3339(w.from),
        "to": w.to.map(rfc3339),
        "reason": w.reason,
        "openedBy": w.opened_by.name(),
        "openedAt": rfc3339(w.opened_at),
        "stoppedBy": w.stopped.as_ref().map(|(actor, _)| actor.name()),
        "stoppedAt": w.stopped.as_ref().map(|(_, at)| rfc3339(*at)),
        "forThePast": w.was_for_the_past(),
    })
}
