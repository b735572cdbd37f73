//! Thirty days that never were: a believable history for every service, the same for the same seed. Pure.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::scenario::Scenario;
use crate::domain::{
    health::Status,
    hierarchy::ServicePath,
    sla::DeclaredGroup,
    time::{DAY, HOUR, MINUTE, Timestamp},
};

/// How far back it goes.
pub const DAYS: i64 = 30;
/// The last part before the start belongs to the play.
const QUIET_BEFORE_START_MS: i64 = 45 * MINUTE;

/// Share of its allowed downtime that a group has used before the play begins, in percent.
const SPENT: &[(&str, i64)] = &[
    ("payment-system", 62),
    ("data-platform", 135),
    ("customer-web", 48),
    ("network-edge", 18),
    ("internal-tools", 37),
];
const SPENT_OTHERWISE: i64 = 30;

/// A change of status of one service.
pub type Point = (ServicePath, Timestamp, Status, String);

/// A time in which a service was not operational.
#[derive(Clone, Copy, Debug)]
struct Spell {
    from: i64,
    until: i64,
    status: Status,
    message: &'static str,
}

/// Every change of status up to `now`, sorted by time.
pub fn points(play: &Scenario, groups: &BTreeMap<String, DeclaredGroup>, now: Timestamp, seed: u64) -> Vec<Point> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut spells: BTreeMap<ServicePath, Vec<Spell>> = BTreeMap::new();
    for (name, group) in groups {
        let members: Vec<&ServicePath> =
            play.parts().iter().filter(|p| p.sla_group.as_ref() == Some(name)).map(|p| &p.path).collect();
        let share = SPENT.iter().find(|(g, _)| g == name).map_or(SPENT_OTHERWISE, |(_, share)| *share);
        let allowed = DAYS * DAY / 1_000_000 * i64::from(group.target.allowed_millionths());
        for (member, spell) in outages(&members, allowed * share / 100, &mut rng) {
            spells.entry(member).or_default().push(spell);
        }
    }
    for part in play.parts() {
        let own = spells.entry(part.path.clone()).or_default();
        if part.sla_group.is_none() && rng.random_range(0..3) == 0 {
            own.push(anywhere(&mut rng, Status::Down, 3..40, "does not answer"));
        }
        for _ in 0..rng.random_range(0..4) {
            own.push(anywhere(&mut rng, Status::Degraded, 5..50, "slower than promised"));
        }
        if rng.random_range(0..6) == 0 {
            own.push(anywhere(&mut rng, Status::Unknown, 10..30, "workload not found"));
        }
        own.extend(nights(part.backed_up, part.path.environment(), now, &mut rng));
    }
    let mut points: Vec<Point> =
        play.parts().iter().flat_map(|part| line(play, &part.path, &spells[&part.path], now)).collect();
    points.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    points
}

/// `total_ms` of downtime cut into outages of `members`: one big one, some small ones, never two at a time.
fn outages(members: &[&ServicePath], total_ms: i64, rng: &mut StdRng) -> Vec<(ServicePath, Spell)> {
    const MESSAGES: [&str; 4] =
        ["connection refused", "no ready replica", "health probe times out", "does not start after a node failure"];
    if members.is_empty() {
        return Vec::new();
    }
    // Days before now, each outage in a band of its own so that they cannot overlap and their sum is exact.
    let shares = [45, 25, 18, 12];
    let bands = [(2, 4), (8, 12), (14, 19), (21, 28)];
    shares
        .into_iter()
        .zip(bands)
        .zip(MESSAGES)
        .map(|((share, (near, far)), message)| {
            let length = total_ms * share / 100;
            let from = -(rng.random_range(near * DAY..far * DAY) + length);
            let member = members[rng.random_range(0..members.len())].clone();
            (member, Spell { from, until: from + length, status: Status::Down, message })
        })
        .collect()
}

fn anywhere(rng: &mut StdRng, status: Status, minutes: std::ops::Range<i64>, message: &'static str) -> Spell {
    let length = rng.random_range(minutes) * MINUTE;
    let from = -rng.random_range(2 * HOUR + length..(DAYS - 1) * DAY);
    Spell { from, until: from + length, status, message }
}

