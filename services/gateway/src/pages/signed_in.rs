//! The person who is signed in, as the edge will know them.

use muster_identity::oidc::Profile;
use muster_identity::{PersonCaller, TokenProblem};

use super::Pages;
use super::session::Session;
use super::view::Problem;

/// The person of this session, with the address that their issuer tells, wherever it does. `None` if the session's token
/// is over or its issuer unknown: the edge refuses it then, in its own words.
///
/// # Errors
/// Whether this is the invitee cannot be seen at the moment. The edge would be as little able to: it is not asked.
pub(crate) async fn person(pages: &Pages, session: &Session) -> Result<Option<PersonCaller>, Problem> {
    let (verifier, token) = (&pages.verifier, &session.access_token);
    if let Some(email) = session.email.as_deref().and_then(|email| email.parse().ok()) {
        let profile = Profile {
            name: session.name.clone(),
            email: Some(email),
        };
        verifier.remember(token, profile).await;
    }
    match verifier.verify_with_address(token).await {
        Ok(person) => Ok(Some(person)),
        Err(TokenProblem::AddressUnavailable) => Err(Problem::address_away()),
        Err(_) => Ok(None),
    }
}
