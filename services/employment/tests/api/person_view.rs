//! `PersonEmploymentService`.

use muster_proto::employment::v1::ListPersonEmploymentsRequest;
use muster_refusal::ErrorReason;
use muster_testkit::{TestCaller, acts};

use crate::fixture::{Fixture, person_name, reason};

fn list(parent: impl ToString) -> ListPersonEmploymentsRequest {
    ListPersonEmploymentsRequest {
        parent: parent.to_string(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_their_employments_at_every_organization_and_nobody_elses() {
    let mut fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    fixture.employ_anywhere("learner-2").await;
    let first = fixture.organization_name().to_string();
    fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
    fixture.employ_anywhere("learner-1").await;
    let second = fixture.organization_name().to_string();

    for parent in ["persons/me".to_owned(), person_name("learner-1").to_string()] {
        let mut client = fixture.person_employments(TestCaller::person("learner-1"));
        let found = client
            .list_person_employments(list(parent))
            .await
            .unwrap()
            .into_inner()
            .employments;
        let [newest, oldest] = found.as_slice() else {
            panic!("{} employments", found.len())
        };
        assert!(newest.name.starts_with(&second) && oldest.name.starts_with(&first));
        assert!(
            found
                .iter()
                .all(|one| one.person == person_name("learner-1").to_string())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lists_the_employments_of_somebody_else() {
    let fixture = Fixture::start().await;
    let others = list(person_name("learner-1"));
    for (who, refused) in [
        (TestCaller::person("learner-2"), ErrorReason::PermissionDenied),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (
            TestCaller::WorkloadThroughEdge("learning-system"),
            ErrorReason::PermissionDenied,
        ),
        (TestCaller::Nobody, ErrorReason::TokenMissing),
    ] {
        let answer = fixture
            .person_employments(who.clone())
            .list_person_employments(others.clone())
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    let mut client = fixture.person_employments(TestCaller::person("learner-1"));
    let malformed = client.list_person_employments(list("persons/you"));
    assert_eq!(reason(malformed.await), ErrorReason::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_page_token_is_of_no_use_to_others() {
    let fixture = Fixture::start().await;
    for statement in [
        "UPDATE employments SET state = 'ENDED'",
        "UPDATE employments SET state = 'ENDED' WHERE state = 'VERIFIED'",
    ] {
        fixture.employ_anywhere("learner-1").await;
        fixture.service.database.execute(statement).await;
    }
    let first = ListPersonEmploymentsRequest {
        page_size: 1,
        ..list("persons/me")
    };
    let mut client = fixture.person_employments(TestCaller::person("learner-1"));
    let page = client
        .list_person_employments(first.clone())
        .await
        .unwrap()
        .into_inner();
    let next = ListPersonEmploymentsRequest {
        page_token: page.next_page_token,
        ..first
    };
    let rest = client
        .list_person_employments(next.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((rest.employments.len(), rest.next_page_token.as_str()), (1, ""));
    assert_ne!(rest.employments, page.employments);
    let answer = fixture
        .person_employments(TestCaller::person("learner-2"))
        .list_person_employments(next)
        .await;
    assert_eq!(reason(answer), ErrorReason::PageTokenInvalid);
}
