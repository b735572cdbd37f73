//! Everything a user can ask for: one list. Keymap, palette, help and footer are all made from it.
//!
//! To add an action: one line here, one line in `assets/keymap.yaml`, one arm in the `update` of the screen whose
//! context it stands under.

/// Where an action works. Keys are looked up from the innermost context outwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere but in dialogs.
    Global,
    /// On every screen that shows rows.
    List,
    /// On Pulse.
    Pulse,
    /// On Hierarchy.
    Hierarchy,
    /// On Budgets.
    Budgets,
    /// On Tickets.
    Tickets,
    /// On GitOps.
    GitOps,
    /// On Activity.
    Activity,
    /// While a text is typed.
    Input,
    /// In any dialog.
    Dialog,
    /// In a question with yes and no.
    Confirm,
}

/// What is known of an action.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Which.
    pub action: Action,
    /// Stable name for the keymap file.
    pub id: &'static str,
    /// What it does, for people.
    pub title: &'static str,
    /// One or two words for the footer; empty: not shown there.
    pub hint: &'static str,
    /// Where it works.
    pub context: Context,
    /// Whether it writes: absent in a read-only session.
    pub writes: bool,
}

macro_rules! actions {
    ($($context:ident { $($name:ident = $id:literal, $title:literal, $hint:literal $(, $writes:ident)?;)* })*) => {
        /// Something a user can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(
                #[doc = $title]
                $name,
            )*)*
        }

        /// All of them, in the order in which help shows them.
        pub const ACTIONS: &[Spec] = &[
            $($(Spec {
                action: Action::$name,
                id: $id,
                title: $title,
                hint: $hint,
                context: Context::$context,
                writes: actions!(@writes $($writes)?),
            },)*)*
        ];
    };
    (@writes) => { false };
    (@writes writes) => { true };
}

