//! Holding a query against things. Text is compared without regard to ASCII case and without allocating.

use super::{Key, Query, SearchContext, Term, Test, Wanted};
use crate::domain::{
    health::{Origin, Service},
    hierarchy::ServicePath,
    tickets::Ticket,
};

impl Query {
    /// Whether it holds for `service`.
    pub fn matches_service(&self, service: &Service) -> bool {
        self.holds(|test| match test {
            Test::Word(word) => service_texts(service, |text| contains(text, word)),
            Test::Fuzzy(word) => service_texts(service, |text| has_in_order(text, word)),
            Test::Key(key, wanted) => wanted.iter().any(|w| asks_service(*key, w, service)),
        })
    }

    /// Whether it holds for `ticket`.
    pub fn matches_ticket(&self, ticket: &Ticket, context: &SearchContext<'_>) -> bool {
        self.holds(|test| match test {
            Test::Word(word) => ticket_texts(ticket, |text| contains(text, word)) || is_number(ticket, word),
            Test::Fuzzy(word) => ticket_texts(ticket, |text| has_in_order(text, word)),
            Test::Key(key, wanted) => wanted.iter().any(|w| asks_ticket(*key, w, ticket, context)),
        })
    }

    /// Whether it holds for a line that is only text: keys do not count, their values are looked for.
    pub fn matches_text(&self, text: &str) -> bool {
        self.holds(|test| match test {
            Test::Word(word) => contains(text, word),
            Test::Fuzzy(word) => has_in_order(text, word),
            Test::Key(_, wanted) => wanted.iter().any(|w| contains(text, &w.text)),
        })
    }

    /// Whether it holds for something told by texts, and by facts under the names of keys. A key under which nothing is
    /// told does not hold.
    pub fn matches_facts<'a>(&self, texts: &[&str], fact: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.holds(|test| match test {
            Test::Word(word) => texts.iter().any(|text| contains(text, word)),
            Test::Fuzzy(word) => texts.iter().any(|text| has_in_order(text, word)),
            Test::Key(key, wanted) => fact(key.word()).is_some_and(|text| wanted.iter().any(|w| w.fits(text))),
        })
    }

    fn holds(&self, says: impl Fn(&Test) -> bool) -> bool {
        self.terms.iter().all(|Term { negated, test }| says(test) != *negated)
    }
}

impl Wanted {
    fn is(&self, bit: usize) -> bool {
        self.bits & 1 << bit != 0
    }

    fn fits(&self, text: &str) -> bool {
        if self.whole { text.eq_ignore_ascii_case(&self.text) } else { contains(text, &self.text) }
    }

    fn fits_path(&self, key: Key, path: &ServicePath) -> bool {
        match key {
            Key::Env => self.fits(path.environment()),
            Key::Cluster => self.fits(path.segments()[3]),
            Key::Service => self.fits(path.service()),
            _ => {
                let node = path.as_str().as_bytes();
                let wanted = self.text.as_bytes();
                let begins = node.get(..wanted.len()).is_some_and(|head| head.eq_ignore_ascii_case(wanted));
                begins && (!self.whole || matches!(node.get(wanted.len()), None | Some(b'/')))
            }
        }
    }
}

/// Bits of `is:`, in the order of its words.
mod flag {
    pub const PROBLEM: usize = 0;
    pub const SILENT: usize = 1;
    pub const UNDECLARED: usize = 2;
    pub const MINE: usize = 3;
    pub const UNASSIGNED: usize = 4;
    pub const BREACHING: usize = 5;
    pub const OPEN: usize = 6;
}

/// Bits of `status:` after the five of services.
const TICKET_STATUSES: usize = 5;
/// The bit of `outage`, which reads as DOWN.
const OUTAGE: usize = 9;

fn asks_service(key: Key, wanted: &Wanted, service: &Service) -> bool {
    let health = &service.health;
    match key {
        Key::Status => {
            let is_down = health.status == crate::domain::health::Status::Down;
            wanted.is(health.status as usize) || (is_down && wanted.is(OUTAGE))
        }
        Key::Is => {
            wanted.is(flag::PROBLEM) && health.status.is_problem()
                || wanted.is(flag::SILENT) && health.silence.is_some()
                || wanted.is(flag::UNDECLARED) && service.origin != Origin::Git
        }
        Key::Crit => wanted.is(service.criticality as usize),
        Key::Team => wanted.fits(&service.team),
        Key::Tag => service.tags.iter().any(|tag| wanted.fits(tag)),
        Key::Type => wanted.fits(&service.kind),
        Key::Sla => service.sla_group.as_deref().is_some_and(|group| wanted.fits(group)),
        Key::Service => wanted.fits_path(key, &service.path) || wanted.fits(&service.display_name),
        Key::Env | Key::Cluster | Key::Node => wanted.fits_path(key, &service.path),
        Key::Path => wanted.fits(service.path.as_str()),
        Key::Priority | Key::Assignee | Key::Group | Key::Action | Key::Declared | Key::Running => false,
    }
}

