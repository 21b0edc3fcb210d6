//! From the upload to the last invitation.

use std::collections::HashSet;
use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    ApproveImportRequest, DeliveryState, DisapproveImportRequest, GetImportRequest, ImportRowState,
    ImportState, InvitationSource, ListImportRowsRequest, ListInvitationsRequest, UploadImportRequest,
};
use muster_testkit::{Who, eventually_some};

use crate::upload::{applied, approve, get, good, messages, rows, send, upload};
use crate::world::{World, reason};

/// As a spreadsheet program saves it: BOM, `;`, CRLF, quotes, upper case; 500 rows, among them one doubled, two with
/// wrong names of groups and one with an impossible address.
fn story() -> Vec<u8> {
    let mut file = "\u{feff}\"Email\";\"Groups\";Location\r\n".to_owned();
    for number in 0..496 {
        let groups = if number % 3 == 0 {
            "\"Nurses;Aides\""
        } else {
            "Nurses"
        };
        file.push_str(&format!(
            "LEARNER{number}@Example.ORG;{groups};\"Main street\"\r\n"
        ));
    }
    file.push_str("learner7@example.org;Nurses;Main street\r\n");
    file.push_str("x1@example.org;nurses;Main street\r\n");
    file.push_str("x2@example.org;Cooks;Main street\r\n");
    file.push_str("nobody at example;Nurses;Main street\r\n");
    file.into_bytes()
}

