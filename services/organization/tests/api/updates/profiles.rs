//! Profiles: what their state lets be changed.

use muster_ids::{OrganizationId, OrganizationName};
use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason, fields_of, reason_of};
use tonic::Status;

use super::mask;
use crate::fixture::{Fixture, name, owner};
use crate::refused::{fact, fields, refused};

async fn update_profile(
    fixture: &Fixture,
    id: OrganizationId,
    profile: pb::Organization,
    paths: &[&str],
) -> Result<pb::Organization, Status> {
    let request = pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization {
            name: name(id),
            ..profile
        }),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let answer = fixture.profiles(owner(id)).update_organization(request).await?;
    Ok(answer.into_inner().organization.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_changes_only_before_it_is_handed_in_and_a_name_after_it_too() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let moved = pb::Organization {
        display_name: "Moonlight Day Care".to_owned(),
        licensing_authority: "us-ny".to_owned(),
        license_number: "DC-77".to_owned(),
        ..Default::default()
    };
    let all = ["display_name", "licensing_authority", "license_number"];
    let draft = update_profile(&fixture, id, moved.clone(), &all).await.unwrap();
    assert_eq!(
        (
            draft.display_name.as_str(),
            draft.license_number.as_str(),
            draft.etag.as_str()
        ),
        ("Moonlight Day Care", "DC-77", "2")
    );
    let state = async |state: &str| {
        let statement =
            format!("UPDATE organizations SET state = '{state}', submit_time = now(), approve_time = now()");
        fixture.execute(statement).await;
    };
    for (stands, name_changes, license_changes) in [
        ("RETURNED", true, true),
        ("SUBMITTED", false, false),
        ("ACTIVE", true, false),
        ("SUSPENDED", true, false),
        ("REJECTED", false, false),
        ("CLOSED", false, false),
    ] {
        state(stands).await;
        let renamed = pb::Organization {
            display_name: format!("Day Care {stands}"),
            ..moved.clone()
        };
        let answer = update_profile(&fixture, id, renamed, &["display_name"]).await;
        assert_eq!(answer.is_ok(), name_changes, "{stands}: {answer:?}");
        let licensed = pb::Organization {
            license_number: format!("DC {}", stands.len()),
            ..moved.clone()
        };
        let answer = update_profile(&fixture, id, licensed, &["license_number"]).await;
        assert_eq!(answer.is_ok(), license_changes, "{stands}: {answer:?}");
        if let Err(status) = answer {
            assert_eq!(fact(&status, "state").as_deref(), Some(stands));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_profile_takes_no_number_of_an_approved_one() {
    let fixture = Fixture::new().await;
    let holder = fixture.active().await;
    let number = fixture.read(holder).await;
    let returned = fixture.submitted().await;
    let statement =
        format!("UPDATE organizations SET state = 'RETURNED' WHERE organization_id = '{returned}'");
    fixture.execute(statement).await;
    let theirs = pb::Organization {
        license_number: number.license_number,
        ..Default::default()
    };
    let status = update_profile(&fixture, returned, theirs, &["license_number"])
        .await
        .unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::LicenseNumberTaken));
    assert_eq!(
        fact(&status, "organization_number"),
        Some(number.organization_number)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_named_exactly() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let name = OrganizationName { organization: id }.to_string();
    let request = |name: String| pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization {
            name,
            display_name: "Moonlight".to_owned(),
            ..Default::default()
        }),
        update_mask: mask(&["display_name"]),
        request_id: String::new(),
    };
    let answer = fixture
        .profiles(owner(id))
        .update_organization(request(format!("{name}/groups/x")))
        .await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["organization.name"]);
    let answer = fixture
        .profiles(owner(id))
        .update_organization(request(format!("{name}/x/../y")))
        .await;
    refused(answer, ErrorReason::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_speaks_english_unless_it_says_otherwise() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let speaking = |language: &str| pb::Organization {
        language: language.to_owned(),
        ..Default::default()
    };
    let same = update_profile(&fixture, id, speaking("en"), &["language"])
        .await
        .unwrap();
    assert_eq!(
        (same.language.as_str(), same.etag.as_str()),
        ("en", "1"),
        "nothing changes"
    );
    let spanish = update_profile(&fixture, id, speaking("es"), &["language"])
        .await
        .unwrap();
    assert_eq!((spanish.language.as_str(), spanish.etag.as_str()), ("es", "2"));
    for wrong in ["", "de", "ES"] {
        let answer = update_profile(&fixture, id, speaking(wrong), &["language"]).await;
        let status = refused(answer, ErrorReason::InvalidRequest);
        let told = fields_of(&status);
        assert_eq!(told, ["organization.language"], "{wrong}");
    }
    let told = pb::Organization {
        language: "es".to_owned(),
        ..fixture.profile()
    };
    let id = fixture.draft("another", told).await;
    let request = pb::GetOrganizationRequest { name: name(id) };
    let made = fixture.profiles(owner(id)).get_organization(request).await;
    let made = made.unwrap().into_inner();
    assert_eq!(made.organization.unwrap().language, "es");
}
