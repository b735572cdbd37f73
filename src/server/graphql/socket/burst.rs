//! Changes on their way to one caller: who waited for news gets them at once, what follows soon after goes together. A
//! flush costs more than the changes in it.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Message;
use futures_util::{Sink, SinkExt};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{End, timed};
use crate::server::stream::{Follower, Item, Packed};

/// Changes written before the socket is flushed and looked at again.
const BURST: usize = 512;
/// What comes this soon after a flush is gathered for the next one.
const GATHER: Duration = Duration::from_millis(4);
/// So many changes at once are a storm: nobody reads them one by one, and their flushes would take the processor from those
/// who report.
const STORM: usize = 32;
/// What is gathered in a storm; about a frame of a screen.
const GATHER_IN_STORM: Duration = Duration::from_millis(16);

/// When changes go out.
#[derive(Default)]
pub struct Pace {
    /// Until when what comes is gathered.
    gather: Option<Instant>,
}

impl Pace {
    /// The wait before the next news; none where nothing was flushed yet, over at once where that was long ago.
    pub fn gathering(&self) -> Option<Sleep> {
        self.gather.map(sleep_until)
    }

    /// Write a change and what follows it already, then flush once.
    pub async fn write<S>(
        &mut self,
        to: &mut S,
        id: &str,
        follower: &mut Follower,
        first: Arc<Packed>,
    ) -> Result<(), End>
    where
        S: Sink<Message> + Unpin,
    {
        let (mut written, mut next) = (0, Some(first));
        while let Some(packed) = next {
            timed(to.feed(Message::Text(packed.frame(id)))).await?;
            written += 1;
            next = if written < BURST { follower.ready() } else { None };
        }
        timed(to.flush()).await?;
        self.gather = match written {
            // The rest is there already.
            BURST.. => None,
            STORM.. => Some(just_now() + GATHER_IN_STORM),
            _ => Some(just_now() + GATHER),
        };
        Ok(())
    }
}

/// The next item of the shared subscription, not before what follows a burst is gathered; never without a subscription.
pub async fn next(
    changes: &mut Option<(String, Follower)>,
    gathering: Option<impl Future<Output = ()>>,
) -> Option<Item> {
    match changes {
        Some((_, follower)) => {
            if let Some(gathering) = gathering {
                gathering.await;
            }
            follower.next().await
        }
        None => std::future::pending().await,
    }
}

