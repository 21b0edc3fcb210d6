//! What happens when many ask at once, on the real database.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use muster_client::acts::{employment, record};
use muster_proto::employment::v1::ListEmploymentsRequest;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::{AcceptInvitationRequest, InvitationState};
use muster_proto::records::v1::GrantState;
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::{eventually, eventually_some};
use reqwest::StatusCode;

use crate::support::{Organization, Snapshot, Suite, Visitor, fields_of, link_for, token_of, with_others};

#[tokio::test]
async fn many_invitations_of_one_address_at_once_are_one() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let spellings = [
        "Same.Person@Example.Test",
        "same.person@example.test",
        " same.person@EXAMPLE.test",
    ];
    let calls = (0..24).map(|n| {
        let (organization, suite) = (&organization, &suite);
        async move {
            organization
                .invite(suite, spellings[n % spellings.len()])
                .await
                .name
        }
    });
    let names: HashSet<String> = join_all(calls).await.into_iter().collect();
    assert_eq!(names.len(), 1, "every caller is told the same invitation");
    eventually(async || organization.count(&suite, InvitationState::Pending).await == 1).await;
}

#[tokio::test]
async fn many_acceptances_at_once_make_one_employment() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("racer-{}@example.test", suite.unique());
    organization.invite(&suite, &address).await;
    let token = token_of(&link_for(&suite, &address).await);
    // The invitee is known to the issuer before everybody calls at once.
    assert!(!suite.token(&address).is_empty());
    let calls = (0..16).map(|n| {
        let (suite, token) = (&suite, token.clone());
        // The invitee, again and again, and somebody else to whom the link was forwarded.
        let who = if n % 4 == 3 {
            "learner-7".to_owned()
        } else {
            address.clone()
        };
        async move {
            let request = AcceptInvitationRequest {
                token,
                request_id: String::new(),
            };
            let mut redemption = InvitationRedemptionServiceClient::new(suite.edge());
            (
                n % 4 == 3,
                redemption.accept_invitation(suite.call(&who, request)).await,
            )
        }
    });
    for (forwarded, result) in join_all(calls).await {
        match (forwarded, result) {
            (false, Ok(_)) => {}
            (false, Err(status)) => panic!("the invitee was refused: {status:?}"),
            (true, Ok(_)) => panic!("somebody else accepted"),
            (true, Err(status)) => assert_eq!(reason_of(&status), Some(ErrorReason::AddressMismatch)),
        }
    }
    let mut employments = EmploymentServiceClient::new(suite.edge());
    eventually(async || {
        let request = ListEmploymentsRequest {
            parent: organization.name.clone(),
            ..Default::default()
        };
        let listed = employments
            .list_employments(suite.call("owner", request))
            .await
            .unwrap()
            .into_inner();
        let from_invitations = listed
            .employments
            .iter()
            .filter(|it| !it.source_invitation.is_empty())
            .count();
        assert!(
            from_invitations <= 1,
            "{from_invitations} employments of one acceptance"
        );
        from_invitations == 1
    })
    .await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
}

#[tokio::test]
async fn the_same_request_id_is_one_act_and_another_request_is_refused() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let mut request = organization.inviting("again@example.test");
    request.request_id = suite.request_id();
    let calls = (0..8).map(|_| {
        let (organization, suite, request) = (&organization, &suite, request.clone());
        async move {
            organization
                .invitations()
                .create_invitation(suite.call("owner", request))
                .await
        }
    });
    let names: HashSet<String> = join_all(calls)
        .await
        .into_iter()
        .map(|made| made.unwrap().into_inner().invitation.unwrap().name)
        .collect();
    assert_eq!(names.len(), 1);
    request.invitation.as_mut().unwrap().address = "other@example.test".into();
    let status = organization
        .invitations()
        .create_invitation(suite.call("owner", request))
        .await
        .unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::RequestIdReused));
}

/// What a double click is answered: the same form is posted once more while the first post is on its way.
async fn clicked_twice(visitor: &Visitor, page: &str, path: &str) -> [String; 2] {
    const BETWEEN: Duration = Duration::from_millis(20);
    let fields = fields_of(page, path).unwrap();
    let click = async |after: Duration| {
        tokio::time::sleep(after).await;
        let answer = visitor.posting(path).form(&fields).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    };
    let (first, second) = tokio::join!(click(Duration::ZERO), click(BETWEEN));
    [first, second]
}

#[tokio::test]
async fn a_double_click_is_one_act_and_both_answers_say_that_it_is_done() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let (first, second) = (
        Organization::create(&suite).await,
        Organization::create(&suite).await,
    );
    let address = format!("double-{}@school.test", suite.unique());
    first.invite(&suite, &address).await;
    let visitor = Visitor::follow(&suite, &link_for(&suite, &address).await).await;
    visitor.sign_in(&address).await;
    second.invite(&suite, &address).await;
    let shown = async |path: &str, form: &str| {
        eventually_some(async || {
            let page = visitor.sees(path).await;
            fields_of(&page, form).is_some().then_some(page)
        })
        .await
    };
    for (path, form, said) in [
        (
            "/invitation",
            "/invitation/accept",
            "You have joined Test Kindergarten",
        ),
        ("/invitations", "/invitations/accept", "You have joined."),
        ("/consent", "/consent/allow", "You have allowed it."),
    ] {
        let page = shown(path, form).await;
        for answer in clicked_twice(&visitor, &page, form).await {
            assert!(answer.contains(said), "{form}: {answer}");
        }
    }

    for organization in [&first, &second] {
        Snapshot::settled(&suite, organization).await;
    }
    let person = suite.client(&address);
    let employed = employment::list_own(&person).await.unwrap();
    for organization in [&first, &second] {
        let here = employed
            .iter()
            .filter(|one| one.name.starts_with(&organization.name));
        assert_eq!(here.count(), 1, "{employed:?}");
    }
    let granted = record::list_own_grants(&person).await.unwrap();
    let states: Vec<GrantState> = granted.iter().map(|grant| grant.state()).collect();
    assert_eq!(states, [GrantState::Active], "{granted:?}");
}
