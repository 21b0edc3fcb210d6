//! Tokens that must not be believed, one row each. Every row is an honest token but for the one thing that it names.

use aws_lc_rs::hmac;
use muster_identity::TokenProblem::{self, *};
use serde_json::{Value, json};

use crate::issuer::{AUDIENCE, Issuer};
use crate::support::{Keys, encode, now, raw_token, token};

/// An honest header with this member added or replaced.
fn header(member: &str, value: Value) -> Value {
    let mut header = json!({ "alg": "EdDSA", "kid": "ed", "typ": "JWT" });
    header[member] = value;
    header
}

struct Bad {
    what: &'static str,
    token: String,
    why: TokenProblem,
}

fn bad(what: &'static str, token: String, why: TokenProblem) -> Bad {
    Bad { what, token, why }
}

/// A key that the issuer does not have, under any name.
fn headers(issuer: &Issuer) -> Vec<Bad> {
    let claims = issuer.claims();
    let own = |header: Value| token(&header, &claims, |message| issuer.keys.ed_sign(message));
    let stranger = Keys::new();
    let strange = |header: Value| token(&header, &claims, |message| stranger.ed_sign(message));
    vec![
        bad("crit", own(header("crit", json!(["exp"]))), Header),
        bad("empty crit", own(header("crit", json!([]))), Header),
        bad("null crit", own(header("crit", Value::Null)), Header),
        bad("unencoded payload", own(header("b64", json!(false))), Header),
        bad("its own key", strange(header("jwk", stranger.ed_jwk())), Header),
        bad(
            "its own key's address",
            strange(header("jku", json!("https://evil.example/keys"))),
            Header,
        ),
        bad(
            "a certificate's address",
            own(header("x5u", json!("https://evil.example/x"))),
            Header,
        ),
        bad("a certificate", own(header("x5c", json!(["MIIB"]))), Header),
        bad("compressed", own(header("zip", json!("DEF"))), Header),
        bad("encrypted", own(header("enc", json!("A256GCM"))), Header),
        bad("no kid", own(json!({ "alg": "EdDSA", "typ": "JWT" })), UnknownKey),
        bad("null kid", own(header("kid", Value::Null)), UnknownKey),
        bad("empty kid", own(header("kid", json!(""))), UnknownKey),
        bad("unknown kid", own(header("kid", json!("other"))), UnknownKey),
        bad("kid in another case", own(header("kid", json!("ED"))), UnknownKey),
        bad("kid with a blank", own(header("kid", json!("ed "))), UnknownKey),
        bad(
            "kid with a zero byte",
            own(header("kid", json!("ed\0"))),
            UnknownKey,
        ),
        bad(
            "kid as a path",
            own(header("kid", json!("../../dev/null"))),
            UnknownKey,
        ),
        bad("kid as SQL", own(header("kid", json!("' OR 1=1 --"))), UnknownKey),
        bad("kid as a number", own(header("kid", json!(1))), Malformed),
        bad(
            "kid of another kind of key",
            own(header("kid", json!("rsa"))),
            Algorithm,
        ),
        bad(
            "a caller token",
            own(header("typ", json!("muster-caller+jwt"))),
            Type,
        ),
        bad("a logout token", own(header("typ", json!("logout+jwt"))), Type),
        bad(
            "a proof of possession",
            own(header("typ", json!("dpop+jwt"))),
            Type,
        ),
        bad("a typ that is empty", own(header("typ", json!(""))), Type),
        bad(
            "another issuer's key",
            strange(header("kid", json!("ed"))),
            Signature,
        ),
    ]
}

