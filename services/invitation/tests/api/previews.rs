//! Previews: what is read in them, how long they hold, and what dropping one leaves.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    ApproveImportRequest, DisapproveImportRequest, GetImportRequest, Import, ImportProblemReason, ImportRow,
    ImportRowState, ImportState, ListImportRowsRequest, ListInvitationsRequest, ListInvitationsResponse,
};
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, reason, waiting};
use crate::upload::{applied, approval, approve, disapprove, get, good, previewed_again, rows, upload};

#[tokio::test(flavor = "multi_thread")]
async fn a_disapproved_import_becomes_nothing() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(3)).await.unwrap();
    for _ in 0..2 {
        let dropped = disapprove(&fixture, &import).await.unwrap();
        assert_eq!(dropped.state(), ImportState::Disapproved);
    }
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportState);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        0
    );

    let other = upload(&fixture, &good(3)).await.unwrap();
    approve(&fixture, &other).await.unwrap();
    assert_eq!(reason(disapprove(&fixture, &other).await), R::ImportState);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_the_same_moment_the_first_does_and_the_other_is_told() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    for approves_first in [false, true] {
        let import = upload(&fixture, &good(3)).await.unwrap();
        // Both have looked at it, and wait for its row in the order in which they came.
        let mut holding = fixture.database.connection().await;
        sqlx::raw_sql("BEGIN; SELECT FROM imports FOR UPDATE")
            .execute(&mut holding)
            .await
            .unwrap();
        let approve = || {
            let (mut owner, request) = (fixture.imports(), approval(&import));
            tokio::spawn(async move { owner.approve_import(request).await.map(drop) })
        };
        let disapprove = || {
            let (mut owner, name) = (fixture.imports(), import.name.clone());
            let request = DisapproveImportRequest {
                name,
                ..Default::default()
            };
            tokio::spawn(async move { owner.disapprove_import(request).await.map(drop) })
        };
        let first = if approves_first { approve() } else { disapprove() };
        waiting(&fixture, 1).await;
        let second = if approves_first { disapprove() } else { approve() };
        waiting(&fixture, 2).await;
        sqlx::raw_sql("COMMIT").execute(&mut holding).await.unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(reason(second.await.unwrap()), R::ImportState);
        let invited = "SELECT count(*) FROM invitations";
        if approves_first {
            assert_eq!(applied(&fixture, &import).await.applied_count, 3);
            assert_eq!(fixture.database.count(invited).await, 3);
        } else {
            assert_eq!(get(&fixture, &import).await.state(), ImportState::Disapproved);
            assert_eq!(fixture.database.count(invited).await, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_nobody_decided_on_expires() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(1)).await.unwrap();
    fixture
        .database
        .execute("UPDATE imports SET expire_time = create_time")
        .await;
    assert_eq!(get(&fixture, &import).await.state(), ImportState::Expired);
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportState);
    assert_eq!(reason(disapprove(&fixture, &import).await), R::ImportState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_preview_is_not_approved_but_made_again() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(
        &fixture,
        b"email,groups\na@example.org,Nurses\nb@example.org,Cooks\n",
    )
    .await
    .unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 1));
    fixture.group("Cooks").await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let again = previewed_again(&fixture, &import).await;
    assert_ne!(again.etag, import.etag);
    assert_eq!((again.valid_count, again.error_count), (2, 0));
    assert_eq!(
        reason(approve(&fixture, &import).await),
        R::ImportPreviewStale,
        "the old preview"
    );
    assert_eq!(
        get(&fixture, &import).await.state(),
        ImportState::Ready,
        "which costs the new one nothing"
    );
    approve(&fixture, &again).await.unwrap();
    assert_eq!(applied(&fixture, &again).await.applied_count, 2);
}

