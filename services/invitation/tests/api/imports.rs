//! From the upload to the last invitation.

use std::collections::HashSet;
use std::time::Duration;

use muster_proto::invitation::v1::import::GroupWarning;
use muster_proto::invitation::v1::{
    Import, ImportRow, ImportRowState, ImportState, InvitationSource, ListImportRowsRequest,
    ListImportsRequest, ListInvitationsRequest,
};
use muster_testkit::eventually;

use crate::fixture::Fixture;
use crate::upload::{applied, approval, approve, disapprove, get, good, good_at, rows, upload};

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
async fn with_trainings(fixture: &Fixture) {
    fixture
        .profile_sql(
            "INSERT INTO catalog_trainings (organization_id, training_id, create_time)
             SELECT organization_id, '0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88', create_time FROM organizations;
             INSERT INTO group_trainings (organization_id, group_id, training_id, position)
             SELECT organization_id, group_id, '0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88', 0 FROM groups",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_require_nothing_are_told_once_a_file_and_once_a_call() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let mut file = String::from("sep=;\r\nemail;groups\r\n");
    for row in 0..200 {
        let groups = if row == 7 { "Nurses|Aides" } else { "Nurses" };
        file.push_str(&format!("learner{row}@example.org;{groups}\r\n"));
    }
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    assert_eq!((import.valid_count, import.warning_count), (200, 0));
    let told = |import: &Import| -> Vec<(String, [i32; 3])> {
        let warnings = import.group_warnings.iter().cloned();
        let numbers = |told: &GroupWarning| [told.row_count, told.first_line, told.first_row];
        warnings
            .map(|told| (told.group_display_name.clone(), numbers(&told)))
            .collect()
    };
    let expected = [
        ("Nurses".to_owned(), [200, 3, 2]),
        ("Aides".to_owned(), [1, 10, 9]),
    ];
    assert_eq!(told(&import), expected);
    assert_eq!(
        import.group_warnings[0].group,
        fixture.group_name(&fixture.nurses)
    );
    assert_eq!(told(&get(&fixture, &import).await), expected);
    let page = rows(&fixture, &import).await;
    assert!(page.iter().all(|row| row.problems.is_empty()));

    let both = fixture.wanted("by-hand@example.org", &[&fixture.nurses, &fixture.aides]);
    let mut client = fixture.invitations();
    let invited = client.create_invitation(fixture.create_request(both)).await;
    let mut without = invited.unwrap().into_inner().groups_without_trainings;
    without.sort();
    let mut named = [&fixture.nurses, &fixture.aides].map(|group| fixture.group_name(group));
    named.sort();
    assert_eq!(without, named);
    with_trainings(&fixture).await;
    let one = fixture.wanted("by-hand-2@example.org", &[&fixture.nurses]);
    let asked = async || {
        let request = fixture.create_request(one.clone());
        let invited = fixture.invitations().create_invitation(request).await;
        invited.unwrap().into_inner().groups_without_trainings.is_empty()
    };
    // What was asked of the organization a moment ago may be answered once more.
    eventually(asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_rows_become_496_invitations_and_every_problem_is_listed() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    with_trainings(&fixture).await;
    let import = upload(&fixture, &story()).await.unwrap();
    assert_eq!(import.state(), ImportState::Ready);
    let counts = (
        import.row_count,
        import.valid_count,
        import.warning_count,
        import.error_count,
    );
    assert_eq!(counts, (500, 496, 1, 3));
    let preview = rows(&fixture, &import).await;
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
        fixture.database.count("SELECT count(*) FROM invitations").await,
        0,
        "a preview invites nobody"
    );

    let approved = approve(&fixture, &import).await.unwrap();
    assert!(matches!(
        approved.state(),
        ImportState::Approved | ImportState::Applying
    ));
    let done = applied(&fixture, &import).await;
    assert_eq!(done.state(), ImportState::AppliedWithErrors);
    assert_eq!((done.applied_count, done.refused_count), (496, 0));
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        496
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 496);

    let result = rows(&fixture, &import).await;
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
    let made = fixture.get(&result[0].invitation).await.unwrap();
    assert_eq!(made.address, "LEARNER0@Example.ORG");
    assert_eq!(
        (made.source(), made.import.as_str()),
        (InvitationSource::Import, import.name.as_str())
    );
    assert_eq!((made.groups.len(), &made.location), (2, &fixture.location));
    assert_eq!(made.trace_id, result[0].trace_id);
    let request = ListInvitationsRequest {
        parent: fixture.parent(),
        page_size: 1000,
        import: import.name.clone(),
        ..Default::default()
    };
    let listed = fixture
        .invitations()
        .list_invitations(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.invitations.len(), 496);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_merges_into_live_invitations_and_sends_no_second_mail() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let live = fixture
        .create("ada@example.org", &[&fixture.aides])
        .await
        .unwrap();
    let import = upload(&fixture, b"email,groups\nADA@example.org,Nurses\n")
        .await
        .unwrap();
    approve(&fixture, &import).await.unwrap();
    let done = applied(&fixture, &import).await;
    assert_eq!((done.state(), done.applied_count), (ImportState::Applied, 1));
    assert_eq!(rows(&fixture, &import).await[0].invitation, live.name);
    assert_eq!(fixture.get(&live.name).await.unwrap().groups.len(), 2);
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_twice_and_at_once_gives_the_first_ones_result() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(60)).await.unwrap();
    let calls = (0..16).map(|_| {
        let (mut client, request) = (fixture.imports(), approval(&import));
        tokio::spawn(async move { client.approve_import(request).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    applied(&fixture, &import).await;
    let again = approve(&fixture, &import).await.unwrap();
    assert_eq!(again.state(), ImportState::Applied);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        60
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_meanwhile_a_list_of_imports_shows_each_once_that_is_there_all_the_time() {
    for states in [Vec::new(), vec![ImportState::Ready.into()]] {
        let fixture = Fixture::new().await;
        fixture.subscribe(500, 10_000).await;
        let mut made = Vec::new();
        for place in 0..9 {
            // Ids of one moment are in no order.
            fixture.clock.advance(Duration::from_millis(1));
            let file = good_at(&format!("host{place}.example.org"), place + 1);
            made.push(upload(&fixture, &file).await.unwrap());
        }
        let mut request = ListImportsRequest {
            parent: fixture.parent(),
            page_size: 2,
            states,
            ..Default::default()
        };
        let mut listed = Vec::new();
        for round in 0.. {
            let page = fixture.imports().list_imports(request.clone()).await;
            let page = page.unwrap().into_inner();
            listed.extend(page.imports.into_iter().map(|import| import.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
            // Every third is decided on, or runs out, before and behind where the reader is; and others come.
            fixture.clock.advance(Duration::from_millis(1));
            let new = good_at(&format!("new{round}.example.org"), 20);
            upload(&fixture, &new).await.unwrap();
            match round {
                0 => drop(disapprove(&fixture, &made[0]).await.unwrap()),
                1 => {
                    approve(&fixture, &made[6]).await.unwrap();
                    applied(&fixture, &made[6]).await;
                }
                2 => {
                    let run_out = "UPDATE imports SET expire_time = create_time WHERE row_count = 4";
                    fixture.database.execute(run_out).await;
                }
                _ => {}
            }
        }
        let once: HashSet<&String> = listed.iter().collect();
        assert_eq!(once.len(), listed.len(), "one is shown twice: {listed:?}");
        assert!(listed.is_sorted_by(|one, next| one > next), "{listed:?}");
        for place in [1, 2, 4, 5, 7, 8] {
            assert!(listed.contains(&made[place].name), "{place} is lost: {listed:?}");
        }
        let known = made.iter().map(|import| &import.name);
        assert!(once.is_subset(&known.collect()), "what came later is none of it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_import_is_applied_its_rows_are_listed_each_once_in_the_order_of_the_file() {
    for states in [Vec::new(), vec![ImportRowState::Invalid.into()]] {
        let fixture = Fixture::new().await;
        fixture.subscribe(500, 10_000).await;
        let mut file = "email,groups\n".to_owned();
        for number in 0..60 {
            match number % 3 {
                0 => file.push_str("nobody at example,Nurses\n"),
                _ => file.push_str(&format!("learner{number}@example.org,Nurses\n")),
            }
        }
        let import = upload(&fixture, file.as_bytes()).await.unwrap();
        let is_all = states.is_empty();
        let mut request = ListImportRowsRequest {
            parent: import.name.clone(),
            page_size: 7,
            states,
            ..Default::default()
        };
        let mut listed: Vec<ImportRow> = Vec::new();
        loop {
            let page = fixture.imports().list_import_rows(request.clone()).await;
            let page = page.unwrap().into_inner();
            let is_first = listed.is_empty();
            listed.extend(page.rows);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
            if is_first {
                approve(&fixture, &import).await.unwrap();
                applied(&fixture, &import).await;
            }
        }
        let lines: Vec<i32> = listed.iter().map(|row| row.line).collect();
        let expected = (2..62).filter(|line| is_all || (line - 2) % 3 == 0);
        assert_eq!(lines, expected.collect::<Vec<_>>());
        if is_all {
            assert_eq!(listed[1].state(), ImportRowState::Valid, "as it was then");
            assert_eq!(listed[59].state(), ImportRowState::Applied, "as it is");
        }
    }
}
