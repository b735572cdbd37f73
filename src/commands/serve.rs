//! `serve`: the core on a repository, until it is told to stop.

use std::{path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use url::{Host, Url};

use super::{Exit, Invocation, Trouble, repository::Opened, stop, watch};
use crate::{
    cli::core::{Environment, ServeArgs},
    domain::{access::Level, gitops::Repository},
    server,
    server::{
        outbound::{Allowlist, Authorities},
        service::{BootstrapUser, Core, CoreSettings, DAILY_REPORT, Proof, Receiver},
    },
    settings::{SecretPlace, environment::OUTBOUND_ALLOW, places::write_whole},
    telemetry,
};

/// How long a core before this one gets to let go of the data folder, in milliseconds.
const FOLDER_WAIT_MS: i64 = 3_000;
/// Shortest secret of a receiver, in characters.
const WEBHOOK_SECRET_MIN: usize = 16;

/// Read, open, listen, serve.
///
/// # Errors
/// Usage for a listen that would send secrets in the clear, Failed with the report for a repository that stops it.
pub async fn run(run: &Invocation, args: ServeArgs) -> Result<(), Trouble> {
    let identity = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(server::tls::Identity::read(certificate, key).map_err(|why| Trouble::new(Exit::Usage, why))?)
        }
        _ => None,
    };
    server::http::listen_allowed(args.listen, args.behind_proxy, identity.is_some())
        .map_err(|why| Trouble::new(Exit::Usage, why))?;
    let _logging = if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        telemetry::start(&run.places.logs(), "info")
    } else {
        telemetry::to_stderr("info")
    }
    .map_err(Trouble::failed)?;
    let data_dir = args.data.clone().unwrap_or_else(|| run.places.data_dir.clone());
    let mut opened = Opened::of(run, &args, &data_dir).await?;
    let settings = settings(run, &args, &data_dir)?;
    let repository = opened.repository.take();
    if let Some(least) = repository.as_ref().and_then(|r| short_of(r, run.environment.core.admin_password.as_ref())) {
        run.printer.say(&format!(
            "warning: ITOPS_BOOTSTRAP_ADMIN_PASSWORD is shorter than the {least} characters that this repository declares"
        ));
    }
    // Caught before anything is open, so that whatever is open is closed in order.
    let told = stop::told();
    let core = Core::open(settings, repository, run.world.clone())
        .await
        .map_err(|e| Trouble::failed(format!("the core does not start: {e}")))?;
    let watched = opened.hand_over(run, &core).await?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|e| Trouble::failed(format!("cannot listen on {}: {e}", args.listen)))?;
    let address = listener.local_addr().map_err(|e| Trouble::failed(e.to_string()))?;
    let mut jobs = core.spawn_jobs();
    if !args.no_watch {
        let every_ms = run.settings.core.watch_every_ms;
        jobs.spawn(watch::follow(watched, every_ms, core.clone(), run.world.clone()));
    }
    let scheme = if identity.is_some() { "https" } else { "http" };
    run.print_text(&format!("listening on {scheme}://{address}\n"))?;
    let parts = server::Parts { core: core.clone(), world: run.world.clone() };
    let served = match identity {
        Some(identity) => server::serve_encrypted(listener, identity, parts, told).await,
        None => server::serve(listener, parts, told).await,
    };
    drop(jobs);
    core.stop().await;
    served.map_err(|e| Trouble::failed(e.to_string()))
}