/// The moment of a flush. Nothing is decided by it but how much goes into the next one, so that a world that stands still must
/// not hold it up.
#[allow(clippy::disallowed_methods)]
fn just_now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::{Pin, pin},
        task::{Context, Poll},
    };

    use futures_util::{FutureExt, poll};
    use tokio::sync::oneshot;

    use super::*;
    use crate::{
        domain::{change::Seq, health::Status, samples, time::Timestamp},
        server::{
            service::{Core, CoreSettings},
            stream::Feed,
        },
        world::World,
    };

    /// What was written, and how often it was flushed.
    #[derive(Default)]
    struct Written {
        messages: usize,
        flushes: usize,
    }

    impl Sink<Message> for Written {
        type Error = Infallible;
        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }
        fn start_send(mut self: Pin<&mut Self>, _: Message) -> Result<(), Infallible> {
            self.messages += 1;
            Ok(())
        }
        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.flushes += 1;
            Poll::Ready(Ok(()))
        }
        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }
    }

    /// A core whose changes flow, and one who reads them beside the caller.
    struct Stage {
        _dir: tempfile::TempDir,
        core: Core,
        feed: Feed,
        beside: Follower,
    }

    impl Stage {
        async fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let settings = CoreSettings::new(dir.path().join("data"), "a secret of thirty-two characters");
            let core = Core::open(settings, None, World::fake(Timestamp::from_ms(0))).await.unwrap();
            let feed = Feed::new(core.clone());
            tokio::spawn(feed.clone().run());
            let beside = feed.follow(core.position().0, Seq(0));
            Self { _dir: dir, core, feed, beside }
        }

        /// A service changes its message, once for each; answers when it is in the feed.
        async fn changes(&mut self, messages: &[&str]) {
            for message in messages {
                let report = samples::report("acme/shop/prod/eu-1/db", Status::Down, message);
                self.core.report_health("probe", report).await.unwrap();
                while self.beside.after() < self.core.position().1 {
                    self.beside.next().await;
                }
            }
        }
    }

    fn change(item: Option<Item>) -> Arc<Packed> {
        match item {
            Some(Item::Change(packed)) => packed,
            _ => panic!("a change"),
        }
    }

    #[tokio::test]
    async fn the_first_news_goes_at_once_and_what_follows_a_burst_goes_in_one_flush() {
        let mut stage = Stage::new().await;
        stage.changes(&["the service comes to be"]).await;
        let (epoch, now) = stage.core.position();
        let mut changes = Some(("1".to_owned(), stage.feed.follow(epoch, now)));
        let (mut pace, mut written) = (Pace::default(), Written::default());
        assert!(next(&mut changes, pace.gathering()).now_or_never().is_none(), "no news yet");
        stage.changes(&["one"]).await;
        assert!(pace.gathering().is_none(), "nothing to wait for");
        let first = change(next(&mut changes, pace.gathering()).await);
        let (id, follower) = changes.as_mut().unwrap();
        let before = just_now();
        pace.write(&mut written, id, follower, first).await.unwrap();
        assert_eq!((written.messages, written.flushes), (1, 1));
        let over = pace.gathering().unwrap().deadline();
        assert!(before + GATHER <= over && over <= just_now() + GATHER, "gathered from the flush on");

        let (tell, told) = oneshot::channel::<()>();
        let first = {
            let mut news = pin!(next(&mut changes, Some(told.map(drop))));
            for message in ["two", "three", "four"] {
                stage.changes(&[message]).await;
                assert!(poll!(&mut news).is_pending(), "{message} waits for what comes with it");
            }
            tell.send(()).unwrap();
            change(news.await)
        };
        let (id, follower) = changes.as_mut().unwrap();
        pace.write(&mut written, id, follower, first).await.unwrap();
        assert_eq!((written.messages, written.flushes), (4, 2));
    }

    #[tokio::test]
    async fn a_burst_has_an_end_after_which_the_socket_is_looked_at_again() {
        let mut stage = Stage::new().await;
        stage.changes(&["the service comes to be"]).await;
        let (epoch, now) = stage.core.position();
        let mut changes = Some(("1".to_owned(), stage.feed.follow(epoch, now)));
        let messages: Vec<String> = (0..BURST + 10).map(|number| number.to_string()).collect();
        stage.changes(&messages.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let first = change(next(&mut changes, Pace::default().gathering()).await);
        let (id, follower) = changes.as_mut().unwrap();
        let (mut pace, mut written) = (Pace::default(), Written::default());
        pace.write(&mut written, id, follower, first).await.unwrap();
        assert_eq!((written.messages, written.flushes), (BURST, 1));
        assert!(pace.gathering().is_none(), "the rest is there already");
        let rest = change(next(&mut changes, pace.gathering()).await);
        let (id, follower) = changes.as_mut().unwrap();
        pace.write(&mut written, id, follower, rest).await.unwrap();
        assert_eq!((written.messages, written.flushes), (BURST + 10, 2));
    }

    #[tokio::test]
    async fn in_a_storm_more_goes_in_one_flush() {
        let mut stage = Stage::new().await;
        stage.changes(&["the service comes to be"]).await;
        let (epoch, now) = stage.core.position();
        let mut changes = Some(("1".to_owned(), stage.feed.follow(epoch, now)));
        let messages: Vec<String> = (0..STORM).map(|number| number.to_string()).collect();
        stage.changes(&messages.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let first = change(next(&mut changes, Pace::default().gathering()).await);
        let (id, follower) = changes.as_mut().unwrap();
        let (mut pace, mut written) = (Pace::default(), Written::default());
        let before = just_now();
        pace.write(&mut written, id, follower, first).await.unwrap();
        assert_eq!((written.messages, written.flushes), (STORM, 1));
        let over = pace.gathering().unwrap().deadline();
        assert!(before + GATHER_IN_STORM <= over && over <= just_now() + GATHER_IN_STORM, "gathered for longer");
    }

    #[tokio::test]
    async fn without_a_subscription_there_is_no_news() {
        assert!(next(&mut None, Pace::default().gathering()).now_or_never().is_none());
    }
}
