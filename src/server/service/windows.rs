//! Exclusion windows: opened and stopped by the domain's rules, told once, and counted from the next figures on.

use super::{
    Core, Failure,
    asked::{self, Asked},
    batch::Batch,
    corrections,
};
use crate::{
    domain::{
        attention::telling::Episode,
        change::Fact,
        refusal::{Refusal, RefusalCode},
        search::nearest,
        sla::{
            ExclusionWindow, NewWindow, WindowPhase, WindowScope,
            windows::{self, Keeper},
        },
    },
    server::store::idempotency::WindowNumber,
};

fn caller(by: &Keeper) -> String {
    match by {
        Keeper::User(user) => user.id.0.clone(),
        Keeper::Key(name) => format!("key:{name}"),
    }
}

/// The window of the first time, as it is now.
fn before(asked: &Asked, batch: &Batch<'_>) -> Result<Option<ExclusionWindow>, Refusal> {
    let number: Option<WindowNumber> = asked.before(batch)?;
    Ok(number.and_then(|number| batch.truth.estate.windows.get(&number.0)).cloned())
}

impl Core {
    /// Open a window. One for the past corrects the results that are kept.
    ///
    /// # Errors
    /// What [`windows::open`] refuses, `not_found` when there is nothing in its scope, or what the idempotency key says.
    pub async fn open_window(&self, by: Keeper, new: NewWindow, key: &str) -> Result<ExclusionWindow, Failure> {
        let asked = Asked::new(&caller(&by), key, &format!("open {new:?}"))?;
        if new.is_for_the_past(self.0.world.now()) {
            self.keep_what_was_told(&by).await?;
        }
        self.0
            .write(move |batch| {
                if let Some(answer) = before(&asked, batch)? {
                    return Ok(answer);
                }
                by.may_keep(new.is_for_the_past(batch.now))?;
                exists(batch, &new.scope)?;
                let id = batch.truth.promises.last_window + 1;
                let window = windows::open(new, id, &by, batch.truth.estate.windows.values(), batch.now)?;
                batch.truth.promises.last_window = id;
                if window.was_for_the_past() {
                    let span = window.span(batch.now);
                    let reason = format!("window {} for the {}: {}", window.id, window.scope, window.reason);
                    corrections::note(batch, groups_of(batch, &window.scope), span, by.actor(), reason);
                }
                asked.remember(batch, WindowNumber(window.id));
                record(batch, &by, window.clone());
                Ok(window)
            })
            .await
    }

    /// Stop a window; one that is still to come never begins; one that was for the past and is over is taken back, which
    /// corrects the results that are kept once more.
    ///
    /// # Errors
    /// `not_found`, what [`ExclusionWindow::stop`] refuses, or what the idempotency key says.
    pub async fn stop_window(&self, by: Keeper, id: u64, key: &str) -> Result<ExclusionWindow, Failure> {
        let asked = Asked::new(&caller(&by), key, &format!("stop {id}"))?;
        let now = self.0.world.now();
        let known = self.read(|estate| estate.windows.get(&id).cloned()).await;
        if known.is_some_and(|w| w.is_to_take_back(now)) {
            self.keep_what_was_told(&by).await?;
        }
        self.0
            .write(move |batch| {
                if let Some(answer) = before(&asked, batch)? {
                    return Ok(answer);
                }
                by.may_keep(false)?;
                let Some(window) = batch.truth.estate.windows.get(&id) else {
                    return Err(Refusal::new(RefusalCode::NotFound, format!("there is no window {id}")).into());
                };
                let (was, span) = (window.phase(batch.now), window.span(batch.now));
                let window = window.stop(&by, batch.now)?;
                if was == WindowPhase::Past {
                    let reason =
                        format!("window {} for the {} was taken back: {}", window.id, window.scope, window.reason);
                    corrections::note(batch, groups_of(batch, &window.scope), span, by.actor(), reason);
                }
                asked.remember(batch, WindowNumber(window.id));
                record(batch, &by, window.clone());
                Ok(window)
            })
            .await
    }

    /// Before the past is corrected: what was told of it is kept, so that there is something to correct.
    async fn keep_what_was_told(&self, by: &Keeper) -> Result<(), Failure> {
        by.may_keep(true)?;
        self.close_periods_at_once().await
    }

