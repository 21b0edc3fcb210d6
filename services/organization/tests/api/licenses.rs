//! Several may wait with one license number; one is approved.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason, violations_of};
use muster_testkit::{Callers, TestCaller};
use tonic::{Code, Status};

use crate::fixture::{Fixture, approve, licensed, name, owner, submit};
use crate::refused::{fact, fields, refused};

/// Drafts of so many people with one number, all handed in.
async fn waiting(fixture: &Fixture, count: usize, number: &str) -> Vec<OrganizationId> {
    let mut waiting = Vec::new();
    for person in 0..count {
        let claimant = format!("{}-{person}", number.replace(' ', "-"));
        let id = fixture.draft(&claimant, licensed("us-mi", number)).await;
        hand_in(fixture, id).await.unwrap();
        waiting.push(id);
    }
    waiting
}

async fn hand_in(fixture: &Fixture, id: OrganizationId) -> Result<pb::OrganizationState, Status> {
    let answer = fixture
        .profiles(owner(id))
        .submit_organization(submit(id))
        .await?;
    Ok(answer.into_inner().organization.unwrap().state())
}

async fn approved(fixture: &Fixture, id: OrganizationId) -> Result<pb::Organization, Status> {
    let mut staff = fixture.profiles(TestCaller::staff(id));
    let answer = staff.approve_organization(approve(id)).await?;
    Ok(answer.into_inner().organization.unwrap())
}

