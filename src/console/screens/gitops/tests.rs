//! Keys in, pictures out.

use super::{rows::Tab, samples};
use crate::{
    client::error::{ApiError, Kind},
    console::{
        effect::{Effect, Fetch},
        msg::Reply,
        place::{Object, ScreenId},
        testing::Bench,
        update,
    },
    domain::gitops::Severity,
};

/// On GitOps with the index read.
fn read(mut bench: Bench) -> Bench {
    bench.take_effects();
    bench.keys("5");
    assert_eq!(bench.asked().map(|(_, what)| what.clone()), Some(Fetch::Declared));
    bench.answer(Reply::Declared(Box::new(samples::index())));
    bench
}

#[test]
fn things_are_listed_by_kind_with_their_places_at_80_by_24() {
    insta::assert_snapshot!(read(Bench::small()).picture());
}

#[test]
fn source_stands_beside_the_list_when_wide_with_its_lines_marked() {
    let mut bench = read(Bench::wide());
    assert_eq!(bench.asked().map(|(_, what)| what.clone()), Some(Fetch::File("services/checkout.yaml".into())));
    bench.answer(Reply::File(Box::new(samples::checkout())));
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn faults_stand_below_their_line_and_secrets_are_masked() {
    let mut bench = read(Bench::small());
    bench.keys("l l G <enter>");
    assert_eq!(bench.state.gitops.tab, Tab::Faults);
    bench.answer(Reply::File(Box::new(samples::values())));
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn faults_are_worst_first() {
    let mut bench = read(Bench::small());
    bench.keys("l l");
    insta::assert_snapshot!(bench.picture());
    let severities: Vec<_> = bench.state.gitops.list.rows().iter().filter_map(|r| r.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Warning]);
}

#[test]
fn a_workflow_is_drawn_above_its_source() {
    let mut bench = read(Bench::wide());
    bench.keys("l l l");
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn a_group_explains_who_is_in_it_and_what_it_covers() {
    let mut bench = read(Bench::small());
    bench.keys("h");
    assert_eq!(bench.state.gitops.tab, Tab::Groups);
    bench.keys("G <enter>");
    let picture = bench.picture();
    assert!(picture.contains("tickets about services under acme/shop/prod"), "{picture}");
    assert!(picture.contains("member of acme/shop/prod/dba-oncall"), "{picture}");
    assert!(picture.contains("dba-oncall from acme/dba-oncall"), "{picture}");
}

#[test]
fn a_catalog_item_tells_its_promises() {
    let mut bench = read(Bench::small());
    bench.keys("h h j <enter>");
    let picture = bench.picture();
    assert!(picture.contains("incident_response") && picture.contains("by priority"), "{picture}");
}

#[test]
fn a_rejected_reading_is_told_above_everything() {
    let mut bench = read(Bench::small().with(|s| {
        s.estate.source.rejected = Some("2 errors in ticketing".to_owned());
    }));
    let picture = bench.picture();
    assert!(picture.contains("a newer reading was rejected, this one stays in force: 2 errors"), "{picture}");
}

#[test]
fn a_failed_read_is_told_and_never_an_empty_list() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.keys("5");
    assert!(bench.picture().contains("being read"));
    bench.answer_with(Err(ApiError::new(Kind::Fault, "the core failed")));
    let picture = bench.picture();
    assert!(picture.contains("could not be read") && picture.contains("the core failed"), "{picture}");
    assert!(!picture.contains("No things"), "{picture}");
}

#[test]
fn text_of_broken_files_is_never_asked_for() {
    let mut bench = read(Bench::small());
    bench.keys("l");
    bench.take_effects();
    bench.keys("j j j <enter>");
    assert!(
        bench.effects.iter().all(|e| !matches!(e, Effect::Fetch { what: Fetch::File(_), .. })),
        "{:?}",
        bench.effects
    );
    let picture = bench.picture();
    assert!(picture.contains("never shown"), "{picture}");
}

#[test]
fn going_to_a_line_from_elsewhere_shows_what_is_declared_around_it() {
    let mut bench = Bench::small();
    update::open(&mut bench.state, Object::File("services/checkout.yaml".into(), 5));
    bench.tell(crate::console::msg::Msg::Paste(String::new()));
    let fetches: Vec<Effect> = bench.take_effects();
    for effect in fetches {
        let Effect::Fetch { request, what } = effect else { continue };
        let reply = match what {
            Fetch::File(_) => Reply::File(Box::new(samples::checkout())),
            _ => Reply::Declared(Box::new(samples::index())),
        };
        bench.tell(crate::console::msg::Msg::Reply { request, result: Ok(reply) });
    }
    let picture = bench.picture();
    assert!(picture.contains("5▌    criticality: critical") && picture.contains("lines 3 to 9"), "{picture}");
}

#[test]
fn from_a_declared_service_to_the_running_one() {
    let mut bench = read(Bench::small());
    bench.keys("e");
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
}

#[test]
fn every_size_can_be_drawn() {
    for (width, height) in [(1, 1), (20, 5), (73, 41), (120, 7), (300, 100)] {
        let mut bench = read(Bench::sized(width, height));
        for keys in ["<enter>", "J K n", "l", "<enter> l", "l <enter>", "l", "<enter>", "l <enter>"] {
            bench.keys(keys);
            bench.picture();
        }
    }
}

#[test]
fn the_ascii_set_draws_nothing_else() {
    let mut bench = Bench::wide();
    bench.state.options.glyphs = crate::console::theme::glyphs::ASCII;
    for keys in ["5", "j", "l l l"] {
        bench.keys(keys);
        let picture = bench.picture();
        assert!(picture.is_ascii(), "{picture}");
    }
}
