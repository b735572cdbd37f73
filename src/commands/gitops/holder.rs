//! Who holds the repository that a question is about: a folder here, or the core. Both answer the same questions.

use std::sync::Arc;

use super::{
    super::{Exit, Invocation, target::Signed},
    Trouble, source_of,
};
use crate::{
    cli::gitops::Where,
    client::{ApiError, Kind},
    domain::{
        detail::DeclaredIndex,
        gitops::{Blame, Declared, DeclaredKind, FileDiff, FileHistory, NoTrail, Repository, SourceFile, State, Thing},
        search::nearest,
    },
    gitops::{ReadOptions, Reader, Source},
};

/// A repository that can be asked.
pub enum Holder {
    /// It lies here.
    Here {
        /// Where, for its trail.
        source: Source,
        /// As it was read.
        repository: Box<Repository>,
        /// The same, to look fields up.
        state: State,
    },
    /// The core has it.
    Core {
        /// To ask it.
        signed: Signed,
        /// What it has in force.
        index: DeclaredIndex,
    },
}

/// What a question is about.
pub enum Subject {
    /// A declared thing: its kind and full name, and where it stands (SLA groups in several places).
    Thing(DeclaredKind, String, Vec<Arc<Declared>>),
    /// A file.
    File(Arc<str>),
}

impl Holder {
    /// The one that the flags mean.
    pub async fn find(run: &Invocation, place: &Where) -> Result<Self, Trouble> {
        let Some(dir) = place.dir.clone() else {
            let signed = run.signed_in().await?;
            let index = signed.client.declared().await?;
            run.keep_renewed(&signed).await?;
            return Ok(Self::Core { signed, index });
        };
        let options = ReadOptions { release: place.release.clone(), values: place.values.clone(), secrets_dir: None };
        let rev = place.rev.clone();
        super::blocking(move || {
            let source = source_of(dir, rev.as_deref())?;
            let repository = Reader::new(source.clone(), options).read()?;
            let state = State::of(&repository);
            Ok(Self::Here { source, repository: Box::new(repository), state })
        })
        .await
    }

    /// Everything declared.
    pub fn declared(&self) -> &[Arc<Declared>] {
        match self {
            Self::Here { repository, .. } => &repository.declared,
            Self::Core { index, .. } => &index.declared,
        }
    }

    /// What `text` means: `KIND/NAME`, where the last segment of a name is enough when it is unique, or a file.
    pub fn subject(&self, text: &str) -> Result<Subject, Trouble> {
        let file = self.files().find(|path| ***path == *text.trim_start_matches("./"));
        if let Some(file) = file {
            return Ok(Subject::File(file.clone()));
        }
        let Some((kind, name)) = text.split_once('/').and_then(|(k, name)| Some((DeclaredKind::parse(k)?, name)))
        else {
            return Err(self.unknown_file(text));
        };
        let of_kind: Vec<&Arc<Declared>> = self.declared().iter().filter(|d| d.kind == kind).collect();
        let mut found: Vec<&&Arc<Declared>> = of_kind.iter().filter(|d| d.name == name).collect();
        if found.is_empty() {
            found = of_kind.iter().filter(|d| d.name.rsplit('/').next() == Some(name)).collect();
        }
        let Some(first) = found.first() else {
            return Err(unknown_thing(kind, name, &of_kind));
        };
        if let Some(other) = found.iter().find(|d| d.name != first.name) {
            return Err(Trouble::new(Exit::Usage, format!("`{name}` is the end of several names"))
                .hint(format!("give the whole name, for example {} or {}", first.name, other.name)));
        }
        Ok(Subject::Thing(kind, first.name.clone(), found.into_iter().copied().cloned().collect()))
    }

