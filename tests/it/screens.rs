//! Screens as pictures: a small world, keys as they are written, and what is on the screen then.
//!
//! Each picture is taken at 80x24 and at 140x40. Look at the difference before you accept a new one.

use itops::console::testing::Bench;

/// Pictures after `keys`, in both sizes.
fn pictures(name: &str, keys: &str) {
    for (size, mut bench) in [("80x24", Bench::small()), ("140x40", Bench::wide())] {
        bench.keys(keys);
        insta::assert_snapshot!(format!("{name}_{size}"), bench.picture());
    }
}

#[test]
fn pulse() {
    pictures("pulse", "");
}

#[test]
fn pulse_with_the_cursor_further_down() {
    pictures("pulse_down", "j j j j");
}

#[test]
fn hierarchy() {
    pictures("hierarchy", "2");
}

#[test]
fn hierarchy_on_a_service() {
    pictures("hierarchy_service", "<enter>");
}

#[test]
fn hierarchy_with_problems_only() {
    pictures("hierarchy_problems", "2 p");
}

#[test]
fn storage_and_backups() {
    pictures("storage", "7");
    pictures("backups", "8");
}

#[test]
fn palette() {
    pictures("palette", ": paydb");
}

#[test]
fn help() {
    pictures("help", "?");
}

#[test]
fn filter_while_it_is_typed() {
    pictures("filter", "2 /team:pay");
}

#[test]
fn filter_that_cannot_be_read() {
    pictures("filter_fault", "/stauts:down");
}