fn settings(run: &Invocation, args: &ServeArgs, data_dir: &Path) -> Result<CoreSettings, Trouble> {
    let options = &run.settings.core;
    let env = &run.environment.core;
    let jwt_secret = match (&env.jwt_secret, args.environment) {
        (Some(secret), _) => secret.expose_secret().to_owned(),
        (None, Environment::Dev) => {
            run.printer.say("ITOPS_JWT_SECRET is not set: sessions end with this run");
            URL_SAFE_NO_PAD.encode(run.world.bytes::<32>())
        }
        (None, Environment::Production) => {
            return Err(Trouble::new(Exit::Usage, "ITOPS_JWT_SECRET is not set")
                .hint("set it to 32 characters or more, or try things out with --environment dev"));
        }
    };
    let operator_keys: Vec<(String, String)> =
        env.operator_key.iter().map(|key| ("operator".to_owned(), key.expose_secret().to_owned())).collect();
    if operator_keys.is_empty() {
        run.printer.say("ITOPS_SECURITY_OPERATOR_API_KEY is not set: reports and agents are refused");
    }
    Ok(CoreSettings {
        folder_wait_ms: FOLDER_WAIT_MS,
        production: options.production.clone(),
        operator_keys,
        bootstrap_users: admin(run, data_dir)?.into_iter().collect(),
        auto_ticket_item: options.auto_ticket_item.clone(),
        auto_ticket_after_ms: options.auto_ticket_after_ms,
        close_after_ms: options.close_after_ms,
        default_every_ms: options.report_every_ms,
        flap_ms: options.flap_within_ms,
        new_services_per_hour: options.new_services_per_hour,
        history_kept_ms: options.history_kept_ms,
        receivers: receivers(run)?,
        outbound_allow: Arc::new(allowlist(run)?),
        outbound_authorities: authorities(&options.outbound_ca_file)?,
        give_up_after_ms: options.give_up_after_ms,
        report_zone: options.report_zone.clone(),
        dev: args.environment == Environment::Dev,
        ..CoreSettings::new(data_dir, jwt_secret)
    })
}

/// What may be called although it is private: what the settings name, and what the environment adds.
fn allowlist(run: &Invocation) -> Result<Allowlist, Trouble> {
    let places = [
        ("core.outbound_allow", &run.settings.core.outbound_allow),
        (OUTBOUND_ALLOW, &run.environment.core.outbound_allow),
    ];
    let mut all = Allowlist::default();
    for (place, entries) in places {
        let more = Allowlist::parse(entries.iter().map(String::as_str))
            .map_err(|why| Trouble::new(Exit::Usage, format!("{place}: {why}")))?;
        all.extend(more);
    }
    Ok(all)
}

/// Who is believed beside the machine's authorities.
fn authorities(file: &str) -> Result<Authorities, Trouble> {
    if file.is_empty() {
        return Ok(Authorities::default());
    }
    Authorities::read(Path::new(file)).map_err(|why| Trouble::new(Exit::Usage, format!("core.outbound_ca_file: {why}")))
}

/// Who is told outside, with their secrets: the receivers of the settings, and the SLA portal of the environment.
fn receivers(run: &Invocation) -> Result<Vec<Receiver>, Trouble> {
    let env = &run.environment.core;
    let mut all = Vec::new();
    for hook in &run.settings.core.webhooks {
        let secret = match &hook.secret {
            SecretPlace::Variable(name) => env.webhook_secrets.get(name).cloned().ok_or_else(|| {
                Trouble::new(Exit::Usage, format!("{name} is not set; it signs what {} is told", hook.name))
            })?,
            SecretPlace::File(file) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|e| Trouble::new(Exit::Usage, format!("the secret of {}: {file}: {e}", hook.name)))?;
                SecretString::from(text.trim_end_matches(['\r', '\n']))
            }
        };
        if secret.expose_secret().chars().count() < WEBHOOK_SECRET_MIN {
            let why = format!("the secret of {} needs {WEBHOOK_SECRET_MIN} characters or more", hook.name);
            return Err(Trouble::new(Exit::Usage, why));
        }
        let (name, url) = (hook.name.clone(), hook.url.clone());
        all.push(Receiver { name, url, proof: Proof::Signature(secret), kinds: hook.events.clone() });
    }
    if let Some((url, key)) = &env.portal {
        // Not repeated: it may carry a secret.
        let url = Url::parse(url).map_err(|e| Trouble::new(Exit::Usage, format!("ITOPS_SLA_PORTAL_URL: {e}")))?;
        let key = key.clone().ok_or_else(|| {
            Trouble::new(Exit::Usage, "ITOPS_SLA_PORTAL_API_KEY is not set, but ITOPS_SLA_PORTAL_URL is")
        })?;
        if let Some(warning) = in_the_clear(&url) {
            run.printer.say(warning);
        }
        let kinds = vec![DAILY_REPORT.to_owned()];
        all.push(Receiver { name: "sla-portal".to_owned(), url, proof: Proof::ApiKey(key), kinds });
    }
    Ok(all)
}

