//! `PlaceEmployment`.

use muster_identity::Role;
use muster_ids::GroupName;
use muster_proto::employment::v1::{Employment, PlaceEmploymentRequest};
use muster_proto::organization::v1::DeactivateGroupRequest;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_refusal::{ErrorReason as R, fields_of, reason_of, violations_of};
use muster_testkit::{TestCaller, acts, eventually};
use prost_types::FieldMask;
use tonic::Status;

use crate::claim::at;
use crate::fixture::{Fixture, names};

impl Fixture {
    pub(crate) async fn place(&self, employment: Employment, paths: &[&str]) -> Result<Employment, Status> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let request = PlaceEmploymentRequest {
            employment: Some(employment),
            update_mask: Some(FieldMask { paths }),
            request_id: String::new(),
        };
        let placed = self.employments(self.admin()).place_employment(request).await?;
        Ok(placed.into_inner().employment.unwrap())
    }

    async fn place_into(&self, employment: &Employment, groups: &[GroupName]) -> Result<Employment, Status> {
        let employment = Employment {
            name: employment.name.clone(),
            groups: groups.iter().map(ToString::to_string).collect(),
            ..Default::default()
        };
        self.place(employment, &["groups"]).await
    }
}

/// Why it was not done.
#[track_caller]
fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> R {
    reason_of(&answer.unwrap_err()).unwrap()
}

