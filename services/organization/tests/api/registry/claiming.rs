//! A programme is claimed by one at a time, and its profile is as the authority tells.

use muster_ids::OrganizationId;
use muster_proto::history::v1::HistoryEntry;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::{Code, Status};

use crate::fixture::{Fixture, approve, id_of, licensed, name, owner, submit};
use crate::history::page;
use crate::programme_loads::programme;
use crate::refused::{fact, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_makes_a_draft_with_what_the_authority_tells() {
    let fixture = Fixture::new().await;
    let (programme, id) = fixture.claimed("CL-1000").await;
    let profile = fixture.read(id).await;
    assert_eq!(profile.state(), pb::OrganizationState::Draft);
    assert_eq!(profile.display_name, "Sunshine CL-1000");
    assert_eq!(
        (
            profile.licensing_authority.as_str(),
            profile.license_number.as_str()
        ),
        ("us-mi", "CL-1000")
    );
    assert_eq!(profile.programme, programme);
    assert!(profile.owner.starts_with("persons/"));
    let entry = fixture.entry("CL1000").await;
    assert_eq!(entry.state(), pb::RegistryEntryState::Claimed);
    assert_eq!(
        (entry.organization_number.as_str(), entry.organization.as_str()),
        ("", ""),
        "nobody's to know before it is approved"
    );
    // It goes its way like any other.
    fixture.submit_and_approve(id).await;
    let entry = fixture.entry("CL1000").await;
    assert_eq!(entry.state(), pb::RegistryEntryState::Registered);
    assert_eq!(entry.organization_number, profile.organization_number);
    assert_eq!(
        entry.organization,
        name(id),
        "by which people say that they work there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_who_claims_is_refused_and_pointed_on() {
    let fixture = Fixture::new().await;
    let (programme, id) = fixture.claimed("CL 1").await;
    let own = fixture.claim("owner", &programme).await.unwrap();
    assert_eq!(
        id_of(&own),
        id,
        "who claims again is answered with what they have"
    );

    let status = refused(fixture.claim("outsider", &programme).await, R::ProgrammeClaimed);
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(fact(&status, "next_step").as_deref(), Some("create_organization"));
    assert_eq!(fact(&status, "organization_number"), None);

    fixture.submit_and_approve(id).await;
    let status = refused(fixture.claim("outsider", &programme).await, R::LicenseNumberTaken);
    assert_eq!(status.code(), Code::AlreadyExists);
    assert_eq!(fact(&status, "next_step").as_deref(), Some("request_access"));
    let number = fixture.read(id).await.organization_number;
    assert_eq!(fact(&status, "organization_number"), Some(number));
}

/// Who has written the profile by hand has it already.
#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_number_by_a_profile_of_their_own_is_answered_with_that() {
    let fixture = Fixture::new().await;
    let own = fixture.draft("owner", licensed("us-mi", "CL 1")).await;
    let submitted = fixture
        .profiles(owner(own))
        .submit_organization(submit(own))
        .await;
    submitted.unwrap();
    let mut staff = fixture.profiles(TestCaller::staff(own));
    staff.approve_organization(approve(own)).await.unwrap();
    fixture.load(vec![programme("CL 1")]).await;
    let programme = fixture.entry("CL1").await.programme;
    let claimed = fixture.claim("owner", &programme).await.unwrap();
    assert_eq!(claimed, fixture.read(own).await);
    refused(fixture.claim("outsider", &programme).await, R::LicenseNumberTaken);
    let profiles = "SELECT count(*) FROM organizations";
    assert_eq!(fixture.service.database.count(profiles).await, 1);
}

/// A claim keeps nobody out who holds the license: staff see both, and decide.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_claims_first_keeps_nobody_out() {
    let fixture = Fixture::new().await;
    let (_, stranger) = fixture.claimed("CL 1").await;
    let holder = fixture.draft("holder", licensed("us-mi", "CL 1")).await;
    for id in [stranger, holder] {
        fixture.submit(id).await;
    }
    let mut staff = fixture.profiles(TestCaller::staff(holder));
    staff.approve_organization(approve(holder)).await.unwrap();
    assert_eq!(
        fixture.read(stranger).await.state(),
        pb::OrganizationState::Returned
    );
    let entry = fixture.entry("CL1").await;
    assert_eq!(
        entry.organization_number,
        fixture.read(holder).await.organization_number
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_claim_lets_go() {
    let fixture = Fixture::new().await;
    let (programme, id) = fixture.claimed("CL 1").await;
    fixture.submit(id).await;
    fixture.reject(id).await.unwrap();
    assert_eq!(
        fixture.entry("CL1").await.state(),
        pb::RegistryEntryState::Unregistered
    );
    let next = fixture.claim("outsider", &programme).await.unwrap();
    assert_ne!(id_of(&next), id);
    assert_eq!(next.state(), pb::OrganizationState::Draft);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_license_are_the_authoritys_and_follow_it() {
    let fixture = Fixture::new().await;
    let (_, id) = fixture.claimed("CL 1").await;
    let change = async |profile: pb::Organization, path: &str| -> Result<pb::Organization, Status> {
        let request = pb::UpdateOrganizationRequest {
            organization: Some(pb::Organization {
                name: name(id),
                ..profile
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec![path.to_owned()],
            }),
            request_id: String::new(),
        };
        let changed = fixture.profiles(owner(id)).update_organization(request).await?;
        Ok(changed.into_inner().organization.unwrap())
    };
    let other = pb::Organization {
        display_name: "Moonlight".to_owned(),
        ..licensed("us-ny", "CL 2")
    };
    for path in ["display_name", "licensing_authority", "license_number"] {
        let status = refused(change(other.clone(), path).await, R::ProgrammeReadOnly);
        assert_eq!(status.code(), Code::FailedPrecondition, "{path}");
    }
    let before = fixture.read(id).await;
    let same = change(before.clone(), "display_name").await.unwrap();
    assert_eq!(same, before);

    let mut row = programme("CL 1");
    row.display_name = "Sunshine and Sons".to_owned();
    fixture.load(vec![row]).await;
    let followed = fixture.read(id).await;
    assert_eq!(followed.display_name, "Sunshine and Sons");
    assert_ne!(followed.etag, before.etag);
    // A profile that was written by hand keeps its own name.
    let by_hand = fixture.draft("holder", licensed("us-mi", "CL 1")).await;
    fixture.load(vec![programme("CL 1")]).await;
    assert_eq!(fixture.read(by_hand).await.display_name, "Sunshine Day Care");
    assert_eq!(fixture.read(id).await.display_name, "Sunshine CL 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_a_profile_that_waits() {
    let fixture = Fixture::new().await;
    fixture
        .load((0..6).map(|n| programme(&format!("CL 100{n}"))).collect())
        .await;
    for n in 0..5 {
        let programme = fixture.entry(&format!("CL100{n}")).await.programme;
        fixture.claim("owner", &programme).await.unwrap();
    }
    let sixth = fixture.entry("CL1005").await.programme;
    refused(fixture.claim("owner", &sixth).await, R::TooManyProfiles);
    let absent = "programmes/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";
    refused(fixture.claim("owner", absent).await, R::NotFound);
    refused(fixture.claim("owner", "programmes/1").await, R::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_claim_at_once_one_wins() {
    let fixture = Fixture::new().await;
    for round in 0..25 {
        let number = format!("RACE {round:04}");
        fixture.load(vec![programme(&number)]).await;
        let programme = fixture.entry(&number).await.programme;
        let people: Vec<_> = (0..16).map(|n| format!("racer-{round}-{n}")).collect();
        let claims = people.iter().map(|who| fixture.claim(who, &programme));
        let answers = futures::future::join_all(claims).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "round {round}");
        for answer in lost {
            refused(answer, R::ProgrammeClaimed);
        }
    }
    let profiles = "SELECT count(*) FROM organizations WHERE programme_id IS NOT NULL";
    assert_eq!(fixture.service.database.count(profiles).await, 25);
}

/// A claim, a rejection of it and another claim at once: never two profiles of one programme.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_races_a_rejection_is_made_after_it_or_refused() {
    let fixture = Fixture::new().await;
    for round in 0..20 {
        let (programme, id) = fixture.claimed(&format!("RR {round:05}")).await;
        fixture.submit(id).await;
        let who = format!("next-{round}");
        let (rejected, next) = tokio::join!(fixture.reject(id), fixture.claim(&who, &programme));
        rejected.unwrap();
        if let Err(status) = next {
            refused(Err::<(), _>(status), R::ProgrammeClaimed);
        }
    }
    let open = "SELECT count(*) - count(DISTINCT programme_id) FROM organizations
                WHERE programme_id IS NOT NULL AND state NOT IN ('REJECTED', 'CLOSED')";
    assert_eq!(fixture.service.database.count(open).await, 0);
}

/// What somebody reads of the history of a profile.
async fn history_of(fixture: &Fixture, who: TestCaller, id: OrganizationId) -> Vec<HistoryEntry> {
    page(fixture, who, id, (0, "")).await.history_entries
}

/// A programme is claimed again after staff rejected a claim (R18): each claim is a profile under the programme's name, whose history its
/// own owner reads from their claim on and staff read of both; of who claimed before, the later one says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_programme_goes_on_claim_by_claim_and_a_later_owner_reads_their_own() {
    let fixture = Fixture::new().await;
    let (programme, first) = fixture.claimed("CL 18").await;
    fixture.submit(first).await;
    fixture.reject(first).await.unwrap();
    let second = id_of(&fixture.claim("second", &programme).await.unwrap());
    assert_ne!(second, first);
    let claimants = [fixture.read(first).await.owner, fixture.read(second).await.owner];
    for (id, is_rejected) in [(first, true), (second, false)] {
        let [own, staffs] = [
            history_of(&fixture, owner(id), id).await,
            history_of(&fixture, TestCaller::staff(id), id).await,
        ];
        assert_eq!(own.len(), staffs.len());
        let after = |field: &str| -> Vec<String> {
            let changes = staffs.iter().flat_map(|entry| &entry.changes);
            let of_field = changes.filter(|change| change.field == field);
            of_field.filter_map(|change| change.after.clone()).collect()
        };
        let id_of_programme = programme.trim_start_matches("programmes/");
        assert!(
            after("programme")
                .iter()
                .any(|told| told.ends_with(id_of_programme)),
            "{staffs:?}"
        );
        assert_eq!(after("state").contains(&"REJECTED".to_owned()), is_rejected);
    }
    let told = format!("{:?}", history_of(&fixture, owner(second), second).await);
    let person = |name: &str| name.trim_start_matches("persons/").to_owned();
    assert!(
        !told.contains(&person(&claimants[0])) && told.contains(&person(&claimants[1])),
        "{told}"
    );
}
