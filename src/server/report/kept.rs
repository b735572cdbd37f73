//! What lies in the folder of reports: which of them was made last, and which are too many or too old.

use std::{collections::BTreeMap, io, path::Path};

use crate::{domain::time::Timestamp, server::wire::parse_time};

/// How many reports on request are kept.
pub const REQUESTED_KEPT: usize = 50;
/// Ends of the files of a report, in the order in which they are written: where the last lies, the whole report does.
pub const ENDS: [&str; 2] = ["md", "json"];
/// Length of a date: `2026-11-27`.
const DATE: usize = 10;

/// The name of a report made on request at `at`, without ends: `sla-2026-11-27T071503Z`.
pub fn requested(at: Timestamp) -> String {
    let at: String = crate::server::wire::rfc3339(at).chars().filter(|c| *c != ':').collect();
    format!("sla-{at}")
}

/// When the report of this name was made on request; none for a daily one and for what is none of ours.
fn requested_at(name: &str) -> Option<Timestamp> {
    let said = name.strip_prefix("sla-")?;
    let (date, time) = said.split_at_checked(DATE)?;
    let (hour, rest) = time.strip_prefix('T')?.split_at_checked(2)?;
    let (minute, second) = rest.split_at_checked(2)?;
    parse_time(&format!("{date}T{hour}:{minute}:{second}"))
}

/// The date of the daily report of this name.
fn daily(name: &str) -> Option<&str> {
    let date = name.strip_prefix("sla-")?;
    (date.len() == DATE && date.parse::<jiff::civil::Date>().is_ok()).then_some(date)
}

/// When the newest whole daily report before the one of this name was made; none where there is none, or where it does not
/// say.
///
/// # Errors
/// What the system says of the folder or of the file; nothing when there is no folder.
pub fn told_until(folder: &Path, name: &str) -> io::Result<Option<Timestamp>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Told {
        made_at: String,
    }
    let names = names(folder)?;
    let whole = names.iter().filter(|(_, ends)| ends.len() == ENDS.len()).map(|(name, _)| name.as_str());
    let Some(newest) = whole.filter(|other| daily(other).is_some() && *other < name).max() else { return Ok(None) };
    let json = std::fs::read(folder.join(format!("{newest}.json")))?;
    Ok(serde_json::from_slice::<Told>(&json).ok().and_then(|told| parse_time(&told.made_at)))
}

/// The newest whole report that was made on request and not after `now`.
///
/// # Errors
/// What the system says of the folder; nothing when there is none.
pub fn newest_requested(folder: &Path, now: Timestamp) -> io::Result<Option<(Timestamp, String)>> {
    let names = names(folder)?;
    let whole = names.into_iter().filter(|(_, ends)| ends.len() == ENDS.len());
    let made = whole.filter_map(|(name, _)| Some((requested_at(&name)?, name)));
    Ok(made.filter(|(at, _)| *at <= now).max())
}

/// Remove what was made on request but for the newest [`REQUESTED_KEPT`], and daily reports of a date before `from`. What
/// is none of ours stays.
///
/// # Errors
/// What the system says of the folder or of a file.
pub fn thin(folder: &Path, from: &str) -> io::Result<()> {
    let names = names(folder)?;
    let mut made: Vec<(Timestamp, &String)> = names.keys().filter_map(|n| Some((requested_at(n)?, n))).collect();
    made.sort_unstable();
    let too_many = made.len().saturating_sub(REQUESTED_KEPT);
    let too_many = made.into_iter().take(too_many).map(|(_, name)| name);
    let too_old = names.keys().filter(|name| daily(name).is_some_and(|date| date < from));
    for name in too_many.chain(too_old) {
        for end in &names[name] {
            match std::fs::remove_file(folder.join(format!("{name}.{end}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Names without ends of the files that look like reports, with the ends there are.
fn names(folder: &Path) -> io::Result<BTreeMap<String, Vec<String>>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
        entries => entries?,
    };
    for entry in entries {
        let file = entry?.file_name();
        let split = file.to_str().and_then(|file| file.rsplit_once('.'));
        if let Some((name, end)) = split.filter(|(_, end)| ENDS.contains(end)) {
            names.entry(name.to_owned()).or_default().push(end.to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_when_a_report_was_made_and_others_are_left_alone() {
        for ms in [1_750_000_000_000, 1_750_000_000_250] {
            let at = Timestamp::from_ms(ms);
            assert_eq!(requested_at(&requested(at)), Some(at), "{}", requested(at));
        }
        assert_eq!(daily("sla-2026-11-27"), Some("2026-11-27"));
        for other in [
            "sla-2026-11-27",
            "notes",
            "sla-",
            "sla-2026-13-41",
            "sla-2026-11-27T",
            "sla-2026-11-27T25",
            "sla-ä2026-11-2",
        ] {
            assert_eq!(requested_at(other), None, "{other}");
        }
        for other in ["sla-2026-13-41", "sla-2026-11-27T071503Z", "2026-11-27", "sla-yesterday!"] {
            assert_eq!(daily(other), None, "{other}");
        }
    }
}
