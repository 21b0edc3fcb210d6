//! What is heard of employments: who is verified where, kept as a projection.

use async_trait::async_trait;
use muster_ids::{EmploymentName, PersonName};
use muster_messaging::{EventType, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentVerifiedEvent;
use sqlx::PgConnection;

use crate::store::employments;

/// Keeps the projection of employments.
#[derive(Debug)]
pub(crate) struct Employments;

#[async_trait]
impl Handler for Employments {
    type Prepared = ();

    async fn apply(&self, tx: &mut PgConnection, event: &Received, (): ()) -> Result<(), HandlingError> {
        match event.event_type {
            EventType::EmploymentVerified => verified(tx, event).await,
            other => Err(HandlingError::Permanent(format!(
                "{other} is not for this service"
            ))),
        }
    }
}

async fn verified(tx: &mut PgConnection, event: &Received) -> Result<(), HandlingError> {
    let told: EmploymentVerifiedEvent = event.decode()?;
    let EmploymentName {
        organization,
        employment,
    } = told.employment.parse().map_err(|_| malformed("employment"))?;
    let PersonName { person } = told.person.parse().map_err(|_| malformed("person"))?;
    // An event tells of its own organization only.
    if organization != event.organization {
        return Err(malformed("organization"));
    }
    employments::note_verified(tx, organization, person, employment, event.sequence).await?;
    Ok(())
}

fn malformed(field: &str) -> HandlingError {
    HandlingError::Permanent(format!("{field} is not what it must be"))
}
