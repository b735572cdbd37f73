//! `itops demo`: an example estate that lives. Built like a customer's: the core reads a repository, reporters push
//! over HTTP, people work over GraphQL. Only the past is made up, and marked so.
//!
//! Start at [`Demo::start`]; then [`scenario`] (what happens), [`past`] (what happened before), [`reporters`] (who tells
//! the core), [`requester`] (the other person), [`example`] (the repository) and [`synthetic`] (a generated one).
//! Everything on disk lies in one temporary folder that goes with the [`Demo`].

pub mod example;
pub mod past;
pub mod reporters;
pub mod requester;
pub mod scenario;
pub mod synthetic;

use std::{net::SocketAddr, path::PathBuf};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use crate::{
    domain::{access::Level, gitops::Repository},
    gitops::{ReadOptions, Reader, Source},
    server::{
        self, Parts, ServeError,
        service::{BootstrapUser, Core, CoreSettings, Sourced},
    },
    settings::{CoreOptions, places::write_whole},
    world::World,
};
use reporters::Door;
use scenario::Scenario;

/// What to demonstrate.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Generate this many services instead of the example's.
    pub services: Option<u32>,
    /// Changes of status each second among generated services.
    pub changes_per_second: u32,
    /// Makes the past the same on every run.
    pub seed: u64,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where programs are looked for, to find git.
    pub path: Option<String>,
}

/// A running demonstration. Its files are gone when it is dropped.
pub struct Demo {
    /// Address of its core.
    pub url: String,
    /// Account that the console signs in with, an operator.
    pub user: String,
    /// Its password, good for this run.
    pub password: SecretString,
    /// What could not be shown, for people.
    pub notes: Vec<String>,
    folder: TempDir,
    core: Core,
    tasks: Vec<JoinSet<()>>,
    shutdown: oneshot::Sender<()>,
    server: JoinHandle<Result<(), ServeError>>,
}

impl Demo {
    /// Unpack, read, make up the past, listen, and let everyone begin.
    ///
    /// # Errors
    /// In words, when a part of it cannot be set up.
    pub async fn start(wanted: &Wanted, options: &CoreOptions, world: &World) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("itops-demo-").tempdir().map_err(|e| e.to_string())?;
        let mut notes = Vec::new();
        let (repository, sourced) = repository(wanted, folder.path().join("repository"), world, &mut notes).await?;
        let parts =
            scenario::parts(repository.registry.services.values().map(|service| &**service), options.report_every_ms);
        let play = if wanted.services.is_some() { Scenario::quiet(parts) } else { Scenario::example(parts) };
        let groups = repository.registry.sla_groups.clone();

        let secret = || SecretString::from(URL_SAFE_NO_PAD.encode(world.bytes::<24>()));
        let (key, silent_key, oncall, requester, admin) = (secret(), secret(), secret(), secret(), secret());
        let settings = CoreSettings {
            production: options.production.clone(),
            operator_keys: vec![
                ("push-jobs".to_owned(), key.expose_secret().to_owned()),
                ("payment-hardware-job".to_owned(), silent_key.expose_secret().to_owned()),
            ],
            bootstrap_users: vec![
                account("oncall", &oncall, Level::Operator),
                account("requester", &requester, Level::User),
                account("admin", &admin, Level::Admin),
            ],
            auto_ticket_item: options.auto_ticket_item.clone(),
            auto_ticket_after_ms: options.auto_ticket_after_ms,
            close_after_ms: options.close_after_ms,
            default_every_ms: options.report_every_ms,
            flap_ms: options.flap_within_ms,
            new_services_per_hour: options.new_services_per_hour,
            history_kept_ms: options.history_kept_ms,
            report_zone: options.report_zone.clone(),
            simulated: true,
            ..CoreSettings::new(folder.path().join("data"), URL_SAFE_NO_PAD.encode(world.bytes::<32>()))
        };
        let core = Core::open(settings, Some(repository), world.clone()).await.map_err(|e| e.to_string())?;
        core.read_from(sourced);
        let start = world.now();
        let past = past::points(&play, &groups, start, wanted.seed);
        core.backfill(past.clone()).await.map_err(|e| e.to_string())?;

