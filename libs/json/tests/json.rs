//! The contract's own bindings, and calls through them.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use muster_access::Rules;
use muster_json::{About, Bindings, Json, open_api, reference};
use muster_proto::employment::v1::ListEmploymentsRequest;
use muster_proto::invitation::v1::CreateInvitationRequest;
use muster_proto::organization::v1::{ApproveOrganizationRequest, Organization, UpdateGroupRequest};
use muster_refusal::Refusal;
use muster_telemetry::propagation::TraceIds;
use prost::Message;
use serde_json::{Value, json};
use tonic::Status;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;

type Calls = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;
/// What the gRPC side was called with.
type Seen = Arc<Mutex<Option<(http::request::Parts, Bytes)>>>;

fn bindings() -> Bindings {
    Bindings::load(muster_proto::pool(), |_| true).unwrap()
}

/// The same with their comments, which stand in documents.
fn documented() -> Bindings {
    Bindings::load(&muster_proto::documented_pool(), |_| true).unwrap()
}

/// A peer that answers every call with the same frames.
fn answering(status: Option<Status>, message: Vec<u8>) -> (Json<Calls>, Seen) {
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let calls = tower::service_fn(move |request: Request<Body>| {
        let (kept, status, message) = (Arc::clone(&kept), status.clone(), message.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            *kept.lock().unwrap() = Some((head, body));
            Ok::<_, Infallible>(match status {
                Some(status) => status.into_http(),
                None => Response::new(Body::new(Full::new(Bytes::from(framed(&message))))),
            })
        }
    });
    let json = Json::new(Arc::new(bindings()), Calls::new(calls));
    (json, seen)
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend((message.len() as u32).to_be_bytes());
    bytes.extend(message);
    bytes
}

fn request(method: &str, uri: &str, body: Option<Value>) -> Request<Body> {
    let request = Request::builder().method(method).uri(uri);
    match body {
        None => request.body(Body::empty()).unwrap(),
        Some(body) => request
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(Body::new(Full::new(Bytes::from(body.to_string()))))
            .unwrap(),
    }
}

async fn told(response: Response<Body>) -> (StatusCode, Value) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, serde_json::from_slice(&body).unwrap())
}

/// The message that the peer got.
fn got<M: Message + Default>(seen: &Seen) -> (String, M) {
    let (head, body) = seen.lock().unwrap().take().unwrap();
    assert_eq!(head.headers[header::CONTENT_TYPE], "application/grpc");
    assert_eq!(head.method, http::Method::POST);
    (head.uri.path().to_owned(), M::decode(body.slice(5..)).unwrap())
}

fn violations(body: &Value) -> Vec<(String, String)> {
    let details = body["details"].as_array().unwrap();
    let bad = details
        .iter()
        .find_map(|detail| detail["fieldViolations"].as_array());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    bad.into_iter()
        .flatten()
        .map(|one| (text(&one["field"]), text(&one["description"])))
        .collect()
}

#[test]
fn every_rpc_of_people_has_a_binding_of_its_own() {
    let (bindings, rules) = (bindings(), Rules::load(muster_proto::pool()).unwrap());
    let bound: Vec<_> = bindings.all().iter().map(|binding| binding.path()).collect();
    for rule in rules.iter() {
        // Of the streams of callers only files are something that HTTP knows.
        let may_be_bound = !rule.is_internal();
        let is_bound = bound.contains(&rule.path);
        assert!(
            is_bound == may_be_bound || (rule.client_streaming && !is_bound),
            "{}",
            rule.path
        );
    }
    let mut paths: Vec<_> = bindings
        .all()
        .iter()
        .map(|binding| (binding.method.to_string(), binding.template.open_api().0))
        .collect();
    paths.sort();
    let all = paths.len();
    paths.dedup();
    assert_eq!(paths.len(), all, "two RPCs share a path");
}

