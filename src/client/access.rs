//! Who we are: signing in, keeping the token fresh, signing out.

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{
    Client,
    error::{ApiError, Kind},
    graphql::{self, access as documents},
};
use crate::domain::{
    access::User,
    time::{MINUTE, Timestamp},
};

/// A token is renewed when it has less than this left, in milliseconds.
const RENEW_BEFORE_MS: i64 = MINUTE;

/// A sign-in that worked.
#[derive(Clone, Debug)]
pub struct Session {
    /// Goes along with every call. Opaque.
    pub token: SecretString,
    /// Gets the next token, once; every renewal brings a new one.
    pub refresh_token: SecretString,
    /// When `token` ends, by the core's clock.
    pub expires_at: Timestamp,
    /// Who signed in.
    pub user: User,
}

/// The tokens in use. One renewal at a time: a refresh token is good for one use only.
#[derive(Default)]
pub(super) struct Access(Mutex<Tokens>);

#[derive(Default, Clone)]
struct Tokens {
    token: Option<SecretString>,
    refresh: Option<SecretString>,
    /// When to renew by our own clock; none where the lifetime is not known or makes no sense here.
    renew_at: Option<Timestamp>,
    /// The newest session, for those who store it.
    session: Option<Session>,
}

impl Access {
    pub fn with_token(token: Option<SecretString>) -> Self {
        Self(Mutex::new(Tokens { token, ..Tokens::default() }))
    }
}

impl Client {
    /// Sign in. The client keeps the token and renews it from now on.
    ///
    /// # Errors
    /// `Unauthenticated` for a wrong name or password, `TooMany` after several of those, or what went wrong on the way.
    pub async fn login(
        &self,
        name: &str,
        password: &SecretString,
        provider: Option<&str>,
    ) -> Result<Session, ApiError> {
        let variables =
            serde_json::json!({ "email": name, "password": password.expose_secret(), "provider": provider });
        let data: documents::LoginData = graphql::call(self, documents::LOGIN, variables, None, false).await?;
        let session = Session::from(data.login);
        self.adopt(session.clone()).await;
        Ok(session)
    }

    /// Go on with a session that was stored.
    pub async fn adopt(&self, session: Session) {
        let now = self.world().now();
        let mut tokens = self.access().0.lock().await;
        tokens.keep(session, now);
    }

    /// The session as it is after renewals, for those who store it; none when only a bare token is known.
    pub async fn session(&self) -> Option<Session> {
        self.access().0.lock().await.session.clone()
    }

    /// Sign out: the refresh token is no longer good, here and at the core.
    ///
    /// # Errors
    /// When the core could not be told; the tokens are forgotten here all the same.
    pub async fn logout(&self) -> Result<(), ApiError> {
        let tokens = std::mem::take(&mut *self.access().0.lock().await);
        let Some(refresh) = tokens.refresh else {
            return Ok(());
        };
        let variables = serde_json::json!({ "refreshToken": refresh.expose_secret() });
        let _: serde_json::Value =
            graphql::call(self, documents::LOGOUT, variables, tokens.token.as_ref(), false).await?;
        Ok(())
    }

    /// The token to send now, renewed first when it is about to end.
    pub(super) async fn token(&self) -> Result<Option<SecretString>, ApiError> {
        let mut tokens = self.access().0.lock().await;
        let due = tokens.renew_at.is_some_and(|at| self.world().now() >= at);
        if due {
            match self.renew(&mut tokens).await {
                // It may still be good for a while; the core decides.
                Ok(()) | Err(ApiError { kind: Kind::Unreachable | Kind::TimedOut, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(tokens.token.clone())
    }

    /// A token other than `refused`, which the core no longer takes; none when there is no way to get one.
    pub(super) async fn another_token(&self, refused: Option<&SecretString>) -> Option<SecretString> {
        let mut tokens = self.access().0.lock().await;
        let same = tokens.token.as_ref().map(ExposeSecret::expose_secret) == refused.map(ExposeSecret::expose_secret);
        if same {
            tokens.refresh.as_ref()?;
            self.renew(&mut tokens).await.ok()?;
        }
        tokens.token.clone()
    }

    async fn renew(&self, tokens: &mut Tokens) -> Result<(), ApiError> {
        let Some(refresh) = tokens.refresh.clone() else {
            return Ok(());
        };
        let variables = serde_json::json!({ "refreshToken": refresh.expose_secret() });
        match graphql::call::<documents::RefreshData>(self, documents::REFRESH, variables, None, false).await {
            Ok(data) => {
                tokens.keep(Session::from(data.refresh_token), self.world().now());
                Ok(())
            }
            Err(error) => {
                if error.kind == Kind::Unauthenticated {
                    *tokens = Tokens::default();
                }
                Err(error)
            }
        }
    }
}

impl Tokens {
    fn keep(&mut self, session: Session, now: Timestamp) {
        let left = session.expires_at.since(now);
        // With clocks far apart the lifetime says nothing; a refused call will tell.
        self.renew_at = (left > RENEW_BEFORE_MS).then(|| session.expires_at.plus(-RENEW_BEFORE_MS));
        self.token = Some(session.token.clone());
        self.refresh = Some(session.refresh_token.clone());
        self.session = Some(session);
    }
}