    /// Stop every window that is in force for exactly this scope.
    ///
    /// # Errors
    /// `not_found` when none is, what [`ExclusionWindow::stop`] refuses, or what the idempotency key says.
    pub async fn stop_windows_of(
        &self,
        by: Keeper,
        scope: WindowScope,
        key: &str,
    ) -> Result<Vec<ExclusionWindow>, Failure> {
        let asked = Asked::new(&caller(&by), key, &format!("stop of {scope}"))?;
        self.0
            .write(move |batch| {
                if let Some(first) = before(&asked, batch)? {
                    // One act stopped them all, at one moment.
                    let all = batch.truth.estate.windows.values();
                    return Ok(all.filter(|w| w.scope == scope && w.stopped == first.stopped).cloned().collect());
                }
                by.may_keep(false)?;
                let active = batch.truth.estate.active_windows(batch.now);
                let open: Vec<ExclusionWindow> = active.into_iter().filter(|w| w.scope == scope).cloned().collect();
                if open.is_empty() {
                    let reason = format!("no window is open for the {scope}");
                    return Err(Refusal::new(RefusalCode::NotFound, reason).into());
                }
                let mut stopped = Vec::with_capacity(open.len());
                for window in open {
                    let window = window.stop(&by, batch.now)?;
                    record(batch, &by, window.clone());
                    stopped.push(window);
                }
                if let Some(first) = stopped.first() {
                    asked.remember(batch, WindowNumber(first.id));
                }
                Ok(stopped)
            })
            .await
    }

    /// The window that this caller's write under this key made or stopped in the last 24 hours; none when it never
    /// arrived.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn window_write(&self, by: &Keeper, key: &str) -> Result<Option<ExclusionWindow>, Failure> {
        let (caller, key) = (caller(by), key.to_owned());
        self.0
            .write(move |batch| {
                let number: Option<WindowNumber> = asked::answer(batch, &caller, &key);
                Ok(number.and_then(|number| batch.truth.estate.windows.get(&number.0)).cloned())
            })
            .await
    }

    /// Have the figures made anew where a planned window began or ended by itself. Runs by itself every few seconds.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn settle_windows(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                let now = batch.now;
                let since = std::mem::replace(&mut batch.truth.session.windows_at, now);
                let passed = |at: crate::domain::time::Timestamp| since < at && at <= now;
                let moved = batch.truth.estate.windows.values().filter(|w| passed(w.from) || w.to.is_some_and(passed));
                let scopes: Vec<WindowScope> = moved.map(|w| w.scope.clone()).collect();
                if !scopes.is_empty() {
                    batch.stirred.extend(Episode::of_silence(&batch.truth.estate));
                }
                for scope in scopes {
                    let groups = groups_of(batch, &scope);
                    batch.touched.extend(groups);
                }
                Ok(())
            })
            .await
    }
}

fn record(batch: &mut Batch<'_>, by: &Keeper, window: ExclusionWindow) {
    let body = batch.text(&window);
    let row = (window.from.ms(), window.to.map(crate::domain::time::Timestamp::ms), body);
    batch.rows.promises.windows.insert(super::batch::signed(window.id), row);
    let groups = groups_of(batch, &window.scope);
    batch.touched.extend(groups);
    batch.emit(by.actor(), Fact::WindowChanged(Box::new(window)));
}

/// Groups whose figures a window of this scope is in.
fn groups_of(batch: &Batch<'_>, scope: &WindowScope) -> Vec<String> {
    let memberships = batch.truth.memberships.iter();
    match scope {
        WindowScope::Group(name) => vec![name.clone()],
        _ => memberships
            .filter(|(_, members)| members.keys().any(|path| scope.covers(path)))
            .map(|(name, _)| name.clone())
            .collect(),
    }
}

/// A window for nothing would take out nothing and look as if it did.
fn exists(batch: &Batch<'_>, scope: &WindowScope) -> Result<(), Refusal> {
    let estate = &batch.truth.estate;
    let (is_there, near) = match scope {
        WindowScope::Group(name) => {
            (batch.truth.groups.contains_key(name), nearest(name, batch.truth.groups.keys().map(String::as_str)))
        }
        WindowScope::Service(path) => (
            estate.services.contains_key(path),
            nearest(path.as_str(), estate.services.keys().map(crate::domain::hierarchy::ServicePath::as_str)),
        ),
        WindowScope::Node(_) => (estate.services.keys().any(|path| scope.covers(path)), None),
    };
    if is_there {
        return Ok(());
    }
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Err(Refusal::new(RefusalCode::NotFound, format!("there is no {scope}{near}")))
}