actions! {
    Global {
        GoPulse = "go.pulse", "Pulse: what needs a person now", "";
        GoHierarchy = "go.hierarchy", "Hierarchy: every service in its place", "";
        GoBudgets = "go.budgets", "Budgets: what was promised and what is left", "";
        GoTickets = "go.tickets", "Tickets: who works on what", "";
        GoGitOps = "go.gitops", "GitOps: what the repository declares", "";
        GoActivity = "go.activity", "Activity: every change", "";
        GoStorage = "go.storage", "Storage: how full it is, worst first", "";
        GoBackups = "go.backups", "Backups: which are late, worst first", "";
        NextScreen = "go.next", "Next screen", "";
        PreviousScreen = "go.previous", "Previous screen", "";
        Back = "go.back", "Back to where I was", "";
        Forward = "go.forward", "Forward again", "";
        Palette = "palette", "Find anything: actions, services, tickets, groups", "find";
        Filter = "filter", "Filter the list", "filter";
        Help = "help", "What works here", "help";
        Copy = "copy", "Copy the name of what is selected", "";
        NewTicket = "ticket.new", "Open a ticket", "", writes;
        Theme = "theme.next", "Next theme", "";
        Times = "times.next", "Ages or UTC times", "";
        Reconnect = "link.retry", "Try the core again at once", "";
        Redraw = "redraw", "Draw the whole screen again", "";
        Suspend = "suspend", "To the shell; fg comes back", "";
        Close = "close", "Close, or take the filter away", "";
        Quit = "quit", "Quit", "quit";
        Leave = "leave", "Leave at once, from anywhere", "";
    }
    List {
        Down = "list.down", "Next row", "";
        Up = "list.up", "Previous row", "";
        PageDown = "list.page-down", "A page on", "";
        PageUp = "list.page-up", "A page back", "";
        Top = "list.top", "First row", "";
        Bottom = "list.bottom", "Last row", "";
        Open = "list.open", "Open", "open";
        Mark = "list.mark", "Mark or unmark", "";
        Unmark = "list.unmark", "Unmark all", "";
        SortNext = "list.sort", "Sort by the next column", "";
        SortReverse = "list.sort-reverse", "Turn the order around", "";
        ScrollDown = "detail.down", "Scroll the detail down", "";
        ScrollUp = "detail.up", "Scroll the detail up", "";
    }
    Pulse {
        PulseTicket = "pulse.ticket", "Go to its ticket", "ticket";
        PulseTake = "pulse.take", "Take its ticket", "take", writes;
        PulseAcknowledge = "pulse.acknowledge", "Acknowledge for everybody to see, or take it back", "ack", writes;
        PulseSnooze = "pulse.snooze", "Snooze for everybody, or wake it again", "snooze", writes;
        PulseSnoozed = "pulse.snoozed", "Show or hide what is snoozed", "";
        PulseRunbook = "pulse.runbook", "Copy the link of its runbook", "";
        PulseFocus = "pulse.focus", "Other panel", "";
    }
    Hierarchy {
        TreeToggle = "tree.toggle", "Fold or unfold", "";
        TreeExpand = "tree.expand", "Unfold, or to the first below", "unfold";
        TreeCollapse = "tree.collapse", "Fold, or to the place above", "fold";
        TreeExpandAll = "tree.expand-all", "Unfold everything", "";
        TreeCollapseAll = "tree.collapse-all", "Fold everything", "";
        ProblemsOnly = "tree.problems", "Only problems, or everything", "problems";
        NextProblem = "tree.next-problem", "Next problem", "";
        StripWindow = "tree.window", "Status strip over 24 h, 7 d or 30 d", "24h/7d/30d";
        GoTicket = "tree.ticket", "Go to its ticket", "ticket";
        GoDeclaration = "tree.declaration", "Go to where it is declared", "declared";
        GoBudget = "tree.budget", "Go to its budget", "budget";
        TreeRunbook = "tree.runbook", "Copy the link of its runbook", "";
        TreeExclude = "tree.exclude", "Open an exclusion window", "", writes;
        TreeWindows = "tree.windows", "Exclusion windows over this: see them, stop one", "";
    }
    Budgets {
        BudgetMember = "budget.member", "Go to the worst member", "member";
        BudgetWindow = "budget.window", "Burn-down over the period, 7 days or 24 hours", "";
        BudgetDeclaration = "budget.declaration", "Go to where it is declared", "declared";
        BudgetExclude = "budget.exclude", "Open an exclusion window", "exclude", writes;
        BudgetWindows = "budget.windows", "Exclusion windows: see them, stop one", "";
    }
    Tickets {
        TicketTake = "ticket.take", "Take it", "take", writes;
        TicketMove = "ticket.move", "Move it along its workflow", "move", writes;
        TicketComment = "ticket.comment", "Say something", "comment", writes;
        TicketAssign = "ticket.assign", "Give it to somebody", "", writes;
        TicketPriority = "ticket.priority", "Change how urgent it is", "", writes;
        TicketUndo = "ticket.undo", "Take back what was done last", "take back", writes;
        TicketWhy = "ticket.why", "Why it is where it is, and why you may or may not", "why";
        TicketNext = "ticket.next", "Next ticket, with its detail in front", "next";
        TicketPrevious = "ticket.previous", "Previous ticket, with its detail in front", "";
        TicketView = "ticket.view", "List or board", "board";
        TicketLeft = "ticket.left", "Board: column to the left", "";
        TicketRight = "ticket.right", "Board: column to the right", "";
        TicketPreset = "ticket.preset", "Next saved filter, built in or your own", "view";
        TicketPresetBack = "ticket.preset-back", "Previous saved filter", "";
        TicketNarrow = "ticket.narrow", "Only what shares its service, place, group or item", "narrow";
        TicketService = "ticket.service", "Go to its service", "service";
        TicketDeclaration = "ticket.declaration", "Go to the line that allowed the move", "line";
        TicketEntry = "ticket.entry", "Next move in the history, towards the past", "";
    }
    GitOps {
        GitOpsBlame = "gitops.blame", "Who last changed each line", "blame";
        GitOpsHistory = "gitops.history", "Commits of the file, newest first", "commits";
        GitOpsChange = "gitops.change", "What changed by this commit, or since the marked one", "what changed";
        GitOpsFrom = "gitops.from", "Compare from this commit", "compare from";
        GitOpsExplain = "gitops.explain", "Explain a fault, or how a role is resolved", "explain";
        GitOpsView = "gitops.view", "Other view: by file, what was done, next cell", "view";
        GitOpsProblems = "gitops.problems", "Only what has faults, or everything", "problems";
        GitOpsFold = "gitops.fold", "Fold or unfold", "fold";
        GitOpsFoldAll = "gitops.fold-all", "Fold or unfold everything", "";
        GitOpsSource = "gitops.source", "Go to the lines that declare it", "source";
        GitOpsLive = "gitops.live", "Go to the running thing", "running";
        GitOpsNextFault = "gitops.next-fault", "Next fault in this file", "";
        GitOpsThings = "gitops.things", "Things: everything declared, by kind or by file", "";
        GitOpsFaults = "gitops.faults", "Faults: what is wrong, worst first", "";
        GitOpsPlan = "gitops.plan", "Plan: what would change, and what was done", "";
        GitOpsDrift = "gitops.drift", "Drift: declared against running", "";
        GitOpsRules = "gitops.rules", "Rules: workflows, catalog, groups and sign-in", "";
        GitOpsReading = "gitops.reading", "Reading: what was read last, and what came of it", "";
        GitOpsTab = "gitops.tab", "Next list", "";
        GitOpsTabBack = "gitops.tab-back", "Previous list", "";
        GitOpsAgain = "gitops.again", "Ask the core again", "";
    }
    Activity {
        ActivityFollow = "activity.follow", "Follow the newest, or stay", "follow";
        ActivityKind = "activity.kind", "Next kind: all, health, tickets, budgets, repository", "kind";
        ActivityJournal = "activity.journal", "What I did this session", "journal";
        ActivityCopy = "activity.copy", "Copy as a command", "";
    }
    Input {
        InputLeft = "input.left", "Left", "";
        InputRight = "input.right", "Right", "";
        InputWordLeft = "input.word-left", "A word left", "";
        InputWordRight = "input.word-right", "A word right", "";
        InputStart = "input.start", "To the start", "";
        InputEnd = "input.end", "To the end", "";
        InputBackspace = "input.backspace", "Rub out to the left", "";
        InputDelete = "input.delete", "Rub out under the cursor", "";
        InputDeleteWord = "input.delete-word", "Rub out the word to the left", "";
        InputClear = "input.clear", "Rub out everything to the left", "";
    }
    Dialog {
        DialogAccept = "dialog.accept", "Accept", "";
        DialogClose = "dialog.close", "Close without doing it", "";
        DialogDown = "dialog.down", "Next", "";
        DialogUp = "dialog.up", "Previous", "";
        DialogPageDown = "dialog.page-down", "A page on", "";
        DialogPageUp = "dialog.page-up", "A page back", "";
        DialogNext = "dialog.next", "Next field", "";
        DialogPrevious = "dialog.previous", "Previous field", "";
        DialogSend = "dialog.send", "Send from a text with several lines", "";
        DialogEditor = "dialog.editor", "Edit the text in your own editor ($VISUAL, $EDITOR)", "", writes;
    }
    Confirm {
        ConfirmYes = "confirm.yes", "Yes, do it", "";
        ConfirmNo = "confirm.no", "No", "";
    }
}

impl Action {
    /// What is known of it.
    pub fn spec(self) -> &'static Spec {
        // The enum and the list come out of one macro, in one order.
        &ACTIONS[self as usize]
    }

    /// The action of a stable name.
    pub fn by_id(id: &str) -> Option<Self> {
        ACTIONS.iter().find(|s| s.id == id).map(|s| s.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_finds_its_own_line_and_names_are_unique() {
        for (index, spec) in ACTIONS.iter().enumerate() {
            assert_eq!(spec.action as usize, index);
            assert_eq!(spec.action.spec().id, spec.id);
            assert_eq!(Action::by_id(spec.id), Some(spec.action), "{} stands twice", spec.id);
        }
    }
}
