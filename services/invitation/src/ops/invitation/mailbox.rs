//! Mails to one mailbox, over all invitations of an organization: however often one is taken back and another one made, no more
//! go out in a day than may.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    /// Those of people who want no further invitation of the organization.
    unwanted: HashSet<String>,
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
        let mut found = Self {
            mailed: HashMap::new(),
            unwanted: HashSet::new(),
            limit: context.limits.mails_to_mailbox,
        };
        if !mailboxes.is_empty() {
            let looked = mailbox::look(connection, organization, &mailboxes, now).await?;
            (found.mailed, found.unwanted) = (looked.mailed, looked.unwanted);
        }
        Ok(found)
    }

    /// What there is beside the latest mails of these invitations to their mailboxes, and nobody adds to it before the end of this
    /// transaction.
    async fn beside(
        tx: &mut PgConnection,
        context: &Context,
        organization: OrganizationId,
        mailed: &[&Invitation],
    ) -> Result<Option<Self>, DatabaseError> {
        let Some(first_due) = mailed.iter().map(|one| one.send_time).min() else {
            return Ok(None);
        };
        let addresses = mailed.iter().map(|one| &one.address);
        // Two statements: one that waited for the lock would not see what its holder has stored.
        mailbox::lock(tx, organization, &addresses.clone().map(Mailbox::of).collect()).await?;
        let mut others = Self::look(tx, context, organization, addresses, first_due).await?;
        for one in mailed {
            others.forget(&one.address, one.send_time);
        }
        Ok(Some(others))
    }

    /// How many mails there are to the mailbox of the address in the fullest day that holds `due`.
    pub(crate) fn used(&self, address: &EmailAddress, due: OffsetDateTime) -> usize {
        let mailed = self.mailed.get(Mailbox::of(address).as_str());
        mailed.map_or(0, |mailed| mailed.in_fullest_day(due))
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

    /// One more mail to each of these, as far as it may be; the others by their places.
    fn fill<'a>(
        &mut self,
        mailed: impl Iterator<Item = (usize, &'a Invitation)>,
    ) -> BTreeMap<usize, MailboxFull> {
        let add = |(place, one): (usize, &Invitation)| {
            let full = self.add(&one.address, one.send_time).err()?;
            Some((place, full))
        };
        mailed.filter_map(add).collect()
    }

    /// Whether who has the mailbox wants no further invitation.
    fn is_unwanted(&self, address: &EmailAddress) -> bool {
        self.unwanted.contains(Mailbox::of(address).as_str())
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
    let others = Mailboxes::beside(tx, context, organization, mailed).await?;
    let full = others.map(|mut others| others.fill(mailed.iter().copied().enumerate()));
    Ok(full.unwrap_or_default())
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
    let Some(mut others) = Mailboxes::beside(tx, context, organization, new).await? else {
        return Ok(Obstacles::default());
    };
    let new = new.iter().copied().enumerate();
    let (unwanted, wanted): (Vec<_>, Vec<_>) = new.partition(|(_, one)| others.is_unwanted(&one.address));
    Ok(Obstacles {
        unwanted: unwanted.into_iter().map(|(place, _)| place).collect(),
        full: others.fill(wanted.into_iter()),
    })
}