/// Databases have one night of maintenance, staging is rebuilt on Sundays.
fn nights(backed_up: bool, environment: &str, now: Timestamp, rng: &mut StdRng) -> Vec<Spell> {
    let midnight = now.ms().div_euclid(DAY) * DAY - now.ms();
    let night = |days_ago: i64, minutes: i64, message| {
        let from = midnight - days_ago * DAY + 2 * HOUR;
        Spell { from, until: from + minutes * MINUTE, status: Status::Maintenance, message }
    };
    let days = 1..DAYS - 1;
    if environment == "staging" {
        // 1970-01-04 was a Sunday.
        let weekday = |days_ago: i64| ((now.ms().div_euclid(DAY) - days_ago) - 3).rem_euclid(7);
        return days.filter(|d| weekday(*d) == 0).map(|d| night(d, 55, "rebuilt from production")).collect();
    }
    if backed_up { vec![night(rng.random_range(days), 40, "minor version upgrade")] } else { Vec::new() }
}

/// The line of one service: spells that overlap an earlier one are left out, outages first.
fn line(play: &Scenario, path: &ServicePath, spells: &[Spell], now: Timestamp) -> Vec<Point> {
    let mut kept: Vec<Spell> = Vec::new();
    for spell in spells {
        let free = kept.iter().all(|k| spell.until < k.from || spell.from > k.until);
        if free && spell.until < -QUIET_BEFORE_START_MS {
            kept.push(*spell);
        }
    }
    kept.sort_by_key(|s| s.from);
    let point = |at: i64, status, message: &str| (path.clone(), now.plus(at), status, message.to_owned());
    let mut points = vec![point(-DAYS * DAY, Status::Operational, "")];
    for spell in kept {
        points.push(point(spell.from, spell.status, spell.message));
        points.push(point(spell.until, Status::Operational, ""));
    }
    if let Some(from) = play.began_before_start(path) {
        let (status, message) = play.at(path, from);
        points.push(point(from, status, &message));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo::scenario::Part,
        domain::sla::{Target, Tier},
    };

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn play() -> Scenario {
        let names = ["postgres-payments", "payment-api", "card-vault"];
        let part = |name: &&str| Part {
            path: ServicePath::parse(&format!("meridian/commerce/prod/eu-1/{name}")).unwrap(),
            sla_group: Some("payment-system".to_owned()),
            backed_up: true,
            by_agent: true,
            every_ms: 30_000,
            needs: Vec::new(),
        };
        Scenario::example(names.iter().map(part).collect())
    }

    fn groups() -> BTreeMap<String, DeclaredGroup> {
        let target = Target::from_percent(99.95).unwrap();
        let group = DeclaredGroup::new("payment-system", Tier("critical".to_owned()), target);
        BTreeMap::from([(group.name.clone(), group)])
    }

    #[test]
    fn the_same_seed_makes_the_same_past_and_another_seed_another() {
        assert_eq!(points(&play(), &groups(), NOW, 7), points(&play(), &groups(), NOW, 7));
        assert_ne!(points(&play(), &groups(), NOW, 7), points(&play(), &groups(), NOW, 8));
    }

    #[test]
    fn a_group_has_spent_the_share_of_its_budget_that_the_play_wants() {
        for seed in 0..20 {
            let mut down = 0;
            let mut last: BTreeMap<ServicePath, (Timestamp, Status)> = BTreeMap::new();
            for (path, at, status, _) in points(&play(), &groups(), NOW, seed) {
                if let Some((since, Status::Down)) = last.insert(path, (at, status)) {
                    down += at.since(since);
                }
            }
            let allowed = DAYS * DAY / 2000;
            let share = down * 100 / allowed;
            assert!((55..=63).contains(&share), "seed {seed}: {share} %");
        }
    }

    #[test]
    fn history_is_in_order_lies_in_the_past_and_leads_into_the_opening() {
        let points = points(&play(), &groups(), NOW, 3);
        assert!(points.is_sorted_by_key(|p| p.1));
        assert!(points.iter().all(|p| p.1 <= NOW));
        let last = points.iter().rfind(|p| p.0.service() == "postgres-payments").unwrap();
        assert_eq!((last.1, last.2), (NOW.plus(-240_000), Status::Down));
    }
}
