//! Locations and trainings of the catalog that are deactivated, and what still uses them.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{ClaimEmploymentsRequest, EmploymentClaim};
use muster_proto::history::v1::HistoryEntry;
use muster_proto::invitation::v1::Invitation;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::join_page_service_client::JoinPageServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::{TestCaller, TestChannel, acts};
use prost_types::FieldMask;
use tonic::Status;

use crate::fixture::{Fixture, group, name, owner};
use crate::history::history;
use crate::refused::{fields, refused};

impl Fixture {
    fn locations(&self, who: TestCaller) -> LocationServiceClient<TestChannel> {
        LocationServiceClient::new(self.service.calls_of(who))
    }

    fn catalog(&self, who: TestCaller) -> CatalogServiceClient<TestChannel> {
        CatalogServiceClient::new(self.service.calls_of(who))
    }

    async fn deactivate_location(
        &self,
        id: OrganizationId,
        location: &str,
    ) -> Result<pb::DeactivateLocationResponse, Status> {
        let request = pb::DeactivateLocationRequest {
            name: location.to_owned(),
            request_id: String::new(),
        };
        let done = self.locations(owner(id)).deactivate_location(request).await?;
        Ok(done.into_inner())
    }

    async fn reactivate_location(&self, id: OrganizationId, location: &str) -> Result<pb::Location, Status> {
        let request = pb::ReactivateLocationRequest {
            name: location.to_owned(),
            request_id: String::new(),
        };
        let done = self.locations(owner(id)).reactivate_location(request).await?;
        Ok(done.into_inner().location.unwrap())
    }

    async fn deactivate_training(
        &self,
        id: OrganizationId,
        training: &str,
    ) -> Result<pb::DeactivateCatalogTrainingResponse, Status> {
        let request = pb::DeactivateCatalogTrainingRequest {
            name: own(id, training),
            request_id: String::new(),
        };
        let done = self
            .catalog(owner(id))
            .deactivate_catalog_training(request)
            .await?;
        Ok(done.into_inner())
    }

    async fn reactivate_training(
        &self,
        id: OrganizationId,
        training: &str,
    ) -> Result<pb::CatalogTraining, Status> {
        let request = pb::ReactivateCatalogTrainingRequest {
            name: own(id, training),
            request_id: String::new(),
        };
        let done = self
            .catalog(owner(id))
            .reactivate_catalog_training(request)
            .await?;
        Ok(done.into_inner().catalog_training.unwrap())
    }

    async fn require(
        &self,
        id: OrganizationId,
        group: &str,
        trainings: &[&String],
    ) -> Result<tonic::Response<pb::UpdateGroupResponse>, Status> {
        let request = pb::UpdateGroupRequest {
            group: Some(pb::Group {
                name: group.to_owned(),
                trainings: trainings.iter().map(|training| (*training).clone()).collect(),
                ..Default::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["trainings".to_owned()],
            }),
            request_id: String::new(),
        };
        self.groups(owner(id)).update_group(request).await
    }

    async fn read_group(&self, id: OrganizationId, group: &str) -> pb::Group {
        let request = pb::GetGroupRequest {
            name: group.to_owned(),
        };
        let read = self.groups(owner(id)).get_group(request).await.unwrap();
        read.into_inner().group.unwrap()
    }

    /// Of each event of the group its version, and what nobody is assigned by it anew.
    async fn told_inactive(&self, group: &str) -> Vec<(i64, Vec<String>)> {
        let events = self.service.outbox().events::<pb::GroupChangedEvent>().await;
        let events = events.into_iter().filter(|(_, event)| event.group == group);
        events
            .map(|(sequence, event)| (sequence, event.inactive_trainings))
            .collect()
    }
}

/// The training, as the catalog of the organization calls it.
fn own(id: OrganizationId, training: &str) -> String {
    format!(
        "{}/{}",
        name(id),
        training.replace("trainings/", "catalogTrainings/")
    )
}

