//! Generated key sets: what is taken of them is what a model of a few lines says.

use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const MESSAGE: &[u8] = b"header.payload";

/// A key as its owner has it.
struct Pair {
    algorithm: &'static str,
    jwk: Value,
    signature: Vec<u8>,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ed25519() -> Pair {
    let pair = Ed25519KeyPair::generate().unwrap();
    Pair {
        algorithm: "EdDSA",
        jwk: json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key()) }),
        signature: pair.sign(MESSAGE).as_ref().to_vec(),
    }
}

fn p256() -> Pair {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    Pair {
        algorithm: "ES256",
        jwk: json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) }),
        signature: pair
            .sign(&SystemRandom::new(), MESSAGE)
            .unwrap()
            .as_ref()
            .to_vec(),
    }
}

fn rsa() -> Pair {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
    let (n, e) = (
        n.big_endian_without_leading_zero(),
        e.big_endian_without_leading_zero(),
    );
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &random, MESSAGE, &mut signature)
        .unwrap();
    Pair {
        algorithm: "RS256",
        jwk: json!({ "kty": "RSA", "n": encode(n), "e": encode(e) }),
        signature,
    }
}

/// Two of each kind.
fn pairs() -> Vec<Pair> {
    vec![ed25519(), ed25519(), p256(), p256(), rsa(), rsa()]
}

/// One entry of a document, and whether it can verify anything.
#[derive(Clone)]
struct Entry {
    pair: usize,
    kid: Option<&'static str>,
    usable: bool,
    jwk: Value,
}

/// What may be said of a member, and whether a key of which it is said can still be used. `None`: it is not there.
type Sayings = Vec<(Option<Value>, bool)>;

fn entries(
    pairs: &[Pair],
    kids: &Sayings,
    algorithms: &dyn Fn(&Pair) -> Sayings,
    uses: &Sayings,
    breaks: &[Option<Value>],
) -> Vec<Entry> {
    let mut all = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        for (kid, named) in kids {
            for (algorithm, verifies) in algorithms(pair) {
                for (purpose, signs) in uses {
                    for broken in breaks {
                        let mut jwk = pair.jwk.clone();
                        say(&mut jwk, "kid", kid);
                        say(&mut jwk, "alg", &algorithm);
                        say(&mut jwk, "use", purpose);
                        let member = if pair.algorithm == "RS256" { "n" } else { "x" };
                        if let Some(value) = broken {
                            jwk[member] = value.clone();
                        }
                        all.push(Entry {
                            pair: at,
                            kid: ["one", "two"]
                                .into_iter()
                                .find(|name| kid.as_ref() == Some(&json!(name))),
                            usable: *named && verifies && *signs && broken.is_none(),
                            jwk,
                        });
                    }
                }
            }
        }
    }
    all
}

fn say(jwk: &mut Value, member: &str, value: &Option<Value>) {
    if let Some(value) = value {
        jwk[member] = value.clone();
    }
}

fn algorithms(pair: &Pair) -> Sayings {
    vec![
        (None, true),
        (Some(Value::Null), true),
        (Some(json!(pair.algorithm)), true),
        (Some(json!("RS512")), false),
        (Some(json!("RSA-OAEP")), false),
        (Some(json!("none")), false),
        (Some(json!([pair.algorithm])), false),
    ]
}

/// What the model says of a document: by `kid`, which pairs verify, or none where two of one algorithm remain.
fn expected(entries: &[&Entry], pairs: &[Pair]) -> BTreeMap<&'static str, Vec<usize>> {
    let mut named: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.usable) {
        named.entry(entry.kid.unwrap()).or_default().push(entry.pair);
    }
    for same_name in named.values_mut() {
        same_name.sort_unstable();
        same_name.dedup();
        let mut algorithms: Vec<_> = same_name.iter().map(|at| pairs[*at].algorithm).collect();
        algorithms.dedup();
        if algorithms.len() < same_name.len() {
            same_name.clear();
        }
    }
    named.retain(|_, pairs| !pairs.is_empty());
    named
}