fn asks_ticket(key: Key, wanted: &Wanted, ticket: &Ticket, context: &SearchContext<'_>) -> bool {
    match key {
        Key::Status => wanted.is(TICKET_STATUSES + ticket.status as usize),
        Key::Is => {
            let mine = || context.me.is_some_and(|me| ticket.is_assigned_to(me));
            wanted.is(flag::MINE) && mine()
                || wanted.is(flag::UNASSIGNED) && ticket.assignee.is_none()
                || wanted.is(flag::BREACHING) && ticket.is_breaching(context.now)
                || wanted.is(flag::OPEN) && ticket.is_live()
        }
        Key::Priority => wanted.is(ticket.priority as usize),
        Key::Assignee => match &ticket.assignee {
            None => wanted.text == "none",
            Some((id, name)) => wanted.fits(name) || (wanted.text == "me" && context.me == Some(id)),
        },
        Key::Group => ticket.assignee_group.as_deref().is_some_and(|group| wanted.fits(group)),
        Key::Type => ticket.item.as_deref().is_some_and(|item| wanted.fits(item)),
        Key::Env | Key::Cluster | Key::Node | Key::Service => {
            ticket.service.as_ref().is_some_and(|path| wanted.fits_path(key, path))
        }
        Key::Path => ticket.service.as_ref().is_some_and(|path| wanted.fits(path.as_str())),
        Key::Crit | Key::Team | Key::Tag | Key::Sla | Key::Action | Key::Declared | Key::Running => false,
    }
}

fn service_texts(service: &Service, says: impl Fn(&str) -> bool) -> bool {
    says(service.path.as_str())
        || says(&service.display_name)
        || says(&service.team)
        || says(&service.kind)
        || service.tags.iter().any(|tag| says(tag))
        || service.sla_group.as_deref().is_some_and(&says)
}

fn ticket_texts(ticket: &Ticket, says: impl Fn(&str) -> bool) -> bool {
    says(&ticket.title)
        || ticket.service.as_ref().is_some_and(|path| says(path.as_str()))
        || ticket.assignee.as_ref().is_some_and(|(_, name)| says(name))
        || ticket.assignee_group.as_deref().is_some_and(&says)
        || ticket.item.as_deref().is_some_and(&says)
        || says(ticket.requester.name())
        || says(&ticket.description)
}

/// `#12` and `12` are the ticket of that number.
fn is_number(ticket: &Ticket, word: &str) -> bool {
    word.strip_prefix('#').unwrap_or(word).parse() == Ok(ticket.number)
}

/// Whether `needle`, in ASCII lower case, is part of `text`.
fn contains(text: &str, needle: &str) -> bool {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let Some((&first, rest)) = needle.split_first() else {
        return true;
    };
    let Some(last_start) = text.len().checked_sub(needle.len()) else {
        return false;
    };
    let upper = first.to_ascii_uppercase();
    text[..=last_start].iter().enumerate().any(|(at, &byte)| {
        (byte == first || byte == upper) && text[at + 1..=at + rest.len()].eq_ignore_ascii_case(rest)
    })
}

