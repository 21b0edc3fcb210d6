//! What statements cost beside much that they are not about. A process keeps the plans that it made while the tables were
//! young.

use std::collections::BTreeSet;

use muster_clock::Clock;
use muster_ids::{ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_testkit::TestDatabase;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::import::rows;
use super::super::invitation::list::{self, ListFilter, ListOrder, ListPosition};
use super::super::invitation::{counts, invitee};
use super::super::invitation::{find_wanted, lock_all, update_handed_over, update_reported};
use super::super::{learner, mailbox};
use super::{NOW, database, import_of};
use crate::domain::invitation::{Invitation, StateName};
use crate::domain::learner::{LearnerFilter, LearnerOrder};
use crate::domain::mailbox::{Mailbox, Mailed};
use crate::ops::invitation::fold_counts::fold_some;

/// A database whose plans are made while it is empty, and kept.
struct Young {
    database: TestDatabase,
    connection: PgConnection,
    organization: OrganizationId,
    import: ImportId,
}

impl Young {
    async fn new() -> Self {
        let database = database().await;
        let mut connection = database.connection().await;
        sqlx::raw_sql(
            "ALTER TABLE invitations SET (autovacuum_enabled = false);
             ALTER TABLE import_rows SET (autovacuum_enabled = false);
             SET plan_cache_mode = force_generic_plan",
        )
        .execute(&mut connection)
        .await
        .unwrap();
        let clock = Clock::fixed(NOW);
        Self {
            database,
            connection,
            organization: OrganizationId::from_uuid(clock.new_uuid()),
            import: ImportId::from_uuid(clock.new_uuid()),
        }
    }

    /// So many invitations, of this import or by hand.
    async fn invitations(&mut self, count: i32, import: Option<ImportId>) {
        sqlx::query(
            "INSERT INTO invitations (organization_id, invitation_id, version, state, address_given,
                 address_canonical, source, inviter_person_id, import_id, generation, delivery_state, create_time,
                 send_time, expire_time)
             SELECT $1, gen_random_uuid(), 1, 'PENDING', address, address, 'MANUAL', $1, $2, 1, 'SENT', $3, $3, $4
             FROM (SELECT gen_random_uuid() || '@example.org' AS address FROM generate_series(1, $5)) AS addresses",
        )
        .bind(self.organization)
        .bind(import)
        .bind(NOW)
        .bind(NOW + time::Duration::days(30))
        .bind(count)
        .execute(&mut self.connection)
        .await
        .unwrap();
    }

    /// All that are live are taken back and made again.
    async fn again(&mut self) {
        sqlx::raw_sql("UPDATE invitations SET state = 'CANCELLED' WHERE learner_id IS NULL")
            .execute(&mut self.connection)
            .await
            .unwrap();
        sqlx::query(
            "INSERT INTO invitations (organization_id, invitation_id, version, state, address_given, address_canonical, source,
                 inviter_person_id, generation, delivery_state, create_time, send_time, expire_time)
             SELECT organization_id, gen_random_uuid(), 1, 'PENDING', address_given, address_canonical, source, inviter_person_id, 1,
                    'SENT', create_time + interval '1 second', send_time, expire_time
             FROM invitations WHERE learner_id IS NULL AND organization_id = $1",
        )
        .bind(self.organization)
        .execute(&mut self.connection)
        .await
        .unwrap();
    }

    /// Invites an address so many times, each but the last taken back; at how many pages that looked.
    async fn address(&mut self, address: &str, times: i32) -> i64 {
        let mut cost = 0;
        for _ in 0..times {
            sqlx::query(
                "UPDATE invitations SET state = 'CANCELLED' WHERE organization_id = $1 AND state = 'PENDING'",
            )
            .bind(self.organization)
            .execute(&mut self.connection)
            .await
            .unwrap();
            let before = self.looked_at("invitations").await;
            sqlx::query(
                "INSERT INTO invitations (organization_id, invitation_id, version, state, address_given, address_canonical, source,
                     inviter_person_id, generation, delivery_state, create_time, send_time, expire_time)
                 VALUES ($1, gen_random_uuid(), 1, 'PENDING', $2, $2, 'MANUAL', $1, 1, 'SENT', clock_timestamp(), $3, $4)",
            )
            .bind(self.organization)
            .bind(address)
            .bind(NOW)
            .bind(NOW + time::Duration::days(30))
            .execute(&mut self.connection)
            .await
            .unwrap();
            cost += self.looked_at("invitations").await - before;
        }
        cost
    }

    /// The ids of so many invitations.
    async fn some(&mut self, count: i64) -> Vec<InvitationId> {
        sqlx::query_scalar("SELECT invitation_id FROM invitations WHERE organization_id = $1 LIMIT $2")
            .bind(self.organization)
            .bind(count)
            .fetch_all(&mut self.connection)
            .await
            .unwrap()
    }

    async fn page(&mut self, import: Option<ImportId>, after: Option<InvitationId>) -> usize {
        let filter = ListFilter {
            import,
            ..ListFilter::default()
        };
        let after = after.map(ListPosition::Id);
        let page = list::page(&mut self.connection, self.organization, &filter, after, 10, NOW).await;
        page.unwrap().len()
    }

    /// How many a filter lists, and at how many pages that looks.
    async fn cost_of(&mut self, filter: &ListFilter) -> (usize, i64) {
        let (page, cost) = self.page_after(filter, None).await;
        (page.len(), cost)
    }

    /// Ten behind a place, and at how many pages that looks.
    async fn page_after(
        &mut self,
        filter: &ListFilter,
        after: Option<ListPosition>,
    ) -> (Vec<Invitation>, i64) {
        let before = self.looked_at("invitations").await;
        let page = list::page(&mut self.connection, self.organization, filter, after, 10, NOW).await;
        let cost = self.looked_at("invitations").await - before;
        (page.unwrap(), cost)
    }

    /// What is counted, and at how many pages of invitations that looks.
    async fn counted(&mut self, now: OffsetDateTime) -> (Vec<(StateName, i64)>, i64) {
        let before = self.looked_at("invitations").await;
        let found = counts::find(&mut self.connection, self.organization, now).await;
        let cost = self.looked_at("invitations").await - before;
        (found.unwrap(), cost)
    }

    /// Folds in all that was changed, as the job does; at how many pages of invitations that looks.
    async fn fold_counts(&mut self, now: OffsetDateTime) -> i64 {
        let before = self.looked_at("invitations").await;
        let folded = fold_some(&mut self.connection, self.organization, now).await;
        assert!(!folded.unwrap(), "it was folded in at once");
        self.looked_at("invitations").await - before
    }

    /// Pages of a table and of its indexes that have been looked at, ever.
    async fn looked_at(&mut self, table: &str) -> i64 {
        sqlx::raw_sql("SELECT pg_stat_force_next_flush()")
            .execute(&mut self.connection)
            .await
            .unwrap();
        sqlx::query_scalar(
            "SELECT (heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint
             FROM pg_statio_user_tables WHERE relname = $1",
        )
        .bind(table)
        .fetch_one(&mut self.connection)
        .await
        .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_however_many_others_the_organization_has() {
    let mut young = Young::new().await;
    let import = Some(young.import);
    assert_eq!(
        (young.page(None, None).await, young.page(import, None).await),
        (0, 0)
    );
    young.invitations(3000, None).await;
    young.invitations(3, import).await;

    let before = young.looked_at("invitations").await;
    assert_eq!(young.page(import, None).await, 3);
    let of_import = young.looked_at("invitations").await - before;
    // Ids that begin with nothing but zeros and a one: the last of the list.
    let near_the_end = InvitationId::from_uuid(Uuid::from_u128(1 << 120));
    let before = young.looked_at("invitations").await;
    young.page(None, Some(near_the_end)).await;
    let late = young.looked_at("invitations").await - before;
    println!("an import: {of_import} pages, a late page: {late} pages");
    assert!(of_import < 30, "{of_import} pages for an import of three");
    assert!(late < 40, "{late} pages for ten at the end of the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_a_location_or_a_person_cost_the_same_however_many_others_there_are() {
    let mut young = Young::new().await;
    let rare = Uuid::from_u128(7);
    let filters = [
        ListFilter {
            location: Some(LocationId::from_uuid(rare)),
            ..ListFilter::default()
        },
        ListFilter {
            inviter: Some(PersonId::from_uuid(rare)),
            ..ListFilter::default()
        },
    ];
    for filter in &filters {
        assert_eq!(young.cost_of(filter).await.0, 0);
    }
    young.invitations(3000, None).await;
    let marked = young.some(3).await;
    sqlx::query(
        "UPDATE invitations SET location_id = $3, inviter_person_id = $3
         WHERE organization_id = $1 AND invitation_id = ANY ($2)",
    )
    .bind(young.organization)
    .bind(marked)
    .bind(rare)
    .execute(&mut young.connection)
    .await
    .unwrap();
    for filter in &filters {
        let (found, cost) = young.cost_of(filter).await;
        println!("{filter:?}: {cost} pages");
        assert_eq!(found, 3);
        assert!(cost < 60, "{cost} pages for three: {filter:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_in_every_order_and_whatever_other_organizations_have() {
    let mut young = Young::new().await;
    let orders = [ListOrder::Newest, ListOrder::Oldest, ListOrder::Address];
    let filter = |order| ListFilter {
        order,
        ..ListFilter::default()
    };
    for order in orders {
        assert_eq!(young.cost_of(&filter(order)).await.0, 0);
    }
    young.invitations(3000, None).await;
    // The organizations before and behind it, whichever it is.
    let own = young.organization;
    let beside = |by: i8| own.as_uuid().as_u128().wrapping_add_signed(i128::from(by));
    for other in [beside(-1), beside(1)] {
        young.organization = OrganizationId::from_uuid(Uuid::from_u128(other));
        young.invitations(1000, None).await;
    }
    young.organization = own;
    for order in orders {
        let (first, cost) = young.page_after(&filter(order), None).await;
        assert_eq!(first.len(), 10);
        let mut last = ListPosition::of(&first[9], order);
        let mut listed: Vec<InvitationId> = first.iter().map(|one| one.id).collect();
        let mut dearest = cost;
        loop {
            let (page, cost) = young.page_after(&filter(order), Some(last.clone())).await;
            dearest = dearest.max(cost);
            let Some(end) = page.last() else { break };
            last = ListPosition::of(end, order);
            listed.extend(page.iter().map(|one| one.id));
        }
        println!("{order:?}: {cost} pages for the first ten, {dearest} at most");
        let once: BTreeSet<&InvitationId> = listed.iter().collect();
        assert_eq!((listed.len(), once.len()), (3000, 3000), "{order:?}");
        assert!(dearest < 60, "{dearest} pages for ten of 3,000: {order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn few_are_sorted_by_their_addresses_without_reading_the_others_and_many_are_not_sorted() {
    let mut young = Young::new().await;
    let (import, rare) = (young.import, Uuid::from_u128(7));
    let by_address = |filter: ListFilter| ListFilter {
        order: ListOrder::Address,
        ..filter
    };
    let filters = || {
        [
            by_address(ListFilter {
                import: Some(import),
                ..ListFilter::default()
            }),
            by_address(ListFilter {
                location: Some(LocationId::from_uuid(rare)),
                ..ListFilter::default()
            }),
            by_address(ListFilter {
                inviter: Some(PersonId::from_uuid(rare)),
                ..ListFilter::default()
            }),
            by_address(ListFilter {
                states: vec![StateName::Declined],
                ..ListFilter::default()
            }),
        ]
    };
    for filter in &filters() {
        assert_eq!(young.cost_of(filter).await.0, 0);
    }
    young.invitations(3000, None).await;
    let marked = young.some(3).await;
    sqlx::query(
        "UPDATE invitations SET location_id = $3, inviter_person_id = $3, import_id = $4,
             state = 'DECLINED', state_before_decline = 'PENDING', decline_time = create_time
         WHERE organization_id = $1 AND invitation_id = ANY ($2)",
    )
    .bind(young.organization)
    .bind(&marked)
    .bind(rare)
    .bind(import)
    .execute(&mut young.connection)
    .await
    .unwrap();
    sqlx::raw_sql("VACUUM invitations")
        .execute(&mut young.connection)
        .await
        .unwrap();
    for filter in &filters() {
        let (page, cost) = young.page_after(filter, None).await;
        println!("{filter:?}: {cost} pages");
        let addresses: Vec<&str> = page.iter().map(|one| one.address.canonical()).collect();
        assert!(addresses.is_sorted() && addresses.len() == 3, "{addresses:?}");
        assert!(cost < 150, "{cost} pages for three: {filter:?}");
        let last = ListPosition::of(&page[0], ListOrder::Address);
        assert_eq!(young.page_after(filter, Some(last)).await.0.len(), 2);
    }

    let many = by_address(ListFilter {
        states: vec![StateName::Pending],
        ..ListFilter::default()
    });
    // Whether the plan was made before anything was known of what is in the table, or after.
    for known in ["SELECT", "VACUUM ANALYZE invitations"] {
        sqlx::raw_sql(known).execute(&mut young.connection).await.unwrap();
        let (page, cost) = young.page_after(&many, None).await;
        println!("ten of 2,997: {cost} pages");
        let addresses: Vec<&str> = page.iter().map(|one| one.address.canonical()).collect();
        assert!(addresses.is_sorted() && addresses.len() == 10, "{addresses:?}");
        assert!(cost < 100, "{cost} pages for ten of 2,997");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_a_rare_state_are_found_without_reading_the_others() {
    let mut young = Young::new().await;
    let rare = ListFilter {
        states: vec![StateName::Declined],
        ..ListFilter::default()
    };
    assert_eq!(young.cost_of(&rare).await.0, 0);
    young.invitations(3000, None).await;
    sqlx::raw_sql(
        "UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = create_time
         WHERE invitation_id IN (SELECT invitation_id FROM invitations ORDER BY invitation_id LIMIT 3)",
    )
    .execute(&mut young.connection)
    .await
    .unwrap();
    // So that what the index holds need not be looked up in the table.
    sqlx::raw_sql("VACUUM invitations")
        .execute(&mut young.connection)
        .await
        .unwrap();
    let (found, cost) = young.cost_of(&rare).await;
    println!("three declined: {cost} pages");
    assert_eq!(found, 3);
    assert!(cost < 150, "{cost} pages for the last three of 3,000");
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_costs_the_same_however_many_there_are_and_however_many_have_run_out() {
    let mut young = Young::new().await;
    let (soon, month) = (NOW + time::Duration::hours(1), NOW + time::Duration::days(30));
    assert!(young.counted(NOW).await.0.is_empty());
    // Every statement of the job gets its plan while there is hardly a row.
    young.invitations(1, None).await;
    young.fold_counts(NOW).await;
    // All of these run out in a month, but for three.
    young.invitations(2999, None).await;
    let some = young.some(3).await;
    sqlx::query("UPDATE invitations SET expire_time = $2 WHERE invitation_id = ANY ($1)")
        .bind(some)
        .bind(soon)
        .execute(&mut young.connection)
        .await
        .unwrap();
    let folding = young.fold_counts(NOW).await;
    let (found, before) = young.counted(NOW).await;
    assert_eq!(found, [(StateName::Pending, 3000)]);
    let three = [(StateName::Expired, 3), (StateName::Pending, 2997)];
    let (found, at) = young.counted(soon).await;
    assert_eq!(found, three);
    let expiring = young.fold_counts(soon).await;
    let (found, after) = young.counted(soon).await;
    assert_eq!(found, three);
    young.fold_counts(month).await;
    let (found, long_after) = young.counted(month + time::Duration::DAY).await;
    assert_eq!(found, [(StateName::Expired, 3000)]);
    println!(
        "counts: {before}, {at}, {after} and {long_after} pages; folded in: {folding} and {expiring} pages"
    );
    for cost in [before, at, after, long_after] {
        assert!(cost < 50, "{cost} pages to count 3,000");
    }
    for cost in [folding, expiring] {
        assert!(cost < 100, "{cost} pages to fold in what was changed of 3,000");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_finds_costs_the_same_however_many_others_were_invited() {
    let mut young = Young::new().await;
    let theirs = ["ada@example.org".parse().unwrap()];
    let found = invitee::page(&mut young.connection, &theirs, None, 10, NOW).await;
    assert!(found.unwrap().is_empty());
    young.invitations(3000, None).await;

    let before = young.looked_at("invitations").await;
    let found = invitee::page(&mut young.connection, &theirs, None, 10, NOW).await;
    assert!(found.unwrap().is_empty());
    let cost = young.looked_at("invitations").await - before;
    println!("{cost} pages");
    assert!(cost < 20, "{cost} pages for an address that nobody invited");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_rows_to_apply_cost_the_same_however_many_are_done() {
    let mut young = Young::new().await;
    let (organization, import) = (young.organization, young.import);
    import_of(&mut young.connection, organization, import).await;
    let next = rows::to_apply(&mut young.connection, organization, import, 0, 10).await;
    assert!(next.unwrap().is_empty());
    sqlx::query(
        "INSERT INTO import_rows (organization_id, import_id, line, address_given, groups_given, location_given,
             state, problems, group_ids, invitation_id)
         SELECT $1, $2, line, '', '{}', '', CASE WHEN line <= 5000 THEN 'APPLIED' ELSE 'VALID' END, '[]', '{}', $1
         FROM generate_series(1, 5010) AS line",
    )
    .bind(organization)
    .bind(import)
    .execute(&mut young.connection)
    .await
    .unwrap();

    let before = young.looked_at("import_rows").await;
    let next = rows::to_apply(&mut young.connection, organization, import, 5_000, 10).await;
    assert_eq!(next.unwrap().len(), 10);
    let cost = young.looked_at("import_rows").await - before;
    println!("{cost} pages");
    assert!(cost < 20, "{cost} pages for the next ten of 5,010");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_costs_the_same_however_many_others_there_are() {
    let mut young = Young::new().await;
    let organization = young.organization;
    // Every statement gets its plan while there is hardly a row.
    young.invitations(1, None).await;
    let ids = young.some(1).await;
    let few = lock_all(&mut young.connection, organization, ids.iter().copied().collect())
        .await
        .unwrap();
    assert_eq!(
        update_reported(&mut young.connection, organization, &few)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        find_wanted(&mut young.connection, organization, &ids)
            .await
            .unwrap()
            .len(),
        1
    );
    young.invitations(3000, None).await;
    let ids = young.some(10).await;

    let before = young.looked_at("invitations").await;
    let found = find_wanted(&mut young.connection, organization, &ids)
        .await
        .unwrap();
    let locked = lock_all(&mut young.connection, organization, ids.iter().copied().collect())
        .await
        .unwrap();
    let looking = young.looked_at("invitations").await - before;
    assert_eq!((found.len(), locked.len()), (10, 10));
    let stored = update_reported(&mut young.connection, organization, &locked)
        .await
        .unwrap();
    let storing = young.looked_at("invitations").await - before - looking;
    assert_eq!(stored, 10);
    let stale = update_reported(&mut young.connection, organization, &locked)
        .await
        .unwrap();
    assert_eq!(stale, 0, "their version is another one by now");
    println!("ten of 3,001 looked at twice: {looking} pages, stored: {storing} pages");
    assert!(looking < 2 * 10 * 8, "{looking} pages to look at ten twice");
    assert!(storing < 10 * 40, "{storing} pages to store ten");

    // Somebody is just changing the first of them: it is left out and not waited for.
    let mut other = young.database.connection().await;
    sqlx::query("BEGIN").execute(&mut other).await.unwrap();
    lock_all(&mut other, organization, BTreeSet::from([ids[0]]))
        .await
        .unwrap();
    let before = young.looked_at("invitations").await;
    let found = find_wanted(&mut young.connection, organization, &ids)
        .await
        .unwrap();
    let stored = update_handed_over(&mut young.connection, organization, &found)
        .await
        .unwrap();
    let telling = young.looked_at("invitations").await - before;
    assert_eq!(stored.len(), 9);
    assert!(stored.iter().all(|(id, _)| *id != ids[0]));
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let stored = update_handed_over(&mut young.connection, organization, &found)
        .await
        .unwrap();
    assert_eq!(
        stored.into_iter().map(|(id, _)| id).collect::<Vec<_>>(),
        [ids[0]],
        "the version of the others is another one by now"
    );
    assert!(
        telling < 10 * 40,
        "{telling} pages to find ten and hand them over"
    );
}

/// Who wants none, and what was mailed, in one statement.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_looked_at_however_many_others_there_are_and_however_many_want_nothing() {
    let mut young = Young::new().await;
    let organization = young.organization;
    let [ada, bob, eve] = ["a.da+1@example.org", "bob@example.org", "eve@example.org"]
        .map(|address| Mailbox::of(&address.parse().unwrap()));
    let mailboxes = BTreeSet::from([ada.clone(), bob.clone(), eve.clone()]);
    let looked = mailbox::look(&mut young.connection, organization, &mailboxes, NOW)
        .await
        .unwrap();
    assert!(looked.unwanted.is_empty());
    let nothing = |mailed: &Mailed| mailed.between(NOW - time::Duration::DAY, NOW) == 0;
    assert!(looked.mailed.values().all(nothing));
    young.invitations(3000, None).await;
    for statement in [
        "INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
         SELECT organization_id, address_canonical, invitation_id, create_time FROM invitations WHERE organization_id = $1",
        "INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
         VALUES ($1, 'b.ob+2@example.org', gen_random_uuid(), now())",
        "UPDATE invitations SET address_canonical = 'ad.a@example.org', mail_times = ARRAY[send_time, send_time]
         WHERE organization_id = $1 AND invitation_id = (SELECT min(invitation_id::text)::uuid FROM invitations)",
    ] {
        sqlx::query(statement)
            .bind(organization)
            .execute(&mut young.connection)
            .await
            .unwrap();
    }
    let (invitations, opt_outs) = (
        young.looked_at("invitations").await,
        young.looked_at("opt_outs").await,
    );
    let looked = mailbox::look(&mut young.connection, organization, &mailboxes, NOW)
        .await
        .unwrap();
    let cost = (
        young.looked_at("invitations").await - invitations,
        young.looked_at("opt_outs").await - opt_outs,
    );
    assert_eq!(looked.unwanted.iter().collect::<Vec<_>>(), [bob.as_str()]);
    let hour = time::Duration::HOUR;
    let mailed = [&ada, &bob, &eve].map(|of| looked.mailed[of.as_str()].between(NOW - hour, NOW));
    assert_eq!(mailed, [2, 0, 0]);
    assert!(cost.0 < 30 && cost.1 < 30, "{cost:?} pages for three mailboxes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_learners_costs_the_same_however_many_there_are() {
    let mut young = Young::new().await;
    let organization = young.organization;
    young.invitations(1, None).await;
    let orders = [LearnerOrder::Newest, LearnerOrder::Oldest, LearnerOrder::Name];
    let filter = |order| LearnerFilter {
        order,
        ..LearnerFilter::default()
    };
    for order in orders {
        let page = learner::list(&mut young.connection, organization, &filter(order), None, 10, NOW).await;
        assert_eq!(page.unwrap().len(), 1);
    }
    young.invitations(3000, None).await;
    sqlx::query(
        "INSERT INTO learners (organization_id, learner_id, create_time, person_id, display_name, is_active, is_employed)
         SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'Learner ' || number, true, true
         FROM generate_series(1, 3000) AS number",
    )
    .bind(organization)
    .bind(NOW)
    .execute(&mut young.connection)
    .await
    .unwrap();
    for order in orders {
        let before = young.looked_at("invitations").await + young.looked_at("learners").await;
        let page = learner::list(&mut young.connection, organization, &filter(order), None, 10, NOW).await;
        assert_eq!(page.unwrap().len(), 10);
        let cost = young.looked_at("invitations").await + young.looked_at("learners").await - before;
        println!("{order:?}: {cost} pages");
        assert!(cost < 60, "{cost} pages for ten of 6,001: {order:?}");
    }
    let counts = learner::counts(&mut young.connection, organization, NOW)
        .await
        .unwrap();
    assert_eq!(counts, [(StateName::Active, 3000), (StateName::Pending, 3001)]);

    let before = young.looked_at("invitations").await;
    young.invitations(1, None).await;
    let cost = young.looked_at("invitations").await - before;
    println!("one more: {cost} pages");
    assert!(cost < 100, "{cost} pages for one invitation beside 3,001");
}

#[tokio::test(flavor = "multi_thread")]
async fn learners_of_a_rare_state_are_found_without_reading_the_others() {
    let mut young = Young::new().await;
    let organization = young.organization;
    let rare = |order| LearnerFilter {
        states: vec![StateName::Declined, StateName::Archived],
        order,
        ..LearnerFilter::default()
    };
    let orders = [LearnerOrder::Newest, LearnerOrder::Oldest];
    for order in orders {
        let page = learner::list(&mut young.connection, organization, &rare(order), None, 10, NOW).await;
        assert_eq!(page.unwrap().len(), 0);
    }
    young.invitations(3000, None).await;
    sqlx::raw_sql(
        "UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = create_time
         WHERE invitation_id IN (SELECT invitation_id FROM invitations ORDER BY invitation_id LIMIT 3)",
    )
    .execute(&mut young.connection)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO learners (organization_id, learner_id, create_time, person_id, display_name, is_active, is_employed)
         SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'Somebody', number > 3, false
         FROM generate_series(1, 3000) AS number",
    )
    .bind(organization)
    .bind(NOW)
    .execute(&mut young.connection)
    .await
    .unwrap();
    for table in ["VACUUM invitations", "VACUUM learners"] {
        sqlx::raw_sql(table).execute(&mut young.connection).await.unwrap();
    }
    for order in orders {
        let before = young.looked_at("invitations").await + young.looked_at("learners").await;
        let page = learner::list(&mut young.connection, organization, &rare(order), None, 10, NOW).await;
        let cost = young.looked_at("invitations").await + young.looked_at("learners").await - before;
        println!("{order:?}: three declined and three archived: {cost} pages");
        assert_eq!(page.unwrap().len(), 6);
        assert!(cost < 200, "{cost} pages for six of 6,000");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn learners_who_are_invited_again_are_counted_without_a_look_at_each() {
    let mut young = Young::new().await;
    let organization = young.organization;
    young.invitations(1, None).await;
    young.again().await;
    let filter = LearnerFilter::default();
    let counts = learner::counts(&mut young.connection, organization, NOW).await;
    assert_eq!(counts.unwrap(), [(StateName::Pending, 1)]);
    let page = learner::list(&mut young.connection, organization, &filter, None, 10, NOW).await;
    assert_eq!(page.unwrap().len(), 1);
    young.invitations(3000, None).await;
    young.again().await;
    sqlx::query(
        "INSERT INTO learners (organization_id, learner_id, create_time, person_id, display_name, is_active, is_employed)
         SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'Learner ' || number, number % 2 = 0, false
         FROM generate_series(1, 3000) AS number",
    )
    .bind(organization)
    .bind(NOW)
    .execute(&mut young.connection)
    .await
    .unwrap();
    // So that what indexes hold need not be looked up in the tables.
    for table in ["VACUUM invitations", "VACUUM learners"] {
        sqlx::raw_sql(table).execute(&mut young.connection).await.unwrap();
    }
    let before = young.looked_at("invitations").await + young.looked_at("learners").await;
    let counts = learner::counts(&mut young.connection, organization, NOW).await;
    let counting = young.looked_at("invitations").await + young.looked_at("learners").await - before;
    let all = [
        (StateName::Active, 1500),
        (StateName::Archived, 1500),
        (StateName::Pending, 3001),
    ];
    assert_eq!(counts.unwrap(), all);
    let before = young.looked_at("invitations").await + young.looked_at("learners").await;
    let page = learner::list(&mut young.connection, organization, &filter, None, 10, NOW).await;
    let listing = young.looked_at("invitations").await + young.looked_at("learners").await - before;
    assert_eq!(page.unwrap().len(), 10);
    println!("counts: {counting} pages, a page: {listing} pages");
    assert!(counting < 600, "{counting} pages to count 6,001 learners");
    assert!(listing < 150, "{listing} pages for ten of 6,001");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_costs_the_same_however_many_others_have_invited_the_mailbox() {
    let mut young = Young::new().await;
    young.address("ada@example.org", 1).await;
    let alone = young.address("ada@example.org", 1).await;
    let first = young.organization;
    for _ in 0..1000 {
        young.organization = Clock::system().new_id();
        young.address("ada@example.org", 1).await;
    }
    young.organization = first;
    let beside = young.address("ada@example.org", 1).await;
    println!("alone: {alone} pages, beside 1,000 organizations: {beside} pages");
    assert!(
        beside < alone + 20,
        "{beside} pages, {alone} before others invited the address"
    );
    young.address("ada@example.org", 300).await;
    // What is dead of each is looked at until it is swept away.
    sqlx::raw_sql("VACUUM invitations")
        .execute(&mut young.connection)
        .await
        .unwrap();
    let then = young.address("ada@example.org", 1).await;
    println!("after 300 in turn: {then} pages");
    assert!(
        then < alone + 40,
        "{then} pages for an address that was invited 300 times"
    );
}
