//! Templates: the text of what is read is the text that was read, whatever stands in it, and bad ones are refused whole.

use std::sync::Arc;

use itops::{
    domain::{
        gitops::{Fault, FaultCode},
        hierarchy::ScopedName,
        sla::{Aggregation, DeclaredGroup, Period, Target, Tier},
        text::clean_line,
        tickets::{Catalog, Category, Item, Priority, Role, TicketStatus, Transition, Workflow},
    },
    gitops::{Template, read_template, redacted_line},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Texts that a careless writer or reader takes for something else.
const STRANGE: [&str; 28] = [
    "plain",
    "Two words",
    "a: b",
    "a #b",
    "# a",
    "- a",
    "? a",
    "yes",
    "No",
    "null",
    "~",
    "012",
    "1.10",
    "0x1F",
    "1e3",
    "2026-01-02",
    "\"quoted\"",
    "'single'",
    "back\\slash \\n",
    "  leading and trailing  ",
    "two\nlines",
    "tab\tand\r\nmore",
    "árvíztűrő 🔥",
    "{a: [b]}",
    "*alias &anchor !tag",
    "%directive @at `tick`",
    "| block > folded",
    "bell \u{7} and \u{202e}override\u{feff}",
];

fn strange() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(STRANGE.to_vec()).prop_map(str::to_owned),
        1 => "[ -~]{1,20}x",
        1 => "\\PC{0,12}x",
    ]
}

/// As every text is once it has come in.
fn cleaned(text: &str) -> String {
    redacted_line(clean_line(text.trim()).as_ref())
}

fn full_name() -> impl Strategy<Value = ScopedName> {
    select(vec!["acme/standard", "acme/012", "acme/yes", "acme/shop/prod/strict-1.0", "acme/Übergabe", "acme/null"])
        .prop_map(ScopedName::full)
}

fn workflow() -> impl Strategy<Value = Workflow> {
    let status = || select(TicketStatus::ALL.to_vec());
    let role = prop_oneof![select(vec![Role::Assignee, Role::Requester, Role::Any]), strange().prop_map(Role::Group),];
    let arrow = (status(), status(), role).prop_map(|(from, to, role)| Transition { from, to, role, place: None });
    (full_name(), strange(), vec(arrow, 1..5)).prop_map(|(name, display_name, transitions)| Workflow {
        name,
        display_name,
        transitions,
        place: None,
    })
}

type Minutes = Option<u32>;

type DraftItem = (ScopedName, [String; 2], Option<Priority>, Option<String>, [Minutes; 2]);

fn items() -> impl Strategy<Value = Vec<DraftItem>> {
    let minutes = || option::of(1..9_999u32);
    let item = (
        full_name(),
        [strange(), strange()],
        option::of(select(Priority::ALL.to_vec())),
        option::of(strange()),
        [minutes(), minutes()],
    );
    vec(item, 0..4)
}

fn sla_group() -> impl Strategy<Value = DeclaredGroup> {
    let ms = || option::of((1..9_999i64).prop_map(|minutes| minutes * 60_000));
    let period = vec![Period::Rolling(7), Period::Rolling(30), Period::Month, Period::Quarter, Period::Year];
    let aggregation = vec![Aggregation::Worst, Aggregation::Mean];
    let adds = (select(aggregation), proptest::bool::ANY);
    (strange(), strange(), strange(), 1..1_000_000u32, (select(period), adds), ms(), ms()).prop_map(
        |(
            name,
            display_name,
            tier,
            target,
            (period, (aggregation, maintenance_is_down)),
            response_ms,
            resolution_ms,
        )| DeclaredGroup {
            name,
            display_name,
            tier: Tier(tier),
            target: Target::from_millionths(target).unwrap(),
            period,
            aggregation,
            maintenance_is_down,
            response_ms,
            resolution_ms,
            nodes: Vec::new(),
            place: None,
            target_place: None,
        },
    )
}

fn template() -> impl Strategy<Value = Template> {
    let categories = vec((strange(), strange()), 1..4);
    (vec(workflow(), 0..4), categories, items(), vec(sla_group(), 0..4)).prop_map(
        |(workflows, categories, items, groups)| {
            let mut catalog = Catalog::default();
            for (name, display_name) in categories {
                if !catalog.categories.iter().any(|c| cleaned(&c.name) == cleaned(&name)) {
                    catalog.categories.push(Category { name, display_name, place: None });
                }
            }
            for (index, (name, [display_name, description], priority, assignee_group, [response, resolution])) in
                items.into_iter().enumerate().filter(|_| !workflows.is_empty())
            {
                let item = Item {
                    name: name.clone(),
                    category: catalog.categories[index % catalog.categories.len()].name.clone(),
                    display_name,
                    description,
                    workflow: workflows[index % workflows.len()].name.as_str().to_owned(),
                    priority,
                    assignee_group,
                    response_minutes: response,
                    resolution_minutes: resolution,
                    place: None,
                };
                catalog.items.insert(name.as_str().to_owned(), item);
            }
            Template {
                org: "acme".to_owned(),
                workflows: workflows.into_iter().map(|w| (w.name.as_str().to_owned(), Arc::new(w))).collect(),
                catalog,
                sla_groups: groups.into_iter().map(|group| (cleaned(&group.name), group)).collect(),
            }
        },
    )
}

