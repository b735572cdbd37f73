//! What is in force in a core, as data to compare a repository with.

use std::sync::Arc;

use serde::Deserialize;

use super::{Line, Path, Word, gitops::PlaceShape, optional, plan::ShownShape};
use crate::domain::gitops::{DeclaredKind, DeclaredOrigin, Live, LiveTicket, State, Thing};

/// The declared state, and what lives on it.
#[derive(Deserialize)]
pub struct StateShape {
    revision: Option<Line>,
    things: Vec<ThingShape>,
    live: LiveShape,
}

/// One declared thing.
#[derive(Deserialize)]
pub struct ThingShape {
    kind: Word<DeclaredKind>,
    name: Line,
    origin: Word<DeclaredOrigin>,
    place: Option<PlaceShape>,
    #[serde(default)]
    fields: Vec<FieldShape>,
}

/// One field of a thing.
#[derive(Deserialize)]
pub struct FieldShape {
    name: Line,
    #[serde(flatten)]
    shown: ShownShape,
}

/// What a deletion may take along.
#[derive(Deserialize)]
pub struct LiveShape {
    #[serde(default)]
    tickets: Vec<LiveTicketShape>,
    #[serde(default)]
    logins: Vec<LoginsShape>,
}

/// As much of an open ticket as a plan needs.
#[derive(Deserialize)]
pub struct LiveTicketShape {
    number: u64,
    service: Option<Path>,
    workflow: Line,
    item: Option<Line>,
    group: Option<Line>,
}

/// How many accounts a provider has.
#[derive(Deserialize)]
pub struct LoginsShape {
    provider: Line,
    accounts: u32,
}

impl From<StateShape> for (State, Live) {
    fn from(s: StateShape) -> Self {
        let things = s.things.into_iter().map(|t| ((t.kind.0, t.name.0.as_str().into()), Arc::new(t.into()))).collect();
        (State { revision: optional(s.revision), things, ..State::default() }, s.live.into())
    }
}

impl From<ThingShape> for Thing {
    fn from(t: ThingShape) -> Self {
        Self {
            origin: t.origin.0,
            place: t.place.map(Into::into),
            fields: t.fields.into_iter().map(|f| (f.name.0.into(), f.shown.into())).collect(),
        }
    }
}

impl From<LiveShape> for Live {
    fn from(l: LiveShape) -> Self {
        Self {
            tickets: l.tickets.into_iter().map(Into::into).collect(),
            logins: l.logins.into_iter().map(|l| (l.provider.0, l.accounts)).collect(),
        }
    }
}

impl From<LiveTicketShape> for LiveTicket {
    fn from(t: LiveTicketShape) -> Self {
        Self {
            number: t.number,
            service: t.service.map(|path| path.0),
            workflow: t.workflow.0,
            item: optional(t.item),
            group: optional(t.group),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gitops::Shown;

    #[test]
    fn the_state_of_a_core_is_read_with_what_lives_on_it() {
        let shape: StateShape = serde_json::from_str(
            r#"{"revision":"abc","things":[
                {"kind":"service","name":"a/b/c/d/e","origin":"git",
                 "place":{"file":"s.yaml","line":1,"column":1,"endLine":4},
                 "fields":[{"name":"team","value":"data","secret":false},{"name":"key","value":null,"secret":true}]},
                {"kind":"item","name":"acme/help","origin":"template","place":null,"fields":[]}],
              "live":{"tickets":[{"number":12,"service":"a/b/c/d/e","workflow":"acme/w","item":null,"group":"dba"}],
                      "logins":[{"provider":"ldap","accounts":7}]}}"#,
        )
        .unwrap();
        let (state, live) = shape.into();
        assert!(!state.is_whole, "a core does not know what is shown only");
        let service = &state.things[&(DeclaredKind::Service, "a/b/c/d/e".into())];
        assert_eq!(service.field("team"), Some(&Shown::from("data")));
        assert_eq!(service.field("key"), Some(&Shown::Secret(None)));
        assert_eq!(state.things[&(DeclaredKind::Item, "acme/help".into())].origin, DeclaredOrigin::Template);
        assert_eq!((live.tickets[0].number, live.tickets[0].group.as_deref()), (12, Some("dba")));
        assert_eq!(live.logins, [("ldap".to_owned(), 7)]);
    }
}
