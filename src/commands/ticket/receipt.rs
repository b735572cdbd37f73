//! What became of each of many tickets: printed as a table or as data, and read back for another try of what failed.

use serde_json::{Value, json};

use super::write::Outcome;
use crate::{
    client::ApiError,
    commands::{Exit, Trouble},
    print::{Cell, Sheet, Tone, column, figures, wide},
};

/// One ticket and what became of it.
pub struct Line {
    /// Which.
    pub number: u64,
    /// May be empty.
    pub title: String,
    /// The key it was sent with.
    pub key: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl Line {
    fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Done(_) => "done",
            Outcome::Unchanged(_) => "unchanged",
            Outcome::Failed(_) => "failed",
            Outcome::Unknown(_) => "unknown",
            Outcome::NotTried => "not_tried",
        }
    }

    fn failure(&self) -> Option<&ApiError> {
        match &self.outcome {
            Outcome::Failed(error) | Outcome::Unknown(error) => Some(error),
            Outcome::Done(_) | Outcome::Unchanged(_) | Outcome::NotTried => None,
        }
    }

    fn dto(&self) -> Value {
        let mut dto = json!({ "number": self.number, "outcome": self.word(), "key": self.key });
        if let Outcome::Done(ticket) = &self.outcome {
            dto["version"] = ticket.version.into();
            dto["status"] = ticket.status.word().into();
            dto["assignee"] = ticket.assignee.as_ref().map(|(_, name)| name.as_str()).into();
            dto["priority"] = ticket.priority.word().into();
        }
        if let Some(error) = self.failure() {
            dto["code"] = error.kind.word().into();
            dto["reason"] = error.message.as_str().into();
        }
        if let Outcome::Unchanged(message) = &self.outcome {
            dto["reason"] = message.as_str().into();
        }
        dto
    }

    fn row(&self) -> Vec<Cell> {
        let (tone, text) = match &self.outcome {
            Outcome::Done(ticket) => (Tone::Good, format!("version {}", ticket.version)),
            Outcome::Unchanged(message) => (Tone::Dim, message.clone()),
            Outcome::Failed(error) => (Tone::Bad, error.to_string()),
            Outcome::Unknown(error) => (Tone::Unsure, error.to_string()),
            Outcome::NotTried => (Tone::Dim, String::new()),
        };
        vec![
            format!("#{}", self.number).into(),
            Cell::toned(self.word().replace('_', " "), tone),
            text.into(),
            self.title.clone().into(),
            self.key.clone().into(),
        ]
    }
}

/// The receipt as a table and as data.
pub fn sheet(lines: &[Line]) -> Sheet {
    Sheet {
        kind: "receipt",
        json: lines.iter().map(Line::dto).collect(),
        columns: vec![figures("TICKET"), column("OUTCOME"), column("DETAIL"), column("TITLE"), wide("KEY")],
        rows: lines.iter().map(Line::row).collect(),
        names: lines.iter().map(|line| line.number.to_string()).collect(),
        ..Sheet::default()
    }
}

/// How a command ends with this receipt: well when all is as wished, `Partly` when some of it is, else as the first
/// failure says.
pub fn verdict(lines: &[Line]) -> Result<(), Trouble> {
    let good = lines.iter().filter(|line| line.outcome.is_good()).count();
    if lines.iter().any(|line| matches!(line.outcome, Outcome::NotTried)) {
        let left = lines.len() - good;
        return Err(Trouble::new(Exit::Interrupted, format!("interrupted: {left} of {} were not done", lines.len())));
    }
    let bad = lines.len() - good;
    let Some(first) = lines.iter().find_map(Line::failure) else {
        return Ok(());
    };
    let hint = "save the receipt with -o json; --numbers-from takes what was not done from it";
    let exit = if good > 0 { Exit::Partly } else { Trouble::from(first.clone()).exit };
    Err(Trouble::new(exit, format!("{bad} of {} were not done", lines.len())).hint(hint))
}

/// Numbers and, out of a receipt, the keys of what was not done.
///
/// # Errors
/// Usage, for what is neither a receipt nor a list of numbers.
pub fn read(text: &str) -> Result<Vec<(u64, Option<String>)>, Trouble> {
    let usage = |message: String| Trouble::new(Exit::Usage, message);
    let mut targets: Vec<(u64, Option<String>)> = Vec::new();
    if text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|e| usage(format!("this is not a receipt: {e}")))?;
        let lines = value["receipt"].as_array().ok_or_else(|| usage("there is no `receipt` in it".to_owned()))?;
        for line in lines {
            let number =
                line["number"].as_u64().ok_or_else(|| usage("a line of the receipt has no number".to_owned()))?;
            if !matches!(line["outcome"].as_str(), Some("done" | "unchanged")) {
                // Only what may have arrived is asked for again under its key.
                let key = (line["outcome"] == "unknown").then(|| line["key"].as_str().map(str::to_owned)).flatten();
                targets.push((number, key));
            }
        }
    } else {
        for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
            let number = word.trim_start_matches('#').parse().map_err(|_| usage(format!("`{word}` is no number")))?;
            targets.push((number, None));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    targets.retain(|(number, _)| seen.insert(*number));
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::Kind, domain::samples};

    fn line(number: u64, outcome: Outcome) -> Line {
        Line { number, title: String::new(), key: format!("k-{number}"), outcome }
    }

    fn done(number: u64) -> Line {
        line(number, Outcome::Done(Box::new(samples::ticket(samples::workflow(&[])))))
    }

    fn failed(number: u64, kind: Kind) -> Line {
        line(number, Outcome::Failed(ApiError::new(kind, "no")))
    }

    #[test]
    fn some_failed_is_partly_and_all_failed_is_the_failure() {
        let exit = |lines: &[Line]| verdict(lines).map_err(|trouble| trouble.exit.code());
        assert_eq!(exit(&[done(1), line(2, Outcome::Unchanged(String::new()))]), Ok(()));
        assert_eq!(exit(&[done(1), failed(2, Kind::Conflict)]), Err(5));
        assert_eq!(exit(&[failed(1, Kind::Forbidden), failed(2, Kind::Conflict)]), Err(4));
        assert_eq!(exit(&[done(1), line(2, Outcome::NotTried)]), Err(130));
    }

    #[test]
    fn what_was_not_done_is_read_back_out_of_a_receipt_and_unknown_ones_with_their_key() {
        let lost = ApiError::new(Kind::Unknown, "lost");
        let lines = [done(1), failed(2, Kind::Conflict), line(3, Outcome::Unknown(lost)), line(4, Outcome::NotTried)];
        let text = json!({ "version": 1, "receipt": sheet(&lines).json }).to_string();
        assert_eq!(read(&text).unwrap(), [(2, None), (3, Some("k-3".to_owned())), (4, None)]);
    }

    #[test]
    fn numbers_may_stand_in_lines_or_beside_each_other() {
        assert_eq!(read("#1\n2, 3 1\n").unwrap(), [(1, None), (2, None), (3, None)]);
        assert_eq!(read("one").unwrap_err().exit, Exit::Usage);
    }
}
