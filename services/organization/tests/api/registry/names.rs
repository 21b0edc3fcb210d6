//! What organizations are called, for people who work at them.

use std::collections::BTreeMap;

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use tonic::{Response, Status};

use crate::fixture::{Fixture, name, owner};
use crate::refused::fields;

const ABSENT: &str = "organizations/00000000-0000-7000-8000-000000000000";

async fn ask(
    fixture: &Fixture,
    who: &str,
    names: Vec<String>,
) -> Result<Response<pb::BatchGetPublicOrganizationsResponse>, Status> {
    let request = pb::BatchGetPublicOrganizationsRequest { names };
    fixture
        .registry(who)
        .batch_get_public_organizations(request)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_in_reads_what_was_approved_and_drafts_are_their_owners() {
    let fixture = Fixture::new().await;
    let (active, closed) = (fixture.active().await, fixture.active().await);
    fixture
        .close(owner(closed), closed, "we have moved")
        .await
        .unwrap();
    let draft = fixture.draft("owner", fixture.profile()).await;
    let submitted = fixture.submitted().await;
    let display_name = fixture.read(active).await.display_name;
    let called = |ids: &[OrganizationId]| -> BTreeMap<String, String> {
        ids.iter().map(|id| (name(*id), display_name.clone())).collect()
    };
    for (who, told) in [
        ("seeker", called(&[active, closed])),
        ("owner", called(&[active, closed, draft, submitted])),
    ] {
        let mut names: Vec<_> = [active, closed, draft, submitted, active].map(name).into();
        names.push(ABSENT.to_owned());
        let found = ask(&fixture, who, names).await.unwrap().into_inner();
        assert_eq!(found.organizations.len(), told.len(), "{found:?}");
        let mut zones = found.organizations.iter().map(|one| one.time_zone.as_str());
        assert!(zones.all(|zone| zone == "America/Detroit"), "{found:?}");
        let found = found.organizations.into_iter();
        let found: BTreeMap<_, _> = found.map(|one| (one.name, one.display_name)).collect();
        assert_eq!(found, told, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_that_can_be_none_is_told_at_once() {
    let fixture = Fixture::new().await;
    let asked = ["organizations/1", ABSENT, "trainings/2"].map(str::to_owned);
    let refused = ask(&fixture, "seeker", asked.into()).await;
    assert_eq!(fields(refused, R::InvalidRequest), ["names[0]", "names[2]"]);
    for count in [0, 51] {
        let refused = ask(&fixture, "seeker", vec![ABSENT.to_owned(); count]).await;
        assert_eq!(fields(refused, R::InvalidRequest), ["names"], "{count}");
    }
}
