//! Whoever walks through a list while it changes sees once what stays where it is: whatever comes, goes, or is called otherwise
//! meanwhile, however many are alike in what the list goes by. Profile users are walked through by themselves.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::OrganizationReturnReason as Why;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::submission_service_client::SubmissionServiceClient;
use muster_testkit::{TestCaller, walk};

use crate::access_requests::requests;
use crate::fixture::{Fixture, approve, name, owner, submit};
use crate::history;

/// On a page.
const SIZE: i32 = 2;

impl Fixture {
    /// Ten rows of the table, `n` from 1, of which what `values` says is different in each.
    async fn ten(&self, table: &str, columns: &str, values: &str) {
        self.execute(format!(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1, 10) AS n"
        ))
        .await;
    }

    /// A profile that waits, of an owner who has no other one.
    async fn handed_in(&self, number: usize) -> OrganizationId {
        let who = format!("owner-{number}");
        let id = self.draft(&who, self.profile()).await;
        let owner = TestCaller::member(&who, id, Role::Owner);
        self.profiles(owner)
            .submit_organization(submit(id))
            .await
            .unwrap();
        id
    }
}

/// The id of number `n` of [`Fixture::ten`].
fn id_of(n: usize) -> String {
    format!("00000000-0000-7000-8000-{n:012}")
}

const ID: &str = "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid";

