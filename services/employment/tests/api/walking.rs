//! Whoever walks through the list while it changes sees everybody who stays where they are, once: in every order, however many keys are
//! equal, whatever comes, goes or is called otherwise meanwhile.

use std::collections::BTreeMap;

use muster_proto::employment::v1::{Employment, EmploymentOrder as Order, ListEmploymentsRequest};
use muster_testkit::effort::SEQUENCES;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use uuid::Uuid;

use crate::fixture::Fixture;

/// Few, so that many have the same; and long ones, of which the beginning alone is sorted by.
const NAMES: [&str; 6] = ["", "Bob", "bob", "Zoe\u{308}", "Ada", "ada lovelace"];
/// Minutes since when somebody waits; those who have never waited since this is kept have none.
const WAITS: [Option<i32>; 4] = [None, Some(1), Some(2), Some(3)];

/// What becomes of the list between two pages. People are told by a number, of those that there are.
#[derive(Debug, Clone, Copy)]
enum Change {
    Come {
        name: usize,
        wait: usize,
    },
    Rename(usize, usize),
    /// No longer in the order of those who wait.
    Verify(usize),
    Go(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let (name, wait, who) = (|| 0..NAMES.len(), 0..WAITS.len(), || 0..100_usize);
    prop_oneof![
        2 => (name(), wait).prop_map(|(name, wait)| Change::Come { name, wait }),
        2 => (who(), name()).prop_map(|(who, name)| Change::Rename(who, name)),
        1 => who().prop_map(Change::Verify),
        2 => who().prop_map(Change::Go),
    ]
}

#[derive(Debug, Clone)]
struct Walk {
    order: Order,
    page_size: i32,
    first: Vec<(usize, usize)>,
    /// Behind each page.
    changes: Vec<Vec<Change>>,
}

fn walk() -> impl Strategy<Value = Walk> {
    let order = prop_oneof![
        Just(Order::Unspecified),
        Just(Order::Oldest),
        Just(Order::Name),
        Just(Order::Waiting)
    ];
    let first = vec((0..NAMES.len(), 0..WAITS.len()), 1..16);
    (order, 1..5_i32, first, vec(vec(change(), 0..4), 12)).prop_map(|(order, page_size, first, changes)| {
        Walk {
            order,
            page_size,
            first,
            changes,
        }
    })
}

/// Everybody there is, and who has not moved since the beginning of the walk.
struct People<'a> {
    fixture: &'a Fixture,
    there: BTreeMap<Uuid, bool>,
}

impl People<'_> {
    async fn come(&mut self, name: usize, wait: usize, stayed: bool) {
        let id = sqlx::query_scalar(
            "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state, version,
                 create_time, update_time, wait_time)
             VALUES ($1, gen_random_uuid(), gen_random_uuid(), $2, 'PENDING_VERIFICATION', 1, now(), now(),
                 '2026-03-01 12:00Z'::timestamptz + $3 * interval '1 minute')
             RETURNING employment_id",
        )
        .bind(self.fixture.organization.as_uuid())
        .bind(NAMES[name])
        .bind(WAITS[wait])
        .fetch_one(&mut self.fixture.service.database.connection().await)
        .await
        .unwrap();
        self.there.insert(id, stayed);
    }

    async fn change(&mut self, order: Order, change: Change) {
        let pick = |number: usize| {
            let place = number.checked_rem(self.there.len())?;
            self.there.keys().nth(place).copied()
        };
        let (statement, who, name, moves) = match change {
            Change::Come { name, wait } => return self.come(name, wait, false).await,
            Change::Rename(who, name) => (
                "UPDATE employments SET person_display_name = $3 WHERE organization_id = $1 AND employment_id = $2",
                who,
                NAMES[name],
                order == Order::Name,
            ),
            Change::Verify(who) => (
                "UPDATE employments SET state = 'VERIFIED', verify_time = now(), first_verify_time = now()
                 WHERE organization_id = $1 AND employment_id = $2 AND $3 = ''",
                who,
                "",
                order == Order::Waiting,
            ),
            Change::Go(who) => (
                "DELETE FROM employments WHERE organization_id = $1 AND employment_id = $2 AND $3 = ''",
                who,
                "",
                true,
            ),
        };
        let Some(id) = pick(who) else { return };
        sqlx::query(statement)
            .bind(self.fixture.organization.as_uuid())
            .bind(id)
            .bind(name)
            .execute(&mut self.fixture.service.database.connection().await)
            .await
            .unwrap();
        if matches!(change, Change::Go(_)) {
            self.there.remove(&id);
        } else if moves {
            self.there.insert(id, false);
        }
    }
}

/// # Errors
/// Somebody who stayed where they are was missed or shown twice, or the walk does not end.
async fn follow(fixture: &Fixture, walk: &Walk) -> Result<(), TestCaseError> {
    fixture
        .service
        .database
        .execute("TRUNCATE employments CASCADE")
        .await;
    let mut people = People {
        fixture,
        there: BTreeMap::new(),
    };
    for (name, wait) in &walk.first {
        people.come(*name, *wait, true).await;
    }
    let mut seen: BTreeMap<Uuid, usize> = BTreeMap::new();
    let mut request = ListEmploymentsRequest {
        parent: fixture.organization_name().to_string(),
        page_size: walk.page_size,
        order: walk.order.into(),
        ..Default::default()
    };
    let mut changes = walk.changes.iter();
    // When nothing changes any more, it ends.
    for _ in 0..100 {
        let mut client = fixture.employments(fixture.admin());
        let page = client
            .list_employments(request.clone())
            .await
            .unwrap()
            .into_inner();
        for one in &page.employments {
            *seen.entry(id_of(one)).or_default() += 1;
        }
        if page.next_page_token.is_empty() {
            let stayed = people.there.iter().filter(|(_, stayed)| **stayed);
            let wrong: Vec<_> = stayed
                .map(|(id, _)| (id, seen.get(id).copied().unwrap_or_default()))
                .filter(|(_, times)| *times != 1)
                .collect();
            return if wrong.is_empty() {
                Ok(())
            } else {
                Err(TestCaseError::fail(format!("not once: {wrong:?}")))
            };
        }
        for change in changes.next().into_iter().flatten() {
            people.change(walk.order, *change).await;
        }
        request.page_token = page.next_page_token;
    }
    Err(TestCaseError::fail("it never ends"))
}

fn id_of(employment: &Employment) -> Uuid {
    let id = employment.name.rsplit('/').next().unwrap();
    id.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stays_is_seen_once_by_who_walks_through_the_list_while_others_come_and_go() {
    let fixture = Fixture::start().await;
    let config = Config {
        cases: SEQUENCES.or(30),
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Handle::current();
    let tried = tokio::task::block_in_place(|| {
        TestRunner::new(config).run(&walk(), |walk| runtime.block_on(follow(&fixture, &walk)))
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
}
