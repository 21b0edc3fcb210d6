//! An import that stops half done, however fast its worker is.

use std::time::Duration;

use muster_client::acts::{import, subscription};
use muster_proto::invitation::v1::{Import, ImportState};
use muster_proto::organization::v1::Limits;
use muster_testkit::eventually;

use super::{Database, Organization, Suite};

/// Several batches.
const ROWS: i32 = 2_500;
const LIMITS: Limits = Limits {
    invitations_by_hand: 10,
    import_rows: ROWS,
    messages_per_day: 100_000,
};
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An import of which the last row is held.
pub(crate) struct HalfDone {
    suite: Suite,
    organization: String,
    import: Import,
    /// The address of its last row.
    last: String,
    /// Holds that row.
    database: Database,
}

impl HalfDone {
    /// How many rows it has.
    pub(crate) const ROWS: i32 = ROWS;

    /// Uploads it, under a plan that is large enough.
    pub(crate) async fn upload(suite: &Suite, organization: &Organization) -> Self {
        let staff = suite.client("staff");
        subscription::activate(&staff, &organization.name, LIMITS, "a test")
            .await
            .unwrap();
        let run = suite.unique();
        let rows = (0..ROWS).map(|n| format!("imported-{n}.{run}@example.test,Teachers\n"));
        let sheet = "email,groups\n".to_owned() + &rows.collect::<String>();
        let owner = suite.client("owner");
        let import = import::upload(&owner, &organization.name, "list.csv", sheet.as_bytes()).await;
        Self {
            suite: suite.clone(),
            organization: organization.id().to_owned(),
            import: import.unwrap(),
            last: format!("imported-{}.{run}@example.test", ROWS - 1),
            database: Database::of(suite, "invitation").await,
        }
    }

    /// Is approved, its mails for tomorrow, and has come as far as it comes before [`Self::lets_go`]: whoever wants to invite the last
    /// address waits for the transaction that holds it. `beside` was invited already.
    pub(crate) async fn begins(&self, beside: &str) {
        self.database.run("BEGIN").await;
        let invitation = format!(
            "INSERT INTO invitations SELECT (jsonb_populate_record(other, jsonb_build_object(
                 'invitation_id', gen_random_uuid(), 'address_canonical', '{}'))).*
             FROM invitations other WHERE organization_id = '{}' AND address_canonical = '{beside}'",
            self.last, self.organization
        );
        self.database.change(&invitation).await;
        let owner = self.suite.client("owner");
        let tomorrow = (self.suite.clock.now() + DAY).into();
        import::approve_for(&owner, &self.import.name, &self.import.etag, tomorrow)
            .await
            .unwrap();
        eventually(async || self.stands().await.1 > 0).await;
    }

    /// The last row can be applied, if anybody still does.
    pub(crate) async fn lets_go(&self) {
        self.database.run("ROLLBACK").await;
    }

    /// Until its worker has put it down: it has waited for the row as long as it may, and asks before it goes on.
    pub(crate) async fn is_put_down(&self) {
        let put_down = format!(
            "SELECT count(*) FROM imports WHERE organization_id = '{}' AND state = 'APPLYING'
                AND lease_token = '00000000-0000-0000-0000-000000000000'",
            self.organization
        );
        let database = Database::of(&self.suite, "invitation").await;
        eventually(async || database.number(&put_down).await == 1).await;
    }

    /// The import as it is now.
    pub(crate) async fn read(&self) -> Import {
        import::get(&self.suite.client("owner"), &self.import.name)
            .await
            .unwrap()
    }

    /// Its state, and how many rows have become invitations.
    pub(crate) async fn stands(&self) -> (ImportState, i32) {
        let import = self.read().await;
        (import.state(), import.applied_count)
    }
}
