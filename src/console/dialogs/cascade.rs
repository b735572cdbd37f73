//! How a role is resolved: pick a role, a service and a user, and see the names tried in order, which of them exists,
//! and by what the user is a member of it. Answers while typing; changes nothing.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        format, layout,
        paint::{self, Canvas},
        state::State,
        text_input::TextInput,
        theme::Role,
    },
    domain::{
        access::{Level, User, UserId},
        hierarchy::{ServicePath, naming},
        tickets::role::{self, Explanation, Membership},
    },
};

use super::{Answer, Event, Step};

/// Most proposals shown for a field.
const PROPOSALS: usize = 3;
/// Width of the names of the fields.
const NAMES: usize = 9;

/// The fields, in order.
const FIELDS: [&str; 3] = ["role", "service", "user"];

/// The dialog.
#[derive(Clone, Debug)]
pub struct Cascade {
    inputs: [TextInput; 3],
    field: usize,
    /// Which proposal is taken by enter; none while none was gone to.
    pick: Option<usize>,
    proposals: Vec<String>,
}

impl Cascade {
    /// About a role, for whoever is signed in.
    pub fn new(state: &State, role: &str) -> Self {
        let me = &state.session.user.name;
        let mut dialog = Self {
            inputs: [TextInput::new(role), TextInput::default(), TextInput::new(me)],
            field: usize::from(!role.is_empty()),
            pick: None,
            proposals: Vec::new(),
        };
        dialog.propose(state);
        dialog
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Input, Context::Dialog]
    }

    /// Names that hold what is typed in the field, shortest first.
    fn propose(&mut self, state: &State) {
        let typed = self.inputs[self.field].value().trim().to_lowercase();
        let source = &state.replica.estate.source;
        let mut found: Vec<String> = match self.field {
            0 => source.groups.values().map(|g| g.name.short().to_owned()).collect(),
            1 => state.replica.estate.services.keys().map(ToString::to_string).collect(),
            _ => source.groups.values().flat_map(|g| g.users.iter().cloned()).collect(),
        };
        found.retain(|name| name.to_lowercase().contains(&typed) && *name != typed);
        found.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        found.dedup();
        found.truncate(PROPOSALS);
        self.proposals = found;
        self.pick = None;
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        match event {
            Event::Char(c) => self.inputs[self.field].type_char(*c),
            Event::Paste(text) => self.inputs[self.field].paste(text),
            Event::Click(row) => {
                if usize::from(*row) < FIELDS.len() {
                    self.field = usize::from(*row);
                }
            }
            Event::Action(action) => match action {
                Action::DialogClose => return Step::Cancel,
                Action::DialogNext => self.field = (self.field + 1) % FIELDS.len(),
                Action::DialogPrevious => self.field = (self.field + FIELDS.len() - 1) % FIELDS.len(),
                Action::DialogDown => {
                    let last = self.proposals.len().checked_sub(1);
                    self.pick = last.map(|last| self.pick.map_or(0, |pick| (pick + 1).min(last)));
                    return Step::Continue;
                }
                Action::DialogUp => {
                    self.pick = self.pick.and_then(|pick| pick.checked_sub(1));
                    return Step::Continue;
                }
                Action::DialogAccept => {
                    if let Some(name) = self.pick.and_then(|pick| self.proposals.get(pick)) {
                        self.inputs[self.field] = TextInput::new(name);
                    }
                    self.field = (self.field + 1) % FIELDS.len();
                }
                action => {
                    if !self.inputs[self.field].edited(*action) {
                        return Step::Continue;
                    }
                }
            },
        }
        self.propose(state);
        Step::Continue
    }

    fn value(&self, field: usize) -> &str {
        self.inputs[field].value().trim()
    }

    /// What the fields lead to, line by line.
    fn told(&self, state: &State) -> Vec<(String, Role)> {
        let source = &state.replica.estate.source;
        let role = self.value(0);
        if role.is_empty() {
            return vec![("name a role: the short name of a group".to_owned(), Role::Muted)];
        }
        let service = match self.value(1) {
            "" => None,
            text => match ServicePath::parse(text) {
                Ok(path) => Some(path),
                Err(_) => {
                    let why = "a service is named by its whole path, org/platform/environment/cluster/service";
                    return vec![(why.to_owned(), Role::Caution)];
                }
            },
        };
        let (user, is_me) = self.user(state);
        let why = role::resolve(&source.groups, &source.org, role, service.as_ref(), &user);
        let mut lines: Vec<(String, Role)> = Vec::new();
        let wide = why.tried.iter().map(|name| format::width(name)).max().unwrap_or(0);
        for (number, name) in why.tried.iter().enumerate() {
            let found = why.matched.as_ref() == Some(name);
            let (text, role) =
                if found { ("exists: the group acted as", Role::Good) } else { ("no such group", Role::Muted) };
            lines.push((format!("{}  {name:wide$}  {text}", number + 1), role));
        }
        if why.matched.is_none() {
            lines.push((
                format!("no group named {role} covers this; nobody fills the role but a superadmin"),
                Role::Bad,
            ));
        } else {
            lines.push(membership(&why, &user, is_me));
        }
        let unsure = why.membership.is_none() && !is_me;
        if naming::is_built_in(role) && !is_me {
            lines.push(("platform rights of others are not known here".to_owned(), Role::Muted));
        } else if unsure
            && why.matched.as_ref().and_then(|m| source.groups.get(m)).is_some_and(|g| g.ldap_group.is_some())
        {
            lines.push(("what a directory grants at sign-in is not known here".to_owned(), Role::Muted));
        }
        lines
    }

    /// The user who is asked about, and whether it is the one signed in.
    fn user(&self, state: &State) -> (User, bool) {
        let me = &state.session.user;
        let name = self.value(2);
        if name.is_empty() || name == me.name {
            return (me.clone(), true);
        }
        let user = User {
            id: UserId(format!("typed:{name}")),
            name: name.to_owned(),
            email: String::new(),
            level: Level::User,
            superadmin: false,
            read_only: false,
        };
        (user, false)
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        layout::middle(state.size, 78, 19)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, "How a role is resolved", canvas);
        if inside.height < 5 {
            return;
        }
        for (field, row) in FIELDS.iter().zip(0u16..) {
            let here = usize::from(row) == self.field;
            let mut pen = canvas.pen(inside, row);
            pen.put(if here { pen_cursor(&pen) } else { " " }, Role::Accent);
            pen.column(field, NAMES, if here { Role::Title } else { Role::Muted });
            let left = u16::try_from(NAMES + 1).unwrap_or(10).min(inside.width);
            let place = Rect { x: inside.x + left, width: inside.width - left, ..paint::row(inside, row) };
            if here {
                self.inputs[usize::from(row)].view(place, canvas);
            } else {
                let text = match (self.value(usize::from(row)), row) {
                    ("", 1) => "none: a ticket about no service",
                    ("", 2) => "you",
                    (text, _) => text,
                };
                canvas.text(place, 0, text, Role::Text);
            }
        }
        for (index, (name, row)) in self.proposals.iter().zip(3u16..).enumerate() {
            let line = paint::row(inside, row);
            canvas.pen(line, 0).skip(NAMES + 1).put(name, Role::Muted);
            canvas.highlight(line, self.pick == Some(index), false);
        }
        let mut at = 7;
        for (text, role) in self.told(state) {
            at = canvas.wrapped(Rect { height: inside.height - 1, ..inside }, at, &text, role);
        }
        let keymap = &state.options.keymap;
        let mut pen = canvas.pen(inside, inside.height - 1);
        for (action, says) in
            [(Action::DialogNext, "next field"), (Action::DialogDown, "proposals"), (Action::DialogClose, "close")]
        {
            pen.put(&keymap.label(action), Role::Key).skip(1).put(says, Role::Muted).skip(2);
        }
    }
}

