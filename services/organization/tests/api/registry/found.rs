//! What is found, in which order, and what never is.

use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;

use super::named;
use crate::fixture::{Fixture, approve, licensed, name, owner};
use crate::programme_loads::programme;
use crate::refused::{fields, refused};

async fn town(fixture: &Fixture) {
    let rows = vec![
        named("DC630000001", "Sunshine Day Care", "Ann Arbor"),
        named("DC630000002", "Sunrise Child Care Center", "Detroit"),
        named("DC630000003", "Sunshine Day Care of Grand Rapids", "Grand Rapids"),
        named("GH810000004", "Mary O'Brien's Group Home", "Ann Arbor"),
        named("GH810000005", "Café Über Kinder", "Flint"),
    ];
    fixture.load(rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_name_and_city_find_in_any_order_and_typed_wrongly() {
    let fixture = Fixture::new().await;
    town(&fixture).await;
    for text in [
        "Sunshine Ann Arbor",
        "arbor, ann: SUNSHINE",
        "sunshin ann arbor",
        "sunhsine day ann arbr",
        "sunsh ann arb",
    ] {
        let found = fixture.names(text).await;
        assert_eq!(
            found.first().map(String::as_str),
            Some("Sunshine Day Care"),
            "{text}: {found:?}"
        );
    }
    assert_eq!(fixture.names("obrien").await.len(), 1);
    assert_eq!(fixture.names("O'Brien").await[0], "Mary O'Brien's Group Home");
    assert_eq!(fixture.names("kinder flint").await[0], "Café Über Kinder");
    assert_eq!(fixture.names("xyzzy plugh").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_come_first() {
    let fixture = Fixture::new().await;
    town(&fixture).await;
    let found = fixture.names("sunshine day care").await;
    assert_eq!(
        found[..2],
        ["Sunshine Day Care", "Sunshine Day Care of Grand Rapids"],
        "{found:?}"
    );
    // All words but one are better than nothing, and come after all of them.
    let found = fixture.names("sunshine grand rapids detroit").await;
    assert_eq!(found[0], "Sunshine Day Care of Grand Rapids", "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_number_finds_whole_or_its_beginning_or_its_end() {
    let fixture = Fixture::new().await;
    town(&fixture).await;
    for text in ["DC630000002", "dc-63 0000002", "0000002"] {
        let found = fixture.find(text).await;
        let numbers: Vec<_> = found.iter().map(|entry| entry.license_number.as_str()).collect();
        assert_eq!(numbers, ["DC630000002"], "{text}");
    }
    assert_eq!(fixture.find("gh81").await.len(), 2);
    let entry = fixture.entry("GH810000004").await;
    assert_eq!(entry.state(), pb::RegistryEntryState::Unregistered);
    assert_eq!(entry.r#type(), pb::ProgrammeType::DirectCare);
    assert_eq!(entry.license_status(), pb::LicenseStatus::Active);
    assert_eq!(entry.address.clone().unwrap().city, "Ann Arbor");
    assert_eq!(
        (
            entry.licensing_authority.as_str(),
            entry.organization_number.as_str()
        ),
        ("us-mi", "")
    );
    let request = pb::GetProgrammeRequest {
        name: entry.programme.clone(),
    };
    let read = fixture.registry("seeker").get_programme(request).await.unwrap();
    assert_eq!(read.into_inner().entry, Some(entry));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_approved_is_public_of_profiles() {
    let fixture = Fixture::new().await;
    let called = |name: &str, number: &str| pb::Organization {
        display_name: name.to_owned(),
        ..licensed("us-mi", number)
    };
    let draft = fixture.draft("owner", called("Moonlight Draft", "ML 1")).await;
    let approved = fixture.draft("owner", called("Moonlight Approved", "ML 2")).await;
    let waiting = fixture.draft("owner", called("Moonlight Waiting", "ML 3")).await;
    for id in [approved, waiting] {
        fixture.submit(id).await;
    }
    assert_eq!(fixture.names("moonlight").await, Vec::<String>::new());
    let mut staff = fixture.profiles(TestCaller::staff(approved));
    staff.approve_organization(approve(approved)).await.unwrap();
    let found = fixture.find("moonlight").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].state(), pb::RegistryEntryState::Registered);
    assert_eq!(
        found[0].organization_number,
        fixture.read(approved).await.organization_number
    );
    assert_eq!(found[0].organization, name(approved));
    assert_eq!(
        (found[0].programme.as_str(), found[0].address.clone()),
        ("", None)
    );
    for text in ["ML 1", "ML 3"] {
        assert!(
            fixture
                .find(text)
                .await
                .iter()
                .all(|entry| entry.license_number == "ML 2")
        );
    }
    // Under its new name.
    let renamed = pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization {
            name: name(approved),
            display_name: "Starlight".to_owned(),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
        request_id: String::new(),
    };
    fixture
        .profiles(owner(approved))
        .update_organization(renamed)
        .await
        .unwrap();
    assert_eq!(fixture.names("starlite").await, ["Starlight"]);
    assert_eq!(fixture.names("moonlight").await, Vec::<String>::new());
    let closed = "UPDATE organizations SET state = 'CLOSED' WHERE state = 'ACTIVE'";
    fixture.service.database.execute(closed).await;
    assert_eq!(fixture.names("starlight").await, Vec::<String>::new());
    assert_eq!(fixture.read(draft).await.state(), pb::OrganizationState::Draft);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_is_found_once_whoever_told_of_it() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", licensed("us-mi", "TW 1000")).await;
    fixture.submit(id).await;
    fixture.load(vec![programme("TW-1000")]).await;
    assert_eq!(
        fixture.entry("TW1000").await.state(),
        pb::RegistryEntryState::Unregistered
    );
    let mut staff = fixture.profiles(TestCaller::staff(id));
    staff.approve_organization(approve(id)).await.unwrap();
    let entry = fixture.entry("TW1000").await;
    assert_eq!(entry.state(), pb::RegistryEntryState::Registered);
    assert_eq!(
        entry.organization_number,
        fixture.read(id).await.organization_number
    );
    assert!(!entry.programme.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_comes_page_by_page_and_ends() {
    let fixture = Fixture::new().await;
    let rows = (0..230).map(|n| named(&format!("PG {n:05}"), &format!("Meadow House {n}"), "Troy"));
    fixture.load(rows.collect()).await;
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let request = pb::SearchRegistryRequest {
            text: "meadow".to_owned(),
            page_size: 30,
            page_token: token,
            types: Vec::new(),
        };
        let page = fixture
            .registry("seeker")
            .search_registry(request)
            .await
            .unwrap()
            .into_inner();
        assert!(page.entries.len() <= 30);
        seen.extend(page.entries.into_iter().map(|entry| entry.programme));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 200);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 200, "each once");
}

/// What comes meanwhile may stand before what was shown already: nothing is shown twice for that, and nothing is missed.
#[tokio::test(flavor = "multi_thread")]
async fn who_pages_sees_each_once_while_better_ones_come_and_others_go() {
    let fixture = Fixture::new().await;
    let rows = (0..40).map(|n| named(&format!("PG {n:05}"), &format!("Meadow House {n}"), "Troy"));
    fixture.load(rows.collect()).await;
    let (mut token, mut seen, mut turn) = (String::new(), Vec::new(), 0);
    loop {
        let request = pb::SearchRegistryRequest {
            text: "meadow".to_owned(),
            page_size: 7,
            page_token: token,
            types: Vec::new(),
        };
        let page = fixture.registry("seeker").search_registry(request).await;
        let page = page.unwrap().into_inner();
        seen.extend(page.entries.into_iter().map(|entry| entry.display_name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        turn += 1;
        let better = (0..3).map(|n| named(&format!("PX {turn}{n:04}"), "Meadow", "Troy"));
        let renamed = named(&format!("PG {turn:05}"), "Meadow", "Troy");
        fixture.load(better.chain([renamed]).collect()).await;
    }
    for number in 0..40 {
        let called = format!("Meadow House {number}");
        let times = seen.iter().filter(|name| **name == called).count();
        let stayed = !(1..=turn).contains(&number);
        assert!(times == 1 || !stayed && times == 0, "{called}: {times}");
    }
}

/// Of hundreds of approved profiles with a word, the one that no authority told of is not lost behind those that are told of.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_nobody_told_of_is_found_among_many_that_are() {
    let fixture = Fixture::new().await;
    let rows = (0..230).map(|n| named(&format!("PG {n:05}"), &format!("Meadow House {n}"), "Troy"));
    fixture.load(rows.collect()).await;
    let approved = "INSERT INTO organizations (organization_id, organization_number, owner_person_id, display_name,
                        licensing_authority, license_number_normalized, license_number_as_given, state, version,
                        create_time, submit_time, approve_time)
                    SELECT gen_random_uuid(), (10000000 + seen_row_number)::text, gen_random_uuid(), display_name,
                           licensing_authority, license_number_normalized, license_number_as_given, 'ACTIVE', 3,
                           create_time, create_time, create_time
                    FROM programmes";
    fixture.service.database.execute(approved).await;
    let by_hand = pb::Organization {
        display_name: "Meadow".to_owned(),
        ..licensed("us-mi", "BY HAND 1")
    };
    let id = fixture.draft("owner", by_hand).await;
    fixture.submit_and_approve(id).await;
    let found = fixture.find("meadow").await;
    assert_eq!(found[0].display_name, "Meadow");
    assert!(
        found
            .iter()
            .all(|entry| entry.state() == pb::RegistryEntryState::Registered)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_breaks_the_search() {
    let fixture = Fixture::new().await;
    town(&fixture).await;
    for text in [
        "sun'shine",
        "a:*&|!()",
        "100% _sun_",
        "\\' OR 1=1 --",
        "<-> <2>",
        "\u{202e}sun shine",
        "\u{1f600} sunshine",
        "ſunshine İ",
        "a b c d e f g h i j k l m n o p",
    ] {
        fixture.find(text).await;
    }
    let refused_text = async |text: &str| {
        let request = pb::SearchRegistryRequest {
            text: text.to_owned(),
            ..Default::default()
        };
        let answer = fixture.registry("seeker").search_registry(request).await;
        assert_eq!(fields(answer, R::InvalidRequest), ["text"], "{text}");
    };
    for text in [
        "",
        "x",
        "--",
        "\u{200b}\u{200b}\u{200b}",
        "sun\u{0}shine",
        &"x".repeat(101),
    ] {
        refused_text(text).await;
    }
    let absent = pb::GetProgrammeRequest {
        name: "programmes/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned(),
    };
    refused(
        fixture.registry("seeker").get_programme(absent).await,
        R::NotFound,
    );
}