async fn claims(fixture: &Fixture, id: OrganizationId) -> Vec<(String, pb::OrganizationState)> {
    let request = pb::ListLicenseClaimsRequest {
        parent: name(id),
        ..Default::default()
    };
    let mut staff = fixture.profiles(TestCaller::staff(id));
    let listed = staff.list_license_claims(request).await.unwrap().into_inner();
    let shown = |profile: pb::Organization| (profile.name.clone(), profile.state());
    listed.organizations.into_iter().map(shown).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_hands_in_first_keeps_nobody_out() {
    let fixture = Fixture::new().await;
    let stranger = fixture
        .draft("outsider", licensed("us-mi", "DC-630 012345"))
        .await;
    let holder = fixture.draft("owner", licensed("us-mi", "dc630012345")).await;
    for id in [stranger, holder] {
        assert_eq!(
            hand_in(&fixture, id).await.unwrap(),
            pb::OrganizationState::Submitted
        );
    }
    assert_eq!(
        approved(&fixture, holder).await.unwrap().state(),
        pb::OrganizationState::Active
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_profile_keeps_its_number_and_is_pointed_to() {
    let fixture = Fixture::new().await;
    let holder = fixture.draft("owner", licensed("us-mi", "DC 1")).await;
    hand_in(&fixture, holder).await.unwrap();
    let number = approved(&fixture, holder).await.unwrap().organization_number;
    let second = fixture.draft("outsider", licensed("us-mi", "dc1")).await;
    let status = fixture
        .profiles(owner(second))
        .submit_organization(submit(second))
        .await;
    let status = refused(status, ErrorReason::LicenseNumberTaken);
    assert_eq!(status.code(), Code::AlreadyExists);
    assert_eq!(fact(&status, "organization_number"), Some(number.clone()));
    assert_eq!(fact(&status, "next_step").as_deref(), Some("request_access"));
    assert!(status.message().contains(&number), "{}", status.message());
    assert_eq!(fixture.read(second).await.state(), pb::OrganizationState::Draft);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_see_all_who_claim_a_number_beside_each_other() {
    let fixture = Fixture::new().await;
    let all = waiting(&fixture, 3, "DC 1").await;
    let other = waiting(&fixture, 1, "DC 2").await;
    let draft = fixture.draft("idle", licensed("us-mi", "DC 1")).await;
    let expected: Vec<_> = all
        .iter()
        .map(|id| (name(*id), pb::OrganizationState::Submitted))
        .collect();
    for asked in [all[1], draft] {
        assert_eq!(claims(&fixture, asked).await, expected);
    }
    assert_eq!(claims(&fixture, other[0]).await.len(), 1);
    approved(&fixture, all[1]).await.unwrap();
    let decided = [(name(all[1]), pb::OrganizationState::Active)];
    assert_eq!(claims(&fixture, all[0]).await, decided);
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_one_gives_the_others_back_and_says_why_to_them_and_in_the_audit() {
    let fixture = Fixture::new().await;
    let all = waiting(&fixture, 3, "DC 1").await;
    let elsewhere = waiting(&fixture, 1, "DC 2").await[0];
    approved(&fixture, all[0]).await.unwrap();
    for id in &all[1..] {
        let returned = fixture.read(*id).await;
        assert_eq!(returned.state(), pb::OrganizationState::Returned);
        let why: Vec<_> = returned.return_reasons().collect();
        assert_eq!(why, [pb::OrganizationReturnReason::LicenseNumberTaken]);
    }
    assert_eq!(
        fixture.read(elsewhere).await.state(),
        pb::OrganizationState::Submitted
    );
    let acts = "SELECT count(*) FROM staff_acts WHERE act = 'RETURN_ORGANIZATION'
                AND reason = 'license checked with the state' AND actor LIKE 'person:%'";
    assert_eq!(fixture.service.database.count(acts).await, 2);
    let refusal = refused(hand_in(&fixture, all[1]).await, ErrorReason::LicenseNumberTaken);
    assert_eq!(fact(&refusal, "next_step").as_deref(), Some("request_access"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_back_is_handed_in_again_with_another_number_and_keeps_its_name_changeable() {
    let fixture = Fixture::new().await;
    let all = waiting(&fixture, 2, "DC 1").await;
    approved(&fixture, all[0]).await.unwrap();
    let change = |profile: pb::Organization, path: &str| pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization {
            name: name(all[1]),
            ..profile
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec![path.to_owned()],
        }),
        request_id: String::new(),
    };
    let mut profiles = fixture.profiles(owner(all[1]));
    for (profile, path) in [
        (licensed("us-mi", "DC 1"), "display_name"),
        (licensed("us-mi", "DC 2"), "license_number"),
    ] {
        let profile = pb::Organization {
            display_name: format!("Changed by {}", path.replace('_', " ")),
            ..profile
        };
        profiles.update_organization(change(profile, path)).await.unwrap();
    }
    hand_in(&fixture, all[1]).await.unwrap();
    assert!(fixture.read(all[1]).await.return_reasons.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_authority_has_its_own_numbers() {
    let fixture = Fixture::new().await;
    for authority in ["us-mi", "us-ny"] {
        let id = fixture.draft("owner", licensed(authority, "DC 1")).await;
        hand_in(&fixture, id).await.unwrap();
        approved(&fixture, id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_held_until_the_approved_profile_is_closed() {
    let fixture = Fixture::new().await;
    let holder = waiting(&fixture, 1, "DC 1").await[0];
    let second = fixture.draft("outsider", licensed("us-mi", "DC 1")).await;
    approved(&fixture, holder).await.unwrap();
    let suspended = "UPDATE organizations SET state = 'SUSPENDED' WHERE state = 'ACTIVE'";
    fixture.service.database.execute(suspended).await;
    assert!(hand_in(&fixture, second).await.is_err());
    let closed = "UPDATE organizations SET state = 'CLOSED' WHERE state = 'SUSPENDED'";
    fixture.service.database.execute(closed).await;
    hand_in(&fixture, second).await.unwrap();
    approved(&fixture, second).await.unwrap();
}

/// Fifty numbers, each claimed by sixteen who are all approved at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_approved_at_once_with_one_number_one_wins_and_the_others_are_given_back() {
    let fixture = Fixture::new().await;
    for round in 0..50 {
        let all = waiting(&fixture, 16, &format!("RACE {round}")).await;
        let answers = futures::future::join_all(all.iter().map(|id| approved(&fixture, *id))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "round {round}");
        for answer in lost {
            refused(answer, ErrorReason::LicenseNumberTaken);
        }
    }
    let count = async |state: &str| {
        let sql = format!("SELECT count(*) FROM organizations WHERE state = '{state}'");
        let mut connection = fixture.service.database.connection().await;
        let counted = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql));
        counted.fetch_one(&mut connection).await.unwrap()
    };
    assert_eq!(
        (
            count("ACTIVE").await,
            count("RETURNED").await,
            count("SUBMITTED").await
        ),
        (50, 750, 0)
    );
    let events = "SELECT count(*) FROM outbox WHERE event_type = 'organization.approved'";
    assert_eq!(fixture.service.database.count(events).await, 50);
}

/// Whoever is handed in while another is approved is either given back with the others, or refused: nobody waits with a
/// number that is taken.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_handed_in_behind_the_back_of_an_approval() {
    let fixture = Fixture::new().await;
    for round in 0..50 {
        let number = format!("BACK {round}");
        let first = waiting(&fixture, 1, &number).await[0];
        let late = fixture
            .draft(&format!("late-{round}"), licensed("us-mi", &number))
            .await;
        let (approval, submission) = tokio::join!(approved(&fixture, first), hand_in(&fixture, late));
        approval.unwrap();
        let state = fixture.read(late).await.state();
        match submission {
            Ok(_) => assert_eq!(state, pb::OrganizationState::Returned, "round {round}"),
            Err(status) => {
                refused(Err::<(), _>(status), ErrorReason::LicenseNumberTaken);
                assert_eq!(state, pb::OrganizationState::Draft, "round {round}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_the_same_with_and_without_the_zeros_of_an_authority_that_pads() {
    let fixture = Fixture::new().await;
    let holder = fixture.draft("owner", licensed("us-ny", "DC-0012")).await;
    let second = fixture.draft("outsider", licensed("us-ny", "DC-12")).await;
    hand_in(&fixture, holder).await.unwrap();
    approved(&fixture, holder).await.unwrap();
    let answer = fixture
        .profiles(owner(second))
        .submit_organization(submit(second))
        .await;
    refused(answer, ErrorReason::LicenseNumberTaken);
    assert_eq!(
        fixture.read(second).await.license_number,
        "DC-12",
        "shown as given"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_hands_nothing_in() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let mut person = Callers::person("owner");
    person.emails.clear();
    let answer = fixture
        .profiles(TestCaller::Person(person, Some((id, Some(Role::Owner)))))
        .submit_organization(submit(id))
        .await;
    refused(answer, ErrorReason::AddressUnknown);
    assert_eq!(fixture.read(id).await.state(), pb::OrganizationState::Draft);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_not_written_as_its_authority_writes_them_is_refused_by_its_field_and_nothing_is_stored()
 {
    let fixture = Fixture::new().await;
    let mut profiles = fixture.profiles(TestCaller::person("owner"));
    let mut create = async |number: &str| {
        let request = pb::CreateOrganizationRequest {
            organization: Some(licensed("us-ny", number)),
            request_id: String::new(),
        };
        profiles.create_organization(request).await
    };
    for number in ["DC 12345", "D 12", "DC-1-X"] {
        let status = refused(create(number).await, ErrorReason::InvalidRequest);
        let violations = violations_of(&status);
        let [(field, said)] = violations.as_slice() else {
            panic!("{violations:?}")
        };
        assert_eq!(field, "organization.license_number", "{number}");
        assert!(
            said.contains("a number of us-ny: 2 letters and 4 digits, or 4 digits"),
            "{said}"
        );
    }
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM organizations")
            .await,
        0
    );
    create("dc 12").await.unwrap();

    // Nor is a number moved to an authority that has no such numbers.
    let id = fixture.draft("other", licensed("us-mi", "QX-99-Z")).await;
    let request = pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization {
            name: name(id),
            ..licensed("us-ny", "")
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["licensing_authority".to_owned()],
        }),
        request_id: String::new(),
    };
    let status = fixture.profiles(owner(id)).update_organization(request).await;
    assert_eq!(
        fields(status, ErrorReason::InvalidRequest),
        ["organization.license_number"]
    );
    assert_eq!(fixture.read(id).await.licensing_authority, "us-mi");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_pasted_with_other_dashes_and_spaces_is_the_same() {
    let fixture = Fixture::new().await;
    let pasted = fixture
        .draft("owner", licensed("us-mi", "DC\u{2013}630\u{a0}012345"))
        .await;
    let typed = fixture
        .draft("outsider", licensed("us-mi", "DC-630 012345"))
        .await;
    for id in [pasted, typed] {
        hand_in(&fixture, id).await.unwrap();
    }
    assert_eq!(claims(&fixture, typed).await.len(), 2);
}