/// Groups that require a training: no warnings about groups without.
async fn with_trainings(world: &World) {
    world
        .profile_sql(
            "INSERT INTO catalog_trainings (organization_id, training_id, create_time)
             SELECT organization_id, '0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88', create_time FROM organizations;
             INSERT INTO group_trainings (organization_id, group_id, training_id, position)
             SELECT organization_id, group_id, '0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88', 0 FROM groups",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_rows_become_496_invitations_and_every_problem_is_listed() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    with_trainings(&world).await;
    let import = upload(&world, &story()).await.unwrap();
    assert_eq!(import.state(), ImportState::Ready);
    let counts = (
        import.row_count,
        import.valid_count,
        import.warning_count,
        import.error_count,
    );
    assert_eq!(counts, (500, 496, 1, 3));
    let preview = rows(&world, &import).await;
    assert_eq!(preview.len(), 500);
    let troubled: Vec<_> = preview.iter().filter(|row| !row.problems.is_empty()).collect();
    let told: Vec<(i32, &str, &str)> = troubled
        .iter()
        .map(|row| {
            (
                row.line,
                row.problems[0].column.as_str(),
                row.problems[0].suggestion.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (498, "email", ""),
            (499, "groups", "Nurses"),
            (500, "groups", ""),
            (501, "email", "")
        ]
    );
    assert_eq!(
        world.database.count("SELECT count(*) FROM invitations").await,
        0,
        "a preview invites nobody"
    );

    let approved = approve(&world, &import).await.unwrap();
    assert!(matches!(
        approved.state(),
        ImportState::Approved | ImportState::Applying
    ));
    let done = applied(&world, &import).await;
    assert_eq!(done.state(), ImportState::AppliedWithErrors);
    assert_eq!((done.applied_count, done.refused_count), (496, 0));
    assert_eq!(
        world.database.count("SELECT count(*) FROM invitations").await,
        496
    );
    assert_eq!(world.database.count("SELECT count(*) FROM outbox").await, 496);

    let result = rows(&world, &import).await;
    assert_eq!(
        result
            .iter()
            .filter(|row| row.state() == ImportRowState::Applied)
            .count(),
        496
    );
    assert_eq!(result[496].state(), ImportRowState::Merged);
    assert_eq!(result[496].invitation, result[7].invitation);
    assert!(result[499].invitation.is_empty());
    let traces: HashSet<&str> = result
        .iter()
        .map(|row| row.trace_id.as_str())
        .filter(|id| !id.is_empty())
        .collect();
    assert_eq!(traces.len(), 496, "a trace a row");
    let made = world.get(&result[0].invitation).await.unwrap();
    assert_eq!(made.address, "LEARNER0@Example.ORG");
    assert_eq!(
        (made.source(), made.import.as_str()),
        (InvitationSource::Import, import.name.as_str())
    );
    assert_eq!((made.groups.len(), &made.location), (2, &world.location));
    assert_eq!(made.trace_id, result[0].trace_id);
    let request = ListInvitationsRequest {
        parent: world.parent(),
        page_size: 1000,
        import: import.name.clone(),
        ..Default::default()
    };
    let listed = world
        .invitations()
        .list_invitations(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.invitations.len(), 496);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_merges_into_live_invitations_and_sends_no_second_mail() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    let live = world.create("ada@example.org", &[&world.aides]).await.unwrap();
    let import = upload(&world, b"email,groups\nADA@example.org,Nurses\n")
        .await
        .unwrap();
    approve(&world, &import).await.unwrap();
    let done = applied(&world, &import).await;
    assert_eq!((done.state(), done.applied_count), (ImportState::Applied, 1));
    assert_eq!(rows(&world, &import).await[0].invitation, live.name);
    assert_eq!(world.get(&live.name).await.unwrap().groups.len(), 2);
    assert_eq!(world.database.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_twice_and_at_once_gives_the_first_ones_result() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    let import = upload(&world, &good(60)).await.unwrap();
    let calls = (0..16).map(|_| {
        let (mut client, name, etag) = (world.imports(), import.name.clone(), import.etag.clone());
        let request = ApproveImportRequest {
            name,
            etag,
            request_id: String::new(),
        };
        tokio::spawn(async move { client.approve_import(request).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    applied(&world, &import).await;
    let again = approve(&world, &import).await.unwrap();
    assert_eq!(again.state(), ImportState::Applied);
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 60);
    assert_eq!(world.database.count("SELECT count(*) FROM outbox").await, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disapproved_import_becomes_nothing() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    let import = upload(&world, &good(3)).await.unwrap();
    let request = DisapproveImportRequest {
        name: import.name.clone(),
        request_id: String::new(),
    };
    for _ in 0..2 {
        let dropped = world
            .imports()
            .disapprove_import(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(dropped.import.unwrap().state(), ImportState::Disapproved);
    }
    assert_eq!(reason(approve(&world, &import).await), R::ImportState);
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 0);

    let other = upload(&world, &good(3)).await.unwrap();
    approve(&world, &other).await.unwrap();
    let request = DisapproveImportRequest {
        name: other.name,
        request_id: String::new(),
    };
    assert_eq!(
        reason(world.imports().disapprove_import(request).await),
        R::ImportState
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_nobody_decided_on_expires() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    let import = upload(&world, &good(1)).await.unwrap();
    world
        .database
        .execute("UPDATE imports SET expire_time = create_time")
        .await;
    assert_eq!(get(&world, &import).await.state(), ImportState::Expired);
    assert_eq!(reason(approve(&world, &import).await), R::ImportState);
    let request = DisapproveImportRequest {
        name: import.name,
        request_id: String::new(),
    };
    assert_eq!(
        reason(world.imports().disapprove_import(request).await),
        R::ImportState
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_preview_is_not_approved_but_made_again() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    let import = upload(
        &world,
        b"email,groups\na@example.org,Nurses\nb@example.org,Cooks\n",
    )
    .await
    .unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 1));
    world.group("Cooks").await;
    assert_eq!(reason(approve(&world, &import).await), R::ImportPreviewStale);
    let again = eventually_some(async || {
        let again = get(&world, &import).await;
        (again.state() == ImportState::Ready).then_some(again)
    })
    .await;
    assert_ne!(again.etag, import.etag);
    assert_eq!((again.valid_count, again.error_count), (2, 0));
    assert_eq!(
        reason(approve(&world, &import).await),
        R::ImportPreviewStale,
        "the old preview"
    );
    assert_eq!(
        get(&world, &import).await.state(),
        ImportState::Ready,
        "which costs the new one nothing"
    );
    approve(&world, &again).await.unwrap();
    assert_eq!(applied(&world, &again).await.applied_count, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_learner_is_an_error_also_when_they_became_one_since_the_preview() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    let file = b"email,groups\nada@example.com,Nurses\neve@example.com,Nurses\n";
    let import = upload(&world, file).await.unwrap();
    assert_eq!(import.error_count, 0);
    world
        .accept(Who::person("ada"), &world.token(&made.name).await)
        .await
        .unwrap();
    assert_eq!(reason(approve(&world, &import).await), R::ImportPreviewStale);
    let import = upload(&world, file).await.unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_go_while_applying_cost_only_their_rows() {
    let mut world = World::new().await;
    world.subscribe(500, 10_000).await;
    let file = b"email,groups\na@example.org,Nurses\nb@example.org,Aides\nc@example.org,Nurses;Aides\n";
    let import = upload(&world, file).await.unwrap();
    // Approved while no worker runs.
    world.stop().await;
    world
        .database
        .execute(
            "UPDATE imports SET state = 'APPROVED', approver_person_id = uploader_person_id, decide_time = create_time",
        )
        .await;
    world
        .profile_sql("UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Aides'")
        .await;
    world.start().await;
    let done = applied(&world, &import).await;
    assert_eq!(done.state(), ImportState::AppliedWithErrors);
    assert_eq!((done.applied_count, done.refused_count), (2, 1));
    let refused = &rows(&world, &import).await[1];
    assert_eq!(refused.state(), ImportRowState::Refused);
    assert!(!refused.problems.last().unwrap().description.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_import_of_a_suspended_organization_is_paused() {
    let mut world = World::new().await;
    world.subscribe(500, 10_000).await;
    let import = upload(&world, &good(5)).await.unwrap();
    world.stop().await;
    world
        .database
        .execute(
            "UPDATE imports SET state = 'APPROVED', approver_person_id = uploader_person_id, decide_time = create_time",
        )
        .await;
    world
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    world.start().await;
    eventually_some(async || (get(&world, &import).await.state() == ImportState::Applying).then_some(()))
        .await;
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 0);
    world
        .profile_sql("UPDATE organizations SET state = 'ACTIVE'")
        .await;
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(applied(&world, &import).await.applied_count, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_beyond_the_plans_day_go_out_on_the_following_days() {
    let world = World::new().await;
    world.subscribe(500, 20).await;
    let import = upload(&world, &good(50)).await.unwrap();
    approve(&world, &import).await.unwrap();
    assert_eq!(applied(&world, &import).await.applied_count, 50);
    for (day, count) in [(0, 20), (1, 20), (2, 10)] {
        let mut connection = world.database.connection().await;
        let days =
            "SELECT count(*) FROM invitations WHERE send_time - create_time = make_interval(days => $1)";
        let due: i64 = sqlx::query_scalar(days)
            .bind(day)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(due, count, "day {day}");
    }
    assert_eq!(world.database.count("SELECT count(*) FROM outbox").await, 20);
    let last = world
        .get(&rows(&world, &import).await[49].invitation)
        .await
        .unwrap();
    assert_eq!(last.delivery_state(), DeliveryState::Scheduled);
    assert_eq!(
        reason(world.create("x@example.org", &[&world.nurses]).await),
        R::PlanLimitExceeded
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spreadsheets_need_a_subscription_when_uploading_and_approving() {
    let world = World::new().await;
    assert_eq!(reason(upload(&world, &good(1)).await), R::SubscriptionRequired);
    world.subscribe(500, 10_000).await;
    let import = upload(&world, &good(1)).await.unwrap();
    world.profile_sql("DELETE FROM subscriptions").await;
    assert_eq!(reason(approve(&world, &import).await), R::SubscriptionRequired);
    world
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(reason(upload(&world, &good(1)).await), R::OrganizationNotActive);
    assert_eq!(reason(approve(&world, &import).await), R::OrganizationNotActive);
    assert_eq!(world.database.count("SELECT count(*) FROM imports").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_plan_is_refused_with_used_and_limit() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let status = upload(&world, &good(11)).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((11, 10)));
    assert_eq!(reason(Err::<(), _>(status)), R::ImportTooLarge);
    assert!(upload(&world, &good(10)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_altered_on_its_way_is_refused() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let mut sent = messages(&world, &good(3));
    sent[1].chunk[30] ^= 1;
    assert_eq!(reason(send(&world, sent).await), R::ChecksumMismatch);
    let mut cut = messages(&world, &good(3));
    cut.pop();
    assert_eq!(reason(send(&world, cut).await), R::ChecksumMismatch);
    assert_eq!(world.database.count("SELECT count(*) FROM imports").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_keeps_to_its_first_messages_scope() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let mut same = messages(&world, &good(3));
    same[1].parent = world.parent();
    assert!(send(&world, same).await.is_ok());
    let mut other = messages(&world, &good(3));
    other[1].parent = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    assert_eq!(reason(send(&world, other).await), R::StreamScopeChanged);
    assert_eq!(reason(send(&world, Vec::new()).await), R::InvalidRequest);
    let mut no_digest = messages(&world, &good(3));
    no_digest[0].sha256.pop();
    assert_eq!(reason(send(&world, no_digest).await), R::InvalidRequest);
    let large = UploadImportRequest {
        chunk: vec![b'x'; 65_537],
        ..messages(&world, b"x").remove(0)
    };
    assert_eq!(reason(send(&world, vec![large]).await), R::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_requests_have_one_effect() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let mut sent = messages(&world, &good(3));
    sent[0].request_id.clone_from(&request_id);
    let import = send(&world, sent.clone()).await.unwrap();
    assert_eq!(send(&world, sent).await.unwrap(), import);
    let mut other = messages(&world, &good(4));
    other[0].request_id.clone_from(&request_id);
    assert_eq!(reason(send(&world, other).await), R::RequestIdReused);
    assert_eq!(world.database.count("SELECT count(*) FROM imports").await, 1);

    let decision = ApproveImportRequest {
        name: import.name.clone(),
        etag: import.etag.clone(),
        request_id: request_id.clone(),
    };
    let first = world
        .imports()
        .approve_import(decision.clone())
        .await
        .unwrap()
        .into_inner();
    applied(&world, &import).await;
    assert_eq!(
        world
            .imports()
            .approve_import(decision.clone())
            .await
            .unwrap()
            .into_inner(),
        first
    );
    let reused = ApproveImportRequest {
        etag: "x".to_owned(),
        ..decision
    };
    assert_eq!(
        reason(world.imports().approve_import(reused).await),
        R::RequestIdReused
    );
    let second = upload(&world, &good(5)).await.unwrap();
    let third = upload(&world, &good(6)).await.unwrap();
    let drop_it = |name: &str| DisapproveImportRequest {
        name: name.to_owned(),
        request_id: request_id.clone(),
    };
    world
        .imports()
        .disapprove_import(drop_it(&second.name))
        .await
        .unwrap();
    assert_eq!(
        reason(world.imports().disapprove_import(drop_it(&third.name)).await),
        R::RequestIdReused
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_of_others_are_nothing() {
    let mut world = World::new().await;
    world.subscribe(10, 10_000).await;
    let import = upload(&world, &good(3)).await.unwrap();
    let id = import.name.rsplit('/').next().unwrap().to_owned();
    world.organization = world.new_organization("somebody").await;
    let name = format!("{}/imports/{id}", world.parent());
    let got = world
        .imports()
        .get_import(GetImportRequest { name: name.clone() })
        .await;
    assert_eq!(reason(got), R::NotFound);
    let listed = ListImportRowsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    assert_eq!(
        reason(world.imports().list_import_rows(listed).await),
        R::NotFound
    );
    let decision = ApproveImportRequest {
        name: name.clone(),
        etag: import.etag,
        request_id: String::new(),
    };
    assert_eq!(
        reason(world.imports().approve_import(decision).await),
        R::NotFound
    );
    let decision = DisapproveImportRequest {
        name,
        request_id: String::new(),
    };
    assert_eq!(
        reason(world.imports().disapprove_import(decision).await),
        R::NotFound
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_listed_in_pages_and_by_state() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let file = b"email,groups\na@example.org,Nurses\nnobody,Nurses\nc@example.org,Nurses\n";
    let import = upload(&world, file).await.unwrap();
    let all = ListImportRowsRequest {
        parent: import.name.clone(),
        page_size: 2,
        ..Default::default()
    };
    let page = world
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
        reason(world.imports().list_import_rows(foreign).await),
        R::PageTokenInvalid
    );
    let invalid = ListImportRowsRequest { states, ..all };
    let page = world
        .imports()
        .list_import_rows(invalid)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3]);
    assert!(page.next_page_token.is_empty());
}
