//! The words with which an organization tells its people beforehand.

use muster_ids::OrganizationId;
use muster_language::Language;
use muster_proto::invitation::v1 as pb;

use crate::context::Context;
use crate::domain::announcement::{About, Announcement};
use crate::error::Error;
use crate::organization::ContextQuery;

/// The announcement in the organization's name; in its language, unless one is said.
///
/// # Errors
/// What `GetAnnouncement` refuses.
pub(super) async fn announcement(
    context: &Context,
    organization: OrganizationId,
    language: Option<Language>,
) -> Result<Announcement, Error> {
    let nothing = ContextQuery::default();
    let inviting = context.organization.context_of(organization, &nothing).await?;
    let about = About {
        organization: &inviting.display_name,
        site: &context.links.site(),
        trainings: &context.links.trainings_url(),
    };
    Ok(Announcement::of(about, language.unwrap_or(inviting.language)))
}

impl From<Announcement> for pb::GetAnnouncementResponse {
    fn from(said: Announcement) -> Self {
        let Announcement {
            language,
            subject,
            text,
        } = said;
        Self {
            language: language.tag().to_owned(),
            subject,
            text,
        }
    }
}