    fn files(&self) -> Box<dyn Iterator<Item = &Arc<str>> + '_> {
        match self {
            Self::Here { repository, .. } => Box::new(repository.files.iter().map(|f| &f.path)),
            Self::Core { index, .. } => Box::new(index.files.iter().map(|f| &f.path)),
        }
    }

    fn unknown_file(&self, text: &str) -> Trouble {
        let trouble = Trouble::new(Exit::NotFound, format!("`{text}` is no file of the repository and no KIND/NAME"));
        let kind = text.split('/').next().unwrap_or_default();
        let kinds = DeclaredKind::ALL.map(DeclaredKind::word);
        let near = nearest(text, self.files().map(|path| &**path)).map(str::to_owned);
        match near.or_else(|| nearest(kind, kinds).map(|near| text.replacen(kind, near, 1))) {
            Some(near) => trouble.hint(format!("did you mean `{near}`?")),
            None => trouble.hint(format!("kinds are {}; `itops gitops show` lists names and places", kinds.join(", "))),
        }
    }

    /// A file's redacted lines.
    pub async fn source(&self, file: &str) -> Result<SourceFile, Trouble> {
        match self {
            Self::Here { repository, .. } => repository.sources.get(file).cloned().ok_or_else(|| {
                Trouble::new(
                    Exit::NotFound,
                    format!("`{file}` holds nothing of ours, or is broken: its lines are not shown"),
                )
            }),
            Self::Core { signed, .. } => Ok(signed.client.source(file).await?),
        }
    }

    /// What a thing says, field by field; none where the core does not have it in force.
    pub async fn thing(&self, kind: DeclaredKind, name: &str) -> Result<Option<Arc<Thing>>, Trouble> {
        let key = (kind, Arc::from(name));
        match self {
            Self::Here { state, .. } => Ok(state.things.get(&key).cloned()),
            Self::Core { signed, .. } => Ok(signed.client.declared_state().await?.0.things.remove(&key)),
        }
    }

    /// Who last changed each line, or why nobody knows.
    pub async fn blame(&self, file: &str) -> Result<Result<Blame, String>, Trouble> {
        let named = file.to_owned();
        match self {
            Self::Here { source, .. } => said(trail(source, move |s| s.blame(&named)).await?),
            Self::Core { signed, .. } => answered(signed.client.blame(file).await),
        }
    }

    /// The commits that touched a file.
    pub async fn history(&self, file: &str, limit: usize) -> Result<FileHistory, Trouble> {
        let named = file.to_owned();
        match self {
            Self::Here { source, .. } => trail(source, move |s| s.history(&named, limit)).await?.map_err(no_trail),
            Self::Core { signed, .. } => Ok(signed.client.file_history(file, limit).await?),
        }
    }

    /// What a commit changed in a file.
    pub async fn diff(&self, file: &str, commit: &str) -> Result<FileDiff, Trouble> {
        let (named, id) = (file.to_owned(), commit.to_owned());
        match self {
            Self::Here { source, .. } => trail(source, move |s| s.diff(&named, &id)).await?.map_err(no_trail),
            Self::Core { signed, .. } => Ok(signed.client.file_diff(file, commit).await?),
        }
    }

    /// Keep what renewals made of the sign-in.
    pub async fn done(&self, run: &Invocation) -> Result<(), Trouble> {
        match self {
            Self::Here { .. } => Ok(()),
            Self::Core { signed, .. } => run.keep_renewed(signed).await,
        }
    }
}

async fn trail<T: Send + 'static>(
    source: &Source,
    ask: impl FnOnce(&Source) -> Result<T, NoTrail> + Send + 'static,
) -> Result<Result<T, NoTrail>, Trouble> {
    let source = source.clone();
    tokio::task::spawn_blocking(move || ask(&source)).await.map_err(|e| Trouble::failed(e.to_string()))
}

fn said<T>(answer: Result<T, NoTrail>) -> Result<Result<T, String>, Trouble> {
    Ok(answer.map_err(|why| why.sentence()))
}

/// A refusal is the reason why there is no trail; anything else is trouble.
fn answered<T>(answer: Result<T, ApiError>) -> Result<Result<T, String>, Trouble> {
    match answer {
        Ok(it) => Ok(Ok(it)),
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Refused(_)) => Ok(Err(error.message)),
        Err(error) => Err(error.into()),
    }
}

fn no_trail(why: NoTrail) -> Trouble {
    let exit = match why {
        NoTrail::UnknownFile(_) | NoTrail::UnknownRevision(_) | NoTrail::NotARepository => Exit::NotFound,
        NoTrail::NoGit | NoTrail::Unusable(_) => Exit::Failed,
    };
    Trouble::new(exit, why.sentence())
}

fn unknown_thing(kind: DeclaredKind, name: &str, of_kind: &[&Arc<Declared>]) -> Trouble {
    let trouble = Trouble::new(Exit::NotFound, format!("no {} `{name}` is declared", kind.word()));
    let whole = of_kind.iter().map(|d| d.name.as_str());
    let last = of_kind.iter().filter_map(|d| d.name.rsplit('/').next());
    match nearest(name, whole.chain(last)) {
        Some(near) => trouble.hint(format!("did you mean `{}/{near}`?", kind.word())),
        None if of_kind.is_empty() => trouble.hint(format!("no {} is declared at all", kind.word())),
        None => trouble.hint(format!("`itops gitops show` lists all {}", of_kind.len())),
    }
}