#[tokio::test]
async fn path_query_and_body_make_one_message() {
    let (json, seen) = answering(None, Vec::new());
    let body = json!({ "address": "a@b.test", "groups": ["organizations/o/groups/g"], "sendTime": "2026-03-01T12:00:00Z" });
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let uri = format!("/v1/organizations/o/invitations?request_id={id}");
    let response = json.clone().answer(request("POST", &uri, Some(body))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let (path, message) = got::<CreateInvitationRequest>(&seen);
    assert_eq!(path, "/muster.invitation.v1.InvitationService/CreateInvitation");
    assert_eq!(
        (message.parent.as_str(), message.request_id.as_str()),
        ("organizations/o", id)
    );
    let invitation = message.invitation.unwrap();
    assert_eq!(invitation.address, "a@b.test");
    assert_eq!(invitation.groups, ["organizations/o/groups/g"]);
    assert_eq!(invitation.send_time.unwrap().seconds, 1_772_366_400);

    let uri = "/v1/organizations/o/employments?pageSize=7&page_token=a%2Bb+c";
    let response = json.clone().answer(request("GET", uri, None)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let (_, message) = got::<ListEmploymentsRequest>(&seen);
    assert_eq!((message.page_size, message.page_token.as_str()), (7, "a+b c"));

    let body = json!({ "reason": "checked" });
    json.answer(request("POST", "/v1/organizations/o:approve", Some(body)))
        .await;
    let (_, message) = got::<ApproveOrganizationRequest>(&seen);
    assert_eq!(
        (message.name.as_str(), message.reason.as_str()),
        ("organizations/o", "checked")
    );
}

#[tokio::test]
async fn answers_follow_the_json_mapping() {
    let organization = Organization {
        name: "organizations/o".into(),
        display_name: "Kita".into(),
        create_time: Some(prost_types::Timestamp {
            seconds: 1_772_366_400,
            nanos: 0,
        }),
        ..Default::default()
    };
    let answer = muster_proto::organization::v1::GetOrganizationResponse {
        organization: Some(organization),
    };
    let (json, _) = answering(None, answer.encode_to_vec());
    let (status, body) = told(json.answer(request("GET", "/v1/organizations/o", None)).await).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["organization"]["displayName"], "Kita");
    assert_eq!(body["organization"]["createTime"], "2026-03-01T12:00:00Z");
}

#[tokio::test]
async fn a_refusal_arrives_whole() {
    let (json, _) = answering(Some(Refusal::permission_denied().into()), Vec::new());
    let (status, body) = told(json.answer(request("GET", "/v1/organizations/o", None)).await).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body["details"][0]["reason"], "PERMISSION_DENIED");
    assert_eq!(
        body["details"][0]["@type"],
        "type.googleapis.com/google.rpc.ErrorInfo"
    );
}

#[tokio::test]
async fn a_failure_names_its_trace() {
    let mut headers = Status::from(Refusal::internal())
        .into_http::<Body>()
        .into_parts()
        .0
        .headers;
    muster_refusal::name_trace(&mut headers, || {
        Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned())
    });
    let (json, _) = answering(Status::from_header_map(&headers), Vec::new());
    let (status, body) = told(json.answer(request("GET", "/v1/organizations/o", None)).await).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let details = body["details"].as_array().unwrap();
    let named = json!({
        "@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "4bf92f3577b34da6a3ce929d0e0e4736",
    });
    assert!(details.contains(&named), "{details:?}");
    assert_eq!(details[0]["reason"], "INTERNAL");
}

