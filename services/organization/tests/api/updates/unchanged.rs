//! What changes nothing is no change: the same etag, no event, nothing in the history. What may be left out is cleared, and cleared again.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use prost_types::Timestamp;

use super::places::{location, update_location};
use super::{mask, update_group, updated};
use crate::fixture::{Fixture, owner};
use crate::join_pages::{page, ready, update as update_page};
use crate::profile_users::{added, updating::update as update_user};
use crate::races::count;

/// How much is written down of an organization, and told of it.
async fn told(fixture: &Fixture, id: OrganizationId) -> [i64; 3] {
    let of = async |rows: &str| count(fixture, &format!("FROM {rows} WHERE organization_id = '{id}'")).await;
    [
        of("outbox").await,
        of("history_entries").await,
        of("staff_acts").await,
    ]
}

async fn update_profile(
    fixture: &Fixture,
    id: OrganizationId,
    profile: pb::Organization,
    paths: &[&str],
) -> pb::Organization {
    let request = pb::UpdateOrganizationRequest {
        organization: Some(profile),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let changed = fixture.profiles(owner(id)).update_organization(request).await;
    changed.unwrap().into_inner().organization.unwrap()
}

const EVERYBODYS: [&str; 3] = ["display_name", "language", "address"];
const OF_LICENSE: [&str; 3] = ["type", "licensing_authority", "license_number"];

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_with_the_values_that_it_has_stays_as_it_is() {
    let fixture = Fixture::new().await;
    let placed = pb::Organization {
        address: Some(pb::ProgrammeAddress {
            city: "Marquette".to_owned(),
            ..Default::default()
        }),
        ..fixture.profile()
    };
    let draft = fixture.draft("owner", placed).await;
    let all = [EVERYBODYS, OF_LICENSE].concat();
    for (id, paths) in [(draft, &all[..]), (fixture.active().await, &EVERYBODYS[..])] {
        let (before, stood) = (fixture.read(id).await, told(&fixture, id).await);
        assert_eq!(update_profile(&fixture, id, before.clone(), paths).await, before);
        assert_eq!(told(&fixture, id).await, stood);
    }
    // The address is all that may be left out.
    let bare = pb::Organization {
        address: None,
        ..fixture.read(draft).await
    };
    let cleared = update_profile(&fixture, draft, bare, &["address"]).await;
    assert_eq!(cleared.address, None);
    let stood = told(&fixture, draft).await;
    assert_eq!(
        update_profile(&fixture, draft, cleared.clone(), &["address"]).await,
        cleared
    );
    assert_eq!(told(&fixture, draft).await, stood);
}

#[tokio::test(flavor = "multi_thread")]
async fn places_with_the_values_that_they_have_stay_as_they_are() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let north = location(&fixture, id, "North").await;
    let training = fixture.taken(id).await;
    let group = fixture.group(id, "Teachers", vec![training]).await;
    let stood = told(&fixture, id).await;
    let same = update_location(&fixture, id, north.clone(), &["display_name"]).await;
    assert_eq!(same.unwrap().into_inner().location, Some(north));
    let paths = ["display_name", "trainings"];
    assert_eq!(
        updated(update_group(&fixture, id, group.clone(), &paths).await),
        group
    );
    assert_eq!(told(&fixture, id).await, stood);
    let bare = pb::Group {
        trainings: Vec::new(),
        ..group
    };
    let cleared = updated(update_group(&fixture, id, bare, &["trainings"]).await);
    assert!(cleared.trainings.is_empty());
    let stood = told(&fixture, id).await;
    assert_eq!(
        updated(update_group(&fixture, id, cleared.clone(), &["trainings"]).await),
        cleared
    );
    assert_eq!(told(&fixture, id).await, stood);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_user_with_the_values_that_they_have_stays_as_they_are() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let ada = added(&fixture, id, "ada", pb::Role::Viewer).await;
    let paths = ["role", "expire_time"];
    let until = fixture.service.clock.now().unix_timestamp() + 100 * 24 * 3600;
    let ending = pb::ProfileUser {
        expire_time: Some(Timestamp {
            seconds: until,
            nanos: 0,
        }),
        ..ada
    };
    let ending = update_user(&fixture, id, ending, &paths).await.unwrap();
    let stood = told(&fixture, id).await;
    assert_eq!(
        update_user(&fixture, id, ending.clone(), &paths).await.unwrap(),
        ending
    );
    assert_eq!(told(&fixture, id).await, stood);
    let open = pb::ProfileUser {
        expire_time: None,
        ..ending
    };
    let open = update_user(&fixture, id, open, &["expire_time"]).await.unwrap();
    assert_eq!(open.expire_time, None);
    let stood = told(&fixture, id).await;
    assert_eq!(
        update_user(&fixture, id, open.clone(), &paths).await.unwrap(),
        open
    );
    assert_eq!(told(&fixture, id).await, stood);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_page_with_the_values_that_it_has_stays_as_it_is() {
    let fixture = Fixture::new().await;
    let id = ready(&fixture).await;
    let paths = ["enabled", "slug", "allowed_domains"];
    let set = page(true, "sunrise", &["example.org", "*.dept.test"]);
    let set = update_page(&fixture, id, set, &paths).await.unwrap();
    let stood = told(&fixture, id).await;
    assert_eq!(update_page(&fixture, id, set.clone(), &paths).await.unwrap(), set);
    assert_eq!(told(&fixture, id).await, stood);
    let bare = pb::JoinPage {
        allowed_domains: Vec::new(),
        ..set
    };
    let cleared = update_page(&fixture, id, bare, &["allowed_domains"])
        .await
        .unwrap();
    assert!(cleared.allowed_domains.is_empty());
    let stood = told(&fixture, id).await;
    assert_eq!(
        update_page(&fixture, id, cleared.clone(), &paths).await.unwrap(),
        cleared
    );
    assert_eq!(told(&fixture, id).await, stood);
}
