//! Employing who accepted an invitation: what others are asked before [`super::employ::apply`].

use muster_ids::InvitationName;

use crate::context::Context;
use crate::domain::{Acceptance, Hiring, VerificationBasis};
use crate::error::Error;
use crate::store::employment;

/// The hiring that follows from an acceptance of which an event tells.
pub(crate) async fn prepare(context: &Context, acceptance: Acceptance) -> Result<Hiring, Error> {
    let invitation = InvitationName {
        organization: acceptance.organization,
        invitation: acceptance.invitation,
    };
    let invitee = context.peers.acceptance(invitation).await?;
    if invitee.person != acceptance.invitee {
        return Err(Error::Contradiction(
            "the invitation was accepted by somebody else",
        ));
    }
    hiring(context, acceptance, invitee.display_name).await
}

/// The hiring that follows from an acceptance, with the inviter's role as it is now, the name from the invitee's own
/// token, and those who can verify it if nobody vouches or what the organization has said since counts more.
pub(super) async fn hiring(
    context: &Context,
    acceptance: Acceptance,
    display_name: String,
) -> Result<Hiring, Error> {
    let role = context
        .peers
        .role(acceptance.organization, acceptance.inviter)
        .await?;
    let mut hiring = acceptance.hiring(role, display_name);
    let (organization, person) = (hiring.organization, hiring.person);
    let refused = async |db: &mut _| employment::refuse_time(db, organization, person).await;
    let weighed = hiring.after(context.database.read(refused).await?);
    if weighed.basis == VerificationBasis::SelfAsserted {
        let verifiers = context.peers.verifiers(hiring.organization, hiring.person);
        hiring.verifiers = verifiers.await?;
    }
    Ok(hiring)
}