fn sorted(mut groups: Vec<String>) -> Vec<String> {
    groups.sort();
    groups
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_changes_groups_and_location_and_everybody_hears_of_it_once() {
    let fixture = Fixture::start().await;
    let (one, two) = (fixture.new_group().await, fixture.new_group().await);
    let location = fixture.new_location().await.to_string();
    fixture.employ("learner-1", &[one]).await;
    let before = fixture.employment_of("learner-1").await;
    let published = fixture.published("employment.verified").await;
    let wanted = Employment {
        name: before.name.clone(),
        etag: before.etag.clone(),
        groups: vec![two.to_string(), one.to_string(), two.to_string()],
        location: location.clone(),
        ..Default::default()
    };
    let placed = fixture
        .place(wanted.clone(), &["groups", "location"])
        .await
        .unwrap();
    assert_eq!(sorted(placed.groups.clone()), Vec::from_iter(names(&[one, two])));
    assert_eq!(placed.location, location);
    assert_eq!(placed.state(), before.state());
    assert_ne!(placed.etag, before.etag);
    assert_eq!(fixture.published("employment.verified").await, published + 1);

    let stale = fixture.place(wanted.clone(), &["groups", "location"]).await;
    assert_eq!(reason(stale), R::EtagMismatch);
    let again = Employment {
        etag: String::new(),
        ..wanted
    };
    let again = fixture.place(again, &["groups", "location"]).await.unwrap();
    assert_eq!(again, placed, "as it is already");
    assert_eq!(fixture.published("employment.verified").await, published + 1);

    let placed = fixture.place_into(&placed, &[two]).await.unwrap();
    assert_eq!(
        (placed.groups, placed.location),
        (vec![two.to_string()], location)
    );
    let nowhere = Employment {
        name: before.name.clone(),
        groups: vec![one.to_string()],
        ..Default::default()
    };
    let placed = fixture.place(nowhere, &["location"]).await.unwrap();
    assert_eq!(
        (placed.groups.len(), placed.location.as_str()),
        (1, ""),
        "groups are not named"
    );
    let placed = fixture.place_into(&placed, &[]).await.unwrap();
    assert!(placed.groups.is_empty());
    assert_eq!(fixture.employment_of("learner-1").await, placed);
    let told = fixture
        .service
        .database
        .count(
            "SELECT count(*) FROM history_entries
             WHERE subject LIKE '%/groups/%' AND act = 'REMOVED' AND actor LIKE 'person:%'",
        )
        .await;
    assert_eq!(told, 2, "who took them out of which group is in the history");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_not_the_organizations_or_not_active_is_told_at_once() {
    let mut fixture = Fixture::start().await;
    let (here, closed) = (fixture.new_group().await, fixture.new_group().await);
    fixture.employ("learner-1", &[closed]).await;
    let employment = fixture.employment_of("learner-1").await;
    let organization = fixture.organization;
    let owner = TestCaller::member("owner", organization, Role::Owner);
    for group in [closed, here] {
        let request = DeactivateGroupRequest {
            name: group.to_string(),
            ..Default::default()
        };
        let mut groups = GroupServiceClient::new(fixture.organizations.calls_of(owner.clone()));
        groups.deactivate_group(request).await.unwrap();
    }
    fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
    let (foreign, place) = (fixture.new_group().await, fixture.new_location().await);
    fixture.organization = organization;
    let mine_by_their_name = GroupName {
        organization: foreign.organization,
        ..closed
    };
    let wanted = |groups: &[GroupName]| Employment {
        name: employment.name.clone(),
        groups: groups.iter().map(ToString::to_string).collect(),
        location: place.to_string(),
        ..Default::default()
    };
    let asked = [closed, here, foreign, mine_by_their_name];
    let refused = fixture
        .place(wanted(&asked), &["groups", "location"])
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(
        fields,
        [
            "employment.groups[2]",
            "employment.groups[3]",
            "employment.location"
        ]
    );
    assert_eq!(reason(Err::<(), _>(refused)), R::GroupUnknown);
    let refused = fixture
        .place(wanted(&[closed, here]), &["groups"])
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["employment.groups[1]"], "who is in a group stays in it");
    assert_eq!(reason(Err::<(), _>(refused)), R::GroupInactive);

    let many = vec![closed; 51];
    let refused = fixture
        .place(wanted(&many), &["groups", "start_date"])
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["update_mask.paths[1]", "employment.groups"]);
    assert_eq!(fixture.employment_of("learner-1").await, employment);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_placed_at_a_location_that_is_not_active_any_more_and_who_is_there_stays() {
    let fixture = Fixture::start().await;
    let location = fixture.new_location().await.to_string();
    let group = fixture.new_group().await;
    fixture.employ("learner-1", &[group]).await;
    fixture.employ("learner-2", &[group]).await;
    let there = async |who: &str| {
        let employment = Employment {
            name: fixture.employment_of(who).await.name,
            location: location.clone(),
            ..Default::default()
        };
        fixture.place(employment, &["location"]).await
    };
    let placed = there("learner-1").await.unwrap();
    let deactivated = "UPDATE locations SET state = 'INACTIVE'";
    fixture.organizations.database.execute(deactivated).await;
    let before = fixture.employment_of("learner-2").await;
    let refused = there("learner-2").await.unwrap_err();
    assert_eq!(violations_of(&refused)[0].0, "employment.location");
    assert_eq!(reason_of(&refused), Some(R::LocationInactive));
    assert_eq!(fixture.employment_of("learner-2").await, before);
    assert_eq!(
        there("learner-1").await.unwrap(),
        placed,
        "they are there already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_placed_while_it_waits_and_what_is_over_is_not() {
    let fixture = Fixture::start().await;
    let group = fixture.new_group().await;
    let claims = vec![at(fixture.organization_name())];
    let claimed = fixture
        .claim(TestCaller::person("learner-1"), claims)
        .await
        .unwrap();
    let placed = fixture.place_into(&claimed[0], &[group]).await.unwrap();
    assert_eq!(placed.state(), claimed[0].state());
    let verified = fixture.verify(&placed.name).await;
    assert_eq!(verified.groups, [group.to_string()]);
    fixture.end_on(&verified.name, "moved away", "").await.unwrap();
    eventually(async || {
        let over = fixture.place_into(&verified, &[]).await;
        reason(over) == R::EmploymentState
    })
    .await;
    let nobody = Employment {
        name: format!(
            "{}/employments/{}",
            fixture.organization_name(),
            fixture.service.clock.new_uuid()
        ),
        ..Default::default()
    };
    assert_eq!(reason(fixture.place_into(&nobody, &[group]).await), R::NotFound);
}
