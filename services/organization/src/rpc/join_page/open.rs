//! A page that people can use at this moment.

use muster_address::DomainRule;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Slug;
use crate::error::Error;
use crate::store::{join_page, organization};

/// What others need to know of it.
pub(in crate::rpc) struct OpenPage {
    pub(in crate::rpc) slug: Slug,
    pub(in crate::rpc) organization_display_name: String,
    pub(in crate::rpc) allowed_domains: Vec<DomainRule>,
    pub(in crate::rpc) enabled_by: PersonId,
}

/// The page of an organization, if it is there.
pub(in crate::rpc) async fn page(
    db: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
) -> Result<Option<OpenPage>, Error> {
    let Some(page) = join_page::find(db, organization).await? else {
        return Ok(None);
    };
    let ground = join_page::ground(db, organization, context.clock.now(), context.basic).await?;
    if !page.is_open(ground) {
        return Ok(None);
    }
    let found = organization::find(db, organization).await?;
    let (Some(organization), Some(slug), Some(enabled_by)) = (found, page.slug, page.enabled_by) else {
        return Ok(None);
    };
    Ok(Some(OpenPage {
        slug,
        organization_display_name: organization.display_name.to_string(),
        allowed_domains: page.allowed_domains,
        enabled_by,
    }))
}
