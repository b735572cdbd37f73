//! A line whose past is told anew, and how a line to which points can only be added comes to be that one.

use super::Timeline;
use crate::domain::{health::Status, time::Timestamp};

impl Timeline {
    /// It was `status` from `from` to `to`, whatever stood there; from `to` on it is as before.
    pub fn overwrite(&mut self, from: Timestamp, to: Timestamp, status: Status) {
        if from >= to {
            return;
        }
        let after = self.status_at(to).unwrap_or_default();
        let kept = self.points().iter().copied().filter(|(at, _)| *at < from || to < *at);
        let points = kept.chain([(from, status), (to, after)]).collect();
        *self = Self::from_points(points);
    }

    /// Points that make this line `target`, which begins no later, when they are pushed in this order.
    ///
    /// A point that is already there is not among them as long as it stays: what was said at it is found by it.
    pub fn steps_to(&self, target: &Self) -> Vec<(Timestamp, Status)> {
        let (old, new) = (self.points(), target.points());
        let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let (old, new) = (&old[same..], &new[same..]);
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let points = old[..old.len() - tail].iter().chain(&new[..new.len() - tail]);
        let mut moments: Vec<Timestamp> = points.map(|(at, _)| *at).collect();
        moments.sort();
        moments.dedup();
        let mut line = self.clone();
        let mut steps = Vec::new();
        let mut push = |line: &mut Self, at, status| {
            line.push(at, status);
            steps.push((at, status));
        };
        for at in moments.iter().rev() {
            let Some(wanted) = target.status_at(*at) else { continue };
            let (now, next) = line.in_force(*at);
            let next = next.and_then(|next| line.status_at(next));
            let before = target.status_at(at.plus(-1));
            if now != Some(wanted) {
                push(&mut line, *at, wanted);
            } else if before != now && before.is_some() && before == next {
                // What comes before it would swallow the next point: something else stands between them meanwhile.
                let between = Status::ALL.into_iter().find(|status| ![now, next].contains(&Some(*status)));
                push(&mut line, *at, between.unwrap_or_default());
            }
        }
        for at in moments {
            if let Some(wanted) = target.status_at(at).filter(|wanted| line.status_at(at) != Some(*wanted)) {
                push(&mut line, at, wanted);
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::domain::{
        health::Status::{Degraded, Down, Operational, Unknown},
        samples::{at, line},
    };

    #[test]
    fn what_is_told_anew_ends_where_it_ends() {
        let mut made = line(&[(10, Operational), (40, Down)]);
        made.overwrite(at(20), at(30), Degraded);
        assert_eq!(made, line(&[(10, Operational), (20, Degraded), (30, Operational), (40, Down)]));
        made.overwrite(at(15), at(40), Down);
        assert_eq!(made, line(&[(10, Operational), (15, Down)]));
        made.overwrite(at(0), at(5), Down);
        assert_eq!(made.points()[..2], [(at(0), Down), (at(5), Unknown)]);
        made.overwrite(at(7), at(7), Degraded);
        assert_eq!(made.points().len(), 4, "an empty time says nothing");
    }

    #[test]
    fn a_point_that_stays_is_not_written_again() {
        let old = line(&[(10, Operational), (40, Down)]);
        let new = line(&[(10, Operational), (20, Down), (30, Operational), (40, Down)]);
        let steps = old.steps_to(&new);
        assert!(steps.iter().all(|(moment, _)| *moment != at(40)), "{steps:?}");
        assert_eq!(new.steps_to(&new), []);
    }

    proptest! {
        #[test]
        fn the_steps_from_a_line_to_another_lead_there(
            old in vec((0..12_i64, select(Status::ALL.to_vec())), 0..9),
            told in vec((0..12_i64, 1..6_i64, select(Status::ALL.to_vec())), 1..4),
        ) {
            let mut line = line(&old);
            let mut target = line.clone();
            for (from, long, status) in told {
                target.overwrite(at(from), at(from + long), status);
            }
            for (at, status) in line.steps_to(&target) {
                line.push(at, status);
            }
            prop_assert_eq!(line, target);
        }
    }
}