/// The template with its texts as they come in.
fn as_read(template: &Template) -> Template {
    let mut template = template.clone();
    for workflow in template.workflows.values_mut() {
        let own = Arc::make_mut(workflow);
        own.display_name = cleaned(&own.display_name);
        for transition in &mut own.transitions {
            transition.role = Role::parse(&cleaned(transition.role.word()));
        }
    }
    for category in &mut template.catalog.categories {
        category.name = cleaned(&category.name);
        category.display_name = cleaned(&category.display_name);
    }
    for item in template.catalog.items.values_mut() {
        item.category = cleaned(&item.category);
        item.display_name = cleaned(&item.display_name);
        item.description = cleaned(&item.description);
        item.assignee_group = item.assignee_group.as_deref().map(cleaned);
    }
    for group in template.sla_groups.values_mut() {
        group.name = cleaned(&group.name);
        group.display_name = cleaned(&group.display_name);
        group.tier.0 = cleaned(&group.tier.0);
    }
    template
}

fn read(text: &str) -> Result<Template, TestCaseError> {
    read_template(text)
        .map(|(template, _)| template)
        .map_err(|faults| TestCaseError::fail(format!("{text}\n{faults:#?}")))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_template_comes_back_as_it_was_written(template in template()) {
        let read_once = read(&template.text())?;
        prop_assert_eq!(&read_once, &as_read(&template));
        let text = read_once.text();
        let read_twice = read(&text)?;
        prop_assert_eq!(&read_twice, &read_once);
        prop_assert_eq!(read_twice.text(), text);
        let registry = read_once.clone().into_registry();
        prop_assert_eq!(Template::of(&registry), read_once);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[a-z:\\- \n\"'&*{}\\[\\]|>#]{0,200}") {
        drop(read_template(&text));
    }
}

fn refused(text: &str) -> Vec<Fault> {
    read_template(text).expect_err("must be refused")
}

const GOOD: &str = "version: 1
ticketing:
  org: acme
  workflows:
    - name: standard
      displayName: Standard
      transitions:
        - from: OPEN
          to: CLOSED
          role: dba
  catalog:
    categories:
      - name: incidents
    items:
      - name: outage
        category: incidents
        displayName: Outage
        workflow: standard
slaDefinitions:
  - name: payments
    tier: gold
    targets:
      uptime: 99.95
";

#[test]
fn an_empty_core_exports_a_template_that_can_be_read() {
    let empty = Template::default();
    assert_eq!(empty.text(), "version: 1\n");
    assert_eq!(read_template(&empty.text()), Ok((empty, Vec::new())));
}

#[test]
fn a_template_written_by_hand_reads_and_exports_in_the_one_form() {
    let (template, warnings) = read_template(GOOD).unwrap();
    assert!(warnings.iter().all(|fault| fault.code != FaultCode::UnresolvedRole), "groups are no part of it");
    assert_eq!(template.workflows.keys().collect::<Vec<_>>(), ["acme/standard"]);
    assert_eq!(template.sla_groups["payments"].target.millionths(), 999_500);
    insta::assert_snapshot!(template.text());
}

#[test]
fn faults_of_a_template_have_code_line_and_hint() {
    let faults = refused(&GOOD.replace("to: CLOSED", "to: GONE").replace("category: incidents", "category: others"));
    let said: Vec<(FaultCode, u32)> = faults.iter().map(|fault| (fault.code, fault.place.line)).collect();
    assert!(said.contains(&(FaultCode::UnknownStatus, 9)), "{said:?}");
    assert!(said.contains(&(FaultCode::UnknownCategory, 16)), "{said:?}");
    assert!(faults.iter().all(|fault| &*fault.place.file == "template.yaml"));
}

#[test]
fn what_a_template_does_not_carry_is_refused() {
    for (text, key) in [
        (format!("{GOOD}auth:\n  local: {{}}\n"), "`auth`"),
        (GOOD.replace("  org: acme\n", "  org: acme\n  groups:\n    - name: dba\n"), "`groups`"),
        (GOOD.replace("version: 1", "version: 2"), "`2`"),
    ] {
        let faults = refused(&text);
        assert!(faults.iter().any(|fault| fault.message.contains(key)), "{faults:#?}");
    }
    assert!(!refused("ticketing: {}\n").is_empty(), "a version is needed");
    assert!(!refused("- a\n").is_empty());
    assert!(!refused("").is_empty());
    assert!(!refused(&format!("{GOOD}---\nversion: 1\n")).is_empty());
}

#[test]
fn hostile_templates_are_refused() {
    let bomb = (0..8).fold("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        format!("{text}a{}: &a{} [{}]\n", n + 1, n + 1, vec![format!("*a{n}"); 10].join(","))
    });
    let code = |text: &str| refused(text)[0].code;
    assert_eq!(code(&bomb), FaultCode::HostileYaml);
    assert_eq!(code(&format!("version: 1\n# {}\n", "x".repeat(2 << 20))), FaultCode::HostileYaml);
    assert_eq!(code("version: 1\nticketing:\n\torg: a\n"), FaultCode::MalformedYaml);
    assert_eq!(code(&format!("{GOOD}version: 1\n")), FaultCode::DuplicateKey);
    assert_eq!(code(&GOOD.replace("99.95", "100")), FaultCode::ImpossibleTarget);
}
