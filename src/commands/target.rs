//! Which core is meant, and the client that talks to it.

use std::{
    fs::File,
    sync::{Mutex, PoisonError},
};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Exit, Invocation, Trouble};
use crate::{
    client::{Client, Connection, Session, Writer},
    domain::{
        access::{Level, User, UserId},
        time::{MINUTE, Timestamp},
    },
    settings::{Context, Contexts, Sessions, Stored, contexts},
};

/// A session that ends sooner than this is renewed under a lock, so that two commands do not use up one refresh token.
const RENEWED_UNDER_LOCK_MS: i64 = 2 * MINUTE;

/// A core that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, when it was chosen by name.
    pub name: Option<String>,
    /// Its address, in the form sessions are stored under.
    pub url: String,
    /// Everything in it counts as production.
    pub production: bool,
    /// Nothing may be written.
    pub read_only: bool,
}

/// A client with the sign-in it was given.
pub struct Signed {
    /// Ready to call.
    pub client: Client,
    /// Which core.
    pub target: Target,
    /// Refresh token as it was stored; none when the sign-in is not ours to store.
    stored: Mutex<Option<SecretString>>,
}

impl Invocation {
    /// The core that is meant: flags, then the environment, then the current context.
    ///
    /// # Errors
    /// Usage, when none is named or the name is unknown.
    pub fn target(&self) -> Result<Target, Trouble> {
        let contexts = Contexts::load(&self.places.contexts()).map_err(Trouble::failed)?;
        let env = &self.environment;
        let chosen = match (&self.globals.url, &self.globals.context) {
            (Some(url), _) => Chosen::Address(url),
            (None, Some(name)) => Chosen::Name(name),
            (None, None) => match (&env.url, &env.context, &contexts.current) {
                (Some(url), ..) => Chosen::Address(url),
                (None, Some(name), _) | (None, None, Some(name)) => Chosen::Name(name),
                (None, None, None) => {
                    return Err(Trouble::new(Exit::Usage, "no core is chosen")
                        .hint("run `itops login URL`, give --url or set ITOPS_URL; `itops demo` needs none"));
                }
            },
        };
        chosen.resolve(&contexts, self.globals.read_only)
    }

    /// A client for the chosen core with the sign-in there is: ITOPS_TOKEN, else the stored session of its address.
    ///
    /// # Errors
    /// When no core is chosen, nobody is signed in there, or the stored session cannot be used.
    pub async fn signed_in(&self) -> Result<Signed, Trouble> {
        let target = self.target()?;
        if let Some(token) = &self.environment.token {
            let client = self.client(&target, Some(token.clone()))?;
            return Ok(Signed { client, target, stored: Mutex::default() });
        }
        let client = self.client(&target, None)?;
        let stored = self.session_of(&target)?;
        let refresh = SecretString::from(stored.refresh_token.clone());
        let signed = Signed { client, target, stored: Mutex::new(Some(refresh)) };
        if stored.expires_at_ms - self.world.now().ms() < RENEWED_UNDER_LOCK_MS {
            self.renew_alone(&signed).await?;
        } else {
            signed.client.adopt(session(&stored)).await;
        }
        Ok(signed)
    }

    /// A client without any sign-in.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub fn client(&self, target: &Target, token: Option<SecretString>) -> Result<Client, Trouble> {
        let connection = Connection {
            url: Url::parse(&target.url).map_err(|e| Trouble::new(Exit::Usage, format!("`{}`: {e}", target.url)))?,
            token,
            timeout_ms: self.timeout_ms(),
            read_only: target.read_only,
            ca_file: None,
        };
        Ok(Client::new(connection, self.world.clone())?)
    }

    /// Keep what renewals made of the sign-in while a command ran.
    ///
    /// # Errors
    /// When the session file cannot be written.
    pub async fn keep_renewed(&self, signed: &Signed) -> Result<(), Trouble> {
        let Some(now) = signed.client.session().await else {
            return Ok(());
        };
        if !signed.is_newer(&now.refresh_token) {
            return Ok(());
        }
        self.store(&signed.target.url, &now)?;
        signed.remember(now.refresh_token);
        Ok(())
    }

    /// Store a session under its address.
    ///
    /// # Errors
    /// When the session file cannot be written.
    pub fn store(&self, url: &str, session: &Session) -> Result<(), Trouble> {
        let file = self.places.sessions();
        let mut sessions = Sessions::load(&file).map_err(Trouble::failed)?;
        sessions.keep(url, stored(session));
        sessions.save(&file).map_err(Trouble::failed)
    }

    fn session_of(&self, target: &Target) -> Result<Stored, Trouble> {
        let sessions = Sessions::load(&self.places.sessions()).map_err(Trouble::failed)?;
        sessions.of(&target.url).cloned().ok_or_else(|| {
            Trouble::new(Exit::Denied, format!("nobody is signed in at {}", target.url))
                .hint(format!("run `itops login {}` or set ITOPS_TOKEN", target.url))
        })
    }

    async fn renew_alone(&self, signed: &Signed) -> Result<(), Trouble> {
        let path = self.places.sessions().with_extension("lock");
        let lock = tokio::task::spawn_blocking(move || {
            let file = File::create(path)?;
            file.lock()?;
            Ok::<File, std::io::Error>(file)
        });
        let lock = lock.await.map_err(|e| Trouble::failed(e.to_string()))?;
        let lock = lock.map_err(|e| Trouble::failed(format!("the session file cannot be locked: {e}")))?;
        // Somebody else may have renewed it while we waited.
        let stored = self.session_of(&signed.target)?;
        signed.remember(stored.refresh_token.clone().into());
        signed.client.adopt(session(&stored)).await;
        let met = signed.client.me().await;
        self.keep_renewed(signed).await?;
        drop(lock);
        met.map(drop).map_err(Trouble::from)
    }
}

