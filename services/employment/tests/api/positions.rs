//! Positions and the first day: `UpdateEmployment`, `ListPositionCodes`, and what a claim says of them.

use muster_proto::employment::v1::{
    Employment, EmploymentClaim, EmploymentOrder, EmploymentState as S, ListEmploymentsRequest,
    ListPositionCodesRequest, Position, UpdateEmploymentRequest,
};
use muster_refusal::{ErrorReason as R, reason_of, violations_of};
use muster_testkit::TestCaller;
use prost_types::FieldMask;
use tonic::Status;

use crate::claim::at;
use crate::fixture::Fixture;

pub(crate) fn position(title: &str, end_date: &str) -> Position {
    Position {
        code: "lead-teacher".to_owned(),
        title: title.to_owned(),
        start_date: "2025-09-01".to_owned(),
        end_date: end_date.to_owned(),
    }
}

impl Fixture {
    /// The person says that they began on another day.
    pub(crate) async fn restart(&self, person: &str, name: &str, start: &str) -> Result<Employment, Status> {
        let employment = Employment {
            name: name.to_owned(),
            start_date: start.to_owned(),
            ..Default::default()
        };
        self.update(person, employment, &["start_date"]).await
    }

    /// The person says anew what `paths` name.
    pub(crate) async fn update(
        &self,
        person: &str,
        employment: Employment,
        paths: &[&str],
    ) -> Result<Employment, Status> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let request = UpdateEmploymentRequest {
            employment: Some(employment),
            update_mask: Some(FieldMask { paths }),
            request_id: String::new(),
        };
        let mut client = self.person_employments(TestCaller::person(person));
        let updated = client.update_employment(request).await?;
        Ok(updated.into_inner().employment.unwrap())
    }

    pub(crate) async fn reposition(
        &self,
        employment: &Employment,
        positions: Vec<Position>,
    ) -> Result<Employment, Status> {
        let employment = Employment {
            positions,
            ..employment.clone()
        };
        self.update("learner-1", employment, &["positions"]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_a_position_ends_nothing_and_another_title_or_start_is_verified_anew() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let employment = fixture.employment_of("learner-1").await;
    let two = vec![position("Lead teacher", ""), position("Cook", "")];
    let dual = fixture.reposition(&employment, two).await.unwrap();
    assert_eq!((dual.state(), dual.positions.len()), (S::PendingVerification, 2));
    assert_eq!(dual.verify_time, None);
    let verified = fixture.verify(&dual.name).await;
    assert_eq!(verified.positions, dual.positions);

    let closed = vec![position("Lead teacher", ""), position("Cook", "2026-02-28")];
    let one = fixture.reposition(&verified, closed.clone()).await.unwrap();
    assert_eq!((one.state(), &one.positions), (S::Verified, &closed));
    assert_ne!(one.etag, verified.etag);
    let same = fixture.reposition(&one, closed).await.unwrap();
    assert_eq!(same, one);

    let renamed = vec![position("Head", ""), position("Cook", "2026-02-28")];
    let waits = fixture.reposition(&one, renamed).await.unwrap();
    assert_eq!(waits.state(), S::PendingVerification);
    let verified = fixture.verify(&waits.name).await;
    let started = Employment {
        start_date: "2025-08-01".to_owned(),
        ..verified
    };
    let waits = fixture
        .update("learner-1", started, &["start_date"])
        .await
        .unwrap();
    assert_eq!(
        (waits.state(), waits.start_date.as_str()),
        (S::PendingVerification, "2025-08-01")
    );
    assert_eq!(fixture.employment_of("learner-1").await, waits);
    // The learner stays one: nothing of theirs is archived.
    let active = "SELECT count(*) FROM invitations WHERE state = 'ACTIVE'";
    assert_eq!(fixture.invitations.database.count(active).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_says_positions_and_the_list_is_narrowed_by_them() {
    let fixture = Fixture::start().await;
    let claim = EmploymentClaim {
        start_date: "2025-09-01".to_owned(),
        positions: vec![position("מורה ראשית", ""), position("Zoe\u{308}", "2026-01-31")],
        ..at(fixture.organization_name())
    };
    let claimed = fixture
        .claim(TestCaller::person("learner-1"), vec![claim.clone()])
        .await
        .unwrap();
    assert_eq!(claimed[0].positions, claim.positions);
    assert_eq!(claimed[0].start_date, "2025-09-01");
    for (code, found) in [("lead-teacher", 1), ("substitute", 0), ("", 2)] {
        let request = ListEmploymentsRequest {
            parent: fixture.organization_name().to_string(),
            position: code.to_owned(),
            ..Default::default()
        };
        let listed = fixture
            .employments(fixture.admin())
            .list_employments(request)
            .await;
        assert_eq!(listed.unwrap().into_inner().employments.len(), found, "{code}");
    }
}

/// It is the second of March in Greenwich, and the first in Michigan, where the organization is.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_position_is_found_by_it_while_they_have_it() {
    let fixture = Fixture::start().await;
    for (person, start, end) in [
        ("learner-1", "2025-09-01", "2026-02-28"),
        ("learner-2", "2025-09-01", "2026-03-01"),
        ("learner-3", "2026-03-01", ""),
        ("learner-4", "2026-03-02", ""),
    ] {
        let claim = EmploymentClaim {
            positions: vec![Position {
                start_date: start.to_owned(),
                ..position("Lead teacher", end)
            }],
            ..at(fixture.organization_name())
        };
        fixture
            .claim(TestCaller::person(person), vec![claim])
            .await
            .unwrap();
    }
    fixture.advance_to(time::macros::datetime!(2026-03-02 01:00 UTC));
    let request = ListEmploymentsRequest {
        parent: fixture.organization_name().to_string(),
        position: "lead-teacher".to_owned(),
        order: EmploymentOrder::Oldest.into(),
        ..Default::default()
    };
    let list = async || {
        let mut client = fixture.employments(fixture.admin());
        client.list_employments(request.clone()).await
    };
    // Until the tokens are read that were renewed.
    muster_testkit::eventually(async || list().await.is_ok()).await;
    let listed = list().await.unwrap().into_inner().employments.into_iter();
    let names: Vec<_> = listed.map(|one| one.person_display_name).collect();
    assert_eq!(names, ["learner-2", "learner-3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_told_by_its_field_and_nothing_is_stored() {
    let fixture = Fixture::start().await;
    let lists = |title: &str| vec![position(title, "")];
    let day = |start: &str, end: &str| {
        vec![Position {
            start_date: start.to_owned(),
            ..position("Cook", end)
        }]
    };
    let other = vec![Position {
        code: "group-teacher".to_owned(),
        ..position("Of New York", "")
    }];
    for (start, positions, field) in [
        ("", lists(""), "claims[0].positions[0].title"),
        ("", lists(&"x".repeat(201)), "claims[0].positions[0].title"),
        ("", lists("\u{200b}"), "claims[0].positions[0].title"),
        ("", lists("two\nlines"), "claims[0].positions[0].title"),
        ("", other, "claims[0].positions[0].code"),
        ("", day("1899-12-31", ""), "claims[0].positions[0].start_date"),
        ("", day("2101-01-01", ""), "claims[0].positions[0].start_date"),
        ("", day("2026-02-29", ""), "claims[0].positions[0].start_date"),
        (
            "",
            day("2026-03-01", "2026-02-28"),
            "claims[0].positions[0].end_date",
        ),
        (
            "",
            day("2026-03-01", "2101-01-01"),
            "claims[0].positions[0].end_date",
        ),
        (
            "2026-04-01",
            day("2026-03-31", ""),
            "claims[0].positions[0].start_date",
        ),
        ("1899-12-31", Vec::new(), "claims[0].start_date"),
        ("2101-01-01", Vec::new(), "claims[0].start_date"),
        ("tomorrow", Vec::new(), "claims[0].start_date"),
    ] {
        let claim = EmploymentClaim {
            start_date: start.to_owned(),
            positions,
            ..at(fixture.organization_name())
        };
        let refused = fixture
            .claim(TestCaller::person("learner-1"), vec![claim])
            .await
            .unwrap_err();
        assert_eq!(reason_of(&refused), Some(R::InvalidRequest));
        assert_eq!(violations_of(&refused)[0].0, field);
    }
    assert_eq!(fixture.employments_of("learner-1").await, []);
    for title in ["x".to_owned(), "x".repeat(200)] {
        let claim = EmploymentClaim {
            start_date: "1900-01-01".to_owned(),
            positions: vec![Position {
                start_date: "1900-01-01".to_owned(),
                ..position(&title, "2100-12-31")
            }],
            ..at(fixture.organization_name())
        };
        fixture
            .claim(TestCaller::person("learner-1"), vec![claim])
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_claim_is_handed_in_again_with_its_edit_and_what_is_over_stays_so() {
    let fixture = Fixture::start().await;
    let claimed = fixture.claimed("learner-1").await;
    let why = muster_proto::employment::v1::RejectionReason::Position;
    let rejected = fixture.reject(&claimed.name, why, "").await.unwrap().into_inner();
    let corrected = fixture
        .reposition(&rejected, vec![position("Cook", "")])
        .await
        .unwrap();
    assert_eq!(
        (corrected.state(), corrected.rejections.len()),
        (S::PendingVerification, 1)
    );
    let stale = fixture.reposition(&rejected, Vec::new()).await.unwrap_err();
    assert_eq!(reason_of(&stale), Some(R::EtagMismatch));
    let before = Employment {
        start_date: "2025-10-01".to_owned(),
        ..corrected.clone()
    };
    let refused = fixture
        .update("learner-1", before, &["start_date"])
        .await
        .unwrap_err();
    assert_eq!(violations_of(&refused)[0].0, "employment.positions[0].start_date");
    assert_eq!(fixture.employment_of("learner-1").await, corrected);
    let others = fixture
        .update("learner-2", corrected.clone(), &["start_date"])
        .await;
    assert_eq!(reason_of(&others.unwrap_err()), Some(R::NotFound));
    let state = Employment {
        state: S::Verified.into(),
        ..corrected.clone()
    };
    let refused = fixture.update("learner-1", state, &["state"]).await.unwrap_err();
    assert_eq!(violations_of(&refused)[0].0, "update_mask.paths[0]");

    let withdrawn = fixture
        .withdraw("learner-1", &corrected.name)
        .await
        .unwrap()
        .into_inner();
    let refused = fixture.reposition(&withdrawn, Vec::new()).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(R::EmploymentState));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_positions_of_an_authority_are_a_closed_list() {
    let fixture = Fixture::start().await;
    for (authority, first) in [
        ("us-mi", Some("program-director")),
        ("us-ny", Some("director")),
        ("us-oh", None),
    ] {
        let request = ListPositionCodesRequest {
            authority: authority.to_owned(),
        };
        let mut client = fixture.person_employments(TestCaller::person("learner-1"));
        let listed = client.list_position_codes(request).await.unwrap().into_inner();
        let codes: Vec<_> = listed.positions.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes.first().copied(), first, "{authority}");
    }
}

/// The thirteen ways in which two spans of days lie to each other, and those with an open end: both orders are taken as they are said,
/// and nothing is said to overlap (R21): no decision goes by whether spans do. Of employments one is open, by an index and not by days.
#[tokio::test(flavor = "multi_thread")]
async fn positions_lie_to_each_other_as_they_like_in_either_order() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let mut employment = fixture.employment_of("learner-1").await;
    let span = |code: &str, (from, to): (u8, u8)| Position {
        code: code.to_owned(),
        title: code.to_owned(),
        start_date: format!("2025-09-{from:02}"),
        end_date: match to {
            0 => String::new(),
            day => format!("2025-09-{day:02}"),
        },
    };
    let spans = [
        // Before, meets, overlaps, starts, during, finishes, equals; each the other way round by the order of the two.
        ((1, 3), (5, 9)),
        ((1, 4), (5, 9)),
        ((1, 5), (5, 9)),
        ((1, 6), (5, 9)),
        ((5, 6), (5, 9)),
        ((6, 7), (5, 9)),
        ((7, 9), (5, 9)),
        ((5, 9), (5, 9)),
        ((1, 1), (1, 1)),
        // Open ends.
        ((1, 0), (5, 9)),
        ((7, 0), (5, 9)),
        ((1, 0), (5, 0)),
    ];
    for (one, other) in spans {
        let (first, second) = (span("lead-teacher", one), span("assistant-teacher", other));
        for both in [[first.clone(), second.clone()], [second, first]] {
            employment = fixture.reposition(&employment, both.to_vec()).await.unwrap();
            assert_eq!(employment.positions, both, "as they were said");
        }
    }
}

/// Of what has ended: nobody verifies any more what would be said anew.
#[tokio::test(flavor = "multi_thread")]
async fn who_left_says_when_their_positions_ended_and_nothing_else() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let employment = fixture.employment_of("learner-1").await;
    let two = vec![position("Lead teacher", ""), position("Cook", "2026-02-01")];
    fixture.reposition(&employment, two.clone()).await.unwrap();
    fixture.verify(&employment.name).await;
    let ended = fixture.ends_on(&employment.name, "").await.unwrap();
    let dated = vec![
        position("Lead teacher", "2026-02-28"),
        position("Cook", "2026-02-15"),
    ];
    let refused = fixture.reposition(&ended, dated.clone()).await;
    assert_eq!(
        reason_of(&refused.unwrap_err()),
        Some(R::EmploymentState),
        "the organization has ended it"
    );
    fixture.undo_end(&employment.name).await.unwrap();
    let left = fixture
        .leave_on("learner-1", &employment.name, "2026-02-28")
        .await
        .unwrap();

    let published = fixture.published("employment.changed").await;
    for other in [
        vec![position("Head", ""), position("Cook", "2026-02-01")],
        vec![position("Lead teacher", "2026-02-28")],
        Vec::new(),
    ] {
        let refused = fixture.reposition(&left, other).await;
        assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentState));
    }
    let late = vec![position("Lead teacher", "2026-03-01"), two[1].clone()];
    let late = fixture.reposition(&left, late).await.unwrap_err();
    assert_eq!(violations_of(&late)[0].0, "employment.positions[0].end_date");
    assert_eq!(fixture.read(&left.name).await, left, "nothing is stored");

    let corrected = fixture.reposition(&left, dated.clone()).await.unwrap();
    let expected = Employment {
        positions: dated.clone(),
        etag: corrected.etag.clone(),
        ..left.clone()
    };
    assert_eq!(corrected, expected);
    assert_ne!(corrected.etag, left.etag);
    assert_eq!(fixture.reposition(&corrected, dated).await.unwrap(), corrected);
    assert_eq!(fixture.read(&left.name).await, corrected);
    assert_eq!(fixture.published("employment.changed").await, published);
    let told = "SELECT count(*) FROM history_entries WHERE subject LIKE '%/positions/%' AND act = 'CHANGED'
                AND changes::jsonb ? 'end_date' AND actor LIKE 'person:%'";
    assert_eq!(fixture.service.database.count(told).await, 2);
    // It is still what was verified, and is taken back as before.
    let back = fixture.undo_leave("learner-1", &left.name).await.unwrap();
    assert_eq!((back.state(), back.positions), (S::Verified, corrected.positions));
}
