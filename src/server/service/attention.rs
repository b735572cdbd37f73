//! What people say about problems: said by the domain's rule, told once, and taken away when it no longer holds.

use super::{Core, Failure, asked::Asked, batch::Batch};
use crate::domain::{
    access::User,
    attention::{self, Handled, Lapse, ProblemKey, Subject, Wish},
    change::{Actor, Fact},
    refusal::Refusal,
};

impl Core {
    /// Say something about a problem, or take it back. Answers what holds then.
    ///
    /// # Errors
    /// What [`attention::handle`] and [`attention::withdraw`] refuse, or what the idempotency key says.
    pub async fn attend(&self, user: &User, wish: Wish, key: &str) -> Result<Option<Handled>, Failure> {
        let asked = Asked::new(&user.id.0, key, &format!("{wish:?}"))?;
        let user = user.clone();
        self.0
            .write(move |batch| {
                if let Some(answer) = asked.before::<Option<Handled>>(batch)? {
                    return Ok(answer);
                }
                let answer = say(batch, &user, &wish)?;
                asked.remember(batch, answer.clone());
                Ok(answer)
            })
            .await
    }

    /// Take away what no longer holds because time went by. Runs by itself every second.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn settle_attention(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                settle(batch, |_| true);
                Ok(())
            })
            .await
    }
}

fn say(batch: &mut Batch<'_>, user: &User, wish: &Wish) -> Result<Option<Handled>, Refusal> {
    let actor = Actor::User { id: user.id.clone(), name: user.name.clone() };
    let estate = &batch.truth.estate;
    let Some(handling) = wish.handling else {
        let key = (wish.subject.clone(), wish.seen.concern());
        attention::withdraw(estate, &key, user)?;
        forget(batch, actor, key, Lapse::Withdrawn);
        return Ok(None);
    };
    let handled = attention::handle(estate, &wish.subject, wish.seen, handling, user, batch.now)?;
    let body = batch.text(&handled);
    batch.rows.attention.handled.insert(row_key(&handled.key()), Some(body));
    batch.emit(actor, Fact::ProblemHandled(Box::new(handled.clone())));
    Ok(Some(handled))
}

/// `fact` is true: what was said about what it names may hold no longer. What many facts together decide (a reporter
/// with all its services) waits for [`Core::settle_attention`].
pub(super) fn after(batch: &mut Batch<'_>, fact: &Fact) {
    if batch.truth.estate.handled.is_empty() {
        return;
    }
    match fact {
        Fact::ServiceDeclared(_)
        | Fact::ServiceRetired(_)
        | Fact::HealthChanged { .. }
        | Fact::StorageChanged { .. }
        | Fact::BackupChanged { .. } => {
            let path = fact.service();
            settle(batch, |subject| subject.service().is_some() && subject.service() == path);
        }
        Fact::TicketChanged { ticket, .. } => settle(batch, |subject| *subject == Subject::Ticket(ticket.number)),
        Fact::BudgetChanged(group) => {
            settle(batch, |subject| matches!(subject, Subject::Budget(n) if *n == group.name))
        }
        Fact::BudgetRemoved(name) => settle(batch, |subject| matches!(subject, Subject::Budget(n) if n == name)),
        Fact::SourceRead(_) => settle(batch, |subject| *subject == Subject::Repository),
        Fact::WindowChanged(window) => settle(batch, |subject| *subject == Subject::Window(window.id)),
        Fact::ReceiversChanged(_) => settle(batch, |subject| matches!(subject, Subject::Receiver(_))),
        Fact::ProblemHandled(_) | Fact::HandlingLapsed { .. } => {}
    }
}

fn settle(batch: &mut Batch<'_>, of: impl Fn(&Subject) -> bool) {
    let estate = &batch.truth.estate;
    let handled = estate.handled.values().filter(|handled| of(&handled.subject));
    let over: Vec<(ProblemKey, Lapse)> =
        handled.filter_map(|h| Some((h.key(), attention::lapse(estate, h, batch.now)?))).collect();
    for (key, why) in over {
        forget(batch, Actor::System, key, why);
    }
}

fn forget(batch: &mut Batch<'_>, actor: Actor, key: ProblemKey, why: Lapse) {
    batch.rows.attention.handled.insert(row_key(&key), None);
    let (subject, concern) = key;
    batch.emit(actor, Fact::HandlingLapsed { subject, concern, why });
}

fn row_key((subject, concern): &ProblemKey) -> (&'static str, String, &'static str) {
    (subject.kind(), subject.name(), concern.word())
}