impl Signed {
    fn remember(&self, refresh: SecretString) {
        *self.stored.lock().unwrap_or_else(PoisonError::into_inner) = Some(refresh);
    }

    /// Whether `refresh` is another one than is stored; never so for a sign-in that is not ours to store.
    fn is_newer(&self, refresh: &SecretString) -> bool {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.as_ref().is_some_and(|was| was.expose_secret() != refresh.expose_secret())
    }

    /// The half that writes.
    ///
    /// # Errors
    /// Denied, in read-only mode.
    pub fn writer(&self) -> Result<Writer, Trouble> {
        self.client.writer().ok_or_else(|| {
            Trouble::new(Exit::Denied, "this is read-only: nothing is written")
                .hint("leave out --read-only, or use a context that may write")
        })
    }
}

enum Chosen<'a> {
    Address(&'a str),
    Name(&'a str),
}

impl Chosen<'_> {
    fn resolve(self, contexts: &Contexts, read_only: bool) -> Result<Target, Trouble> {
        let (name, context) = match self {
            Self::Name(name) => {
                let context = contexts.contexts.get(name).ok_or_else(|| {
                    Trouble::new(Exit::Usage, format!("there is no context `{name}`"))
                        .hint("`itops context list` shows all")
                })?;
                (Some(name.to_owned()), context.clone())
            }
            Self::Address(text) => {
                let url = contexts::address(text).map_err(|e| Trouble::new(Exit::Usage, e))?;
                // What is known of this address holds however it was named.
                let name = contexts.named(&url).map(str::to_owned);
                let known = name.as_ref().and_then(|n| contexts.contexts.get(n)).cloned();
                (name, known.unwrap_or(Context { url, ..Context::default() }))
            }
        };
        Ok(Target { name, url: context.url, production: context.production, read_only: read_only || context.read_only })
    }
}

fn session(stored: &Stored) -> Session {
    Session {
        token: stored.token.clone().into(),
        refresh_token: stored.refresh_token.clone().into(),
        expires_at: Timestamp::from_ms(stored.expires_at_ms),
        user: User {
            id: UserId(stored.user_id.clone()),
            name: stored.user.clone(),
            email: String::new(),
            level: Level::from_group(&stored.group).unwrap_or_default(),
            superadmin: false,
            read_only: false,
        },
    }
}

fn stored(session: &Session) -> Stored {
    Stored {
        user: session.user.name.clone(),
        user_id: session.user.id.0.clone(),
        group: session.user.level.group().to_owned(),
        token: session.token.expose_secret().to_owned(),
        refresh_token: session.refresh_token.expose_secret().to_owned(),
        expires_at_ms: session.expires_at.ms(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contexts() -> Contexts {
        let mut all = Contexts::default();
        let prod = Context { url: "https://ops.example.org".into(), production: true, read_only: true };
        all.contexts.insert("prod".into(), prod);
        all
    }

    #[test]
    fn what_is_known_of_an_address_holds_however_it_was_named() {
        let by_url = Chosen::Address("https://OPS.example.org/").resolve(&contexts(), false).unwrap();
        assert_eq!(by_url.name.as_deref(), Some("prod"));
        assert!(by_url.production && by_url.read_only, "naming the address must not lift the context's lock");
        assert_eq!(Chosen::Name("prod").resolve(&contexts(), false).unwrap(), by_url);
    }

    #[test]
    fn an_unknown_name_is_a_usage_error_and_an_unknown_address_is_not() {
        assert_eq!(Chosen::Name("nope").resolve(&contexts(), false).unwrap_err().exit, Exit::Usage);
        let other = Chosen::Address("http://127.0.0.1:8080").resolve(&contexts(), true).unwrap();
        assert_eq!((other.name, other.read_only, other.production), (None, true, false));
    }
}
