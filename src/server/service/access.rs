//! Signing in, staying signed in, signing out; and who a token or key belongs to.

use std::sync::PoisonError;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Core, Failure, Session, batch::Batch};
use crate::{
    domain::{
        access::User,
        refusal::{Refusal, RefusalCode},
        time::DAY,
    },
    server::{
        auth::{digest, hex},
        store::{Token, rows::TokenRow},
    },
};

/// How long a refresh token is good, in milliseconds.
const REFRESH_MS: i64 = 14 * DAY;
/// Longest name or password looked at, in bytes.
const INPUT_LIMIT: usize = 1024;
/// Said for an unknown name and a wrong password alike.
const WRONG: &str = "name or password is wrong";

impl Core {
    /// Sign in with a login name or e-mail address. Failures slow the next tries of that name down.
    ///
    /// # Errors
    /// Unauthenticated, in the same words for an unknown name and a wrong password; `too_many` when too many tries wait;
    /// `invalid` for a provider this core cannot ask.
    pub async fn login(&self, name: &str, password: &str, provider: Option<&str>) -> Result<Session, Failure> {
        if let Some(other) = provider.filter(|p| *p != "local") {
            let reason =
                format!("this core cannot sign anybody in by the provider {other}; it has local accounts only");
            return Err(Refusal::new(RefusalCode::Invalid, reason).into());
        }
        if name.len() > INPUT_LIMIT || password.len() > INPUT_LIMIT {
            return Err(Failure::Unauthenticated(WRONG.to_owned()));
        }
        let auth = &self.0.auth;
        let brake = || auth.brake.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = brake().admit(name, self.0.world.now());
        let Some(at) = admitted else {
            let reason = "too many failed tries for this name; wait half a minute";
            return Err(Refusal::new(RefusalCode::TooMany, reason).into());
        };
        if at > self.0.world.now() {
            self.0.world.sleep_until(at).await;
        }
        let account = auth.account_named(name);
        let hash = account.map(|account| account.password_hash.as_str());
        let right = auth.passwords.is_right(password, hash).await;
        let Some(account) = account.filter(|_| right) else {
            brake().failed(name, self.0.world.now());
            return Err(Failure::Unauthenticated(WRONG.to_owned()));
        };
        brake().succeeded(name);
        let user = account.user.clone();
        let family = self.0.world.id().to_string();
        self.start_session(user, family, None).await
    }

    /// A new session for a refresh token, which is good once. Using an old one again means that somebody copied it: then
    /// every token of that login is revoked.
    ///
    /// # Errors
    /// Unauthenticated when it is unknown, used or too old.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Session, Failure> {
        let hash = hex(&digest(refresh_token));
        let known = {
            let hash = hash.clone();
            self.0.write(move |batch| Ok(look_at(batch, &hash))).await?
        };
        let Some(token) = known else {
            return Err(Failure::Unauthenticated("this session cannot be continued; sign in again".to_owned()));
        };
        let Some(account) = self.0.auth.account(&token.user) else {
            return Err(Failure::Unauthenticated("this account is gone".to_owned()));
        };
        self.start_session(account.user.clone(), token.family, Some(hash)).await
    }

    /// End a login: its refresh token and all that came from the same login are good for nothing. Unknown ones are
    /// ignored.
    pub async fn logout(&self, refresh_token: &str) {
        let hash = hex(&digest(refresh_token));
        let ended = self
            .0
            .write(move |batch| {
                if let Some(family) = batch.truth.tokens.get(&hash).map(|token| token.family.clone()) {
                    revoke(batch, &family);
                }
                Ok(())
            })
            .await;
        if let Err(error) = ended {
            tracing::error!(%error, "a login was not ended");
        }
    }

    /// Who a session token belongs to.
    ///
    /// # Errors
    /// Unauthenticated, with what is wrong with the token.
    pub fn user_of(&self, bearer: &str) -> Result<User, Failure> {
        let id = self
            .0
            .auth
            .signer
            .check(bearer, self.0.world.now())
            .map_err(|reason| Failure::Unauthenticated(reason.to_owned()))?;
        let account = self.0.auth.account(&id);
        account
            .map(|account| account.user.clone())
            .ok_or_else(|| Failure::Unauthenticated("this account is gone".to_owned()))
    }

    /// The name of the operator key that was presented.
    ///
    /// # Errors
    /// Unauthenticated.
    pub fn operator_key(&self, presented: &str) -> Result<String, Failure> {
        let name = self.0.auth.operator_key(presented);
        name.map(str::to_owned).ok_or_else(|| Failure::Unauthenticated("this operator key is not known".to_owned()))
    }

    /// Everybody with an account, by login name, for those who assign.
    pub fn users(&self) -> Vec<User> {
        self.0.auth.users()
    }

    /// A session of `family`; `spent` is the refresh token that it comes from.
    async fn start_session(&self, user: User, family: String, spent: Option<String>) -> Result<Session, Failure> {
        let refresh_token = URL_SAFE_NO_PAD.encode(self.0.world.bytes::<32>());
        let hash = hex(&digest(&refresh_token));
        let id = user.id.clone();
        self.0
            .write(move |batch| {
                if let Some(spent) = spent {
                    // Looked at again: of two at once only one may go on.
                    if look_at(batch, &spent).is_none() {
                        return Err(Failure::Unauthenticated("this session cannot be continued; sign in again".into()));
                    }
                    if let Some(token) = batch.truth.tokens.get(&spent).cloned() {
                        keep(batch, spent, Token { used: true, ..token });
                    }
                }
                let expires = batch.now.plus(REFRESH_MS);
                keep(batch, hash, Token { family, user: id, expires, used: false });
                Ok(())
            })
            .await?;
        let (token, expires_at) = self.0.auth.signer.issue(&user.id, self.0.world.now());
        Ok(Session { token, refresh_token, expires_at, user })
    }
}

/// The token if it is good. A used one takes its whole family with it.
fn look_at(batch: &mut Batch<'_>, hash: &str) -> Option<Token> {
    let token = batch.truth.tokens.get(hash)?.clone();
    if token.used {
        revoke(batch, &token.family);
        return None;
    }
    (batch.now < token.expires).then_some(token)
}

fn revoke(batch: &mut Batch<'_>, family: &str) {
    let good: Vec<(String, Token)> = batch
        .truth
        .tokens
        .iter()
        .filter(|(_, token)| token.family == family && !token.used)
        .map(|(hash, token)| (hash.clone(), token.clone()))
        .collect();
    for (hash, token) in good {
        keep(batch, hash, Token { used: true, ..token });
    }
}

fn keep(batch: &mut Batch<'_>, hash: String, token: Token) {
    let row = TokenRow {
        family: token.family.clone(),
        user: token.user.0.clone(),
        expires: token.expires.ms(),
        used: token.used,
    };
    batch.rows.tokens.insert(hash.clone(), row);
    batch.truth.tokens.insert(hash, token);
}
