//! `gitops resolve`: the cascade of a group role as data: every name tried, which one matched, and who is in it by what.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    super::{Exit, Invocation, service},
    Trouble, place_dto, read,
};
use crate::{
    cli::gitops::{Reading, ResolveArgs},
    domain::{
        access::{Level, User, UserId},
        hierarchy::{ServicePath, naming},
        search::nearest,
        tickets::{Explanation, Group, Membership, Role, role},
    },
    print::{Cell, Sheet, Tone, column, plan::place, wide},
};

/// Where roles are looked up.
struct Directory {
    org: String,
    groups: BTreeMap<String, Group>,
    service: Option<ServicePath>,
    /// The account that was asked about.
    user: Option<Account>,
}

struct Account {
    user: User,
    /// Whether its platform right is known: only one's own is, and only to the core.
    level_is_known: bool,
}

pub(super) async fn run(run: &Invocation, args: ResolveArgs) -> Result<(), Trouble> {
    if !matches!(Role::parse(&args.role), Role::Group(_)) {
        let what = format!("`{}` is no group: each ticket has its own", args.role);
        return Err(Trouble::new(Exit::Usage, what).hint("`itops ticket get N` says who fills it"));
    }
    let directory = match &args.place.dir {
        Some(_) => here(&args).await?,
        None => of_core(run, &args).await?,
    };
    let found = Found::of(&directory, &args.role);
    let is_unknown = found.matched.is_none();
    run.print(&found.sheet(&args.role, &directory))?;
    if !is_unknown {
        return Ok(());
    }
    let trouble =
        Trouble::new(Exit::NotFound, format!("no group `{}` exists where this service would look", args.role));
    let short = directory.groups.values().map(|g| g.name.short());
    Err(match nearest(&args.role, short) {
        Some(near) => trouble.hint(format!("did you mean `{near}`?")),
        None => trouble.hint("`itops gitops show` lists all groups"),
    })
}

async fn here(args: &ResolveArgs) -> Result<Directory, Trouble> {
    let place = args.place.clone();
    let reading = Reading { release: place.release, values: place.values, secrets_dir: None };
    let registry = read(place.dir.unwrap_or_else(|| ".".into()), place.rev, reading).await?.registry;
    let service = args.service.as_deref().map(path).transpose()?;
    if let Some(path) = service.as_ref().filter(|path| !registry.services.contains_key(path)) {
        let all = registry.services.keys().map(ServicePath::as_str);
        if let Some(near) = nearest(path.as_str(), all) {
            return Err(Trouble::new(Exit::NotFound, format!("there is no service `{path}`"))
                .hint(format!("did you mean {near}?")));
        }
    }
    let user = args.user.as_ref().map(|name| Account { user: named(name), level_is_known: false });
    Ok(Directory { org: registry.org, groups: registry.groups, service, user })
}

async fn of_core(run: &Invocation, args: &ResolveArgs) -> Result<Directory, Trouble> {
    let signed = run.signed_in().await?;
    let estate = signed.client.snapshot().await?.estate;
    let me = signed.client.me().await?;
    run.keep_renewed(&signed).await?;
    let service = match &args.service {
        None => None,
        Some(text) => Some(service::find(&estate, text)?.path.clone()),
    };
    let user = args.user.as_ref().map(|name| {
        let level_is_known = *name == me.name;
        Account { user: if level_is_known { me.clone() } else { named(name) }, level_is_known }
    });
    Ok(Directory { org: estate.source.org.clone(), groups: estate.source.groups.clone(), service, user })
}

fn path(text: &str) -> Result<ServicePath, Trouble> {
    ServicePath::parse(text).map_err(|e| Trouble::new(Exit::Usage, format!("`{text}`: {e}")))
}

/// An account of which only the name is known.
fn named(name: &str) -> User {
    User {
        id: UserId(name.to_owned()),
        name: name.to_owned(),
        email: String::new(),
        level: Level::default(),
        superadmin: false,
        read_only: false,
    }
}

/// One name of the cascade.
struct Tried<'a> {
    name: String,
    group: Option<&'a Group>,
}