fn algorithms(issuer: &Issuer) -> Vec<Bad> {
    let (claims, keys) = (issuer.claims(), &issuer.keys);
    let with = |alg: &str, kid: &str, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        token(&json!({ "alg": alg, "kid": kid }), &claims, sign)
    };
    let public = encode(aws_lc_rs::signature::KeyPair::public_key(&keys.ed));
    let hmac_of = |secret: Vec<u8>| {
        move |message: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message)
                .as_ref()
                .to_vec()
        }
    };
    let nothing = |_: &[u8]| Vec::new();
    vec![
        bad("alg none", with("none", "ed", &nothing), Malformed),
        bad(
            "alg none, signed",
            with("none", "ed", &|message| keys.ed_sign(message)),
            Algorithm,
        ),
        bad(
            "alg None",
            with("None", "ed", &|message| keys.ed_sign(message)),
            Algorithm,
        ),
        bad(
            "alg in another case",
            with("eddsa", "ed", &|message| keys.ed_sign(message)),
            Algorithm,
        ),
        bad(
            "alg empty",
            with("", "ed", &|message| keys.ed_sign(message)),
            Algorithm,
        ),
        bad(
            "HMAC with the public key",
            with("HS256", "ed", &hmac_of(public.into_bytes())),
            Algorithm,
        ),
        bad(
            "HMAC with the modulus",
            with(
                "HS256",
                "rsa",
                &hmac_of(keys.rsa_jwk()["n"].to_string().into_bytes()),
            ),
            Algorithm,
        ),
        bad(
            "HMAC with nothing",
            with("HS256", "ed", &hmac_of(Vec::new())),
            Algorithm,
        ),
        bad(
            "ES256 with the Ed25519 key",
            with("ES256", "ed", &|message| keys.ec_sign(message)),
            Algorithm,
        ),
        bad(
            "EdDSA with the P-256 key",
            with("EdDSA", "ec", &|message| keys.ed_sign(message)),
            Algorithm,
        ),
        bad(
            "RS512",
            with("RS512", "rsa", &|message| keys.rsa_sign(message)),
            Algorithm,
        ),
        bad(
            "PS256",
            with("PS256", "rsa", &|message| keys.rsa_pss_sign(message)),
            Algorithm,
        ),
        bad(
            "PSS under the name of RS256",
            with("RS256", "rsa", &|message| keys.rsa_pss_sign(message)),
            Signature,
        ),
        bad(
            "ES384",
            with("ES384", "ec", &|message| keys.ec_sign(message)),
            Algorithm,
        ),
        bad(
            "an ECDSA signature of zeros",
            with("ES256", "ec", &|_| vec![0; 64]),
            Signature,
        ),
        bad(
            "an ECDSA signature in DER",
            with("ES256", "ec", &|_| vec![0x30, 6, 2, 1, 1, 2, 1, 1]),
            Signature,
        ),
        bad(
            "an Ed25519 signature of zeros",
            with("EdDSA", "ed", &|_| vec![0; 64]),
            Signature,
        ),
        bad(
            "a short signature",
            with("EdDSA", "ed", &|message| keys.ed_sign(message)[..63].to_vec()),
            Signature,
        ),
        bad(
            "a long signature",
            with("EdDSA", "ed", &|message| {
                [keys.ed_sign(message), vec![0]].concat()
            }),
            Signature,
        ),
        bad(
            "no alg",
            token(&json!({ "kid": "ed" }), &claims, |message| keys.ed_sign(message)),
            Malformed,
        ),
    ]
}

fn claims(issuer: &Issuer) -> Vec<Bad> {
    let with = |member: &str, value: Value| {
        let mut claims = issuer.claims();
        claims[member] = value;
        issuer.signed(&claims)
    };
    let without = |member: &str| {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().remove(member);
        issuer.signed(&claims)
    };
    vec![
        bad("no iss", without("iss"), Issuer),
        bad("null iss", with("iss", Value::Null), Issuer),
        bad("another iss", with("iss", json!("https://evil.example")), Issuer),
        bad(
            "iss with a slash",
            with("iss", json!(format!("{}/", issuer.url))),
            Issuer,
        ),
        bad(
            "iss in another case",
            with("iss", json!(issuer.url.to_uppercase())),
            Issuer,
        ),
        bad("iss as an array", with("iss", json!([issuer.url])), Malformed),
        bad("no aud", without("aud"), Audience),
        bad("null aud", with("aud", Value::Null), Audience),
        bad("another aud", with("aud", json!("other")), Audience),
        bad("empty aud", with("aud", json!("")), Audience),
        bad(
            "aud that begins alike",
            with("aud", json!(format!("{AUDIENCE}-other"))),
            Audience,
        ),
        bad("no aud in an array", with("aud", json!([])), Audience),
        bad("others in an array", with("aud", json!(["a", "b"])), Audience),
        bad(
            "aud as an object",
            with("aud", json!({ "aud": AUDIENCE })),
            Malformed,
        ),
        bad("no exp", without("exp"), Claim("exp")),
        bad("null exp", with("exp", Value::Null), Claim("exp")),
        bad("exp as text", with("exp", json!("9999999999")), Malformed),
        bad("expired", with("exp", json!(now() - 31)), Expired),
        bad("expired long ago", with("exp", json!(0)), Expired),
        bad("expired before time began", with("exp", json!(-1)), Expired),
        bad("not yet valid", with("nbf", json!(now() + 31)), NotYet),
        bad("issued in the future", with("iat", json!(now() + 31)), NotYet),
        bad("nbf as text", with("nbf", json!("0")), Malformed),
        bad("no sub", without("sub"), Claim("sub")),
        bad("null sub", with("sub", Value::Null), Claim("sub")),
        bad("empty sub", with("sub", json!("")), Claim("sub")),
        bad("endless sub", with("sub", json!("x".repeat(256))), Claim("sub")),
        bad("sub as a number", with("sub", json!(1)), Malformed),
    ]
}

