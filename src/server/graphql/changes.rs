//! The one subscription.

use async_graphql::{Context, Result, SimpleObject, Subscription as SubscriptionRoot};
use futures_util::{Stream, stream};

use super::{invalid, user};
use crate::{
    domain::change::Seq,
    server::{
        stream::{Feed, Follower, Item},
        wire::change::ChangeView,
    },
};

/// All subscriptions.
pub struct Subscription;

/// One item of the log: a change, or the word that it cannot be followed.
#[derive(SimpleObject)]
pub struct ChangeItem {
    /// Why the log cannot be followed from where the caller was: take a new snapshot. The last item.
    resync: Option<String>,
    /// The next change.
    change: Option<ChangeView>,
}

#[SubscriptionRoot]
impl Subscription {
    /// Every change of the log `epoch` after `after`, in order, each once, without end.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        epoch: String,
        after: String,
    ) -> Result<impl Stream<Item = ChangeItem> + use<>> {
        user(ctx)?;
        let after = after.parse().map_err(|_| invalid(ctx, "`after` must be the digits of a place in the log"))?;
        let follower = ctx.data::<Feed>()?.follow(epoch, Seq(after));
        Ok(stream::unfold(follower, next))
    }
}

async fn next(mut follower: Follower) -> Option<(ChangeItem, Follower)> {
    let item = match follower.next().await? {
        Item::Change(packed) => ChangeItem { resync: None, change: Some(ChangeView::from(&*packed.change)) },
        Item::Resync(why) => ChangeItem { resync: Some(why), change: None },
    };
    Some((item, follower))
}