struct Found<'a> {
    /// Every name of the cascade, most specific first; also those above the match, whose members are inherited.
    tried: Vec<Tried<'a>>,
    /// Index of the group acted as. A platform group matches without being declared.
    matched: Option<usize>,
    /// For the account that was asked about.
    explanation: Option<Explanation>,
}

impl<'a> Found<'a> {
    fn of(directory: &'a Directory, role: &str) -> Self {
        let names = naming::cascade(&directory.org, role, directory.service.as_ref());
        let is_platform = naming::is_built_in(role);
        let mut tried: Vec<Tried<'_>> = names.into_iter().map(|name| directory.tried(name)).collect();
        let matched = if is_platform { Some(0) } else { tried.iter().position(|t| t.group.is_some()) };
        // A scoped role is tried as it is; members of the same short name further up are inherited all the same.
        if let (Some(at), false) = (matched, is_platform) {
            let from = naming::ScopedName::full(tried[at].name.clone());
            let known: Vec<String> = tried.iter().map(|t| t.name.clone()).collect();
            let above = above(&from).into_iter().filter(|name| !known.contains(name));
            tried.extend(above.map(|name| directory.tried(name)));
        }
        let explanation = directory.user.as_ref().map(|account| {
            role::resolve(&directory.groups, &directory.org, role, directory.service.as_ref(), &account.user)
        });
        Self { tried, matched, explanation }
    }

    fn result(&self, at: usize) -> (&'static str, Tone) {
        match (self.matched, self.tried[at].group.is_some()) {
            (Some(matched), _) if matched == at => ("matched", Tone::Good),
            (Some(matched), true) if at > matched => ("inherited", Tone::Plain),
            _ => ("not declared", Tone::Dim),
        }
    }

    fn sheet(&self, role: &str, directory: &Directory) -> Sheet {
        let row = |at: usize| {
            let Tried { name, group } = &self.tried[at];
            let (result, tone) = self.result(at);
            vec![
                (at + 1).to_string().into(),
                name.clone().into(),
                Cell::toned(result, tone),
                group.and_then(|g| g.place.as_ref()).map(place).unwrap_or_default().into(),
                group.map(members).unwrap_or_default().into(),
            ]
        };
        let verdict = self.verdict(directory);
        let mut more = Vec::new();
        if let Some((user, answer, tone)) = &verdict {
            let part = Sheet {
                columns: vec![column("")],
                rows: vec![vec![Cell::toned(format!("{user}: {answer}"), *tone)]],
                ..Sheet::default()
            };
            more.push(("WHETHER, AND BY WHAT".to_owned(), part));
        } else {
            more.push(("WHO IS IN IT".to_owned(), self.everybody()));
        }
        Sheet {
            kind: "resolution",
            json: self.dto(role, directory),
            columns: vec![column("TRY"), column("NAME"), column("RESULT"), column("DECLARED"), wide("LISTS")],
            rows: (0..self.tried.len()).map(row).collect(),
            names: self.matched.iter().map(|at| self.tried[*at].name.clone()).collect(),
            more,
            ..Sheet::default()
        }
    }

    /// Members with the group that lists them, the matched one first.
    fn everyone(&self) -> Vec<(String, &'a Group)> {
        let Some(matched) = self.matched else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for group in self.tried[matched..].iter().filter_map(|t| t.group) {
            let directory = group.ldap_group.iter().map(|g| format!("members of directory group {g}"));
            for who in group.users.iter().cloned().chain(directory) {
                if !all.iter().any(|(known, _)| *known == who) {
                    all.push((who, group));
                }
            }
        }
        all
    }

    fn is_matched(&self, group: &Group) -> bool {
        self.matched.is_some_and(|at| self.tried[at].name == group.name.as_str())
    }

    fn everybody(&self) -> Sheet {
        let Some(matched) = self.matched else {
            return note("nobody: no group of that name exists");
        };
        if self.tried[matched].group.is_none() {
            return note("accounts with this platform right, and those with a higher one; the core knows them");
        }
        let everyone = self.everyone();
        if everyone.is_empty() {
            return note("nobody");
        }
        let row = |(who, group): &(String, &Group)| {
            let how = if self.is_matched(group) { "listed in".to_owned() } else { "inherited from".to_owned() };
            vec![who.clone().into(), Cell::toned(format!("{how} {}", group.name), Tone::Dim)]
        };
        Sheet { columns: vec![column(""), column("")], rows: everyone.iter().map(row).collect(), ..Sheet::default() }
    }