#[tokio::test]
async fn everything_wrong_with_a_query_is_told_at_once_and_nothing_is_called() {
    let (json, seen) = answering(None, Vec::new());
    let uri = "/v1/organizations/o/employments?pageSize=x&nonsense=1&parent=organizations/p&page_token=a&page_token=b";
    let (status, body) = told(json.answer(request("GET", uri, None)).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let mut fields: Vec<_> = violations(&body).into_iter().map(|(field, _)| field).collect();
    fields.sort();
    assert_eq!(fields, ["nonsense", "pageSize", "page_token", "parent"]);
    assert!(seen.lock().unwrap().is_none());
}

#[tokio::test]
async fn path_and_body_are_read_together_and_null_leaves_a_field_to_the_path() {
    let (json, seen) = answering(None, Vec::new());
    let approve = |body: Value| request("POST", "/v1/organizations/o:approve", Some(body));
    for said in [Value::Null, json!(""), json!("organizations/o")] {
        let response = json
            .clone()
            .answer(approve(json!({ "name": said, "reason": "checked" })))
            .await;
        assert_eq!(response.status(), StatusCode::OK, "{said}");
        let (_, message) = got::<ApproveOrganizationRequest>(&seen);
        assert_eq!(message.name, "organizations/o");
    }
    let body = json!({ "name": "organizations/p", "reason": 7, "etag": [] });
    let (_, body) = told(json.answer(approve(body)).await).await;
    let mut fields: Vec<_> = violations(&body).into_iter().map(|(field, _)| field).collect();
    fields.sort();
    assert_eq!(fields, ["etag", "name", "reason"]);
}

#[tokio::test]
async fn fields_of_a_refusal_are_called_as_json_calls_them() {
    let refusal = Refusal::new(muster_refusal::ErrorReason::InvalidRequest, "no")
        .violation("requests[6].invitation.send_time", "is long ago");
    let (json, _) = answering(Some(refusal.into()), Vec::new());
    let (_, body) = told(json.answer(request("GET", "/v1/organizations/o", None)).await).await;
    assert_eq!(violations(&body)[0].0, "requests[6].invitation.sendTime");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let (json, seen) = answering(None, Vec::new());
    let cases = [
        (json!({ "addres": "a@b.test" }), "invitation.addres", "no field"),
        (json!({ "address": 7 }), "invitation.address", "text"),
        (json!([1]), "body", "object"),
    ];
    for (body, field, named) in cases {
        let posted = request("POST", "/v1/organizations/o/invitations", Some(body));
        let (status, body) = told(json.clone().answer(posted).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let violations = violations(&body);
        assert!(
            violations[0].0 == field && violations[0].1.contains(named),
            "{violations:?}"
        );
    }
    let posted = request(
        "POST",
        "/v1/organizations/o/invitations",
        Some(json!({ "address": "x".repeat(300_000) })),
    );
    assert_eq!(
        json.clone().answer(posted).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let mut form = request("POST", "/v1/organizations/o/invitations", Some(json!({})));
    form.headers_mut()
        .insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(
        json.clone().answer(form).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let another = json!({ "name": "organizations/another", "reason": "checked" });
    let (status, body) = told(
        json.clone()
            .answer(request("POST", "/v1/organizations/o:approve", Some(another)))
            .await,
    )
    .await;
    assert_eq!(
        (status, violations(&body)[0].0.as_str()),
        (StatusCode::BAD_REQUEST, "name")
    );
    let many = format!("/v1/trainings?{}", "x&".repeat(1000));
    let (status, body) = told(json.clone().answer(request("GET", &many, None)).await).await;
    assert_eq!((status, violations(&body).len()), (StatusCode::BAD_REQUEST, 1));
    let long = format!("/v1/trainings?x={}", "y".repeat(9000));
    assert_eq!(
        json.clone().answer(request("GET", &long, None)).await.status(),
        StatusCode::URI_TOO_LONG
    );
    let key = json!({ "x".repeat(100_000): 1 });
    let posted = request("POST", "/v1/organizations/o/invitations", Some(key));
    let (_, body) = told(json.clone().answer(posted).await).await;
    assert!(body.to_string().len() < 2000);
    let mut packed = request("POST", "/v1/organizations/o/invitations", Some(json!({})));
    packed
        .headers_mut()
        .insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    assert_eq!(
        json.clone().answer(packed).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let read = request("GET", "/v1/organizations/o", Some(json!({ "name": "x" })));
    assert_eq!(json.answer(read).await.status(), StatusCode::BAD_REQUEST);
    assert!(seen.lock().unwrap().is_none());
}

/// A request whose body never comes.
fn silent() -> Request<Body> {
    let never = futures::stream::pending::<Result<http_body::Frame<Bytes>, Status>>();
    let request = Request::builder()
        .method("POST")
        .uri("/v1/invitations:lookup")
        .header(header::CONTENT_TYPE, "application/json");
    let body = Body::new(http_body_util::StreamBody::new(never));
    request.body(body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_waited_for_only_so_long() {
    let (json, seen) = answering(None, Vec::new());
    let asked = tokio::time::Instant::now();
    let (status, body) = told(json.answer(silent()).await).await;
    assert_eq!(
        (status, body["details"][0]["reason"].as_str()),
        (StatusCode::REQUEST_TIMEOUT, Some("DEADLINE_EXCEEDED"))
    );
    assert_eq!(asked.elapsed().as_secs(), 5);
    assert!(seen.lock().unwrap().is_none());
}

#[tokio::test]
async fn whoever_does_not_send_keeps_nobody_out() {
    let (json, _) = answering(None, Vec::new());
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let json = json.clone();
        waiting.push(tokio::spawn(async move { json.answer(silent()).await }));
    }
    tokio::task::yield_now().await;
    let response = json.answer(request("GET", "/v1/organizations/o", None)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(waiting.iter().all(|one| !one.is_finished()));
}

#[tokio::test]
async fn other_paths_and_methods_say_so() {
    let (json, _) = answering(None, Vec::new());
    let (status, body) = told(json.clone().answer(request("GET", "/v1/nothing", None)).await).await;
    assert_eq!((status, body["code"].as_i64()), (StatusCode::NOT_FOUND, Some(12)));
    let response = json.answer(request("DELETE", "/v1/organizations/o", None)).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[header::ALLOW], "GET, PATCH");
}

#[test]
fn the_document_describes_every_binding_and_refers_to_nothing_that_is_not_there() {
    let rules = Rules::load(muster_proto::pool()).unwrap();
    let about = About {
        title: "Muster",
        version: "1",
        server: "https://muster.example",
    };
    let (bindings, document) = (bindings(), open_api(&documented(), &rules, about));
    let paths = document["paths"].as_object().unwrap();
    let operations: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, bindings.all().len());
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/").skip(1) {
        let (target, _) = reference.split_once('"').unwrap();
        let (section, name) = target.split_once('/').unwrap();
        assert!(document["components"][section].get(name).is_some(), "{target}");
    }
    let accept = &paths["/v1/invitations:lookup"]["post"];
    assert_eq!(accept["security"], json!([]));
    let get = &paths["/v1/organizations/{organization}"]["get"];
    assert!(get.get("security").is_none() && !get["description"].as_str().unwrap().is_empty());
}

#[test]
fn the_page_shows_every_call_and_breaks_no_link() {
    let rules = Rules::load(muster_proto::pool()).unwrap();
    let about = About {
        title: "<Muster>",
        version: "1",
        server: "https://muster.example",
    };
    let page = reference(&open_api(&documented(), &rules, about)).unwrap();
    assert!(page.contains("&#60;Muster&#62;") && !page.contains("<script"));
    for binding in bindings().all() {
        assert!(
            page.contains(&binding.template.open_api().0),
            "{}",
            binding.path()
        );
    }
    for link in page.split("href=\"#").skip(1) {
        let (id, _) = link.split_once('"').unwrap();
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[tokio::test]
async fn an_update_names_the_thing_in_the_path_and_its_mask_in_the_query() {
    let (json, seen) = answering(None, Vec::new());
    let uri = "/v1/organizations/1/groups/2?updateMask=displayName,trainings&requestId=7";
    let body = json!({ "displayName": "Staff", "etag": "1a" });
    let answered = json.answer(request("PATCH", uri, Some(body))).await;
    assert_eq!(answered.status(), StatusCode::OK);
    let (path, update): (_, UpdateGroupRequest) = got(&seen);
    assert_eq!(path, "/muster.organization.v1.GroupService/UpdateGroup");
    let group = update.group.unwrap();
    assert_eq!(group.name, "organizations/1/groups/2");
    assert_eq!(
        (group.display_name.as_str(), group.etag.as_str()),
        ("Staff", "1a")
    );
    assert_eq!(update.update_mask.unwrap().paths, ["display_name", "trainings"]);
    assert_eq!(update.request_id, "7");
}

#[tokio::test]
async fn a_translation_that_breaks_names_the_trace_of_the_call() {
    let trace = TraceIds::unrecorded();
    // A text of nine bytes that are not there.
    for broken in [framed(&[0x0a, 9]), Vec::new()] {
        let calls = tower::service_fn(move |_: Request<Body>| {
            let mut response = Response::new(Body::new(Full::new(Bytes::from(broken.clone()))));
            response.extensions_mut().insert(trace);
            async move { Ok::<_, Infallible>(response) }
        });
        let json = Json::new(Arc::new(bindings()), Calls::new(calls));
        let (status, body) = told(json.answer(request("GET", "/v1/trainings", None)).await).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        let details = body["details"].as_array().unwrap();
        let named = details.iter().find_map(|one| one["requestId"].as_str());
        assert_eq!(named, Some(trace.trace_id().to_string().as_str()));
    }
}
