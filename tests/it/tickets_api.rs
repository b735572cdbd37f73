//! Tickets over the wire: refusals as data, filters and pages, lost answers, hostile input, many writers.

use std::collections::BTreeSet;

use itops::{
    client::{Kind, TicketWish},
    domain::{
        access::Level,
        detail::NewTicket,
        refusal::RefusalCode,
        tickets::{Act, EntryKind, Priority, TicketStatus, act::TEXT_LIMIT},
        time::MINUTE,
    },
};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{served::Served, server_core::stage};

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

async fn served() -> (Served, u64) {
    let served = Served::start(Some(stage::repository())).await;
    let new =
        NewTicket { item: Some("service_down".to_owned()), service: Some(stage::db()), ..stage::wanted("db is slow") };
    let number = served.core.create_ticket(&stage::requester(), new, "new").await.unwrap().number;
    (served, number)
}

#[tokio::test]
async fn a_conflict_is_refused_with_their_change_as_data() {
    let (served, number) = served().await;
    let (client, session) = served.signed_in("oncall").await;
    let writer = client.writer().unwrap();
    let dba = stage::user("dba-oncall", Level::Operator);
    served.core.take_ticket(&dba, number, 1, "t").await.unwrap();
    served.core.move_ticket(&dba, number, TicketStatus::InProgress, 2, "on\nit".to_owned(), "m").await.unwrap();
    let error = writer.take_ticket(number, 1, "mine").await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    let stale = error.stale.unwrap();
    assert_eq!((stale.ticket.version, stale.ticket.status), (3, TicketStatus::InProgress));
    assert!(matches!(&stale.since[1].kind, EntryKind::Moved { comment, .. } if comment == "on\nit"));
    assert_eq!(stale.ticket, served.core.ticket_detail(number).await.unwrap().ticket);

    let raw = served
        .graphql(
            Some(session.token.expose_secret()),
            &format!("mutation{{takeTicket(number:{number},version:1,idempotencyKey:\"r\"){{number}}}}"),
        )
        .await;
    assert_eq!(code(&raw), "conflict");
    assert_eq!(raw["errors"][0]["extensions"]["since"][0]["kind"], "assigned", "{raw}");
}

#[tokio::test]
async fn refusals_carry_their_codes_and_an_unchanged_one_is_told_apart() {
    let (served, number) = served().await;
    let (client, _) = served.signed_in("oncall").await;
    let writer = client.writer().unwrap();
    let kind = |result: Result<_, itops::client::ApiError>| {
        result.map(|_: itops::domain::tickets::Ticket| ()).unwrap_err().kind
    };
    writer.take_ticket(number, 1, "t").await.unwrap();
    assert_eq!(kind(writer.take_ticket(number, 2, "t2").await), Kind::Refused(RefusalCode::Unchanged));
    assert_eq!(kind(writer.take_ticket(99, 1, "x").await), Kind::NotFound);
    let none = Some("nobody-at-all".to_owned());
    assert_eq!(kind(writer.assign_ticket(number, none, 2, "a").await), Kind::NotFound);
    let closed = TicketStatus::Closed;
    let early = writer.move_ticket(number, closed, 2, String::new(), "m").await;
    assert_eq!(kind(early), Kind::Refused(RefusalCode::ForbiddenTransition));
    for (to, seen) in [(TicketStatus::InProgress, 2), (TicketStatus::Resolved, 3)] {
        let dba = stage::user("dba-oncall", Level::Operator);
        let who = if to == TicketStatus::Resolved { dba } else { stage::oncall() };
        served.core.move_ticket(&who, number, to, seen, String::new(), to.word()).await.unwrap();
    }
    served.core.move_ticket(&stage::requester(), number, closed, 4, String::new(), "c").await.unwrap();
    let after = writer.move_ticket(number, TicketStatus::Open, 5, String::new(), "o").await;
    assert_eq!(kind(after), Kind::Refused(RefusalCode::Closed));
    assert_eq!(writer.comment_ticket(number, "thanks".to_owned(), "late").await.unwrap().comments, 1);
}