/// Whether the letters of `needle`, in ASCII lower case, come in this order in `text`.
fn has_in_order(text: &str, needle: &str) -> bool {
    let mut letters = text.chars().map(|c| c.to_ascii_lowercase());
    needle.chars().all(|wanted| letters.any(|c| c == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        access::{Level, UserId},
        health::{Criticality, Silence, Status},
        samples,
        tickets::{Priority, TicketStatus},
        time::{DAY, Timestamp},
    };

    fn service() -> Service {
        Service {
            display_name: "Payment API".to_owned(),
            kind: "database".to_owned(),
            team: "site reliability".to_owned(),
            tags: vec!["postgres".to_owned(), "tier-1".to_owned()],
            criticality: Criticality::Critical,
            sla_group: Some("checkout".to_owned()),
            ..samples::service("acme/shop/prod/eu-1/payment-db", Status::Down)
        }
    }

    fn holds(query: &str) -> bool {
        Query::parse(query).unwrap().matches_service(&service())
    }

    #[test]
    fn every_key_asks_its_own_field() {
        for yes in [
            "status:down",
            "status:DOWN",
            "status:outage",
            "status:operational,down",
            "is:problem",
            "crit:critical",
            "crit:c",
            "team:reliab",
            "team:\"site rel\"",
            "team:=\"site reliability\"",
            "tag:postgres",
            "tag:=tier-1",
            "type:data",
            "env:prod",
            "cluster:eu-1",
            "node:acme/shop",
            "node:Acme/sh",
            "node:=acme/shop",
            "service:payment",
            "service:\"payment api\"",
            "sla:checkout",
        ] {
            assert!(holds(yes), "{yes}");
            assert!(!holds(&format!("-{yes}")), "-{yes}");
            assert!(!holds(&format!("!{yes}")), "!{yes}");
        }
        for no in [
            "status:degraded",
            "status:open",
            "is:silent",
            "is:undeclared",
            "is:mine",
            "crit:low,high",
            "team:=site",
            "tag:mysql",
            "type:queue",
            "env:dev",
            "cluster:us",
            "node:shop",
            "node:=acme/sh",
            "service:acme",
            "sla:other",
            "priority:high",
            "assignee:none",
            "group:dba",
        ] {
            assert!(!holds(no), "{no}");
            assert!(holds(&format!("-{no}")), "-{no}");
        }
    }

    #[test]
    fn all_terms_must_hold() {
        assert!(holds("payment status:down -env:dev ~pmtapi"));
        assert!(!holds("payment status:down env:dev"));
        assert!(holds(""));
    }

    #[test]
    fn words_find_parts_in_any_case_and_fuzzy_words_letters_in_order() {
        assert!(holds("PAYMENT-D") && holds("eu-1/pay") && holds("\"ment a\""));
        assert!(!holds("paymentdb"));
        assert!(holds("~paymentdb") && holds("~ASPD") && !holds("~bdtnemyap"));
    }

    #[test]
    fn silence_and_missing_declaration_are_asked_by_is() {
        let mut service = service();
        service.origin = Origin::Push;
        service.health.silence = Some(Silence { from: Timestamp::default(), last_known: Status::Down });
        for query in ["is:silent", "is:undeclared", "is:open,silent"] {
            assert!(Query::parse(query).unwrap().matches_service(&service), "{query}");
        }
    }

    #[test]
    fn whole_word_of_a_list_means_itself_alone() {
        let mut service = service();
        service.health.status = Status::Operational;
        assert!(Query::parse("status:ope").unwrap().matches_service(&service));
        assert!(!Query::parse("status:open").unwrap().matches_service(&service));
    }

    #[test]
    fn tickets_are_asked_about_people_clocks_and_their_service() {
        let me = UserId("local:oncall".to_owned());
        let mut ticket = samples::ticket(samples::workflow(&[]));
        ticket.assignee = Some((me.clone(), "oncall".to_owned()));
        ticket.assignee_group = Some("dba".to_owned());
        ticket.priority = Priority::High;
        ticket.status = TicketStatus::InProgress;
        ticket.item = Some("acme/db-restart".to_owned());
        let late = SearchContext { me: Some(&me), now: Timestamp::from_ms(9 * DAY) };
        let early = SearchContext { me: None, now: Timestamp::from_ms(1) };
        let holds = |query: &str, context| Query::parse(query).unwrap().matches_ticket(&ticket, context);
        for yes in [
            "status:in_progress",
            "status:in-progress",
            "is:mine",
            "is:open",
            "is:breaching",
            "priority:high",
            "prio:h",
            "assignee:me",
            "assignee:onc",
            "group:dba",
            "type:restart",
            "env:prod",
            "service:db",
            "node:acme/shop",
            "orders",
            "#7",
            "7",
            "requester",
            "~odfl",
        ] {
            assert!(holds(yes, &late), "{yes}");
            assert!(!holds(&format!("-{yes}"), &late), "-{yes}");
        }
        for no in
            ["status:down", "status:open", "is:unassigned", "is:problem", "assignee:none", "crit:high", "8", "team:dba"]
        {
            assert!(!holds(no, &late), "{no}");
        }
        assert!(!holds("is:mine", &early) && !holds("assignee:me", &early) && !holds("is:breaching", &early));
    }

    #[test]
    fn a_closed_ticket_is_neither_open_nor_breaching() {
        let mut ticket = samples::ticket(samples::workflow(&[]));
        ticket.status = TicketStatus::Closed;
        let context = SearchContext { me: None, now: Timestamp::from_ms(9 * DAY) };
        let holds = |query: &str| Query::parse(query).unwrap().matches_ticket(&ticket, &context);
        assert!(!holds("is:open") && !holds("is:breaching"));
        assert!(holds("is:unassigned") && holds("assignee:none"));
    }

    #[test]
    fn a_line_of_text_is_searched_for_values_too() {
        let holds = |query: &str, text| Query::parse(query).unwrap().matches_text(text);
        assert!(holds("payment status:down", "Payment-DB went DOWN"));
        assert!(!holds("payment -status:down", "Payment-DB went DOWN"));
        assert!(holds("ä", "wählen") && !holds("x", "") && holds("", ""));
    }

    #[test]
    fn a_user_is_only_found_by_his_own_id() {
        let ldap = UserId("ldap:oncall".to_owned());
        let mut ticket = samples::ticket(samples::workflow(&[]));
        ticket.assignee = Some((samples::user("oncall", Level::User).id, "oncall".to_owned()));
        let context = SearchContext { me: Some(&ldap), now: Timestamp::default() };
        assert!(!Query::parse("is:mine").unwrap().matches_ticket(&ticket, &context));
    }
}
