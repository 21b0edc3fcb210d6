//! The words of a message: those that it was made with, and the same in every copy.

use muster_proto::notification::v1::GetMailResponse;
use prost_types::Timestamp;
use sqlx::Connection;

use crate::fixture::{Fixture, RESEND_AFTER, words};
use crate::mail_source::{mail, renamed};
use crate::smtp_server::Fault;

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_made_before_the_words_changed_is_sent_with_its_own() {
    let fixture = Fixture::new().await;
    let (old, new) = (fixture.ask().await, fixture.ask().await);
    let mut connection = fixture.database.connection().await;
    sqlx::query("UPDATE deliveries SET template_version = 1 WHERE subject = $1")
        .bind(old.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert_eq!(words(&fixture.step().await), ["taken", "taken"]);
    let text = |subject: String| {
        let taken = fixture.smtp.taken().into_iter();
        let mut of = taken.filter(|taken| taken.text().contains(&format!("/i/1-{subject}")));
        of.next().unwrap().text()
    };
    assert!(text(old.to_string()).contains("you need not do anything."));
    assert!(text(new.to_string()).contains("ignore it."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_whose_words_have_changed_is_another_message_that_says_so() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.smtp.script([Fault::CutAfterDot]);
    assert_eq!(words(&fixture.step().await), ["ambiguous"]);
    let name = subject.to_string();
    fixture.source.answer(&name, Ok(renamed(&name, 1)));
    fixture.clock.advance(RESEND_AFTER);
    assert_eq!(words(&fixture.step().await), ["taken"]);

    let [first, second] = fixture.smtp.taken().try_into().unwrap();
    let id = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("Message-ID: "));
        line.unwrap().trim_start_matches("Message-ID: ").to_owned()
    };
    let (first, second) = (first.text(), second.text());
    assert_ne!(id(&first), id(&second));
    assert!(
        second.contains(&format!("Supersedes: {}\r\n", id(&first))),
        "{second}"
    );
    assert!(second.contains("This message replaces one that you may have received"));
    assert!(second.contains("Team B") && !first.contains("Team B"));
}

/// Only what may have been taken fixes the bytes: before that the newest words are the best.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_certainly_not_taken_says_what_is_true_now() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.smtp.script([Fault::AfterDot("451 4.3.0 later")]);
    assert_eq!(words(&fixture.step().await), ["postponed"]);
    let name = subject.to_string();
    fixture.source.answer(&name, Ok(renamed(&name, 1)));
    fixture.clock.advance(fixture.until(&fixture.row(subject).await));
    assert_eq!(words(&fixture.step().await), ["taken"]);
    let [taken] = fixture.smtp.taken().try_into().unwrap();
    assert!(taken.text().contains("Team B") && !taken.text().contains("replaces"));
}

/// A source that tells no zone, or one that nobody here knows, keeps no mail from going out.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_said_where_the_organization_is_and_in_utc_where_nobody_knows() {
    let fixture = Fixture::new().await;
    let mut expected = Vec::new();
    for (zone, said) in [
        (
            "America/Detroit",
            "The link works until 1 April 2026, 04:30 EDT (UTC-4).",
        ),
        ("", "The link works until 1 April 2026, 08:30 UTC."),
        ("America/Nowhere", "The link works until 1 April 2026, 08:30 UTC."),
    ] {
        let subject = fixture.ask().await.to_string();
        let answer = GetMailResponse {
            expire_time: Some(Timestamp {
                seconds: 1_775_032_200,
                nanos: 0,
            }),
            time_zone: zone.to_owned(),
            ..mail(&subject, 1)
        };
        fixture.source.answer(&subject, Ok(answer));
        expected.push((subject, said));
    }
    assert_eq!(words(&fixture.step().await), ["taken", "taken", "taken"]);
    let taken: Vec<String> = fixture.smtp.taken().iter().map(|taken| taken.text()).collect();
    for (subject, said) in expected {
        let mut of = taken
            .iter()
            .filter(|text| text.contains(&format!("/i/1-{subject}")));
        let text = of.next().unwrap();
        assert!(text.contains(said), "{said}: {text}");
    }
}
