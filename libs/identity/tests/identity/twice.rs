//! A member that stands twice makes a token invalid, wherever it stands: readers differ in which of two they take.

use muster_identity::TokenProblem;

use crate::issuer::Issuer;
use crate::support::raw_token;

const HEADER: &str = r#"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#;

/// Whether a token of these texts is believed.
async fn believed(issuer: &Issuer, header: &str, claims: &str) -> Result<(), TokenProblem> {
    let token = raw_token(header, claims, |message| issuer.keys.ed_sign(message));
    issuer.verifier().verify(&token).await.map(|_| ())
}

/// Two members of one name, and two of different ones beside them, in every depth.
const TWINS: [(&str, &str); 8] = [
    (r#""x":1,"x":1"#, r#""x":1,"X":1"#),
    (r#""x":1,"x":2"#, r#""x":1,"x ":2"#),
    (r#""x":1,"\u0078":2"#, r#""x":1,"\u0079":2"#),
    (r#""":1,"":2"#, r#""":1," ":2"#),
    (r#""o":{"x":1,"x":1}"#, r#""o":{"x":1},"p":{"x":1}"#),
    (
        r#""o":[1,{"x":1,"y":{"x":1,"x":null}}]"#,
        r#""o":[1,{"x":1,"y":{"x":1,"z":null}}]"#,
    ),
    (r#""o":[{"x":1,"x":1}]"#, r#""o":[{"x":1},{"x":1}]"#),
    (
        r#""realm_access":{"roles":["a"],"roles":["registry-staff"]}"#,
        r#""realm_access":{"roles":["a","a"]}"#,
    ),
];

#[tokio::test]
async fn a_claim_that_stands_twice_makes_a_token_invalid_however_deep() {
    let issuer = Issuer::start().await;
    let honest = issuer.claims().to_string();
    for (twice, once) in TWINS {
        let with = |members: &str| honest.replacen('{', &format!("{{{members},"), 1);
        let refused = believed(&issuer, HEADER, &with(twice)).await;
        assert_eq!(refused, Err(TokenProblem::Malformed), "{twice}");
        assert_eq!(believed(&issuer, HEADER, &with(once)).await, Ok(()), "{once}");
    }
}

#[tokio::test]
async fn a_parameter_that_stands_twice_in_the_header_does_so_too() {
    let issuer = Issuer::start().await;
    let honest = issuer.claims().to_string();
    for (twice, once) in TWINS {
        let with = |members: &str| HEADER.replacen('{', &format!("{{{members},"), 1);
        let refused = believed(&issuer, &with(twice), &honest).await;
        assert_eq!(refused, Err(TokenProblem::Malformed), "{twice}");
        assert_eq!(believed(&issuer, &with(once), &honest).await, Ok(()), "{once}");
    }
}

/// Every claim of an honest token, said once more: first or last, the same or another value.
#[tokio::test]
async fn no_claim_of_an_honest_token_may_be_said_again() {
    let issuer = Issuer::start().await;
    let honest = issuer.claims();
    let text = honest.to_string();
    for (name, value) in honest.as_object().unwrap() {
        for value in [value.to_string(), "null".to_owned(), "\"other\"".to_owned()] {
            let member = format!("\"{name}\":{value}");
            let first = text.replacen('{', &format!("{{{member},"), 1);
            let last = format!("{},{member}}}", text.strip_suffix('}').unwrap());
            for claims in [first, last] {
                let refused = believed(&issuer, HEADER, &claims).await;
                assert_eq!(refused, Err(TokenProblem::Malformed), "{claims}");
            }
        }
    }
}
