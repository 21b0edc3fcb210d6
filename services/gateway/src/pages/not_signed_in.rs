//! The ways in which a sign-in comes to nothing: what the person reads, and what the log says.

use muster_identity::TokenProblem;

use super::cookies::TooLong;
use super::relying_party::SignInProblem;
use super::view::Problem;

// Keys of what the page says.
const NOT_CONFIRMED: &str = "sign-in-not-confirmed";
const NOT_COMPLETED: &str = "sign-in-not-completed";
const UNUSABLE: &str = "sign-in-unusable";
const NOT_USABLE_HERE: &str = "sign-in-not-usable-here";

fn because(text: &'static str) -> Problem {
    Problem::sign_in(text)
}

/// A link to an issuer at which nobody signs in here.
pub(crate) fn no_such() -> Problem {
    because("sign-in-unknown")
}

/// An answer to a sign-in of which this browser knows nothing.
pub(crate) fn begun_elsewhere() -> Problem {
    because("sign-in-elsewhere")
}

/// The issuer went out of use while somebody signed in there.
pub(crate) fn not_offered() -> Problem {
    because("sign-in-not-offered")
}

/// The way to the issuer and back.
pub(crate) fn failed(problem: &SignInProblem) -> Problem {
    let error = problem as &dyn std::error::Error;
    tracing::warn!(error, "a sign-in failed");
    match problem {
        SignInProblem::NotCompleted(_) => because(NOT_COMPLETED),
        SignInProblem::NotTheIssuer | SignInProblem::Refused(..) => because(NOT_CONFIRMED),
        SignInProblem::NoEndpoint => because(NOT_USABLE_HERE),
        SignInProblem::Unreachable(_)
        | SignInProblem::Broken(_)
        | SignInProblem::Redirected(_)
        | SignInProblem::Body(_)
        | SignInProblem::NoTokens
        | SignInProblem::Unknown
        | SignInProblem::Random => Problem::sign_in_away(),
    }
}

/// A session that no browser would keep.
pub(crate) fn unusable(problem: &TooLong) -> Problem {
    tracing::warn!(%problem, "a sign-in failed: the issuer's tokens are too large to be kept by a browser");
    because(UNUSABLE)
}

/// A token that proves nothing.
pub(crate) fn not_believed(token: &'static str, problem: TokenProblem) -> Problem {
    tracing::warn!(token, %problem, "a sign-in failed: a token was not believed");
    match (token, problem) {
        (_, TokenProblem::IssuerUnavailable(_)) => Problem::sign_in_away(),
        ("access token", _) => because(UNUSABLE),
        _ => because(NOT_CONFIRMED),
    }
}

/// Tokens that are not of one person.
pub(crate) fn two_persons() -> Problem {
    tracing::warn!("a sign-in failed: an issuer gave an id token and an access token of two persons");
    because(NOT_CONFIRMED)
}
