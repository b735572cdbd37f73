//! Signing in and who one is.

use async_graphql::{Context, Object, Result};

use super::{LOGIN_COST, core, refuse, user};
use crate::{
    domain::text::clean_line,
    server::wire::access::{SessionView, UserView},
};

/// Queries on the caller.
#[derive(Default)]
pub struct AccessQuery;

#[Object]
impl AccessQuery {
    /// Who is signed in.
    async fn me(&self, ctx: &Context<'_>) -> Result<UserView> {
        Ok(user(ctx)?.clone().into())
    }
}

/// Signing in and out.
#[derive(Default)]
pub struct AccessMutation;

#[Object]
impl AccessMutation {
    /// Sign in. `email` takes the login name or the address.
    #[graphql(complexity = "LOGIN_COST + child_complexity")]
    async fn login(
        &self,
        ctx: &Context<'_>,
        email: String,
        password: String,
        provider: Option<String>,
    ) -> Result<SessionView> {
        let name = clean_line(email.trim());
        let provider = provider.map(|p| clean_line(&p).into_owned());
        let session = core(ctx)?.login(&name, &password, provider.as_deref()).await;
        session.map(Into::into).map_err(|e| refuse(ctx, e))
    }

    /// The next session for a refresh token. Each token is good once; a second use ends all that came from it.
    async fn refresh_token(&self, ctx: &Context<'_>, refresh_token: String) -> Result<SessionView> {
        core(ctx)?.refresh(&refresh_token).await.map(Into::into).map_err(|e| refuse(ctx, e))
    }

    /// Sign out: the refresh token and all that came from it are no longer good.
    async fn logout(&self, ctx: &Context<'_>, refresh_token: String) -> Result<bool> {
        core(ctx)?.logout(&refresh_token).await;
        Ok(true)
    }
}
