//! What the mail worker asks just before it sends.

use muster_address::EmailAddress;
use muster_ids::{AccessNoticeName, OrganizationId, PersonId};
use muster_language::Language;
use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{
    Access, AccessReminder, NoticedOwner, Organization, OrganizationState, ProfileUser, ProfileUserState,
    PublicName, ReminderRecipient, ReviewState,
};
use crate::error::Error;
use crate::store::{access_mail, organization, profile_user, review};

/// A mail that is still wanted.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) address: EmailAddress,
    pub(crate) organization_display_name: PublicName,
    pub(crate) language: Language,
    /// Who licenses the organization: times are said in the zone of that authority.
    pub(crate) authority: String,
    pub(crate) says: Says,
}

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// Somebody asks to be let in.
    Requested,
    /// An access ends then: the recipient's `own`, or one that they can extend.
    Ends { at: OffsetDateTime, own: bool },
    /// The review of the profile is due.
    Review { is_overdue: bool },
    /// Registry staff moved the ownership: the recipient has it since, or had it before.
    Moved { is_owner: bool },
    /// Registry staff suspended the organization, or let it go on.
    Suspension { is_over: bool },
}

/// Which mail is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question {
    Notice(AccessNoticeName),
    Reminder(AccessNoticeName),
    Review(AccessNoticeName),
    Moved(AccessNoticeName),
    Suspension(AccessNoticeName),
}

/// The mail, or `None` when it is no longer wanted: nobody asks any more; the access was taken away, extended or shortened, or
/// sleeps and the mail is to whose it is; the review was confirmed; the ownership has moved on; what is told of a
/// suspension is so no more; the recipient's address is not known; or the organization is closed. A suspended organization's mail waits, but for
/// that which tells the owner of it.
///
/// # Errors
/// The database's, and [`Error::OrganizationNotActive`] while the organization is suspended.
pub(crate) async fn get_mail(context: &Context, question: Question) -> Result<Option<Mail>, Error> {
    let now = context.clock.now();
    let look = async |db: &mut _| match question {
        Question::Notice(name) => asked(db, name, now).await,
        Question::Reminder(name) => ends(db, name, now).await,
        Question::Review(name) => reviewed(db, context, name, now).await,
        Question::Moved(name) => moved(db, name).await,
        Question::Suspension(name) => suspension(db, name).await,
    };
    context.database.read(look).await
}

async fn asked(
    db: &mut PgConnection,
    name: AccessNoticeName,
    now: OffsetDateTime,
) -> Result<Option<Mail>, Error> {
    if !access_mail::is_asked(db, name, now).await? {
        return Ok(None);
    }
    let Some(profile) = mailing(db, name.organization).await? else {
        return Ok(None);
    };
    let owner = profile.owner.person;
    to(db, profile, owner, Says::Requested).await
}

async fn ends(
    db: &mut PgConnection,
    name: AccessNoticeName,
    now: OffsetDateTime,
) -> Result<Option<Mail>, Error> {
    let Some(reminder) = access_mail::find_reminder(db, name).await? else {
        return Ok(None);
    };
    let user = profile_user::find(db, reminder.organization, reminder.person).await?;
    if !user.is_some_and(|user| is_told_of(&user, &reminder, now)) {
        return Ok(None);
    }
    let Some(profile) = mailing(db, reminder.organization).await? else {
        return Ok(None);
    };
    let own = reminder.recipient == ReminderRecipient::Person;
    let recipient = if own {
        reminder.person
    } else {
        profile.owner.person
    };
    let at = reminder.expire_time;
    to(db, profile, recipient, Says::Ends { at, own }).await
}

async fn reviewed(
    db: &mut PgConnection,
    context: &Context,
    name: AccessNoticeName,
    now: OffsetDateTime,
) -> Result<Option<Mail>, Error> {
    let Some(known) = review::find_noticed(db, name).await? else {
        return Ok(None);
    };
    let Some(profile) = mailing(db, name.organization).await? else {
        return Ok(None);
    };
    let is_overdue = match known.state(now, context.review_periods.of(&profile)) {
        ReviewState::Current => return Ok(None),
        ReviewState::Due => false,
        ReviewState::Overdue => true,
    };
    let owner = profile.owner.person;
    to(db, profile, owner, Says::Review { is_overdue }).await
}

/// Also of a profile that was not approved yet: it has an owner, and had another.
async fn moved(db: &mut PgConnection, name: AccessNoticeName) -> Result<Option<Mail>, Error> {
    let Some(notice) = access_mail::find_ownership_notice(db, name).await? else {
        return Ok(None);
    };
    let profile = organization::find(db, notice.organization).await?;
    let profile = profile.ok_or(Failure::NotFound)?;
    match profile.state {
        OrganizationState::Suspended => return Err(Error::OrganizationNotActive),
        OrganizationState::Closed => return Ok(None),
        _ if !notice.holds(profile.owner.person) => return Ok(None),
        _ => {}
    }
    let is_owner = notice.recipient == NoticedOwner::Owner;
    to(db, profile, notice.person, Says::Moved { is_owner }).await
}

/// To the owner, whoever that is by now. It does not wait for the end of what it tells of.
async fn suspension(db: &mut PgConnection, name: AccessNoticeName) -> Result<Option<Mail>, Error> {
    let Some(notice) = access_mail::find_latest_suspension_notice(db, name).await? else {
        return Ok(None);
    };
    let profile = organization::find(db, notice.organization).await?;
    let profile = profile.ok_or(Failure::NotFound)?;
    if !notice.holds(profile.state) {
        return Ok(None);
    }
    let (owner, is_over) = (profile.owner.person, notice.is_over);
    to(db, profile, owner, Says::Suspension { is_over }).await
}

/// Whether the access still ends when the reminder says. Whose it is hears that only while they have it: what sleeps cannot be used, and
/// comes to nothing with the employment. The owner hears of it also then, who may extend it.
fn is_told_of(user: &ProfileUser, reminder: &AccessReminder, now: OffsetDateTime) -> bool {
    let Access::Given(access) = user.access else {
        return false;
    };
    let counts = match (user.state(now), reminder.recipient) {
        (ProfileUserState::Active, _) | (ProfileUserState::Asleep, ReminderRecipient::Owner) => true,
        (ProfileUserState::Asleep, ReminderRecipient::Person) | (ProfileUserState::Expired, _) => false,
    };
    counts && access.end.0 == Some(reminder.expire_time)
}

/// The profile of an organization that sends mail.
async fn mailing(db: &mut PgConnection, id: OrganizationId) -> Result<Option<Organization>, Error> {
    let profile = organization::find(db, id).await?.ok_or(Failure::NotFound)?;
    match profile.state {
        OrganizationState::Active => Ok(Some(profile)),
        OrganizationState::Suspended => Err(Error::OrganizationNotActive),
        _ => Ok(None),
    }
}

async fn to(
    db: &mut PgConnection,
    profile: Organization,
    recipient: PersonId,
    says: Says,
) -> Result<Option<Mail>, Error> {
    let address = profile_user::find_address(db, profile.id, recipient).await?;
    Ok(address.map(|address| Mail {
        address,
        authority: profile.licensing.authority().as_str().to_owned(),
        organization_display_name: profile.display_name,
        language: profile.language,
        says,
    }))
}
