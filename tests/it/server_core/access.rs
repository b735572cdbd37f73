use futures_util::FutureExt;
use itops::domain::{
    access::Level,
    refusal::RefusalCode,
    time::{DAY, HOUR, SECOND},
};
use itops::server::service::{Core, Failure};

use super::stage::*;

async fn core(stage: &Stage) -> Core {
    Core::open(stage.with_users(), None, stage.world.clone()).await.unwrap()
}

fn is_unknown(answer: Result<impl Sized, Failure>) -> bool {
    matches!(answer, Err(Failure::Unauthenticated(_)))
}

#[tokio::test]
async fn a_session_is_somebody_for_an_hour() {
    let stage = Stage::new();
    let core = core(&stage).await;
    let session = core.login("oncall", "oncall password", None).await.unwrap();
    assert_eq!((session.user.name.as_str(), session.user.level), ("oncall", Level::Operator));
    assert_eq!(session.expires_at, T0.plus(HOUR));
    assert_eq!(core.user_of(&session.token).unwrap(), session.user);
    core.login("oncall@example.org", "oncall password", Some("local")).await.unwrap();
    stage.world.advance(HOUR);
    assert!(is_unknown(core.user_of(&session.token)));
    assert!(is_unknown(core.user_of("nonsense")));
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_sound_the_same() {
    let stage = Stage::new();
    let core = core(&stage).await;
    let wrong = core.login("oncall", "guess", None).await.unwrap_err();
    let unknown = core.login("nobody", "guess", None).await.unwrap_err();
    assert_eq!(wrong, unknown);
    let elsewhere = core.login("oncall", "oncall password", Some("corp-ldap")).await.unwrap_err();
    assert_eq!(refusal(elsewhere).code, RefusalCode::Invalid);
}

#[tokio::test]
async fn an_account_without_an_address_is_not_that_of_an_empty_name() {
    let stage = Stage::new();
    let mut settings = stage.with_users();
    settings.bootstrap_users[0].email = String::new();
    let core = Core::open(settings, None, stage.world.clone()).await.unwrap();
    assert!(is_unknown(core.login("", "oncall password", None).await));
    core.login("oncall", "oncall password", None).await.unwrap();
}

#[tokio::test]
async fn a_name_or_password_that_nobody_has_is_refused_without_work_and_without_a_brake() {
    let stage = Stage::new();
    let core = core(&stage).await;
    let long = "x".repeat(1_025);
    for (name, password) in [("oncall", long.as_str()), (&long, "guess"), ("oncall", &long)] {
        let answer = core.login(name, password, None).now_or_never().expect("nothing is hashed and nobody waits");
        assert!(is_unknown(answer));
    }
    core.login("oncall", "oncall password", None).await.unwrap();
}

#[tokio::test]
async fn after_a_failure_the_next_try_waits() {
    let stage = Stage::new();
    let core = core(&stage).await;
    core.login("oncall", "guess", None).await.unwrap_err();
    let trying = tokio::spawn({
        let core = core.clone();
        async move { core.login("oncall", "oncall password", None).await }
    });
    // Longer than between two tries that came at once, and shorter than after a failure. The other account is not slowed
    // down; when it is through twice, the first has long had its chance.
    stage.world.advance(SECOND - 1);
    for _ in 0..2 {
        core.login("requester", "requester password", None).await.unwrap();
        assert!(!trying.is_finished());
    }
    stage.world.advance(1);
    trying.await.unwrap().unwrap();
    core.login("oncall", "oncall password", None).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_whole_login() {
    let stage = Stage::new();
    let core = core(&stage).await;
    let first = core.login("oncall", "oncall password", None).await.unwrap();
    let other = core.login("oncall", "oncall password", None).await.unwrap();
    let second = core.refresh(&first.refresh_token).await.unwrap();
    let core = stage.reopen_with(core, stage.with_users()).await;
    let third = core.refresh(&second.refresh_token).await.unwrap();
    assert!(is_unknown(core.refresh(&first.refresh_token).await), "used before");
    assert!(is_unknown(core.refresh(&third.refresh_token).await), "of the same login as the one that leaked");
    core.refresh(&other.refresh_token).await.unwrap();
}

#[tokio::test]
async fn of_two_refreshes_at_once_only_one_goes_on() {
    let stage = Stage::new();
    let core = core(&stage).await;
    let session = core.login("oncall", "oncall password", None).await.unwrap();
    let (a, b) = tokio::join!(core.refresh(&session.refresh_token), core.refresh(&session.refresh_token));
    assert!(a.is_ok() != b.is_ok());
}

#[tokio::test]
async fn refresh_tokens_end_with_logout_and_with_time() {
    let stage = Stage::new();
    let core = core(&stage).await;
    let session = core.login("oncall", "oncall password", None).await.unwrap();
    core.logout(&session.refresh_token).await;
    assert!(is_unknown(core.refresh(&session.refresh_token).await));
    let session = core.login("oncall", "oncall password", None).await.unwrap();
    stage.world.advance(14 * DAY);
    assert!(is_unknown(core.refresh(&session.refresh_token).await));
    core.forget_old().await.unwrap();
    assert_eq!(stage.rows("refresh_token").await, 0);
}

#[tokio::test]
async fn operator_keys_are_known_by_name_and_nothing_secret_is_on_disk() {
    let stage = Stage::new();
    let core = core(&stage).await;
    assert_eq!(core.operator_key("operator-secret").unwrap(), KEY);
    assert!(is_unknown(core.operator_key("operator-secreT")));
    assert!(is_unknown(core.operator_key("")));
    let session = core.login("oncall", "oncall password", None).await.unwrap();
    core.stop().await;
    let file = std::fs::read(stage.dir.path().join("data/itops.db")).unwrap();
    for secret in ["operator-secret", "oncall password", &session.refresh_token, "a secret of thirty-two"] {
        assert!(!file.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret}");
    }
}
