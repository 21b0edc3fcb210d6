//! What the service publishes, and what it does about what others publish.
//!
//! Publishes `employment.verified`. Consumes `invitation.accepted` and `organization.approved`: both are read into a
//! [`Hiring`] before the transaction, with what their owners say now, and carried out by
//! [`employ`](crate::ops::employment::employ).

mod invitation_accepted;
mod organization_approved;

use async_trait::async_trait;
use muster_ids::{GroupName, InvitationName, OrganizationId, OrganizationName, PersonName};
use muster_messaging::{EventType, Handler, HandlingError, Received};
use muster_proto::employment::v1 as pb;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Employment, Hiring};
use crate::ops::employment::employ;

/// The event of a verified employment: ids only.
pub(crate) fn verified(employment: &Employment) -> pb::EmploymentVerifiedEvent {
    let organization = employment.organization;
    let groups = employment
        .groups
        .iter()
        .map(|&group| GroupName { organization, group }.to_string());
    let invitation = employment.source_invitation;
    pb::EmploymentVerifiedEvent {
        employment: employment.name().to_string(),
        organization: OrganizationName { organization }.to_string(),
        person: PersonName {
            person: employment.person,
        }
        .to_string(),
        groups: groups.collect(),
        source_invitation: invitation
            .map(|invitation| {
                InvitationName {
                    organization,
                    invitation,
                }
                .to_string()
            })
            .unwrap_or_default(),
    }
}

/// Handles the events of the service's queue.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    context: Context,
}

impl Events {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }
}

#[async_trait]
impl Handler for Events {
    /// `None` only where nothing was prepared.
    type Prepared = Option<Hiring>;

    async fn prepare(&self, event: &Received) -> Result<Option<Hiring>, HandlingError> {
        match event.event_type {
            EventType::InvitationAccepted => {
                invitation_accepted::prepare(&self.context, event).await.map(Some)
            }
            EventType::OrganizationApproved => organization_approved::prepare(&self.context, event)
                .await
                .map(Some),
            other => Err(HandlingError::Permanent(format!(
                "{other} is not for this service"
            ))),
        }
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        hiring: Option<Hiring>,
    ) -> Result<(), HandlingError> {
        let Some(hiring) = hiring else {
            return Err(HandlingError::Permanent(format!(
                "{} was not prepared",
                event.event_type
            )));
        };
        employ::apply(tx, &self.context, &hiring).await?;
        Ok(())
    }
}

/// An event tells of its own organization only.
fn within(own: OrganizationId, named: OrganizationId) -> Result<OrganizationId, HandlingError> {
    if own == named {
        Ok(own)
    } else {
        Err(HandlingError::Permanent(
            "the event names another organization".to_owned(),
        ))
    }
}

/// Reads a field of an event; what cannot be read now cannot be read later.
fn field<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, HandlingError> {
    text.parse()
        .map_err(|_| HandlingError::Permanent(format!("{name} is not the name it should be")))
}
