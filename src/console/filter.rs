//! The filter of a screen: what was typed, what it means, or why it means nothing.

use crate::domain::{
    health::Service,
    search::{Query, SearchContext},
    tickets::Ticket,
};

/// A filter. While what is typed cannot be read, the last readable one stays in force and the reason is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    query: Query,
    fault: Option<String>,
    version: u64,
}

impl Filter {
    /// Take over what was typed.
    pub fn set(&mut self, text: &str) {
        if self.text == text {
            return;
        }
        text.clone_into(&mut self.text);
        self.version += 1;
        match Query::parse(text) {
            Ok(query) => {
                self.query = query;
                self.fault = None;
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.query.is_empty()
    }

    /// Why it cannot be read.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Counts every change, so that rows are made again only then.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whether a service passes.
    pub fn service(&self, service: &Service) -> bool {
        self.query.is_empty() || self.query.matches_service(service)
    }

    /// Whether a ticket passes.
    pub fn ticket(&self, ticket: &Ticket, context: &SearchContext<'_>) -> bool {
        self.query.is_empty() || self.query.matches_ticket(ticket, context)
    }

    /// Whether something told by texts and by facts under names of keys passes.
    pub fn facts<'a>(&self, texts: &[&str], fact: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.query.is_empty() || self.query.matches_facts(texts, fact)
    }

    /// Whether a text passes.
    pub fn line(&self, text: &str) -> bool {
        self.query.is_empty() || self.query.matches_text(text)
    }
}

/// A filter under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedFilter {
    /// What its tab says.
    pub name: String,
    /// What passes.
    pub filter: Filter,
}

impl SavedFilter {
    /// A text under a name; settings were checked when they were read.
    pub fn new(name: &str, text: &str) -> Self {
        let mut filter = Filter::default();
        filter.set(text);
        Self { name: name.to_owned(), filter }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_leaves_the_last_filter_in_force_and_says_why() {
        let mut filter = Filter::default();
        filter.set("pay");
        assert!(filter.line("payment") && !filter.line("cart"));
        filter.set("stauts:down");
        assert!(filter.fault().is_some());
        assert!(filter.line("payment") && !filter.line("cart"));
        filter.set("");
        assert!(filter.fault().is_none() && filter.line("cart"));
    }
}
