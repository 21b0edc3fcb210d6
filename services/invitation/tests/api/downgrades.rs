//! A plan that ends takes nothing away: what was made with it is read and goes on, and only what is new of it is refused.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    DownloadRefusedRowsRequest, Import, ImportState, Invitation, ListImportsRequest, ListInvitationsRequest,
};
use muster_proto::organization::v1::join_page_service_client::JoinPageServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, GetJoinPageRequest, JoinPage, JoinPageNeed, Limits, Plan,
    UpdateJoinPageRequest,
};
use muster_testkit::TestCaller;
use prost_types::FieldMask;
use tonic::Status;

use crate::fixture::{Fixture, reason};
use crate::resend::resend;
use crate::upload::{applied, approve, disapprove, get, good_at, rows, upload};

/// What there is to be read of what was made with a plan.
#[derive(Debug, PartialEq)]
struct Made {
    invitations: Vec<Invitation>,
    imports: Vec<Import>,
    refused: Vec<u8>,
}

impl Fixture {
    async fn made(&self, import: &Import) -> Made {
        let parent = self.parent();
        let invitations = ListInvitationsRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let invitations = self.invitations().list_invitations(invitations).await.unwrap();
        let imports = ListImportsRequest {
            parent,
            ..Default::default()
        };
        let imports = self.imports().list_imports(imports).await.unwrap();
        let request = DownloadRefusedRowsRequest {
            name: import.name.clone(),
            ..Default::default()
        };
        let mut pieces = self
            .imports()
            .download_refused_rows(request)
            .await
            .unwrap()
            .into_inner();
        let mut refused = Vec::new();
        while let Some(piece) = pieces.message().await.unwrap() {
            refused.extend(piece.file.unwrap().data);
        }
        Made {
            invitations: invitations.into_inner().invitations,
            imports: imports.into_inner().imports,
            refused,
        }
    }

    async fn has_plan(&self, plan: Plan, import_rows: i32) {
        let request = ActivateSubscriptionRequest {
            name: format!("{}/subscription", self.parent()),
            plan: plan.into(),
            limits: Some(Limits {
                invitations_by_hand: 10,
                import_rows,
                messages_per_day: 10_000,
            }),
            reason: "as they pay".to_owned(),
            ..Default::default()
        };
        let staff = self.organizations.calls_of(TestCaller::staff(self.organization));
        let mut subscriptions = SubscriptionServiceClient::new(staff);
        subscriptions.activate_subscription(request).await.unwrap();
    }

    fn join_pages(&self) -> JoinPageServiceClient<muster_testkit::TestChannel> {
        JoinPageServiceClient::new(self.organizations.calls_of(self.owner()))
    }

    async fn join_page(&self) -> JoinPage {
        let name = format!("{}/joinPage", self.parent());
        let read = self.join_pages().get_join_page(GetJoinPageRequest { name }).await;
        read.unwrap().into_inner().join_page.unwrap()
    }

    async fn open_again(&self, slug: &str) -> Result<(), Status> {
        let page = JoinPage {
            slug: slug.to_owned(),
            enabled: true,
            ..self.join_page().await
        };
        let request = UpdateJoinPageRequest {
            join_page: Some(page),
            update_mask: Some(FieldMask {
                paths: vec!["slug".to_owned(), "enabled".to_owned()],
            }),
            ..Default::default()
        };
        self.join_pages().update_join_page(request).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_downgrade_all_is_read_and_goes_on_and_only_new_premium_acts_are_refused() {
    let fixture = Fixture::new().await;
    fixture.has_plan(Plan::Premium, 500).await;
    fixture.open_join_page("sunrise", "").await;
    let file = [
        good_at("example.com", 3).as_slice(),
        b"nobody at example,Nurses\n",
    ]
    .concat();
    let done = upload(&fixture, &file).await.unwrap();
    approve(&fixture, &done).await.unwrap();
    applied(&fixture, &done).await;
    let undecided = upload(&fixture, &good_at("two.example", 2)).await.unwrap();
    let pending = upload(&fixture, &good_at("three.example", 20)).await.unwrap();
    approve(&fixture, &pending).await.unwrap();
    let page = fixture.join_page().await;
    assert!(page.is_open);

    fixture.has_plan(Plan::Basic, 0).await;
    // What was approved finishes.
    let finished = applied(&fixture, &pending).await;
    assert_eq!(finished.state(), ImportState::Applied);
    let before = fixture.made(&done).await;
    assert_eq!((before.invitations.len(), before.imports.len()), (23, 3));
    assert_eq!(rows(&fixture, &done).await.len(), 4);
    let text = String::from_utf8(before.refused.clone()).unwrap();
    assert!(text.contains("nobody at example"), "{text}");

    // What is new is refused, and nothing of it is stored.
    for refused in [
        upload(&fixture, &good_at("four.example", 1)).await.map(drop),
        approve(&fixture, &undecided).await.map(drop),
        fixture.open_again("sunset").await,
    ] {
        assert_eq!(reason(refused), R::SubscriptionRequired);
    }
    let kept = JoinPage {
        is_open: false,
        missing: vec![JoinPageNeed::Subscription.into()],
        ..page.clone()
    };
    assert_eq!(fixture.join_page().await, kept);
    assert_eq!(get(&fixture, &undecided).await.state(), ImportState::Ready);
    assert_eq!(fixture.made(&done).await, before);

    // What was made goes on: sent again, accepted, declined to be applied; and by hand as before.
    let own = |one: &&Invitation| one.address.ends_with("@example.com");
    let imported = before.invitations.iter().find(own).unwrap();
    resend(&fixture, &imported.name).await.unwrap();
    let token = fixture.token(&imported.name).await;
    let person = imported.address.split('@').next().unwrap();
    fixture.accept(TestCaller::person(person), &token).await.unwrap();
    disapprove(&fixture, &undecided).await.unwrap();
    fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();

    // With a plan again everything is as it was.
    fixture.has_plan(Plan::Premium, 500).await;
    assert_eq!(fixture.join_page().await, page);
    upload(&fixture, &good_at("five.example", 1)).await.unwrap();
}