fn check(entries: &[&Entry], pairs: &[Pair]) {
    let document = json!({ "keys": entries.iter().map(|entry| &entry.jwk).collect::<Vec<_>>() });
    let expected = expected(entries, pairs);
    let read = KeySet::parse(document.to_string().as_bytes());
    assert_eq!(read.is_ok(), !expected.is_empty(), "{document}");
    let unusable = entries.iter().filter(|entry| !entry.usable).count();
    let named: std::collections::BTreeSet<_> = entries
        .iter()
        .filter(|entry| entry.usable)
        .map(|entry| entry.kid)
        .collect();
    let told = unusable + named.len() - expected.len();
    match read {
        Err(KeySetProblem::Empty(passed_over)) => assert_eq!(passed_over.len(), told, "{document}"),
        Err(problem) => panic!("{problem}: {document}"),
        Ok(set) => {
            assert_eq!(set.passed_over().len(), told, "{document}");
            for kid in ["one", "two"] {
                for (at, pair) in pairs.iter().enumerate() {
                    let key = set.key(kid, pair.algorithm);
                    let verifies = key.is_ok_and(|key| key.verify(MESSAGE, &pair.signature).is_ok());
                    let wanted = expected.get(kid).is_some_and(|pairs| pairs.contains(&at));
                    assert_eq!(verifies, wanted, "{kid} {at} {document}");
                }
            }
        }
    }
}

#[test]
fn one_key_is_taken_if_all_that_is_said_of_it_allows_to_verify() {
    let pairs = pairs();
    let kids = vec![
        (Some(json!("one")), true),
        (None, false),
        (Some(Value::Null), false),
        (Some(json!(1)), false),
    ];
    let uses = vec![
        (None, true),
        (Some(Value::Null), true),
        (Some(json!("sig")), true),
        (Some(json!("enc")), false),
        (Some(json!("SIG")), false),
        (Some(json!(["sig"])), false),
    ];
    let breaks = [
        None,
        Some(Value::Null),
        Some(json!(1)),
        Some(json!("!")),
        Some(json!("")),
        Some(json!("AQAB")),
    ];
    for entry in &entries(&pairs, &kids, &algorithms, &uses, &breaks) {
        check(&[entry], &pairs);
    }
}

#[test]
fn of_two_keys_each_is_taken_that_can_verify_unless_a_token_could_not_say_which_it_means() {
    let pairs = pairs();
    let kids = vec![(Some(json!("one")), true), (Some(json!("two")), true)];
    let said = |pair: &Pair| {
        vec![
            (None, true),
            (Some(json!(pair.algorithm)), true),
            (Some(json!("RS512")), false),
        ]
    };
    let uses = vec![(None, true), (Some(json!("enc")), false)];
    let all = entries(&pairs, &kids, &said, &uses, &[None, Some(json!("!"))]);
    let mut sets = 0;
    for first in all.iter().filter(|entry| entry.kid == Some("one")) {
        for second in &all {
            check(&[first, second], &pairs);
            sets += 1;
        }
    }
    assert_eq!(sets, 72 * 144);
}

#[test]
fn of_many_keys_it_is_the_same() {
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    let pairs = pairs();
    let kids = vec![
        (Some(json!("one")), true),
        (Some(json!("two")), true),
        (None, false),
    ];
    let uses = vec![
        (None, true),
        (Some(json!("sig")), true),
        (Some(json!("enc")), false),
    ];
    let all = entries(&pairs, &kids, &algorithms, &uses, &[None, Some(json!("!"))]);
    let mut random = StdRng::seed_from_u64(9);
    for _ in 0..3000 {
        let many = random.random_range(3..=7);
        let set: Vec<_> = (0..many)
            .map(|_| &all[random.random_range(0..all.len())])
            .collect();
        check(&set, &pairs);
    }
}
