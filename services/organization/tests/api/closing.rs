//! An organization is closed, by its owner or by registry staff.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::OrganizationState as S;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::access_requests::{asked, listed as requests};
use crate::decisions::{reason_of_acts, staff_acts};
use crate::fixture::{Fixture, approve, licensed, name, owner, submit};
use crate::ownership::{as_owner, let_in, offer};
use crate::profile_users::{added, listed, person};
use crate::refused::{fields, refused};
use crate::roles::role;

const EVENTS: &str = "SELECT count(*) FROM outbox WHERE event_type = 'organization.closed'";

impl Fixture {
    pub(crate) async fn close(
        &self,
        who: TestCaller,
        id: OrganizationId,
        reason: &str,
    ) -> Result<pb::Organization, Status> {
        let request = pb::CloseOrganizationRequest {
            name: name(id),
            reason: reason.into(),
            request_id: String::new(),
        };
        let closed = self.profiles(who).close_organization(request).await?;
        Ok(closed.into_inner().organization.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_closes_it_once_and_for_good() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let closed = fixture.close(owner(id), id, "we have moved").await.unwrap();
    assert_eq!(
        (closed.state(), closed.decision_reason.as_str()),
        (S::Closed, "we have moved")
    );
    assert!(closed.close_time.is_some());
    assert_eq!(fixture.close(owner(id), id, "other words").await.unwrap(), closed);
    assert_eq!(
        fixture.close(TestCaller::staff(id), id, "as well").await.unwrap(),
        closed
    );
    assert_eq!(fixture.service.database.count(EVENTS).await, 1);
    assert_eq!(staff_acts(&fixture).await, 0, "the owner is no registry staff");

    refused(fixture.reinstate(id).await, R::OrganizationState);
    refused(fixture.suspend(id, "x").await, R::OrganizationState);
    let approved = fixture
        .profiles(TestCaller::staff(id))
        .approve_organization(approve(id))
        .await;
    refused(approved, R::OrganizationState);
    let group = crate::fixture::group(id, "Teachers", Vec::new());
    refused(
        fixture.groups(owner(id)).create_group(group).await,
        R::OrganizationState,
    );
    assert_eq!(fixture.read(id).await, closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_staff_close_it_in_any_state_and_say_why() {
    let fixture = Fixture::new().await;
    let draft = fixture.draft("owner", fixture.profile()).await;
    let submitted = fixture.submitted().await;
    let active = fixture.active().await;
    for id in [draft, submitted, active] {
        let closed = fixture
            .close(TestCaller::staff(id), id, "the license was revoked")
            .await;
        assert_eq!(closed.unwrap().state(), S::Closed);
    }
    assert_eq!(fixture.service.database.count(EVENTS).await, 3);
    assert_eq!(
        reason_of_acts(&fixture, "CLOSE_ORGANIZATION").await,
        ["the license was revoked"; 3]
    );

    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let absent = fixture.close(TestCaller::staff(nowhere), nowhere, "x").await;
    refused(absent, R::NotFound);
    let silent = fixture.close(TestCaller::staff(active), active, "").await;
    assert_eq!(fields(silent.map(Response::new), R::InvalidRequest), ["reason"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_it_ends_everybodys_access_but_the_owners_and_what_waits_for_them() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "vera", pb::Role::Viewer).await;
    let_in(&fixture, id, "adam").await;
    offer(&fixture, id, "owner", "adam").await.unwrap();
    asked(&fixture, "ada", id).await;
    fixture.close(owner(id), id, "we have moved").await.unwrap();

    let [left] = listed(&fixture, id).await.try_into().unwrap();
    assert_eq!(
        (left.person, left.role),
        (person("owner"), pb::Role::Owner.into())
    );
    for gone in ["vera", "adam"] {
        assert_eq!(role(&fixture, id, gone).await, pb::Role::Unspecified, "{gone}");
    }
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
    assert_eq!(
        requests(&fixture, id, pb::AccessRequestState::Expired)
            .await
            .len(),
        1
    );
    let open = "SELECT count(*) FROM ownership_offers WHERE state = 'LAPSED'";
    assert_eq!(fixture.service.database.count(open).await, 1);
    let strangers =
        "SELECT count(*) FROM profile_user_addresses a JOIN organizations o USING (organization_id)
                     WHERE a.person_id <> o.owner_person_id";
    assert_eq!(fixture.service.database.count(strangers).await, 0);
    refused(offer(&fixture, id, "owner", "adam").await, R::OrganizationState);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owned_it_a_moment_ago_does_not_close_it() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let closed = fixture.close(as_owner(id, "former"), id, "out of spite").await;
    refused(closed, R::PermissionDenied);
    assert_eq!(fixture.read(id).await.state(), S::Active);
    assert_eq!(fixture.service.database.count(EVENTS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_license_number_is_free_at_once() {
    let fixture = Fixture::new().await;
    let profile = licensed("us-mi", "DC 77");
    let first = fixture.draft("owner", profile.clone()).await;
    fixture.submit_and_approve(first).await;
    let second = fixture.draft("owner", profile).await;
    let mut owner_of_second = fixture.profiles(owner(second));
    refused(
        owner_of_second.submit_organization(submit(second)).await,
        R::LicenseNumberTaken,
    );
    fixture.close(owner(first), first, "sold").await.unwrap();
    owner_of_second.submit_organization(submit(second)).await.unwrap();
}

/// Each time one of them is first; whatever that is, it is closed in the end, and was published once.
#[tokio::test(flavor = "multi_thread")]
async fn closing_races_with_decisions_and_wins_in_the_end() {
    let fixture = Fixture::new().await;
    for round in 1..=8 {
        let id = fixture.submitted().await;
        let mut staff = fixture.profiles(TestCaller::staff(id));
        let approval = async { staff.approve_organization(approve(id)).await.map(drop) };
        let (closed, again, approved) = tokio::join!(
            fixture.close(owner(id), id, "we have moved"),
            fixture.close(TestCaller::staff(id), id, "it is gone"),
            approval
        );
        assert_eq!(closed.unwrap(), again.unwrap());
        if let Err(status) = approved {
            refused(Err::<(), _>(status), R::OrganizationState);
        }
        assert_eq!(fixture.read(id).await.state(), S::Closed);
        assert_eq!(fixture.service.database.count(EVENTS).await, round);
    }
}