/// What both are: a place with a name, by which the list goes. Numbers 1 to 6 stay; the others go, or are called otherwise, to the front and
/// to the end; and more come, before and behind whoever walks.
async fn places_change(fixture: &Fixture, id: OrganizationId, (table, key): (&str, &str), number: usize) {
    let is = |n: usize| format!("WHERE organization_id = '{id}' AND {key} = '{}'", id_of(n));
    let (columns, values) = match table {
        "groups" => (", state, version", ", 'ACTIVE', 1"),
        _ => ("", ""),
    };
    let rename = |n: usize, to: &str| format!("UPDATE {table} SET display_name = '{to}' {};", is(n));
    let act = match number {
        0 => rename(7, "0 before all"),
        1 => rename(8, "Z behind all"),
        2 => format!("DELETE FROM {table} {};", is(9)),
        3 => rename(10, "N 4 between"),
        _ => String::new(),
    };
    let come = ["0", "N 3", "Z"].map(|front| {
        format!(
            "INSERT INTO {table} (organization_id, {key}, display_name, create_time{columns})
             VALUES ('{id}', gen_random_uuid(), '{front} comes {number}', now(){values});"
        )
    });
    fixture.execute(format!("{act} {}", come.concat())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_and_a_location_that_stay_are_seen_once_by_who_walks_through_them_while_others_come_and_go() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let first = format!("'{id}', {ID}, 'N ' || n, now()");
    let columns = "organization_id, location_id, display_name, create_time";
    fixture.ten("locations", columns, &first).await;
    let columns = "organization_id, group_id, display_name, create_time, state, version";
    let values = format!("{first}, 'ACTIVE', 1");
    fixture.ten("groups", columns, &values).await;

    let stay = |collection: &str| {
        let names = (1..=6).map(|n| format!("{}/{collection}/{}", name(id), id_of(n)));
        names.collect::<Vec<_>>()
    };
    let locations = async |page_token: String| {
        let mut client = LocationServiceClient::new(fixture.service.calls_of(owner(id)));
        let request = pb::ListLocationsRequest {
            parent: name(id),
            page_size: SIZE,
            page_token,
        };
        let page = client.list_locations(request).await.unwrap().into_inner();
        let names = page.locations.into_iter().map(|one| one.name).collect::<Vec<_>>();
        (names, page.next_page_token)
    };
    let change =
        async |number: usize| places_change(&fixture, id, ("locations", "location_id"), number).await;
    walk(&stay("locations"), locations, change).await;

    let groups = async |page_token: String| {
        let request = pb::ListGroupsRequest {
            parent: name(id),
            page_size: SIZE,
            page_token,
        };
        let page = fixture.groups(owner(id)).list_groups(request).await;
        let page = page.unwrap().into_inner();
        let names = page.groups.into_iter().map(|one| one.name).collect::<Vec<_>>();
        (names, page.next_page_token)
    };
    let change = async |number: usize| places_change(&fixture, id, ("groups", "group_id"), number).await;
    walk(&stay("groups"), groups, change).await;
}

/// All of them were handed in at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_waits_is_seen_once_by_who_walks_through_them_while_others_are_decided() {
    let fixture = Fixture::new().await;
    let mut waiting = Vec::new();
    for number in 0..10 {
        waiting.push(fixture.handed_in(number).await);
    }
    // Those at both ends and in the middle, by their ids, are decided.
    waiting.sort();
    let decided = [waiting.remove(9), waiting.remove(5), waiting.remove(0)];
    let stay: Vec<String> = waiting.iter().map(|id| name(*id)).collect();
    let submissions = async |page_token: String| {
        let staff = fixture.service.calls_of(TestCaller::platform_staff());
        let request = pb::ListSubmissionsRequest {
            page_size: SIZE,
            page_token,
            ..Default::default()
        };
        let page = SubmissionServiceClient::new(staff)
            .list_submissions(request)
            .await;
        let page = page.unwrap().into_inner();
        let names = page
            .submissions
            .into_iter()
            .map(|one| one.organization.unwrap().name);
        (names.collect::<Vec<_>>(), page.next_page_token)
    };
    let change = async |number: usize| match number {
        0 => {
            let mut staff = fixture.profiles(TestCaller::staff(decided[0]));
            staff.approve_organization(approve(decided[0])).await.unwrap();
        }
        1 => {
            let given_back = fixture.give_back(decided[1], &[Why::NameMismatch], "not its name");
            given_back.await.unwrap();
        }
        2 => {
            fixture.reject(decided[2]).await.unwrap();
            let renamed = format!(
                "UPDATE organizations SET display_name = 'A name more' WHERE organization_id = '{}'",
                waiting[5]
            );
            fixture.execute(renamed).await;
        }
        _ => {
            fixture.handed_in(10 + number).await;
        }
    };
    walk(&stay, submissions, change).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_access_is_seen_once_by_who_walks_through_them_while_others_come_and_go() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let columns = "organization_id, access_request_id, person_id, display_name, address_given, address_canonical, role, message,
                   state, version, create_time, expire_time";
    let values = format!(
        "'{id}', {ID}, gen_random_uuid(), 'Bob', 'bob@example.com', 'bob@example.com', 'VIEWER', 'books', 'PENDING', 1,
         '2026-03-01 11:00Z', '2026-03-20 11:00Z'"
    );
    fixture.ten("access_requests", columns, &values).await;
    let stay: Vec<String> = (4..=9)
        .map(|n| format!("{}/accessRequests/{}", name(id), id_of(n)))
        .collect();
    let listed = async |page_token: String| {
        let request = pb::ListAccessRequestsRequest {
            parent: name(id),
            page_size: SIZE,
            page_token,
            state: pb::AccessRequestState::Pending.into(),
        };
        let page = requests(&fixture, owner(id)).list_access_requests(request).await;
        let page = page.unwrap().into_inner();
        let names = page.access_requests.into_iter().map(|one| one.name);
        (names.collect::<Vec<_>>(), page.next_page_token)
    };
    let change = async |number: usize| {
        let is = |n: usize| {
            format!(
                "WHERE organization_id = '{id}' AND access_request_id = '{}'",
                id_of(n)
            )
        };
        let act = match number {
            // Not seen yet: it is denied, runs out, or is gone; and one that was.
            0 => format!(
                "UPDATE access_requests SET state = 'DENIED', decide_time = now() {};",
                is(3)
            ),
            1 => format!(
                "UPDATE access_requests SET expire_time = '2026-03-01 11:30Z' {};",
                is(2)
            ),
            2 => format!("DELETE FROM access_requests {};", is(1)),
            3 => format!("UPDATE access_requests SET state = 'WITHDRAWN' {};", is(10)),
            _ => format!("UPDATE access_requests SET display_name = 'Ada' {};", is(10)),
        };
        // Newer than all, and older.
        let come = [
            "gen_random_uuid()",
            "'00000000-0000-7000-7000-000000000000'::uuid",
        ];
        let key = come[usize::from(number == 1)].to_owned();
        let values = values.replacen(ID, &key, 1);
        fixture
            .execute(format!(
                "{act} INSERT INTO access_requests ({columns}) SELECT {values}"
            ))
            .await;
    };
    walk(&stay, listed, change).await;
}

/// Nothing is taken out of a history; it grows, and what is in it is linked, while somebody reads.
#[tokio::test(flavor = "multi_thread")]
async fn what_stood_in_the_history_is_seen_once_by_who_walks_through_it_while_it_grows() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let columns = "organization_id, location_id, display_name, create_time";
    let values = format!("'{id}', {ID}, 'N ' || n, now()");
    fixture.ten("locations", columns, &values).await;
    let before = history::history(&fixture, id).await;
    let stay: Vec<String> = before.iter().map(|entry| entry.name.clone()).collect();
    assert!(stay.len() > 10, "{stay:?}");
    let listed = async |token: String| {
        let page = history::page(&fixture, owner(id), id, (SIZE, &token)).await;
        let names = page.history_entries.into_iter().map(|entry| entry.name);
        (names.collect::<Vec<_>>(), page.next_page_token)
    };
    let change =
        async |number: usize| places_change(&fixture, id, ("locations", "location_id"), number).await;
    let seen = walk(&stay, listed, change).await;
    assert_eq!(
        seen.len(),
        stay.len(),
        "what came later stands in front of where the walk began"
    );
}
