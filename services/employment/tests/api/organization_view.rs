//! `EmploymentService`.

use muster_identity::Role;
use muster_ids::{EmploymentId, EmploymentName, OrganizationId, OrganizationName};
use muster_proto::employment::v1::{EmploymentState, GetEmploymentRequest, ListEmploymentsRequest};
use muster_refusal::{ErrorReason, fields_of};
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, reason};

fn get(name: impl ToString) -> GetEmploymentRequest {
    GetEmploymentRequest {
        name: name.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_is_read_as_it_is_listed() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let listed = fixture.employment_of("learner-1").await;
    let read = fixture
        .employments(fixture.admin())
        .get_employment(get(&listed.name))
        .await
        .unwrap();
    assert_eq!(read.into_inner().employment, Some(listed));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_others_is_not_found_byte_for_byte_like_what_does_not_exist() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let own: EmploymentName = fixture.employment_of("learner-1").await.name.parse().unwrap();
    let other = OrganizationId::from_uuid(fixture.service.clock.new_uuid());
    let outsider = || TestCaller::member("outsider", other, Role::Owner);

    let foreign = EmploymentName {
        organization: other,
        ..own
    };
    let foreign = fixture
        .employments(outsider())
        .get_employment(get(foreign))
        .await
        .unwrap_err();
    let employment = EmploymentId::from_uuid(fixture.service.clock.new_uuid());
    let absent = EmploymentName {
        organization: other,
        employment,
    };
    let absent = fixture
        .employments(outsider())
        .get_employment(get(absent))
        .await
        .unwrap_err();
    assert_eq!(muster_refusal::reason_of(&foreign), Some(ErrorReason::NotFound));
    assert_eq!(
        (foreign.code(), foreign.message(), foreign.details()),
        (absent.code(), absent.message(), absent.details())
    );

    let beyond = fixture.employments(outsider()).get_employment(get(own)).await;
    assert_eq!(reason(beyond), ErrorReason::PermissionDenied);
    let parent = OrganizationName { organization: other }.to_string();
    let mut client = fixture.employments(outsider());
    let listed = client.list_employments(ListEmploymentsRequest {
        parent,
        ..Default::default()
    });
    assert_eq!(listed.await.unwrap().into_inner().employments, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_without_a_token_of_the_edge_for_an_organization() {
    let fixture = Fixture::start().await;
    let request = || ListEmploymentsRequest {
        parent: fixture.organization_name().to_string(),
        ..Default::default()
    };
    for (who, refused) in [
        (TestCaller::Nobody, ErrorReason::TokenMissing),
        (TestCaller::Workload("records"), ErrorReason::TokenMissing),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (TestCaller::person("owner"), ErrorReason::PermissionDenied),
        (
            TestCaller::WorkloadThroughEdge("learning-system"),
            ErrorReason::PermissionDenied,
        ),
    ] {
        let answer = fixture.employments(who.clone()).list_employments(request()).await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_filtered_by_state_and_goes_on_from_page_to_page_newest_first() {
    let fixture = Fixture::start().await;
    for number in 1..=5 {
        fixture.employ_anywhere(&format!("learner-{number}")).await;
    }
    fixture
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-3'")
        .await;
    let mut request = ListEmploymentsRequest {
        parent: fixture.organization_name().to_string(),
        page_size: 2,
        states: vec![EmploymentState::Verified.into(), EmploymentState::Rejected.into()],
        ..Default::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = fixture
            .employments(fixture.admin())
            .list_employments(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.employments.len() <= 2);
        seen.extend(
            page.employments
                .into_iter()
                .map(|employment| employment.person_display_name),
        );
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(
        seen,
        ["learner-5", "learner-4", "learner-2", "learner-1", "owner"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_serves_only_its_caller_list_and_filter() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let first = ListEmploymentsRequest {
        parent: fixture.organization_name().to_string(),
        page_size: 1,
        ..Default::default()
    };
    let page = fixture
        .employments(fixture.admin())
        .list_employments(first.clone())
        .await
        .unwrap()
        .into_inner();
    let next = ListEmploymentsRequest {
        page_token: page.next_page_token,
        ..first
    };
    let other_filter = ListEmploymentsRequest {
        states: vec![EmploymentState::Verified.into()],
        ..next.clone()
    };
    let (first, rest) = next.page_token.split_at(1);
    let altered = ListEmploymentsRequest {
        page_token: format!("{}{rest}", if first == "A" { "B" } else { "A" }),
        ..next.clone()
    };
    let somebody = TestCaller::member("viewer", fixture.organization, Role::Viewer);
    for (who, request) in [
        (fixture.admin(), other_filter),
        (fixture.admin(), altered),
        (somebody, next.clone()),
    ] {
        let answer = fixture.employments(who).list_employments(request).await;
        assert_eq!(reason(answer), ErrorReason::PageTokenInvalid);
    }
    assert!(
        fixture
            .employments(fixture.admin())
            .list_employments(next)
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_is_told_everything_that_is_wrong() {
    let fixture = Fixture::start().await;
    let parent = fixture.organization_name();
    let request = ListEmploymentsRequest {
        parent: format!("{parent}/x"),
        page_size: -1,
        states: vec![2, 0, 77],
        ..Default::default()
    };
    let refused = fixture
        .employments(fixture.admin())
        .list_employments(request)
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["page_size", "parent", "states[1]", "states[2]"]);
    let refused = fixture
        .employments(fixture.admin())
        .get_employment(get(format!("{parent}/employments/1")))
        .await;
    assert_eq!(reason(refused), ErrorReason::InvalidRequest);
}
