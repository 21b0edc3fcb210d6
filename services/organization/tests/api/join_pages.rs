//! Join pages: settings, and what they show to anybody.

use muster_clock::Clock;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_proto::organization::v1::join_page_service_client::JoinPageServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::{Callers, TestCaller, TestSuite, acts};
use prost_types::FieldMask;
use time::Duration;
use time::macros::datetime;
use tonic::Status;

use crate::fixture::{Fixture, name, owner};
use crate::refused::{fact, fields, refused};

/// An organization with everything that a page needs.
pub(crate) async fn ready(fixture: &Fixture) -> OrganizationId {
    let id = fixture.active().await;
    fixture.group(id, "Teachers", Vec::new()).await;
    acts::make_location(&fixture.service, id, "Main street").await;
    subscribe(fixture, id).await;
    id
}

/// One whose page is there, and its slug.
pub(crate) async fn opened(fixture: &Fixture) -> (OrganizationId, String) {
    let id = ready(fixture).await;
    let set = update(fixture, id, page(true, "sunrise", &[]), &["enabled", "slug"]).await;
    (id, set.unwrap().slug)
}

async fn subscribe(fixture: &Fixture, id: OrganizationId) {
    let limits = pb::Limits {
        invitations_by_hand: 10,
        import_rows: 500,
        messages_per_day: 1_000,
    };
    acts::subscribe(&fixture.service, id, limits).await;
}

pub(crate) fn page(enabled: bool, slug: &str, allowed: &[&str]) -> pb::JoinPage {
    pb::JoinPage {
        enabled,
        slug: slug.to_owned(),
        allowed_domains: allowed.iter().map(|text| (*text).to_owned()).collect(),
        ..Default::default()
    }
}

pub(crate) async fn update(
    fixture: &Fixture,
    id: OrganizationId,
    page: pb::JoinPage,
    mask: &[&str],
) -> Result<pb::JoinPage, Status> {
    let request = pb::UpdateJoinPageRequest {
        join_page: Some(pb::JoinPage {
            name: format!("{}/joinPage", name(id)),
            ..page
        }),
        update_mask: Some(FieldMask {
            paths: mask.iter().map(|path| (*path).to_owned()).collect(),
        }),
        request_id: String::new(),
    };
    let mut client = JoinPageServiceClient::new(fixture.service.calls_of(owner(id)));
    Ok(client
        .update_join_page(request)
        .await?
        .into_inner()
        .join_page
        .unwrap())
}

pub(crate) async fn get(fixture: &Fixture, id: OrganizationId) -> pb::JoinPage {
    let request = pb::GetJoinPageRequest {
        name: format!("{}/joinPage", name(id)),
    };
    let mut client = JoinPageServiceClient::new(fixture.service.calls_of(owner(id)));
    client
        .get_join_page(request)
        .await
        .unwrap()
        .into_inner()
        .join_page
        .unwrap()
}

async fn lookup(fixture: &Fixture, slug: &str) -> Result<pb::LookupJoinPageResponse, Status> {
    let request = pb::LookupJoinPageRequest {
        slug: slug.to_owned(),
    };
    let mut client = JoinPageServiceClient::new(fixture.service.calls_of(TestCaller::Anonymous));
    Ok(client.lookup_join_page(request).await?.into_inner())
}

async fn open(fixture: &Fixture, slug: &str) -> Result<pb::GetOpenJoinPageResponse, Status> {
    let request = pb::GetOpenJoinPageRequest {
        slug: slug.to_owned(),
        organization: String::new(),
    };
    let caller = fixture.service.calls_of(TestCaller::Workload("invitation"));
    let mut client = InvitingInternalServiceClient::new(caller);
    Ok(client.get_open_join_page(request).await?.into_inner())
}

