//! The employees tab: `ListEmployments` with its filters and orders.

use muster_proto::employment::v1::{
    Employment, EmploymentOrder, EmploymentState, ListEmploymentsRequest, RejectionReason,
};
use muster_refusal::fields_of;

use crate::fixture::Fixture;

const NAMES: &str = "UPDATE employments SET person_display_name = CASE person_display_name
    WHEN 'learner-1' THEN 'zoe' WHEN 'learner-2' THEN 'Ada' WHEN 'learner-3' THEN 'ada lovelace'
    WHEN 'learner-4' THEN 'Bo_b%' ELSE person_display_name END";

impl Fixture {
    /// Every page of the list, two a page.
    async fn walk(&self, request: ListEmploymentsRequest) -> Vec<Employment> {
        let mut request = ListEmploymentsRequest {
            parent: self.organization_name().to_string(),
            page_size: 2,
            ..request
        };
        let mut all = Vec::new();
        loop {
            let mut client = self.employments(self.admin());
            let page = client
                .list_employments(request.clone())
                .await
                .unwrap()
                .into_inner();
            all.extend(page.employments);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }

    async fn walk_names(&self, request: ListEmploymentsRequest) -> Vec<String> {
        let all = self.walk(request).await.into_iter();
        all.map(|employment| employment.person_display_name).collect()
    }
}

fn by(order: EmploymentOrder) -> ListEmploymentsRequest {
    ListEmploymentsRequest {
        order: order.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn employees_are_listed_by_name_or_date_and_narrowed_by_group_place_and_text() {
    let fixture = Fixture::start().await;
    let (nurses, cooks) = (fixture.new_group().await, fixture.new_group().await);
    fixture.employ("learner-1", &[nurses]).await;
    fixture.employ("learner-2", &[nurses, cooks]).await;
    fixture.employ("learner-3", &[cooks]).await;
    fixture.employ_anywhere("learner-4").await;
    fixture.service.database.execute(NAMES).await;

    let by_name = fixture.walk_names(by(EmploymentOrder::Name)).await;
    assert_eq!(by_name, ["Ada", "ada lovelace", "Bo_b%", "owner", "zoe"]);
    let oldest = fixture.walk_names(by(EmploymentOrder::Oldest)).await;
    assert_eq!(oldest, ["owner", "zoe", "Ada", "ada lovelace", "Bo_b%"]);
    let mut newest = fixture.walk_names(by(EmploymentOrder::Unspecified)).await;
    newest.reverse();
    assert_eq!(newest, oldest);

    let in_a_group = ListEmploymentsRequest {
        groups: vec![nurses.to_string()],
        ..by(EmploymentOrder::Name)
    };
    assert_eq!(fixture.walk_names(in_a_group).await, ["Ada", "zoe"]);
    for (text, found) in [
        ("ADA", vec!["Ada", "ada lovelace"]),
        ("_b%", vec!["Bo_b%"]),
        ("%", vec!["Bo_b%"]),
    ] {
        let containing = ListEmploymentsRequest {
            text: text.to_owned(),
            ..by(EmploymentOrder::Name)
        };
        assert_eq!(fixture.walk_names(containing).await, found, "{text}");
    }
    let place = fixture.new_location().await;
    let nobody = ListEmploymentsRequest {
        location: place.to_string(),
        ..Default::default()
    };
    assert_eq!(fixture.walk(nobody.clone()).await, []);
    let id = place.location.as_uuid();
    sqlx::query("UPDATE employments SET location_id = $1 WHERE person_display_name = 'zoe'")
        .bind(id)
        .execute(&mut fixture.service.database.connection().await)
        .await
        .unwrap();
    assert_eq!(fixture.walk_names(nobody).await, ["zoe"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_sees_everybody_once_also_where_all_have_one_long_name() {
    let fixture = Fixture::start().await;
    let crowd = fixture.crowd(25).await;
    for name in [
        "UPDATE employments SET person_display_name = repeat('é', 200)",
        "UPDATE employments SET person_display_name = ''",
        "UPDATE employments SET person_display_name = 'Bob'",
    ] {
        fixture.service.database.execute(name).await;
        for order in [
            EmploymentOrder::Name,
            EmploymentOrder::Oldest,
            EmploymentOrder::Unspecified,
        ] {
            let waiting = ListEmploymentsRequest {
                states: vec![EmploymentState::PendingVerification.into()],
                ..by(order)
            };
            let mut seen: Vec<_> = fixture
                .walk(waiting)
                .await
                .into_iter()
                .map(|one| one.name)
                .collect();
            seen.sort();
            let mut expected = crowd.clone();
            expected.sort();
            assert_eq!(seen, expected, "{name} {order:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_cannot_be_read_is_told_with_its_place() {
    let fixture = Fixture::start().await;
    let request = ListEmploymentsRequest {
        parent: fixture.organization_name().to_string(),
        groups: vec![fixture.new_group().await.to_string(), "x".to_owned()],
        location: "y".to_owned(),
        order: 9,
        text: "z".repeat(201),
        ..Default::default()
    };
    let refused = fixture
        .employments(fixture.admin())
        .list_employments(request)
        .await;
    let fields = fields_of(&refused.unwrap_err());
    assert_eq!(fields, ["text", "order", "groups[1]", "location"]);
}

/// Since a claim, a correction, or an edit of what was verified; not since every edit.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_longest_is_listed_first_with_since_when() {
    let fixture = Fixture::start().await;
    let minute = || fixture.advance(std::time::Duration::from_secs(60));
    let edited = fixture.employed("learner-1").await;
    assert_eq!(edited.wait_time, None);
    let claimed = fixture.claimed("learner-2").await;
    assert_eq!(claimed.wait_time, claimed.create_time);
    let corrected = fixture.claimed("learner-3").await.name;
    minute();
    let waits = fixture
        .restart("learner-1", &edited.name, "2026-02-01")
        .await
        .unwrap();
    assert!(waits.wait_time.map(|time| time.seconds) > claimed.wait_time.map(|time| time.seconds));
    minute();
    fixture
        .reject(&corrected, RejectionReason::Dates, "")
        .await
        .unwrap();
    assert_eq!(fixture.read(&corrected).await.wait_time, None);
    fixture.correct("learner-3", &corrected).await.unwrap();
    let again = fixture
        .restart("learner-1", &edited.name, "2026-02-02")
        .await
        .unwrap();
    assert_eq!(again.wait_time, waits.wait_time, "it has waited since then");
    let mut crowd = fixture.crowd(7).await;
    crowd.sort();

    let mut listed: Vec<_> = fixture.walk(by(EmploymentOrder::Waiting)).await;
    let rest: Vec<_> = listed.split_off(3).into_iter().map(|one| one.name).collect();
    let listed: Vec<_> = listed.into_iter().map(|one| one.person_display_name).collect();
    assert_eq!(listed, ["learner-2", "learner-1", "learner-3"]);
    // The director does not wait, and of the crowd it is not known since when.
    let director = fixture.employment_of("owner").await.name;
    let mut others = [vec![director], crowd].concat();
    others.sort();
    assert_eq!(rest, others);
}
