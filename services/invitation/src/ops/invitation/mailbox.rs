//! Mails to one mailbox, over all invitations of an organization: however often one is taken back and another one made, no more
//! go out in a day than may.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::domain::mailbox::{Mailbox, MailboxFull, Mailed};
use crate::store::mailbox;

/// The mails to some mailboxes: those that were asked for, and those that are about to be.
pub(crate) struct Mailboxes {
    mailed: HashMap<String, Mailed>,
    /// The most to one in a day.
    limit: usize,
}

impl Mailboxes {
    /// What there is to the mailboxes of these addresses around `now` and later. Whoever is about to commit asks [`full`] as well:
    /// others may ask for mails at the same moment.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn look(
        connection: &mut PgConnection,
        context: &Context,
        organization: OrganizationId,
        addresses: impl Iterator<Item = &EmailAddress>,
        now: OffsetDateTime,
    ) -> Result<Self, DatabaseError> {
        let mailboxes: BTreeSet<Mailbox> = addresses.map(Mailbox::of).collect();
        let mailed = match mailboxes.is_empty() {
            true => HashMap::new(),
            false => mailbox::mailed(connection, organization, &mailboxes, now).await?,
        };
        let limit = context.limits.mails_to_mailbox;
        Ok(Self { mailed, limit })
    }

    /// The first time from `due` on at which a mail to the address may be due. It is not noted.
    pub(crate) fn next(&self, address: &EmailAddress, due: OffsetDateTime) -> OffsetDateTime {
        let mailed = self.mailed.get(Mailbox::of(address).as_str());
        mailed.map_or(due, |mailed| mailed.next(due, self.limit))
    }

    /// One more mail to the address, if it may be.
    ///
    /// # Errors
    /// When its mailbox has as many around that time as it may.
    pub(crate) fn add(&mut self, address: &EmailAddress, due: OffsetDateTime) -> Result<(), MailboxFull> {
        let mailbox = Mailbox::of(address);
        let mailed = self.mailed.entry(mailbox.as_str().to_owned()).or_default();
        mailed.add(due, self.limit)
    }

    /// One less at this time.
    pub(crate) fn forget(&mut self, address: &EmailAddress, due: OffsetDateTime) {
        if let Some(mailed) = self.mailed.get_mut(Mailbox::of(address).as_str()) {
            mailed.forget(due);
        }
    }
}

/// Which of these invitations, whose latest mails were just stored by this transaction, must not be mailed, and why: their
/// mailboxes are full. By their places; the first ones of a mailbox are mailed. To be asked after everything that waits for
/// rows of invitations, and before the plan's messages are counted.
///
/// # Errors
/// The database's.
pub(crate) async fn full(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    mailed: &[&Invitation],
) -> Result<BTreeMap<usize, MailboxFull>, DatabaseError> {
    let Some(first_due) = mailed.iter().map(|one| one.send_time).min() else {
        return Ok(BTreeMap::new());
    };
    let addresses = mailed.iter().map(|one| &one.address);
    mailbox::lock(tx, organization, &addresses.clone().map(Mailbox::of).collect()).await?;
    let mut others = Mailboxes::look(tx, context, organization, addresses, first_due).await?;
    for one in mailed {
        others.forget(&one.address, one.send_time);
    }
    let add = |(place, one): (usize, &&Invitation)| {
        let full = others.add(&one.address, one.send_time).err()?;
        Some((place, full))
    };
    Ok(mailed.iter().enumerate().filter_map(add).collect())
}

/// Why mails to new invitations do not go out, by the places of these.
#[derive(Debug, Default)]
pub(crate) struct Obstacles {
    /// Who has the mailbox wants no further invitation.
    pub(crate) unwanted: BTreeSet<usize>,
    /// As [`full`] tells.
    pub(crate) full: BTreeMap<usize, MailboxFull>,
}

/// As [`full`], of invitations that this transaction has made; by the same look, who of these said that they want none after the
/// insertion looked: it may have waited for them.
///
/// # Errors
/// The database's.
pub(crate) async fn obstacles(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    new: &[&Invitation],
) -> Result<Obstacles, DatabaseError> {
    let mut found = Obstacles::default();
    let Some(first_due) = new.iter().map(|one| one.send_time).min() else {
        return Ok(found);
    };
    let mailboxes: BTreeSet<Mailbox> = new.iter().map(|one| Mailbox::of(&one.address)).collect();
    // Two statements: one that waited for the lock would not see what its holder has stored.
    mailbox::lock(tx, organization, &mailboxes).await?;
    let looked = mailbox::look(tx, organization, &mailboxes, first_due).await?;
    let mut others = Mailboxes {
        mailed: looked.mailed,
        limit: context.limits.mails_to_mailbox,
    };
    for one in new {
        others.forget(&one.address, one.send_time);
    }
    for (place, one) in new.iter().enumerate() {
        if looked.unwanted.contains(Mailbox::of(&one.address).as_str()) {
            found.unwanted.insert(place);
        } else if let Err(full) = others.add(&one.address, one.send_time) {
            found.full.insert(place, full);
        }
    }
    Ok(found)
}