fn pen_cursor(pen: &paint::Pen<'_, '_>) -> &'static str {
    pen.glyphs().cursor
}

/// By what the user is a member.
fn membership(why: &Explanation, user: &User, is_me: bool) -> (String, Role) {
    let who = if is_me { "you".to_owned() } else { user.name.clone() };
    let verb = |mine: &str, other: &str| if is_me { mine.to_owned() } else { other.to_owned() };
    let group = why.matched.as_deref().unwrap_or_default();
    match &why.membership {
        Some(Membership::Direct) => (format!("{who} {} listed in {group}", verb("are", "is")), Role::Good),
        Some(Membership::Inherited(from)) => {
            (format!("{who} {} it through {from}, listed there", verb("inherit", "inherits")), Role::Good)
        }
        Some(Membership::Superadmin) => {
            (format!("{who} {} in as superadmin, and history will say so", verb("stand", "stands")), Role::Caution)
        }
        Some(Membership::Platform) => (format!("{who} {} it by platform right", verb("have", "has")), Role::Good),
        None => (format!("{who} {} no member of {group}", verb("are", "is")), Role::Caution),
    }
}

#[cfg(test)]
mod tests {
    use crate::console::testing::Bench;

    /// The explainer on the group `dba-oncall`.
    fn explained() -> Bench {
        let mut bench = Bench::small();
        bench.keys("5 r /dba <enter> G x");
        bench
    }

    #[test]
    fn names_are_tried_in_order_and_the_one_that_exists_is_the_group_acted_as() {
        let mut bench = explained();
        bench.keys("acme/shop/prod/eu-1/payment-db");
        insta::assert_snapshot!(bench.picture());
    }

    #[test]
    fn another_user_is_judged_by_what_is_declared() {
        let mut bench = explained();
        bench.keys("<tab> <ctrl-u> dba-oncall");
        let picture = bench.picture();
        assert!(picture.contains("dba-oncall is listed in acme/dba-oncall"), "{picture}");
        bench.keys("<ctrl-u> nobody-known");
        assert!(bench.picture().contains("nobody-known is no member of acme/dba-oncall"));
    }

    #[test]
    fn a_role_that_exists_nowhere_says_what_was_tried() {
        let mut bench = Bench::small();
        bench.keys("5 r x ghosts");
        let picture = bench.picture();
        assert!(
            picture.contains("1  acme/ghosts  no such group") && picture.contains("nobody fills the role"),
            "{picture}"
        );
    }

    #[test]
    fn a_proposal_is_taken_with_enter_and_the_next_field_follows() {
        let mut bench = explained();
        bench.keys("payment-d <down> <enter>");
        let picture = bench.picture();
        assert!(
            picture.contains("acme/shop/prod/eu-1/payment-db ") && picture.contains("exists: the group acted as"),
            "{picture}"
        );
        bench.keys("<esc>");
        assert!(bench.state.dialogs.is_empty());
    }
}
