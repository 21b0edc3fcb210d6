//! The caller token: for one service, one method, one minute.

use std::time::Duration;

use muster_address::EmailAddress;
use muster_clock::Clock;
use muster_identity::{
    Access, Caller, CallerSigner, CallerVerifier, KeyFile, PersonCaller, Role, SigningKey, TokenProblem,
    jwks_document,
};
use muster_ids::{OrganizationId, PersonId};
use serde_json::json;
use uuid::Uuid;

use crate::support::{File, clock, now};

const METHOD: &str = "/muster.invitation.v1.InvitationService/CreateInvitation";

struct Pair {
    signer: CallerSigner,
    clock: Clock,
    file: File,
}

impl Pair {
    fn new() -> Self {
        let (key, clock) = (SigningKey::generate().unwrap(), clock());
        let file = File::of(&jwks_document([&key]));
        Self {
            signer: CallerSigner::new(key, clock.clone()),
            clock,
            file,
        }
    }

    fn verifier(&self, service: &str) -> CallerVerifier {
        CallerVerifier::new(KeyFile::open(&self.file.0).unwrap(), service, self.clock.clone())
    }

    fn sign(&self, caller: &Caller) -> String {
        self.signer.sign(caller, "invitation", METHOD).unwrap()
    }
}

fn person() -> Caller {
    Caller::Person(PersonCaller {
        id: PersonId::derive("https://id.example.org", "1"),
        name: Some("Zoë \"Z\" O'Brien".to_owned()),
        emails: vec![EmailAddress::parse("zoe@example.org").unwrap()],
        staff: true,
        access: Some(Access {
            permission: "invitation.create".to_owned(),
            organization: Some(OrganizationId::from_uuid(Uuid::from_u128(7))),
            role: Some(Role::Admin),
        }),
    })
}

#[test]
fn every_kind_of_caller_arrives_as_it_was_sent() {
    let pair = Pair::new();
    for caller in [
        Caller::Anonymous,
        person(),
        Caller::Workload {
            name: "learning-system".to_owned(),
        },
    ] {
        assert_eq!(
            pair.verifier("invitation").verify(&pair.sign(&caller), METHOD),
            Ok(caller)
        );
    }
}

#[test]
fn a_token_is_for_one_service_one_method_and_one_minute() {
    let pair = Pair::new();
    let (token, verifier) = (pair.sign(&person()), pair.verifier("invitation"));
    assert_eq!(
        pair.verifier("records").verify(&token, METHOD),
        Err(TokenProblem::Audience)
    );
    let other = "/muster.invitation.v1.InvitationService/GetInvitation";
    assert_eq!(verifier.verify(&token, other), Err(TokenProblem::Method));
    pair.clock.advance(Duration::from_secs(69));
    assert!(verifier.verify(&token, METHOD).is_ok());
    pair.clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.verify(&token, METHOD), Err(TokenProblem::Expired));
}

#[test]
fn no_other_token_of_the_same_key_passes_for_a_caller_token() {
    let pair = Pair::new();
    let verifier = pair.verifier("invitation");
    let claims = json!({
        "iss": "muster-gateway", "aud": "invitation", "sub": "anonymous", "iat": now(), "exp": now() + 60,
        "method": METHOD, "kind": "anonymous",
    });
    let sign = |typ: &str| pair.signer.key().sign(typ, &claims).unwrap();
    assert_eq!(
        verifier.verify(&sign("muster-caller+jwt"), METHOD),
        Ok(Caller::Anonymous)
    );
    for typ in ["JWT", "at+jwt", ""] {
        assert_eq!(
            verifier.verify(&sign(typ), METHOD),
            Err(TokenProblem::Type),
            "{typ}"
        );
    }
}

#[test]
fn a_token_of_another_key_is_refused_and_keys_overlap_while_they_rotate() {
    let (pair, other) = (Pair::new(), Pair::new());
    let token = other.sign(&person());
    assert_eq!(
        pair.verifier("invitation").verify(&token, METHOD),
        Err(TokenProblem::UnknownKey)
    );
    std::fs::write(
        &pair.file.0,
        jwks_document([pair.signer.key(), other.signer.key()]),
    )
    .unwrap();
    let verifier = pair.verifier("invitation");
    assert!(verifier.verify(&token, METHOD).is_ok());
    assert!(verifier.verify(&pair.sign(&person()), METHOD).is_ok());
}

#[test]
fn a_key_file_is_read_again_when_it_changes_and_kept_when_it_breaks() {
    let (pair, other) = (Pair::new(), Pair::new());
    let verifier = pair.verifier("invitation");
    let ours = || verifier.verify(&pair.sign(&Caller::Anonymous), METHOD);
    let theirs = || verifier.verify(&other.sign(&Caller::Anonymous), METHOD);
    assert!(theirs().is_err());
    std::fs::write(
        &pair.file.0,
        jwks_document([pair.signer.key(), other.signer.key()]),
    )
    .unwrap();
    let patience = std::time::Instant::now();
    while theirs().is_err() {
        assert!(
            patience.elapsed() < Duration::from_secs(5),
            "the file was not read again"
        );
        std::thread::yield_now();
    }
    std::fs::write(&pair.file.0, "broken").unwrap();
    let broken = std::time::Instant::now();
    while broken.elapsed() < Duration::from_millis(1200) {
        assert!(ours().is_ok());
    }
    assert!(KeyFile::open(&pair.file.0).is_err());
}