#[tokio::test]
async fn a_hand_over_with_a_note_and_a_rehearsal_go_over_the_wire_as_they_are() {
    let (served, number) = served().await;
    let (client, _) = served.signed_in("oncall").await;
    let give = TicketWish::Assign {
        to: Some("requester".to_owned()),
        group: Some("dba".to_owned()),
        note: "see\nthe graph".to_owned(),
    };
    let rehearsed = client.rehearse_tickets(&give, &[number, 99]).await.unwrap();
    assert_eq!(rehearsed, {
        let handing =
            served.core.handing(Some("requester".to_owned()), Some("dba".to_owned()), "see\nthe graph".to_owned());
        served.core.rehearse(&stage::oncall(), &Act::Assign(handing.unwrap()), &[number, 99]).await
    });
    let given = client.writer().unwrap().perform(number, &give, 1, "h").await.unwrap();
    assert_eq!(given.assignee.unwrap().1, "requester");
    let detail = client.ticket(number).await.unwrap();
    assert_eq!(detail, served.core.ticket_detail(number).await.unwrap(), "grants and notes included");
    let unknown = TicketWish::Assign { to: Some("oncal".to_owned()), group: None, note: String::new() };
    let error = client.rehearse_tickets(&unknown, &[number]).await.unwrap_err();
    assert!(error.message.contains("did you mean oncall?"), "{error}");
    let (_, offers) = client.ticket_with_offers(number).await.unwrap();
    assert!(!offers.is_empty() && offers.iter().all(|offer| offer.place.is_some()));
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_its_key() {
    let (served, number) = served().await;
    let (client, _) = served.signed_in("oncall").await;
    assert_eq!(client.ticket_write("lost").await.unwrap(), None);
    let done = client.writer().unwrap().take_ticket(number, 1, "lost").await.unwrap();
    assert_eq!(client.ticket_write("lost").await.unwrap(), Some(done));
    let (other, _) = served.signed_in("requester").await;
    assert_eq!(other.ticket_write("lost").await.unwrap(), None);
}

#[tokio::test]
async fn text_over_its_limit_is_refused_with_the_limit_and_marks_that_turn_text_around_are_shown() {
    let (served, number) = served().await;
    let (client, _) = served.signed_in("oncall").await;
    let writer = client.writer().unwrap();
    let long = writer.comment_ticket(number, "x".repeat(TEXT_LIMIT + 1), "a").await.unwrap_err();
    assert_eq!(long.kind, Kind::Invalid);
    assert!(long.message.contains("65537") && long.message.contains("65536"), "{long}");
    let huge = writer.comment_ticket(number, "x".repeat(1 << 20), "b").await.unwrap_err();
    assert_eq!(huge.kind, Kind::Invalid);
    assert!(huge.message.contains("1048576"), "{huge}");
    assert_eq!(client.ticket(number).await.unwrap().history.len(), 1, "nothing of it is kept");

    let hostile = NewTicket { title: "a\u{202e}b\u{9b}31m\u{7f}\nc".to_owned(), ..NewTicket::default() };
    let opened = writer.create_ticket(hostile, "c").await.unwrap();
    assert!(opened.title.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{:?}", opened.title);
    assert_eq!(opened.title.chars().filter(|c| *c == '\u{fffd}').count(), 3, "each is seen: {:?}", opened.title);
    let title = writer.create_ticket(stage::wanted(&"x".repeat(301)), "d").await.unwrap_err();
    assert!(title.message.contains("the limit is 300"), "{title}");
    let nowhere = NewTicket { service: Some(stage::path("acme/shop/prod/eu-1/none")), ..stage::wanted("x") };
    assert_eq!(writer.create_ticket(nowhere, "e").await.unwrap_err().kind, Kind::NotFound);
    let spoken = writer.comment_ticket(number, "two\nlines\u{1b}[2J".to_owned(), "f").await.unwrap();
    assert_eq!(spoken.comments, 1);
    let said = client.ticket(number).await.unwrap().history.pop().unwrap();
    assert_eq!(said.kind.said(), "two\nlines\u{fffd}[2J");
}

#[tokio::test]
async fn lists_are_filtered_and_paged_by_urgency_without_loss_or_repeat() {
    let (served, number) = served().await;
    let core = &served.core;
    let priorities = [Priority::Low, Priority::Critical, Priority::High, Priority::Medium, Priority::Critical];
    for (n, priority) in priorities.into_iter().enumerate() {
        let new = NewTicket { priority: Some(priority), ..stage::wanted(&format!("t{n}")) };
        core.create_ticket(&stage::oncall(), new, &format!("k{n}")).await.unwrap();
    }
    core.take_ticket(&stage::oncall(), 2, 1, "t").await.unwrap();
    served.stage.world.advance(6 * MINUTE);
    core.tell_breaches().await.unwrap();
    let (_, session) = served.signed_in("oncall").await;
    let token = Some(session.token.expose_secret());
    let ask = async |filter: &str, rest: &str| {
        let query = format!(
            "{{tickets(filter:{{{filter}}}{rest}){{nodes{{number}} totalCount pageInfo{{endCursor hasNextPage}}}}}}"
        );
        let answer = served.graphql(token, &query).await;
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"]["tickets"].clone()
    };
    let numbers = |page: &Value| -> Vec<u64> {
        page["nodes"].as_array().unwrap().iter().map(|n| n["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&ask("breaching:true", "").await), [6, 3]);
    assert_eq!(numbers(&ask("unassigned:false", "").await), [2]);
    assert_eq!(numbers(&ask("group:\"dba\"", "").await), [number]);
    assert_eq!(numbers(&ask("service:\"acme/shop\"", "").await), [number]);
    assert_eq!(numbers(&ask("automatic:true", "").await), [0u64; 0]);
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = ask("live:true", &format!(",order:\"urgency\",first:2{after}")).await;
        assert_eq!(page["totalCount"], 6);
        seen.extend(numbers(&page));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = format!(",after:{}", page["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen, [3, 6, 4, 1, 5, 2], "those that ran out first, then by priority and by what is due next");
    let wrong = served.graphql(token, "{tickets(order:\"age\"){totalCount}}").await;
    assert_eq!(code(&wrong), "invalid");
    let clocks = "{ticket(number:3){ticket{clocks{response{dueAt remainingMs breachedSince}}}}}";
    let clocks = served.graphql(token, clocks).await;
    let response = &clocks["data"]["ticket"]["ticket"]["clocks"]["response"];
    assert_eq!(response["remainingMs"], -MINUTE, "{clocks}");
    assert_eq!(response["dueAt"], response["breachedSince"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_writers_who_send_everything_twice_lose_nothing_and_repeat_nothing() {
    let (served, number) = served().await;
    let (client, _) = served.signed_in("oncall").await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..32 {
        let client = client.clone();
        writers.spawn(async move {
            let writer = client.writer().unwrap();
            let text = format!("comment {n}");
            // As after a lost answer: the same key, the same text.
            let (once, twice) = tokio::join!(
                writer.comment_ticket(number, text.clone(), format!("c{n}")),
                writer.comment_ticket(number, text.clone(), format!("c{n}")),
            );
            assert_eq!(once.unwrap(), twice.unwrap(), "the second is answered with the first");
            loop {
                let seen = client.ticket(number).await.unwrap().ticket;
                let to = if seen.priority == Priority::High { Priority::Low } else { Priority::High };
                let key = format!("p{n}-{}", seen.version);
                match writer.prioritise_ticket(number, to, seen.version, &key).await {
                    Ok(done) => {
                        let again = writer.prioritise_ticket(number, to, seen.version, &key).await.unwrap();
                        assert_eq!(done, again);
                        return done.version;
                    }
                    Err(error) => {
                        assert_eq!(error.kind, Kind::Conflict);
                        assert!(!error.stale.unwrap().since.is_empty(), "it says what came between");
                    }
                }
            }
        });
    }
    let mut versions = BTreeSet::new();
    while let Some(version) = writers.join_next().await {
        assert!(versions.insert(version.unwrap()), "two writers made the same version");
    }
    let detail = client.ticket(number).await.unwrap();
    assert_eq!((detail.ticket.comments, detail.ticket.version), (32, 33));
    assert_eq!(versions, (2..=33).collect());
    assert_eq!(detail.history.len(), 65);
    assert!(detail.history.iter().map(|entry| entry.index).eq(1..=65), "no place is empty, none is twice");
    let said: BTreeSet<&str> = detail.history.iter().map(|e| e.kind.said()).filter(|text| !text.is_empty()).collect();
    assert_eq!(said.len(), 32);
}
