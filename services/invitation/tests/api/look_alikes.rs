//! Addresses that look alike, by every way in: whether an invitation is somebody's is decided by one form of their address.
//!
//! The thousand pairs are with the address itself, in `libs/address/tests/look_alikes.rs`.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{ImportRowState, InvitationState};
use muster_refusal::fields_of;

use crate::fixture::{Fixture, reason};
use crate::own::with;
use crate::upload::{rows, upload};

/// One address, and another spelling of it.
const SAME: [(&str, &str); 7] = [
    ("case@example.org", "CASE@EXAMPLE.ORG"),
    ("space@example.org", " space@example.org\u{a0}"),
    ("zo\u{eb}@example.org", "zoe\u{308}@example.org"),
    (
        "\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c2}@example.org",
        "\u{39d}\u{399}\u{39a}\u{39f}\u{3a3}@example.org",
    ),
    ("idn@b\u{fc}cher.example", "idn@XN--BCHER-KVA.example"),
    ("wide@example.org", "wide@\u{ff45}xample\u{3002}org"),
    ("stra\u{df}e@example.org", "STRA\u{1e9e}E@example.org"),
];

/// Two addresses that look like one.
const DIFFERENT: [(&str, &str); 8] = [
    ("paul@example.org", "p\u{430}ul@example.org"),
    ("mike@example.org", "m\u{131}ke@example.org"),
    ("sam@example.org", "\u{17f}am@example.org"),
    ("weiss@example.org", "wei\u{df}@example.org"),
    ("kim@example.org", "\u{ff4b}im@example.org"),
    ("modern@example.org", "modem@example.org"),
    ("lee@example.org", "lee@ex\u{430}mple.org"),
    ("ann@example.org", "ann\u{301}@example.org"),
];

/// What looks like an address, and is none.
const REFUSED: [&str; 6] = [
    "\u{212a}ate@example.org",
    "jo\u{ad}hn@example.org",
    "o\u{2019}neil@example.org",
    "anne\u{2010}marie@example.org",
    "tom\u{ff20}example.org",
    "\"eve\"@example.org",
];

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_is_the_same_invitation_and_a_look_alike_is_not() {
    let fixture = Fixture::new().await;
    for (given, other) in SAME {
        let made = fixture.create(given, &[&fixture.nurses]).await.unwrap();
        let again = fixture.create(other, &[&fixture.nurses]).await.unwrap();
        assert_eq!(
            (&again.name, again.address.as_str()),
            (&made.name, given),
            "{other:?}"
        );
    }
    for (given, other) in DIFFERENT {
        let made = fixture.create(given, &[&fixture.nurses]).await.unwrap();
        let another = fixture.create(other, &[&fixture.nurses]).await.unwrap();
        assert_ne!(another.name, made.name, "{other:?}");
    }
    for text in REFUSED {
        let refused = fixture.create(text, &[&fixture.nurses]).await.unwrap_err();
        let fields = fields_of(&refused);
        assert_eq!(fields, ["invitation.address"], "{text:?}");
        assert_eq!(reason::<()>(Err(refused)), R::InvalidRequest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_another_spelling_accepts_and_who_has_a_look_alike_does_not() {
    let fixture = Fixture::new().await;
    for (number, (given, other)) in SAME.into_iter().enumerate() {
        let made = fixture.create(given, &[&fixture.nurses]).await.unwrap();
        let token = fixture.token(&made.name).await;
        let who = with(&format!("same-{number}"), &[other]);
        fixture.accept(who, &token).await.unwrap();
        let accepted = fixture.get(&made.name).await.unwrap();
        assert_eq!(accepted.state(), InvitationState::Active, "{other:?}");
    }
    for (given, other) in DIFFERENT {
        let made = fixture.create(given, &[&fixture.nurses]).await.unwrap();
        let token = fixture.token(&made.name).await;
        let before = fixture.get(&made.name).await.unwrap();
        let refused = fixture.accept(with("somebody", &[other]), &token).await;
        assert_eq!(reason(refused), R::AddressMismatch, "{other:?}");
        assert_eq!(fixture.get(&made.name).await.unwrap(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_tells_them_apart_as_a_call_does() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let mut file = "email,groups\n".to_owned();
    let pairs = SAME.iter().chain(&DIFFERENT);
    for text in pairs.flat_map(|(given, other)| [given, other]).chain(&REFUSED) {
        file.push_str(&format!("\"{}\",Nurses\n", text.replace('"', "\"\"")));
    }
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    let states: Vec<ImportRowState> = rows(&fixture, &import)
        .await
        .iter()
        .map(|row| row.state())
        .collect();
    let expected = SAME
        .iter()
        .flat_map(|_| [ImportRowState::Valid, ImportRowState::Merged])
        .chain(DIFFERENT.iter().flat_map(|_| [ImportRowState::Valid; 2]))
        .chain(REFUSED.iter().map(|_| ImportRowState::Invalid));
    assert_eq!(states, expected.collect::<Vec<_>>());
}