fn shapes(issuer: &Issuer) -> Vec<Bad> {
    let good = issuer.good();
    let parts: Vec<&str> = good.split('.').collect();
    let sign = |message: &[u8]| issuer.keys.ed_sign(message);
    let honest = r#"{"alg":"EdDSA","kid":"ed"}"#;
    let own = issuer.claims().to_string();
    let twice = |member: &str| own.replacen('{', &format!("{{{member},"), 1);
    vec![
        bad("nothing", String::new(), Malformed),
        bad("dots", "..".to_owned(), Malformed),
        bad("two parts", format!("{}.{}", parts[0], parts[1]), Malformed),
        bad("four parts", format!("{good}.{}", parts[2]), Malformed),
        bad("no signature", format!("{}.{}.", parts[0], parts[1]), Malformed),
        bad("a blank in front", format!(" {good}"), Malformed),
        bad("a line break behind", format!("{good}\n"), Malformed),
        bad("padding", format!("{good}="), Malformed),
        bad(
            "a JSON serialization",
            json!({ "payload": parts[1], "signatures": [] }).to_string(),
            Malformed,
        ),
        bad(
            "a header that is no JSON",
            raw_token("EdDSA", &own, sign),
            Malformed,
        ),
        bad("a header that is a list", raw_token("[]", &own, sign), Malformed),
        bad(
            "alg twice",
            raw_token(r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#, &own, sign),
            Malformed,
        ),
        bad(
            "kid twice",
            raw_token(r#"{"alg":"EdDSA","kid":"x","kid":"ed"}"#, &own, sign),
            Malformed,
        ),
        bad(
            "exp twice",
            raw_token(honest, &twice(r#""exp":1"#), sign),
            Malformed,
        ),
        bad(
            "sub twice",
            raw_token(honest, &twice(r#""sub":"victim""#), sign),
            Malformed,
        ),
        bad(
            "aud twice",
            raw_token(honest, &twice(r#""aud":"other""#), sign),
            Malformed,
        ),
        bad(
            "claims that are no JSON",
            raw_token(honest, "hello", sign),
            Malformed,
        ),
        bad(
            "claims behind a comment",
            raw_token(honest, &format!("/**/{own}"), sign),
            Malformed,
        ),
        bad(
            "claims and more",
            raw_token(honest, &format!("{own}{own}"), sign),
            Malformed,
        ),
        bad(
            "endless",
            raw_token(honest, &format!("{own}{}", " ".repeat(20_000)), sign),
            TooLong,
        ),
    ]
}

#[tokio::test]
async fn no_bad_token_is_believed_and_each_is_refused_for_its_own_reason() {
    let issuer = Issuer::start().await;
    let verifier = issuer.verifier();
    verifier.verify(&issuer.good()).await.unwrap();
    let all: Vec<Bad> = [headers, algorithms, claims, shapes]
        .into_iter()
        .flat_map(|rows| rows(&issuer))
        .collect();
    assert!(all.len() >= 80, "{} vectors", all.len());
    for Bad { what, token, why } in all {
        assert_eq!(verifier.verify(&token).await.unwrap_err(), why, "{what}");
    }
}