/// What became of the state of this thing, oldest first.
fn states(entries: &[HistoryEntry], subject: &str) -> Vec<(Option<String>, Option<String>)> {
    let of = entries.iter().filter(|entry| entry.subject == subject);
    let changes = of.flat_map(|entry| entry.changes.iter().filter(|change| change.field == "state"));
    changes
        .map(|change| (change.before.clone(), change.after.clone()))
        .collect()
}

fn word(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_is_deactivated_and_activated_again_and_never_deleted() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let made = acts::make_location(&fixture.service, id, "North")
        .await
        .to_string();
    let inactive = fixture
        .deactivate_location(id, &made)
        .await
        .unwrap()
        .location
        .unwrap();
    assert_eq!(
        (inactive.state(), inactive.etag.as_str()),
        (pb::LocationState::Inactive, "2")
    );
    let again = fixture.deactivate_location(id, &made).await.unwrap();
    assert_eq!(again.location, Some(inactive.clone()), "nothing more happens");
    let get = pb::GetLocationRequest { name: made.clone() };
    let read = fixture.locations(owner(id)).get_location(get).await.unwrap();
    assert_eq!(
        read.into_inner().location,
        Some(inactive.clone()),
        "it stays readable"
    );
    let active = fixture.reactivate_location(id, &made).await.unwrap();
    assert_eq!(
        (active.state(), active.etag.as_str()),
        (pb::LocationState::Active, "3")
    );
    assert_eq!(fixture.reactivate_location(id, &made).await.unwrap(), active);
    let history = history(&fixture, id).await;
    let told = [
        (None, word("ACTIVE")),
        (word("ACTIVE"), word("INACTIVE")),
        (word("INACTIVE"), word("ACTIVE")),
    ];
    assert_eq!(states(&history, &made), told);

    let other = fixture.active().await;
    let theirs = made.replace(&name(id), &name(other));
    refused(fixture.deactivate_location(other, &theirs).await, R::NotFound);
    refused(fixture.reactivate_location(other, &theirs).await, R::NotFound);
    acts::close_organization(&fixture.service, id).await;
    refused(fixture.deactivate_location(id, &made).await, R::OrganizationState);
    refused(fixture.reactivate_location(id, &made).await, R::OrganizationState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_page_offers_active_locations_and_is_there_only_with_one() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.group(id, "Teachers", Vec::new()).await;
    let north = acts::make_location(&fixture.service, id, "North")
        .await
        .to_string();
    let south = acts::make_location(&fixture.service, id, "South")
        .await
        .to_string();
    let limits = pb::Limits {
        invitations_by_hand: 10,
        import_rows: 500,
        messages_per_day: 1_000,
    };
    acts::subscribe(&fixture.service, id, limits).await;
    let request = pb::UpdateJoinPageRequest {
        join_page: Some(pb::JoinPage {
            name: format!("{}/joinPage", name(id)),
            enabled: true,
            slug: "sunrise".to_owned(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["enabled".to_owned(), "slug".to_owned()],
        }),
        request_id: String::new(),
    };
    let mut pages = JoinPageServiceClient::new(fixture.service.calls_of(owner(id)));
    pages.update_join_page(request).await.unwrap();
    let offered = async || {
        let request = pb::LookupJoinPageRequest {
            slug: "sunrise".to_owned(),
        };
        let mut pages = JoinPageServiceClient::new(fixture.service.calls_of(TestCaller::person("ada")));
        let shown = pages.lookup_join_page(request).await?.into_inner();
        let names = shown.locations.into_iter().map(|choice| choice.display_name);
        Ok::<Vec<_>, Status>(names.collect())
    };
    assert_eq!(offered().await.unwrap(), ["North", "South"]);
    fixture.deactivate_location(id, &north).await.unwrap();
    assert_eq!(offered().await.unwrap(), ["South"]);
    fixture.deactivate_location(id, &south).await.unwrap();
    refused(offered().await, R::NotFound);
    let get = pb::GetJoinPageRequest {
        name: format!("{}/joinPage", name(id)),
    };
    let page = pages
        .get_join_page(get)
        .await
        .unwrap()
        .into_inner()
        .join_page
        .unwrap();
    assert!(page.enabled && !page.is_open);
    assert_eq!(page.missing, [i32::from(pb::JoinPageNeed::Location)]);
    fixture.reactivate_location(id, &north).await.unwrap();
    assert_eq!(offered().await.unwrap(), ["North"], "its settings were kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deactivated_says_who_still_uses_it() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let location = acts::make_location(&fixture.service, id, "North")
        .await
        .to_string();
    let teachers = fixture.group(id, "Teachers", Vec::new()).await.name;
    let nobody = fixture
        .deactivate_location(id, &location)
        .await
        .unwrap()
        .usage
        .unwrap();
    assert_eq!(
        (nobody.open_employments, nobody.live_invitations),
        (None, None),
        "nobody is there who could tell, and it is done all the same"
    );
    fixture.reactivate_location(id, &location).await.unwrap();

    let employment = fixture.neighbours().await;
    let invitations = fixture.invitation.get().unwrap();
    for who in ["ada", "grace"] {
        let request = ClaimEmploymentsRequest {
            parent: "persons/me".to_owned(),
            claims: vec![EmploymentClaim {
                organization: name(id),
                location: location.clone(),
                ..Default::default()
            }],
            request_id: String::new(),
        };
        let mut own = PersonEmploymentServiceClient::new(employment.calls_of(TestCaller::person(who)));
        own.claim_employments(request).await.unwrap();
    }
    for (address, location) in [("one@example.org", location.as_str()), ("two@example.org", "")] {
        let invitation = Invitation {
            address: address.to_owned(),
            groups: vec![teachers.clone()],
            location: location.to_owned(),
            ..Default::default()
        };
        let admin = TestCaller::member("admin", id, Role::Admin);
        acts::invite(invitations, admin, id, invitation).await;
    }
    let used = fixture
        .deactivate_location(id, &location)
        .await
        .unwrap()
        .usage
        .unwrap();
    assert_eq!((used.open_employments, used.live_invitations), (Some(2), Some(1)));
    let deactivate = pb::DeactivateGroupRequest {
        name: teachers.clone(),
        request_id: String::new(),
    };
    let used = fixture
        .groups(owner(id))
        .deactivate_group(deactivate.clone())
        .await;
    let used = used.unwrap().into_inner().usage.unwrap();
    assert_eq!((used.open_employments, used.live_invitations), (Some(0), Some(2)));
    let at_the_end = "UPDATE invitations SET expire_time = create_time";
    invitations.database.execute(at_the_end).await;
    let used = fixture.groups(owner(id)).deactivate_group(deactivate).await;
    let used = used.unwrap().into_inner().usage.unwrap();
    assert_eq!(
        used.live_invitations,
        Some(0),
        "who says it again hears what is so now"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_groups_that_require_a_training_say_that_it_is_not_assigned_any_more() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (one, other) = (fixture.taken(id).await, fixture.taken(id).await);
    let both = fixture.group(id, "Both", vec![one.clone(), other.clone()]).await;
    let alone = fixture.group(id, "Alone", vec![one.clone()]).await;
    let without = fixture.group(id, "Without", vec![other.clone()]).await;
    let done = fixture.deactivate_training(id, &one).await.unwrap();
    let inactive = done.catalog_training.unwrap();
    assert_eq!(
        (inactive.state(), inactive.etag.as_str()),
        (pb::CatalogTrainingState::Inactive, "2")
    );
    assert_eq!(
        done.groups,
        [alone.name.clone(), both.name.clone()],
        "by their names"
    );
    let again = fixture.deactivate_training(id, &one).await.unwrap();
    assert_eq!(
        (again.catalog_training, again.groups.len()),
        (Some(inactive.clone()), 2)
    );
    let told = fixture.read_group(id, &both.name).await;
    assert_eq!(
        (told.inactive_trainings, told.trainings.len()),
        (vec![one.clone()], 2)
    );
    assert_eq!(told.etag, "2", "who saw it before has not seen that");
    assert_eq!(fixture.read_group(id, &without.name).await, without);
    let events = vec![(2, vec![one.clone()])];
    assert_eq!(fixture.told_inactive(&both.name).await, events, "once");
    assert_eq!(fixture.told_inactive(&without.name).await, []);

    let get = pb::GetCatalogTrainingRequest { name: own(id, &one) };
    let read = fixture
        .catalog(owner(id))
        .get_catalog_training(get)
        .await
        .unwrap();
    assert_eq!(read.into_inner().catalog_training, Some(inactive.clone()));
    let request = pb::AddTrainingRequest {
        parent: name(id),
        training: one.clone(),
        request_id: String::new(),
    };
    let added = fixture.catalog(owner(id)).add_training(request).await.unwrap();
    assert_eq!(
        added.into_inner().catalog_training,
        Some(inactive),
        "to add it once more is no decision on it"
    );

    let active = fixture.reactivate_training(id, &one).await.unwrap();
    assert_eq!(active.state(), pb::CatalogTrainingState::Active);
    assert_eq!(fixture.reactivate_training(id, &one).await.unwrap(), active);
    assert_eq!(
        fixture.read_group(id, &both.name).await.inactive_trainings,
        Vec::<String>::new()
    );
    let events = [(2, vec![one.clone()]), (3, Vec::new())];
    assert_eq!(fixture.told_inactive(&both.name).await, events);
    let history = history(&fixture, id).await;
    let told = [
        (None, word("ACTIVE")),
        (word("ACTIVE"), word("INACTIVE")),
        (word("INACTIVE"), word("ACTIVE")),
    ];
    assert_eq!(states(&history, &own(id, &one)), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_group_comes_to_require_an_inactive_training_and_those_that_do_may_go_on() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (one, other) = (fixture.taken(id).await, fixture.taken(id).await);
    let holding = fixture.group(id, "Holding", vec![one.clone()]).await.name;
    let free = fixture.group(id, "Free", Vec::new()).await.name;
    fixture.deactivate_training(id, &one).await.unwrap();
    let new = group(id, "New", vec![other.clone(), one.clone()]);
    let answer = fixture.groups(owner(id)).create_group(new).await;
    assert_eq!(fields(answer, R::TrainingInactive), ["group.trainings[1]"]);
    let answer = fixture.require(id, &free, &[&one]).await;
    assert_eq!(fields(answer, R::TrainingInactive), ["group.trainings[0]"]);
    let kept = fixture.require(id, &holding, &[&other, &one]).await.unwrap();
    let kept = kept.into_inner().group.unwrap();
    assert_eq!(
        (kept.trainings.len(), kept.inactive_trainings),
        (2, vec![one.clone()])
    );
    let dropped = fixture.require(id, &holding, &[&other]).await.unwrap();
    let dropped = dropped.into_inner().group.unwrap();
    assert_eq!(dropped.inactive_trainings, Vec::<String>::new());
    let answer = fixture.require(id, &holding, &[&other, &one]).await;
    assert_eq!(
        fields(answer, R::TrainingInactive),
        ["group.trainings[1]"],
        "what it let go, it does not take back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_is_not_in_the_catalog_is_neither_deactivated_nor_read() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let theirs = fixture.taken(other).await;
    refused(fixture.deactivate_training(id, &theirs).await, R::NotFound);
    refused(fixture.reactivate_training(id, &theirs).await, R::NotFound);
    let get = pb::GetCatalogTrainingRequest {
        name: own(id, &theirs),
    };
    refused(
        fixture.catalog(owner(id)).get_catalog_training(get).await,
        R::NotFound,
    );
    let taken = fixture.taken(id).await;
    acts::close_organization(&fixture.service, id).await;
    refused(
        fixture.deactivate_training(id, &taken).await,
        R::OrganizationState,
    );
    refused(
        fixture.reactivate_training(id, &taken).await,
        R::OrganizationState,
    );
}