        let listener = TcpListener::bind(wanted.listen).await.map_err(|e| format!("{}: {e}", wanted.listen))?;
        let url = format!("http://{}", listener.local_addr().map_err(|e| e.to_string())?);
        let (shutdown, told) = oneshot::channel();
        let server = tokio::spawn(server::serve(listener, Parts { core: core.clone(), world: world.clone() }, async {
            let _ = told.await;
        }));
        let door = Door::new(&url, key.clone(), silent_key)?;
        let mut people = JoinSet::new();
        if wanted.services.is_none() {
            let url = url.parse().map_err(|e| format!("{url}: {e}"))?;
            people.spawn(requester::work(url, requester.clone(), world.clone()));
        } else if wanted.changes_per_second > 0 {
            people.spawn(reporters::flood(
                door.clone(),
                play.parts().to_vec(),
                wanted.changes_per_second,
                world.clone(),
            ));
        }
        if wanted.services.is_none() {
            reporters::take_over(&door, &past).await;
            reporters::announce(&door, start).await;
        }
        let said = reporters::spawn(door, play, world, start).await;
        // After the first reports, so that no service is judged by its invented past; and once at once, so that nobody
        // sees figures that are still to be worked out.
        core.sweep_silence().await.map_err(|e| e.to_string())?;
        core.settle_all_budgets().await.map_err(|e| e.to_string())?;
        let jobs = core.spawn_jobs();

        let demo = Self {
            url,
            user: "oncall".to_owned(),
            password: oncall,
            notes,
            folder,
            core,
            tasks: vec![jobs, people, said],
            shutdown,
            server,
        };
        demo.write_login(&admin, &requester, &key)?;
        Ok(demo)
    }

    /// The file with the login of this run, readable by its owner only.
    pub fn login_file(&self) -> PathBuf {
        self.folder.path().join("login.yaml")
    }

    /// The folder of this run.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn write_login(&self, admin: &SecretString, requester: &SecretString, key: &SecretString) -> Result<(), String> {
        let text = format!(
            "# Good until this demonstration ends.\nurl: {}\n# Who works on tickets and opens windows.\nuser: {}\npassword: {}\n\
             # For `admin`, who may do everything.\nadmin_password: {}\n\
             # For `requester`, who asks for things and answers.\nrequester_password: {}\n\
             # For what reports, in place of an account.\napi_key: {}\n",
            self.url,
            self.user,
            self.password.expose_secret(),
            admin.expose_secret(),
            requester.expose_secret(),
            key.expose_secret(),
        );
        write_whole(&self.login_file(), &text).map_err(|e| e.to_string())
    }

    /// Stop everyone, close the core and remove all files.
    ///
    /// # Errors
    /// In words, when the server failed or the folder cannot be removed.
    pub async fn stop(self) -> Result<(), String> {
        drop(self.tasks);
        let _ = self.shutdown.send(());
        let served = self.server.await.map_err(|e| e.to_string())?;
        self.core.stop().await;
        let folder = self.folder.path().display().to_string();
        self.folder.close().map_err(|e| format!("{folder} cannot be removed: {e}"))?;
        served.map_err(|e| e.to_string())
    }
}

fn account(name: &str, password: &SecretString, level: Level) -> BootstrapUser {
    BootstrapUser {
        name: name.to_owned(),
        email: format!("{name}@meridian.example"),
        password: password.expose_secret().to_owned(),
        level,
        superadmin: false,
    }
}

/// Write the repository and read it back like anybody's.
async fn repository(
    wanted: &Wanted,
    root: PathBuf,
    world: &World,
    notes: &mut Vec<String>,
) -> Result<(Repository, Sourced), String> {
    let files = wanted.services.map_or_else(example::files, synthetic::files);
    example::unpack(&files, &root).map_err(|e| format!("{}: {e}", root.display()))?;
    if wanted.services.is_none()
        && let Err(reason) = example::commit_history(&files, &root, world.now(), wanted.path.as_deref()).await
    {
        notes.push(format!("the example has no git history here: {reason}"));
    }
    let read = tokio::task::spawn_blocking(move || {
        let (source, options) = (Source::folder(root), ReadOptions::default());
        let mut reader = Reader::new(source.clone(), options.clone());
        reader.read().map(|repository| (repository, Sourced { source, options, reader }))
    });
    read.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}
