//! The settings of a join page are changed.

use muster_ids::{OrganizationId, PersonId};
use muster_server::etag::{IfMatch, etag};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{Ground, JoinPage, JoinPageUpdate, MAX_SLUGS, Need, OrganizationState, Plan, Slug};
use crate::error::Error;
use crate::ops::lock_open;
use crate::store::join_page::{self, Claim};

/// What is to be changed, and by whom.
pub(crate) struct Change {
    pub(crate) organization: OrganizationId,
    pub(crate) by: PersonId,
    pub(crate) update: JoinPageUpdate,
    pub(crate) if_match: IfMatch,
}

/// Changes the settings. The profile is locked: those who change what belongs to it take turns, also the first time, when
/// the page has no row.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    change: Change,
) -> Result<(JoinPage, Ground), Error> {
    let Change {
        organization,
        by,
        update,
        if_match,
    } = change;
    lock_open(tx, organization).await?;
    let now = context.clock.now();
    let found = join_page::find(tx, organization).await?;
    let before = found.unwrap_or_else(|| JoinPage::unset(organization));
    if_match.check(&etag(before.version))?;
    let ground = join_page::ground(tx, organization, now, context.basic).await?;
    let (former, is_enabling) = (before.slug.clone(), update.is_enabled == Some(true));
    let page = match before.update(update, by, now) {
        Transition::Changed(page) => page,
        Transition::AlreadyDone(page) => return Ok((page, ground)),
        Transition::Refused(never) => match never {},
    };
    if is_enabling {
        may_be_enabled(&page, ground)?;
    }
    if let Some(slug) = page.slug.as_ref().filter(|slug| former.as_ref() != Some(*slug)) {
        may_be_open(ground)?;
        if let Some(former) = &former {
            join_page::release(tx, organization, former, now).await?;
        }
        claim(tx, organization, slug, now).await?;
    }
    join_page::put(tx, &page).await?;
    Ok((page, ground))
}

/// Takes a slug that is free, unless the organization has had too many. The profile is locked: nobody else takes one for it.
async fn claim(
    tx: &mut PgConnection,
    organization: OrganizationId,
    slug: &Slug,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let used = join_page::count_slugs(tx, organization).await?;
    if join_page::claim(tx, organization, slug, now).await? == Claim::Others {
        return Err(Error::JoinPageSlugTaken);
    }
    let has_one_more = join_page::count_slugs(tx, organization).await? > used;
    if has_one_more && used >= MAX_SLUGS {
        return Err(Error::TooManyJoinPageSlugs { used });
    }
    Ok(())
}

/// Whether the organization is one whose page people may use, as registry staff decide. Whoever is none reserves nothing.
fn may_be_open(ground: Ground) -> Result<(), Error> {
    if ground.state != OrganizationState::Active {
        Err(Error::OrganizationState(ground.state))
    } else if ground.plan != Plan::Premium {
        Err(Error::SubscriptionRequired)
    } else {
        Ok(())
    }
}

/// Whether what the page needs is there. What only registry staff can mend has a reason of its own.
fn may_be_enabled(page: &JoinPage, ground: Ground) -> Result<(), Error> {
    may_be_open(ground)?;
    let missing: Vec<Need> = page.missing(ground);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::JoinPageIncomplete(missing))
    }
}