const ALL: [&str; 3] = ["enabled", "slug", "allowed_domains"];

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_tell_the_link_to_pass_on_and_what_to_know_before() {
    let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
    let suite = TestSuite::new(clock).await;
    let told = [("--public-url", "https://muster.example.org/")];
    let fixture = Fixture::in_suite_with(suite, &told).await;
    let id = ready(&fixture).await;
    let unset = get(&fixture, id).await;
    assert_eq!((unset.url.as_str(), unset.path.as_str()), ("", ""));
    assert!(unset.caution.contains("Anyone with the link can use this page"));
    let set = update(&fixture, id, page(false, "sunrise", &[]), &ALL)
        .await
        .unwrap();
    assert_eq!(set.url, "https://muster.example.org/join/sunrise");
    assert_eq!(get(&fixture, id).await, set);
    let restricted = page(false, "sunrise", &["example.org", "*.dept.test"]);
    let set = update(&fixture, id, restricted, &ALL).await.unwrap();
    assert!(
        set.caution.contains("an address of example.org, *.dept.test"),
        "{}",
        set.caution
    );
    let spanish = "UPDATE organizations SET language = 'es'";
    fixture.service.database.execute(spanish).await;
    let spanish = get(&fixture, id).await;
    assert!(
        spanish.caution.contains("Este enlace es público"),
        "{}",
        spanish.caution
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_what_can_be_chosen_once_it_is_enabled() {
    let fixture = Fixture::new().await;
    let id = ready(&fixture).await;
    let unset = get(&fixture, id).await;
    assert!(!unset.enabled && unset.slug.is_empty() && !unset.is_open);
    assert_eq!(unset.missing, [i32::from(pb::JoinPageNeed::Slug)]);
    let set = page(
        false,
        "sunrise",
        &["Example.ORG", "*.dept.test", "example.org", "bücher.example"],
    );
    let set = update(&fixture, id, set, &ALL).await.unwrap();
    assert_eq!(
        set.allowed_domains,
        ["example.org", "*.dept.test", "xn--bcher-kva.example"]
    );
    assert_eq!(set.path, "/join/sunrise");
    refused(lookup(&fixture, "sunrise").await, R::NotFound);
    let on = update(&fixture, id, page(true, "", &[]), &["enabled"])
        .await
        .unwrap();
    assert!(on.is_open && on.missing.is_empty());
    assert_ne!(on.etag, set.etag);
    let shown = lookup(&fixture, "sunrise").await.unwrap();
    let names = |choices: &[pb::JoinPageChoice]| -> Vec<String> {
        choices.iter().map(|choice| choice.display_name.clone()).collect()
    };
    assert_eq!(names(&shown.groups), ["Teachers"]);
    assert_eq!(names(&shown.locations), ["Main street"]);
    let opened = open(&fixture, "sunrise").await.unwrap();
    assert_eq!(opened.organization, name(id));
    assert_eq!(
        opened.enabled_by,
        format!("persons/{}", Callers::person("owner").id)
    );
    assert_eq!(opened.allowed_domains, on.allowed_domains);
    update(&fixture, id, page(false, "", &[]), &["enabled"])
        .await
        .unwrap();
    refused(lookup(&fixture, "sunrise").await, R::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_enabled_only_with_all_that_it_needs() {
    let fixture = Fixture::new().await;
    let draft = fixture.draft("owner", fixture.profile()).await;
    let status = refused(
        update(&fixture, draft, page(true, "first", &[]), &ALL).await,
        R::OrganizationState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("DRAFT"));
    let id = fixture.active().await;
    refused(
        update(&fixture, id, page(true, "first", &[]), &ALL).await,
        R::SubscriptionRequired,
    );
    subscribe(&fixture, id).await;
    let status = refused(
        update(&fixture, id, page(true, "", &[]), &["enabled"]).await,
        R::JoinPageIncomplete,
    );
    for missing in ["slug", "active group", "location"] {
        assert!(format!("{status:?}").contains(missing), "{missing}: {status:?}");
    }
    assert_eq!(get(&fixture, id).await.slug, "", "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lapse_closes_the_page_at_once_and_keeps_its_settings() {
    let fixture = Fixture::new().await;
    let id = ready(&fixture).await;
    update(&fixture, id, page(true, "sunrise", &["example.org"]), &ALL)
        .await
        .unwrap();
    for (lapse, ground) in [
        (
            "UPDATE subscriptions SET plan = 'BASIC', import_rows = 0",
            "UPDATE subscriptions SET plan = 'PREMIUM'",
        ),
        (
            "UPDATE organizations SET state = 'SUSPENDED'",
            "UPDATE organizations SET state = 'ACTIVE'",
        ),
        (
            "UPDATE groups SET state = 'INACTIVE'",
            "UPDATE groups SET state = 'ACTIVE'",
        ),
    ] {
        fixture.service.database.execute(lapse).await;
        refused(lookup(&fixture, "sunrise").await, R::NotFound);
        refused(open(&fixture, "sunrise").await, R::NotFound);
        let kept = get(&fixture, id).await;
        assert!(
            kept.enabled && !kept.is_open && kept.missing.len() == 1,
            "{lapse}"
        );
        assert_eq!(kept.allowed_domains, ["example.org"]);
        fixture.service.database.execute(ground).await;
        lookup(&fixture, "sunrise").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_is_an_organizations_for_ever_and_leads_to_the_new_one_for_a_year() {
    let fixture = Fixture::new().await;
    let (first, second) = (ready(&fixture).await, ready(&fixture).await);
    update(&fixture, first, page(true, "sunrise", &[]), &ALL)
        .await
        .unwrap();
    refused(
        update(&fixture, second, page(true, "sunrise", &[]), &ALL).await,
        R::JoinPageSlugTaken,
    );
    update(&fixture, first, page(true, "sunset", &[]), &["slug"])
        .await
        .unwrap();
    assert_eq!(lookup(&fixture, "sunrise").await.unwrap().slug, "sunset");
    refused(
        update(&fixture, second, page(true, "sunrise", &[]), &ALL).await,
        R::JoinPageSlugTaken,
    );
    fixture
        .service
        .clock
        .advance((Duration::days(365) + Duration::SECOND).unsigned_abs());
    refused(lookup(&fixture, "sunrise").await, R::NotFound);
    refused(
        update(&fixture, second, page(true, "sunrise", &[]), &ALL).await,
        R::JoinPageSlugTaken,
    );
    // Who had it may have it again.
    update(&fixture, first, page(true, "sunrise", &[]), &["slug"])
        .await
        .unwrap();
    assert_eq!(lookup(&fixture, "sunrise").await.unwrap().slug, "sunrise");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_at_once_one_gets_a_slug() {
    let fixture = Fixture::new().await;
    let mut all = Vec::new();
    for _ in 0..20 {
        let id = fixture.active().await;
        subscribe(&fixture, id).await;
        all.push(id);
    }
    let claims = all
        .iter()
        .map(|id| update(&fixture, *id, page(false, "sunrise", &[]), &["slug"]));
    let claimed = futures::future::join_all(claims).await;
    let (won, lost): (Vec<_>, Vec<_>) = claimed.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for lost in lost {
        refused(lost, R::JoinPageSlugTaken);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_the_settings_is_told_at_once() {
    let fixture = Fixture::new().await;
    let id = ready(&fixture).await;
    let wrong = page(true, "Sunny", &["example.org", "nowhere", "*.*.test"]);
    let told = fields(
        update(&fixture, id, wrong, &ALL).await.map(tonic::Response::new),
        R::InvalidRequest,
    );
    assert_eq!(
        told,
        [
            "join_page.slug",
            "join_page.allowed_domains[1]",
            "join_page.allowed_domains[2]"
        ]
    );
    let stale = pb::JoinPage {
        etag: "77".to_owned(),
        ..page(true, "sunrise", &[])
    };
    refused(update(&fixture, id, stale, &ALL).await, R::EtagMismatch);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_page_may_not_be_opened_reserves_no_slug() {
    let fixture = Fixture::new().await;
    let draft = fixture.draft("owner", fixture.profile()).await;
    let slug = || page(false, "sunrise", &[]);
    let status = refused(
        update(&fixture, draft, slug(), &["slug"]).await,
        R::OrganizationState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("DRAFT"));
    let basic = fixture.active().await;
    refused(
        update(&fixture, basic, slug(), &["slug"]).await,
        R::SubscriptionRequired,
    );
    // What is no address of the page can be settled before.
    update(
        &fixture,
        draft,
        page(false, "", &["example.org"]),
        &["allowed_domains"],
    )
    .await
    .unwrap();
    let id = ready(&fixture).await;
    update(&fixture, id, page(true, "sunrise", &[]), &ALL)
        .await
        .unwrap();
    // What it has it keeps through a lapse, and names again.
    fixture
        .service
        .database
        .execute("UPDATE subscriptions SET plan = 'BASIC', import_rows = 0")
        .await;
    let kept = update(&fixture, id, slug(), &["slug"]).await.unwrap();
    assert_eq!(kept.slug, "sunrise");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_has_ten_slugs_and_may_take_each_of_them_again() {
    let fixture = Fixture::new().await;
    let id = ready(&fixture).await;
    let named = async |number: i32| {
        let page = page(false, &format!("sunrise-{number}"), &[]);
        update(&fixture, id, page, &["slug"]).await
    };
    for number in 1..=10 {
        named(number).await.unwrap();
    }
    let status = refused(named(11).await, R::TooManyJoinPageSlugs);
    assert_eq!(fact(&status, "used").as_deref(), Some("10"));
    assert_eq!(fact(&status, "limit").as_deref(), Some("10"));
    assert_eq!(get(&fixture, id).await.slug, "sunrise-10");
    named(3).await.unwrap();
    refused(named(11).await, R::TooManyJoinPageSlugs);
    let other = ready(&fixture).await;
    update(&fixture, other, page(false, "sunrise-11", &[]), &["slug"])
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_closes_lets_go_of_the_slugs_a_year_later() {
    let fixture = Fixture::new().await;
    let (first, second) = (ready(&fixture).await, ready(&fixture).await);
    for slug in ["sunset", "sunrise"] {
        update(&fixture, first, page(true, slug, &[]), &ALL)
            .await
            .unwrap();
    }
    let closing = pb::CloseOrganizationRequest {
        name: name(first),
        reason: "we have moved".to_owned(),
        request_id: String::new(),
    };
    fixture
        .profiles(owner(first))
        .close_organization(closing)
        .await
        .unwrap();
    let closed = get(&fixture, first).await;
    assert_eq!(
        (closed.enabled, closed.slug.as_str(), closed.path.as_str()),
        (false, "", "")
    );
    let takes = async |slug: &str| update(&fixture, second, page(true, slug, &[]), &ALL).await;
    for slug in ["sunset", "sunrise"] {
        refused(lookup(&fixture, slug).await, R::NotFound);
        refused(takes(slug).await, R::JoinPageSlugTaken);
    }
    fixture
        .service
        .clock
        .advance((Duration::days(365) + Duration::SECOND).unsigned_abs());
    for slug in ["sunset", "sunrise"] {
        takes(slug).await.unwrap();
        assert_eq!(lookup(&fixture, slug).await.unwrap().slug, slug);
    }
    refused(
        update(&fixture, first, page(false, "sunset", &[]), &["slug"]).await,
        R::OrganizationState,
    );
}
