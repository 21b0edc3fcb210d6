//! `organization.approved`: registry staff verified the director with the profile.

use muster_ids::{OrganizationName, PersonName};
use muster_messaging::{HandlingError, Received};
use muster_proto::organization::v1 as pb;

use super::{field, within};
use crate::context::Context;
use crate::domain::Hiring;
use crate::ops::employment::employ_director;

pub(super) async fn prepare(context: &Context, event: &Received) -> Result<Hiring, HandlingError> {
    let message: pb::OrganizationApprovedEvent = event.decode()?;
    let OrganizationName { organization } = field("organization", &message.organization)?;
    let organization = within(event.organization, organization)?;
    let PersonName { person: director } = field("director", &message.director)?;
    Ok(employ_director::prepare(context, organization, director).await?)
}
