//! Naming the certificates that were issued before it was known what to call those whom they are about.

use std::time::Duration;

use muster_ids::OrganizationId;
use muster_jobs::Periodic;

use crate::context::Context;
use crate::error::Error;
use crate::store::certificate;

/// Of whom is asked at once.
const BATCH_SIZE: i64 = 1_000;

/// Asks what those are called whom certificates are about that organizations issued without names, and keeps it: of what an
/// earlier version issued, and of what was completed while others were away. What people took by themselves has no organization that
/// knows them: it is named when they print it.
pub(crate) struct NameCertificates(Context);

impl NameCertificates {
    pub(crate) fn new(context: Context) -> Self {
        Self(context)
    }

    /// All that the organization has issued.
    async fn name_all(&self, organization: OrganizationId) -> Result<(), Error> {
        let Context { database, peers, .. } = &self.0;
        let told = peers.organization(organization).await?.unwrap_or_default();
        loop {
            let list = async |db: &mut _| certificate::list_unnamed(db, organization, BATCH_SIZE).await;
            let persons = database.read(list).await?;
            if persons.is_empty() {
                return Ok(());
            }
            let employees = peers.employees(organization, &persons).await?;
            let mut called = Vec::with_capacity(persons.len());
            for person in persons {
                let name = match employees.get(&person) {
                    Some(employee) => employee.display_name.clone(),
                    // Whoever has left is in no list of employees.
                    None => peers.called(organization, person).await?,
                };
                called.push((person, name));
            }
            let name = async |tx: &mut _| certificate::name_all(tx, organization, &told, &called).await;
            database.write(name).await?;
        }
    }
}

impl Periodic for NameCertificates {
    const NAME: &'static str = "name-certificates";
    const EVERY: Duration = Duration::from_secs(60);
    type Error = Error;

    async fn run(&self) -> Result<(), Error> {
        let (mut after, mut named) = (None, Ok(()));
        loop {
            let next = async |db: &mut _| certificate::next_unnamed(db, after).await;
            let Some(organization) = self.0.database.read(next).await? else {
                return named;
            };
            // One that cannot be asked about keeps no other from being named.
            let done = self.name_all(organization).await;
            named = named.and(done);
            after = Some(organization);
        }
    }
}
