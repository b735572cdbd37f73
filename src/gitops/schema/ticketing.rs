//! Fields of ticketing: groups, workflows, catalog.

use super::{Field, Table, Type};

/// Statuses of a ticket.
pub const STATUSES: &[&str] = &["OPEN", "IN_PROGRESS", "RESOLVED", "CLOSED"];
/// Priorities of a ticket.
pub const PRIORITIES: &[&str] = &["LOW", "MEDIUM", "HIGH", "CRITICAL"];
/// Roles that are no group.
pub const ROLES: &[&str] = &["assignee", "requester", "any"];

const NAME: Field = Field::new(
    "name",
    Type::Text,
    "Stable name; a slash puts it into a scope, the organization is put in front by itself.",
)
.needed();
const DESCRIPTION: Field = Field::new("description", Type::Text, "What it is for, for people.");
const ICON: Field = Field::new("icon", Type::Text, "Name of a Material Symbol; has no effect in a terminal.");

/// `ticketing`, and a file of `ticketing.d/`.
pub static TICKETING: Table = Table::closed(
    "ticketing",
    &[
        Field::new("org", Type::Text, "The organization; put in front of every name. Said once."),
        Field::new("groups", Type::Many(&GROUP), "Who acts in a role.").or("[]"),
        Field::new("workflows", Type::Many(&WORKFLOW), "Which moves of a ticket are legal, and whose.").or("[]"),
        Field::new("catalog", Type::One(&CATALOG), "Cards to open a ticket from."),
    ],
);

/// A group.
pub static GROUP: Table = Table::closed(
    "a group",
    &[
        NAME,
        Field::new("displayName", Type::Text, "Label."),
        DESCRIPTION,
        Field::new("users", Type::Texts, "Members by login name or address.").or("[]"),
        Field::new("ldapGroup", Type::Text, "DN of the directory group whose members join at login."),
    ],
);

/// A workflow.
pub static WORKFLOW: Table = Table::closed(
    "a workflow",
    &[
        NAME,
        Field::new("displayName", Type::Text, "Label; the short name otherwise."),
        DESCRIPTION,
        Field::new("transitions", Type::Many(&TRANSITION), "Legal moves; at least one.").needed(),
    ],
);

/// A transition.
pub static TRANSITION: Table = Table::closed(
    "a transition",
    &[
        Field::new("from", Type::Word(STATUSES), "Status before.").needed(),
        Field::new("to", Type::Word(STATUSES), "Status after.").needed(),
        Field::new("role", Type::Text, "Who may: assignee, requester, any, or the name of a group.").needed(),
    ],
);

/// `catalog`.
pub static CATALOG: Table = Table::closed(
    "catalog",
    &[
        Field::new("categories", Type::Many(&CATEGORY), "Tabs of the catalog.").or("[]"),
        Field::new("items", Type::Many(&ITEM), "Cards.").or("[]"),
    ],
);

/// A category.
pub static CATEGORY: Table = Table::closed(
    "a category",
    &[
        Field::new("name", Type::Text, "Stable name.").needed(),
        Field::new("displayName", Type::Text, "Label; the name otherwise."),
        ICON,
        DESCRIPTION,
    ],
);

/// A catalog item.
pub static ITEM: Table = Table::closed(
    "a catalog item",
    &[
        NAME,
        Field::new("category", Type::Text, "Name of a declared category.").needed(),
        Field::new("displayName", Type::Text, "Title of the card.").needed(),
        DESCRIPTION,
        ICON,
        Field::new("workflow", Type::Text, "Name of a declared workflow.").needed(),
        Field::new("defaults", Type::One(&DEFAULTS), "What the ticket begins with."),
        Field::new("sla", Type::One(&SLA), "How fast, in place of the priority's own targets."),
    ],
);

/// `defaults` of an item.
pub static DEFAULTS: Table = Table::closed(
    "defaults",
    &[
        Field::new("priority", Type::Word(PRIORITIES), "Priority of the ticket."),
        Field::new("assigneeGroup", Type::Text, "Group that gets the ticket."),
    ],
);

/// `sla` of an item.
pub static SLA: Table = Table::closed(
    "sla",
    &[
        Field::new("responseMinutes", Type::Whole(1, u32::MAX), "Until the first response, in minutes."),
        Field::new("resolutionMinutes", Type::Whole(1, u32::MAX), "Until it is solved, in minutes."),
    ],
);
