//! What waits for registry staff.

use std::time::Duration;

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::OrganizationReturnReason as Why;
use muster_proto::organization::v1::submission_service_client::SubmissionServiceClient;
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, approve, name};

impl Fixture {
    /// What staff see: name, rounds and rivals, a page of so many after the other.
    async fn submissions(&self, authority: &str, page_size: i32) -> Vec<(String, i32, i32)> {
        let mut client = SubmissionServiceClient::new(self.service.calls_of(TestCaller::platform_staff()));
        let (mut found, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListSubmissionsRequest {
                licensing_authority: authority.to_owned(),
                page_size,
                page_token,
            };
            let page = client.list_submissions(request).await.unwrap().into_inner();
            found.extend(page.submissions.into_iter().map(|one| {
                let name = one.organization.unwrap().name;
                (name, one.return_count, one.rival_count)
            }));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return found;
            }
        }
    }

    async fn submit_again(&self, id: OrganizationId) {
        let request = pb::SubmitOrganizationRequest {
            name: name(id),
            request_id: String::new(),
        };
        let mut owner = self.profiles(crate::fixture::owner(id));
        owner.submit_organization(request).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_longest_stands_first_with_how_often_it_was_returned() {
    let fixture = Fixture::new().await;
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(fixture.submitted().await);
        fixture.service.clock.advance(Duration::from_secs(60));
    }
    // Decided: no more in the list.
    let decided = waiting.pop().unwrap();
    fixture
        .profiles(TestCaller::staff(decided))
        .approve_organization(approve(decided))
        .await
        .unwrap();
    // Returned twice and handed in again: the last one now.
    for _ in 0..2 {
        fixture
            .give_back(waiting[0], &[Why::NameMismatch], "not its name")
            .await
            .unwrap();
        fixture.service.clock.advance(Duration::from_secs(60));
        fixture.submit_again(waiting[0]).await;
    }
    waiting.rotate_left(1);
    let expected: Vec<_> = waiting
        .iter()
        .zip([0, 0, 0, 2])
        .map(|(id, returns)| (name(*id), returns, 0))
        .collect();
    for page_size in [0, 1, 3] {
        assert_eq!(fixture.submissions("", page_size).await, expected);
    }
    assert_eq!(fixture.submissions("us-mi", 0).await, expected);
    assert_eq!(fixture.submissions("us-ny", 0).await, []);
}