    /// The account, whether it is in, and how sure that is.
    fn verdict(&self, directory: &Directory) -> Option<(String, String, Tone)> {
        let (account, why) = (directory.user.as_ref()?, self.explanation.as_ref()?);
        let name = account.user.name.clone();
        let group = why.matched.as_deref().unwrap_or_default();
        Some(match &why.membership {
            Some(_) => (name, why.sentence(), Tone::Good),
            None if why.matched.is_none() => (name, why.sentence(), Tone::Bad),
            None if naming::is_built_in(group) && !account.level_is_known => (
                name,
                "not known here: platform rights are the core's, and it tells only one's own".to_owned(),
                Tone::Unsure,
            ),
            None => {
                let by_directory = self.tried.iter().filter_map(|t| t.group?.ldap_group.as_deref()).next();
                match by_directory {
                    Some(of) => (
                        name,
                        format!("not listed in {group}; a member only if directory group {of} holds it"),
                        Tone::Unsure,
                    ),
                    None => (name, format!("not a member of {group}"), Tone::Bad),
                }
            }
        })
    }

    fn dto(&self, role: &str, directory: &Directory) -> Value {
        let tried = self.tried.iter().enumerate().map(|(at, t)| {
            json!({
                "name": t.name, "exists": t.group.is_some() || self.matched == Some(at),
                "matched": self.matched == Some(at),
                "inherited": self.matched.is_some_and(|matched| at > matched) && t.group.is_some(),
                "declaredAt": t.group.and_then(|g| g.place.as_ref()).map(place_dto),
                "users": t.group.map(|g| &g.users), "directoryGroup": t.group.and_then(|g| g.ldap_group.as_ref()),
            })
        });
        let members = self.everyone().into_iter().map(|(who, group)| {
            json!({ "who": who, "by": if self.is_matched(group) { "direct" } else { "inherited" }, "from": group.name.as_str() })
        });
        json!({
            "role": role,
            "service": directory.service.as_ref().map(ServicePath::as_str),
            "tried": tried.collect::<Vec<_>>(),
            "matched": self.matched.map(|at| &self.tried[at].name),
            "members": members.collect::<Vec<_>>(),
            "user": self.verdict(directory).map(|(name, answer, tone)| json!({
                "name": name,
                "member": match tone { Tone::Good => Some(true), Tone::Bad => Some(false), _ => None },
                "by": self.explanation.as_ref().and_then(|e| e.membership.as_ref()).map(by_word),
                "from": self.explanation.as_ref().and_then(inherited_from),
                "answer": answer,
            })),
        })
    }
}

impl Directory {
    fn tried(&self, name: String) -> Tried<'_> {
        Tried { group: self.groups.get(&name), name }
    }
}

/// The same short name in every scope above, nearest first.
fn above(name: &naming::ScopedName) -> Vec<String> {
    let mut names = Vec::new();
    let mut scope = name.scope();
    while let Some(end) = scope.rfind('/') {
        scope = &scope[..end];
        names.push(format!("{scope}/{}", name.short()));
    }
    names
}

fn note(text: &str) -> Sheet {
    Sheet { columns: vec![column("")], rows: vec![vec![Cell::toned(text, Tone::Dim)]], ..Sheet::default() }
}

fn members(group: &Group) -> String {
    let mut all = group.users.clone();
    all.extend(group.ldap_group.iter().map(|g| format!("directory group {g}")));
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}

const fn by_word(membership: &Membership) -> &'static str {
    match membership {
        Membership::Direct => "direct",
        Membership::Inherited(_) => "inherited",
        Membership::Superadmin => "superadmin",
        Membership::Platform => "platform",
    }
}

fn inherited_from(why: &Explanation) -> Option<&str> {
    match &why.membership {
        Some(Membership::Inherited(from)) => Some(from),
        _ => None,
    }
}
