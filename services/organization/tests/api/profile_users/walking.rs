//! Whoever walks through the profile users while they change sees everybody who stays, once.

use std::collections::BTreeMap;

use muster_identity::Role;
use muster_ids::{OrganizationId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_testkit::TestCaller;
use muster_testkit::effort::SEQUENCES;
use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use uuid::Uuid;

use super::users;
use crate::fixture::{Fixture, name};

/// What becomes of the list behind a page: so many come, and these go or are what they were not, of those that there are.
type Changes = (usize, Vec<usize>, Vec<usize>);

fn walk() -> impl Strategy<Value = (usize, i32, Vec<Changes>)> {
    let changes = (0..3_usize, vec(0..100_usize, 0..2), vec(0..100_usize, 0..2));
    (1..14_usize, 1..5_i32, vec(changes, 10))
}

async fn come(fixture: &Fixture, id: OrganizationId) -> Uuid {
    sqlx::query_scalar(
        "INSERT INTO profile_users (organization_id, person_id, display_name, role, origin, version, create_time)
         VALUES ($1, gen_random_uuid(), 'Bob', 'VIEWER', 'REQUEST', 1, now()) RETURNING person_id",
    )
    .bind(id)
    .fetch_one(&mut fixture.service.database.connection().await)
    .await
    .unwrap()
}

async fn change(fixture: &Fixture, id: OrganizationId, person: Uuid, statement: &'static str) {
    let mut connection = fixture.service.database.connection().await;
    let changing = sqlx::query(statement).bind(id).bind(person);
    changing.execute(&mut connection).await.unwrap();
}

async fn follow(
    fixture: &Fixture,
    (first, page_size, changes): (usize, i32, Vec<Changes>),
) -> Result<(), TestCaseError> {
    let id = fixture.active().await;
    let mut there = BTreeMap::new();
    for _ in 0..first {
        there.insert(come(fixture, id).await, true);
    }
    let (mut seen, mut token) = (BTreeMap::<String, usize>::new(), String::new());
    let mut changes = changes.into_iter();
    for _ in 0..100 {
        let request = pb::ListProfileUsersRequest {
            parent: name(id),
            page_size,
            page_token: token,
        };
        let viewer = TestCaller::member("vera", id, Role::Viewer);
        let page = users(fixture, viewer).list_profile_users(request).await.unwrap();
        let page = page.into_inner();
        for user in page.profile_users {
            *seen.entry(user.person).or_default() += 1;
        }
        if page.next_page_token.is_empty() {
            let once = |person: &Uuid| {
                let person = PersonName {
                    person: (*person).into(),
                };
                seen.get(&person.to_string()) == Some(&1)
            };
            let wrong = there.iter().find(|(person, stayed)| **stayed && !once(person));
            return match wrong {
                None => Ok(()),
                Some((person, _)) => Err(TestCaseError::fail(format!(
                    "{person} is not seen once: {seen:?}"
                ))),
            };
        }
        token = page.next_page_token;
        let (coming, renamed, going) = changes.next().unwrap_or_default();
        for _ in 0..coming {
            there.insert(come(fixture, id).await, false);
        }
        for (places, statement) in [
            (
                renamed,
                "UPDATE profile_users SET display_name = 'Ada', role = 'ADMIN' WHERE organization_id = $1 AND person_id = $2",
            ),
            (
                going,
                "DELETE FROM profile_users WHERE organization_id = $1 AND person_id = $2",
            ),
        ] {
            for place in places {
                let Some(place) = place.checked_rem(there.len()) else {
                    continue;
                };
                let person = *there.keys().nth(place).unwrap();
                change(fixture, id, person, statement).await;
                if statement.starts_with("DELETE") {
                    there.remove(&person);
                }
            }
        }
    }
    Err(TestCaseError::fail("it never ends"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stays_is_seen_once_by_who_walks_through_them_while_others_come_and_go() {
    let fixture = Fixture::new().await;
    let config = Config {
        cases: SEQUENCES.or(40),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    block_in_place(|| {
        let tried =
            TestRunner::new(config).run(&walk(), |walk| Handle::current().block_on(follow(&fixture, walk)));
        if let Err(problem) = tried {
            panic!("{problem}");
        }
    });
}