/// What there is to say of a portal that is not called encrypted: its key stands in every call. On this machine nobody
/// reads along.
fn in_the_clear(portal: &Url) -> Option<&'static str> {
    let is_here = match portal.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    (portal.scheme() == "http" && !is_here).then_some(
        "warning: ITOPS_SLA_PORTAL_URL begins with http://, so that ITOPS_SLA_PORTAL_API_KEY and the daily reports go out \
         unencrypted; anybody on the way can read them and use the key. Use https://",
    )
}

/// The declared least length of a local password, when `given` falls short of it.
fn short_of(repository: &Repository, given: Option<&SecretString>) -> Option<u32> {
    let local = repository.registry.providers.iter().find(|p| p.kind == "local" && p.enabled)?;
    let length = u32::try_from(given?.expose_secret().chars().count()).unwrap_or(u32::MAX);
    (length < local.min_password_length).then_some(local.min_password_length)
}

/// The first account. Without a password in the environment, a new database gets a made-up one, in a file that only its
/// owner can read; it is never shown or logged.
fn admin(run: &Invocation, data_dir: &Path) -> Result<Option<BootstrapUser>, Trouble> {
    let password = match &run.environment.core.admin_password {
        Some(given) => given.clone(),
        None if data_dir.join("itops.db").exists() => return Ok(None),
        None => {
            let made_up = SecretString::from(URL_SAFE_NO_PAD.encode(run.world.bytes::<18>()));
            let file = data_dir.join("admin-password");
            write_whole(&file, &format!("{}\n", made_up.expose_secret()))
                .map_err(|e| Trouble::failed(format!("{}: {e}", file.display())))?;
            run.printer.say(&format!("account `admin` is new; its password is in {}", file.display()));
            made_up
        }
    };
    Ok(Some(BootstrapUser {
        name: "admin".to_owned(),
        email: String::new(),
        password: password.expose_secret().to_owned(),
        level: Level::Admin,
        superadmin: false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::AuthProvider;

    #[test]
    fn a_portal_key_that_goes_out_in_the_clear_is_spoken_of() {
        let said = |url: &str| in_the_clear(&Url::parse(url).unwrap()).is_some();
        for url in ["http://portal.example/api", "http://10.0.0.7:8080/", "http://127.example/"] {
            assert!(said(url), "{url}");
        }
        for url in ["https://portal.example/api", "http://localhost:9000/", "http://127.0.0.1/", "http://[::1]/"] {
            assert!(!said(url), "{url}");
        }
    }

    #[test]
    fn a_first_password_below_the_declared_length_is_noticed() {
        let local = AuthProvider {
            name: "local".into(),
            display_name: String::new(),
            kind: "local".into(),
            enabled: true,
            is_default: true,
            min_password_length: 16,
            require_uppercase: false,
            require_digit: false,
            ldap: None,
        };
        let mut repository = Repository::default();
        let short = SecretString::from("fifteen letters");
        assert_eq!(short_of(&repository, Some(&short)), None);
        repository.registry.providers = vec![local];
        assert_eq!(short_of(&repository, Some(&short)), Some(16));
        assert_eq!(short_of(&repository, Some(&SecretString::from("sixteen letters!"))), None);
        assert_eq!(short_of(&repository, None), None);
    }
}