/// Beyond what is checked and stored at a time: 2,000 rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_joins_one_that_stands_thousands_of_rows_above_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10_000, 10_000).await;
    let mut file = String::from_utf8(good(4_500))
        .unwrap()
        .replace("email,groups", "email,groups,location");
    file.push_str("LEARNER0@example.org,Aides,Main street\n");
    file.push_str("learner1@example.org,Nurses,\n");
    file.push_str("learner4499@example.org,Aides,\n");
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    let counts = |import: &Import| {
        (
            import.row_count,
            import.valid_count,
            import.warning_count,
            import.error_count,
        )
    };
    assert_eq!(counts(&import), (4_503, 4_500, 3, 0));
    // Of the rows that they join, one each: to both groups at the location, to what it says itself, to both groups.
    let joined = "SELECT count(*) FROM import_rows WHERE
        (line = 2 AND cardinality(group_ids) = 2 AND location_id IS NOT NULL)
        OR (line = 3 AND cardinality(group_ids) = 1 AND location_id IS NULL)
        OR (line = 4501 AND cardinality(group_ids) = 2 AND location_id IS NULL)
        OR (line > 4501 AND state = 'MERGED' AND merged_into_line IN (2, 3, 4501))";
    assert_eq!(fixture.database.count(joined).await, 6);
    fixture.group("Cooks").await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let again = previewed_again(&fixture, &import).await;
    assert_eq!(counts(&again), counts(&import));
    assert_eq!(fixture.database.count(joined).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_learner_is_an_error_also_when_they_became_one_since_the_preview() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let file = b"email,groups\nada@example.com,Nurses\neve@example.com,Nurses\n";
    let import = upload(&fixture, file).await.unwrap();
    assert_eq!(import.error_count, 0);
    fixture
        .accept(TestCaller::person("ada"), &fixture.token(&made.name).await)
        .await
        .unwrap();
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let import = upload(&fixture, file).await.unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_of_others_are_nothing() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let import = upload(&fixture, &good(3)).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    applied(&fixture, &import).await;
    let id = import.name.rsplit('/').next().unwrap().to_owned();
    fixture.organization = fixture.new_organization("somebody").await;
    let name = format!("{}/imports/{id}", fixture.parent());
    let got = fixture
        .imports()
        .get_import(GetImportRequest { name: name.clone() })
        .await;
    assert_eq!(reason(got), R::NotFound);
    let listed = ListImportRowsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    assert_eq!(
        reason(fixture.imports().list_import_rows(listed).await),
        R::NotFound
    );
    let decision = ApproveImportRequest {
        name: name.clone(),
        etag: import.etag.clone(),
        request_id: String::new(),
        send_time: None,
    };
    assert_eq!(
        reason(fixture.imports().approve_import(decision).await),
        R::NotFound
    );
    let decision = DisapproveImportRequest {
        name,
        request_id: String::new(),
    };
    assert_eq!(
        reason(fixture.imports().disapprove_import(decision).await),
        R::NotFound
    );
    let absent = format!(
        "{}/imports/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88",
        fixture.parent()
    );
    for import in [import.name, absent] {
        let listed = ListInvitationsRequest {
            parent: fixture.parent(),
            import,
            ..Default::default()
        };
        let listed = fixture.invitations().list_invitations(listed).await.unwrap();
        assert_eq!(listed.into_inner(), ListInvitationsResponse::default());
    }
}

/// As the release before writes what a preview finds.
const WRITTEN_BEFORE: &str = "UPDATE import_rows SET row_number = NULL,
        problems = (SELECT coalesce(jsonb_agg(problem - '{reason,value,earlier}'::text[]), '[]') FROM jsonb_array_elements(problems) AS problem),
        faults = (SELECT coalesce(jsonb_agg(fault - 'value'), '[]') FROM jsonb_array_elements(faults) AS fault);
    UPDATE imports SET
        group_warnings = (SELECT jsonb_agg(warning - 'first_row') FROM jsonb_array_elements(group_warnings) AS warning)";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_release_before_has_found_is_told_and_looked_at_again() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let file =
        b"sep=;\nemail;groups\na@example.org;Nurses;surplus\nb@example.org;\"Nurses\nb@example.org;Cooks\n";
    let import = upload(&fixture, file).await.unwrap();
    let told = async |import: &Import| -> Vec<(i32, i32, i32, String)> {
        let rows = rows(&fixture, import).await.into_iter();
        let brief = |row: ImportRow| {
            let problem = row.problems.into_iter().next().unwrap_or_default();
            (row.line, row.row, problem.reason, problem.value)
        };
        rows.map(brief).collect()
    };
    use ImportProblemReason as Reason;
    let is =
        |line: i32, row: i32, reason: Reason, value: &str| (line, row, i32::from(reason), value.to_owned());
    assert_eq!(
        told(&import).await,
        [
            is(3, 2, Reason::SurplusCells, "surplus"),
            is(4, 3, Reason::MarkNotClosed, "\"Nurses"),
            is(5, 4, Reason::GroupUnknown, "Cooks")
        ]
    );
    fixture.database.execute(WRITTEN_BEFORE).await;
    assert_eq!(
        told(&import).await,
        [3, 4, 5].map(|line| is(line, line, Reason::Unspecified, ""))
    );
    let warning = &get(&fixture, &import).await.group_warnings[0];
    assert_eq!((warning.first_line, warning.first_row), (3, 3));
    fixture.group("Cooks").await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let again = previewed_again(&fixture, &import).await;
    // What only the file could tell is not known any more.
    assert_eq!(
        told(&again).await,
        [
            is(3, 3, Reason::SurplusCells, ""),
            is(4, 4, Reason::MarkNotClosed, ""),
            is(5, 5, Reason::Unspecified, "")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_listed_in_pages_and_by_state() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let file = b"email,groups\na@example.org,Nurses\nnobody,Nurses\nc@example.org,Nurses\n";
    let import = upload(&fixture, file).await.unwrap();
    let all = ListImportRowsRequest {
        parent: import.name.clone(),
        page_size: 2,
        ..Default::default()
    };
    let page = fixture
        .imports()
        .list_import_rows(all.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3]);
    let states = vec![ImportRowState::Invalid.into()];
    let foreign = ListImportRowsRequest {
        page_token: page.next_page_token,
        states: states.clone(),
        ..all.clone()
    };
    assert_eq!(
        reason(fixture.imports().list_import_rows(foreign).await),
        R::PageTokenInvalid
    );
    let invalid = ListImportRowsRequest { states, ..all };
    let page = fixture
        .imports()
        .list_import_rows(invalid)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3]);
    assert!(page.next_page_token.is_empty());
}
