//! What is refused of a load as a whole; what was taken before stays.

use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use tonic::{Code, Response};

use super::{counts, load_name, messages, programmes};
use crate::fixture::Fixture;
use crate::refused::{fact, fields, refused};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_message_says_which_load_why_and_how_long() {
    let fixture = Fixture::new().await;
    let answer = fixture.stream(vec![pb::LoadProgrammesRequest::default()]).await;
    let all = ["name", "reason", "row_count"];
    assert_eq!(fields(answer.map(Response::new), R::InvalidRequest), all);
    let answer = fixture.stream(Vec::new()).await;
    assert_eq!(fields(answer.map(Response::new), R::InvalidRequest), all);
    let mut all = messages(&load_name(), programmes(2), 2);
    all[0].reason = "hidden \u{202e}".to_owned();
    all[0].row_count = 1_000_001;
    let answer = fixture.stream(all).await;
    assert_eq!(
        fields(answer.map(Response::new), R::InvalidRequest),
        ["reason", "row_count"]
    );
    let loads = "SELECT count(*) FROM programme_loads";
    assert_eq!(fixture.service.database.count(loads).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_of_one_load() {
    let fixture = Fixture::new().await;
    let mut all = messages(&load_name(), programmes(4), 2);
    all[1].name = load_name();
    let name = all[0].name.clone();
    let answer = fixture.stream(all).await;
    assert_eq!(fields(answer.map(Response::new), R::InvalidRequest), ["name"]);
    assert_eq!(
        counts(&fixture.get_load(&name).await),
        [2, 0, 0, 0],
        "taken before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_left_out_and_none_is_too_many() {
    let fixture = Fixture::new().await;
    let mut all = messages(&load_name(), programmes(6), 2);
    all[2].first_row = 6;
    let name = all[0].name.clone();
    let status = refused(fixture.stream(all).await, R::ProgrammeRowsMissing);
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(fact(&status, "next_row").as_deref(), Some("5"));

    let mut longer = messages(&name, programmes(7), 10);
    longer[0].row_count = 6;
    let answer = fixture.stream(longer).await;
    assert_eq!(fields(answer.map(Response::new), R::InvalidRequest), ["rows"]);
    assert_eq!(fixture.get_load(&name).await.taken_count, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_load_has_another_name() {
    let fixture = Fixture::new().await;
    let load = fixture.load(programmes(3)).await;
    let answer = fixture.stream(messages(&load.name, programmes(4), 2)).await;
    refused(answer, R::RequestIdReused);
    assert_eq!(fixture.get_load(&load.name).await, load);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_was_never_begun_is_not_there() {
    let fixture = Fixture::new().await;
    let mut loads = fixture.programme_loads();
    let request = pb::GetProgrammeLoadRequest { name: load_name() };
    refused(loads.get_programme_load(request).await, R::NotFound);
    let request = pb::ListRefusedProgrammeRowsRequest {
        parent: load_name(),
        ..Default::default()
    };
    refused(loads.list_refused_programme_rows(request).await, R::NotFound);
    let request = pb::GetProgrammeLoadRequest {
        name: "programmeLoads/March".to_owned(),
    };
    assert_eq!(
        fields(loads.get_programme_load(request).await, R::InvalidRequest),
        ["name"]
    );
}
