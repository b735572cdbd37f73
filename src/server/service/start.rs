//! How the core starts: settings are checked, the store is opened and read, accounts are made, the writer begins, the
//! repository is accepted.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::mpsc;

use super::{
    Core, CoreSettings, Ground, Inner, StartError, gitops,
    shared::Shared,
    telling::Telling,
    truth::{SinceStart, Truth},
    writer,
};
use crate::{
    domain::{
        access::{User, UserId},
        gitops::Repository,
    },
    server::{
        auth::{self, Auth},
        store::{Account, Folder, Rows, Store, rows::UserRow},
    },
    world::World,
};

/// How many writes may wait; past that, callers wait to hand theirs over.
const WAITING: usize = 4_096;

impl Core {
    /// Open the data folder, read what was true, make absent accounts, and accept the repository if there is one.
    /// Without one, what was last accepted stays in force.
    ///
    /// # Errors
    /// A short secret, a folder or database that cannot be used, or a repository with errors in ticketing or auth.
    pub async fn open(
        settings: CoreSettings,
        repository: Option<Repository>,
        world: World,
    ) -> Result<Self, StartError> {
        let mut settings = settings;
        if settings.jwt_secret.chars().count() < auth::SECRET_MIN {
            let reason = format!("the JWT secret needs {} characters or more", auth::SECRET_MIN);
            return Err(StartError::Settings(reason));
        }
        if let Some((name, _)) = settings.operator_keys.iter().find(|(_, secret)| secret.is_empty()) {
            return Err(StartError::Settings(format!("the operator key {name} is empty")));
        }
        if let Some(fault) = repository.as_ref().and_then(gitops::fatal) {
            return Err(StartError::Repository(gitops::said(fault)));
        }
        let telling = Telling::new(&settings)?;
        let folder = Folder::take(&settings.data_dir, settings.folder_wait_ms, &world).await;
        let store = Store::open(folder.map_err(StartError::Store)?).await.map_err(StartError::Store)?;
        let mut loaded = store.load(world.now()).await.map_err(StartError::Store)?;
        let mut rows = Rows::default();
        if loaded.epoch.is_empty() {
            loaded.epoch = world.id().to_string();
            rows.meta.insert("epoch", loaded.epoch.clone());
        }
        if loaded.state.things.is_empty() {
            loaded.state = gitops::derived(&loaded);
            rows.declare_all(&loaded.state).map_err(StartError::Store)?;
        }
        let accounts = std::mem::take(&mut loaded.accounts);
        let accounts = with_bootstrap(accounts, &mut settings, &mut rows, &world).await?;
        store.save(rows).await.map_err(StartError::Store)?;
        let auth =
            Auth::new(&settings.jwt_secret, &settings.operator_keys, accounts, &world).map_err(StartError::Settings)?;
        // Kept only as key and hashes from here on.
        settings.jwt_secret.clear();
        settings.operator_keys.clear();

        let lines = std::mem::take(&mut loaded.lines);
        let epoch = loaded.epoch.clone();
        let session = SinceStart { opened_at: world.now(), ..SinceStart::default() };
        let truth = Truth::of(loaded, settings.production.clone(), settings.simulated, session);
        let shared = Shared::new(epoch, truth.estate.clone(), truth.seq, lines, truth.state.clone());
        let (writes, commands) = mpsc::channel(WAITING);
        let ground = Arc::new(Ground {
            opened_at: truth.session.opened_at,
            world,
            settings,
            store,
            shared,
            desk: gitops::Desk::default(),
            results_turn: tokio::sync::Mutex::default(),
            report_turn: tokio::sync::Mutex::default(),
            telling,
        });
        tokio::spawn(writer::run(ground.clone(), truth, commands));
        let core = Self(Arc::new(Inner { ground, auth, writes }));

        let failed = |failure: super::Failure| StartError::Store(failure.to_string());
        if let Some(repository) = repository {
            core.accept_repository(repository).await.map_err(failed)?;
        }
        // Before anybody looks: nobody knows how it was while the core was away.
        core.sweep_silence().await.map_err(failed)?;
        // Told even where nothing changed: time went on while nobody computed.
        core.settle_all_budgets().await.map_err(failed)?;
        core.begin_telling().await.map_err(failed)?;
        Ok(core)
    }
}

/// The accounts with those added that the settings ask for and the store does not have.
async fn with_bootstrap(
    mut accounts: BTreeMap<UserId, Account>,
    settings: &mut CoreSettings,
    rows: &mut Rows,
    world: &World,
) -> Result<BTreeMap<UserId, Account>, StartError> {
    for wanted in std::mem::take(&mut settings.bootstrap_users) {
        let id = UserId(format!("local:{}", wanted.name));
        if accounts.contains_key(&id) {
            continue;
        }
        if wanted.name.is_empty() || wanted.password.is_empty() {
            return Err(StartError::Settings("an account needs a name and a password".to_owned()));
        }
        let own_world = world.clone();
        let hashed = tokio::task::spawn_blocking(move || auth::hash(&wanted.password, &own_world)).await;
        let password_hash = hashed.map_err(|e| StartError::Settings(e.to_string()))?.map_err(StartError::Settings)?;
        rows.users.push(UserRow {
            id: id.0.clone(),
            name: wanted.name.clone(),
            email: wanted.email.clone(),
            password_hash: password_hash.clone(),
            level: wanted.level.group(),
            superadmin: wanted.superadmin,
        });
        let user = User {
            id: id.clone(),
            name: wanted.name,
            email: wanted.email,
            level: wanted.level,
            superadmin: wanted.superadmin,
            read_only: false,
        };
        accounts.insert(id, Account { user, password_hash });
    }
    Ok(accounts)
}
