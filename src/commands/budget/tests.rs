//! One budget and many, as they are printed.

use super::*;
use crate::{
    domain::{sla::Aggregation, time::MINUTE},
    testing::estate,
};

fn detail(change: impl FnOnce(&mut SlaGroup)) -> BudgetDetail {
    let mut group = estate::estate().budgets["storefront"].clone();
    change(&mut group);
    BudgetDetail {
        group,
        burn_down: Vec::new(),
        incidents: Vec::new(),
        incidents_total: 0,
        down: Vec::new(),
        windows: Vec::new(),
        members: Vec::new(),
    }
}

/// What stands in `budget get` behind a name.
fn told(name: &str, change: impl FnOnce(&mut SlaGroup)) -> Cell {
    let sheet = one(&detail(change), &estate::estate());
    let row = sheet.rows.into_iter().find(|row| row[0] == Cell::toned(name, Tone::Dim));
    row.map(|row| row[1].clone()).unwrap()
}

#[test]
fn maintenance_that_reporters_declare_is_shown_apart() {
    let apart = "40m declared without a window, which counts for neither";
    assert_eq!(told("maintenance", |_| ()), apart.into());
    let down = told("maintenance", |group| group.maintenance_is_down = true);
    assert_eq!(down, "declared without a window, it counts as down".into());
    let list = list(&[detail(|_| ()).group]);
    let at = list.columns.iter().position(|column| column.head == "MAINTENANCE").unwrap();
    assert!(list.columns[at].wide);
    assert_eq!((&list.rows[0][at], &list.json[0]["maintenanceSeconds"]), (&Cell::length(40 * MINUTE), &2_400.into()));
}

#[test]
fn times_of_a_mean_are_said_to_be_those_of_its_members() {
    for (aggregation, unit) in [(Aggregation::Worst, ""), (Aggregation::Mean, " member time")] {
        let of = |name| told(name, |group| group.aggregation = aggregation);
        assert_eq!(of("allowed"), format!("43m 12s{unit}").into());
        assert_eq!(of("down"), format!("18m{unit}").into());
        assert_eq!(of("left"), format!("25m 12s{unit} (58.3 %)").into());
    }
}

#[test]
fn of_a_budget_without_data_nothing_is_said_to_be_left() {
    let left = |down_ms: i64| told("left", |group| (group.budget.allowed_ms, group.budget.down_ms) = (0, down_ms));
    assert_eq!([left(0), left(2 * MINUTE)], ["unknown".into(), "-2m".into()]);
    let empty = detail(|group| (group.budget.allowed_ms, group.budget.down_ms) = (0, 0)).group;
    let list = list(&[empty]);
    let at = list.columns.iter().position(|column| column.head == "TIME LEFT").unwrap();
    assert_eq!(list.rows[0][at], Cell::default());
}
