//! A load that was cut off goes on, and whoever sends its rows again counts none twice.

use muster_proto::organization::v1 as pb;

use super::{counts, load_name, messages, programme, programmes};
use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_was_cut_off_goes_on_wherever_the_caller_begins() {
    let fixture = Fixture::new().await;
    let (name, rows) = (load_name(), programmes(10));
    let all = messages(&name, rows.clone(), 2);
    let open = fixture.stream(all[..2].to_vec()).await.unwrap();
    assert_eq!(open.state(), pb::ProgrammeLoadState::Open);
    assert_eq!((open.taken_count, counts(&open)), (4, [4, 0, 0, 0]));
    assert_eq!(open.finish_time, None);
    assert_eq!(fixture.get_load(&name).await, open);

    // From the middle of what was taken, in messages of another size.
    let mut further = messages(&name, rows[2..8].to_vec(), 3);
    further[0].row_count = 10;
    further[0].first_row = 3;
    let open = fixture.stream(further).await.unwrap();
    assert_eq!((open.taken_count, counts(&open)), (8, [8, 0, 0, 0]));

    let done = fixture.stream(all.clone()).await.unwrap();
    assert_eq!(done.state(), pb::ProgrammeLoadState::Done);
    assert_eq!((done.taken_count, counts(&done)), (10, [10, 0, 0, 0]));
    assert_eq!(fixture.stream(all).await.unwrap(), done);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_refused_are_counted_once_too() {
    let fixture = Fixture::new().await;
    let mut rows = programmes(4);
    rows[1].license_number.clear();
    rows[2].license_number = "DC 000000".to_owned();
    let all = messages(&load_name(), rows, 1);
    fixture.stream(all[..3].to_vec()).await.unwrap();
    let done = fixture.stream(all.clone()).await.unwrap();
    assert_eq!(counts(&done), [2, 0, 0, 2]);
    assert_eq!(fixture.refused_rows(&done.name).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_send_one_load_at_once_each_row_is_counted_once() {
    let fixture = Fixture::new().await;
    let all = messages(&load_name(), programmes(200), 10);
    let sent = futures::future::join_all((0..8).map(|_| fixture.stream(all.clone()))).await;
    for answer in sent {
        assert_eq!(counts(&answer.unwrap()), [200, 0, 0, 0]);
    }
    let stored = "SELECT count(*) FROM programmes";
    assert_eq!(fixture.service.database.count(stored).await, 200);
}

/// Each of them has every programme in another order, in one message: they never wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn loads_of_the_same_programmes_at_once_all_end() {
    let fixture = Fixture::new().await;
    for round in 0..10 {
        let load = |shift: usize| {
            let mut rows = programmes(300);
            rows.rotate_left(shift * 50);
            if shift % 2 == 1 {
                rows.reverse();
            }
            for row in &mut rows {
                row.display_name = format!("Round {round} of {shift}");
            }
            fixture.stream(messages(&load_name(), rows, 1000))
        };
        for answer in futures::future::join_all((0..6).map(load)).await {
            let load = answer.unwrap();
            assert_eq!(load.added_count + load.changed_count, 300, "{load:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_comes_page_by_page() {
    let fixture = Fixture::new().await;
    let mut rows = programmes(25);
    for row in &mut rows {
        row.address = None;
    }
    rows[20] = programme("DC 1");
    let load = fixture.load(rows).await;
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let request = pb::ListRefusedProgrammeRowsRequest {
            parent: load.name.clone(),
            page_size: 7,
            page_token: token,
        };
        let page = fixture
            .programme_loads()
            .list_refused_programme_rows(request)
            .await;
        let page = page.unwrap().into_inner();
        seen.extend(page.rows.iter().map(|row| row.row));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, (1..=25).filter(|row| *row != 21).collect::<Vec<_>>());
}
