//! The same RPCs in JSON and in gRPC-Web, through the same door and the same rules.

use std::future::poll_fn;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use muster_proto::organization::v1::{GetOrganizationRequest, GetOrganizationResponse};
use muster_testkit::SavedWorkbook;
use prost::Message;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::client::GrpcService;

use crate::support::{Organization, Suite, with_others};

async fn told(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    (response.status(), response.json().await.unwrap())
}

fn reason(body: &Value) -> &str {
    let details = body["details"].as_array().unwrap();
    details
        .iter()
        .find_map(|detail| detail["reason"].as_str())
        .unwrap()
}

#[tokio::test]
async fn an_organization_is_made_and_read_in_json() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let base = format!("{}/v1", suite.address("gateway"));
    let number = format!("J{}", suite.unique());
    let profile =
        json!({ "displayName": "JSON Kindergarten", "licensingAuthority": "us-mi", "licenseNumber": number });
    let id = suite.request_id();
    let make = || {
        let request = suite.http.post(format!("{base}/organizations?requestId={id}"));
        request.bearer_auth(suite.token("owner")).json(&profile)
    };
    let (status, made) = told(make()).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    let name = made["organization"]["name"].as_str().unwrap();
    assert_eq!(told(make()).await.1, made, "the same request_id is one act");

    let read = suite.http.get(format!("{base}/{name}"));
    let (status, found) = told(read.bearer_auth(suite.token("owner"))).await;
    assert_eq!(
        (status, &found["organization"]["name"]),
        (StatusCode::OK, &made["organization"]["name"])
    );
    assert_eq!(found["organization"]["displayName"], "JSON Kindergarten");
}

#[tokio::test]
async fn a_spreadsheet_is_uploaded_as_a_file_and_as_a_form() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let imports = format!(
        "{}/v1/{}/imports:upload",
        suite.address("gateway"),
        organization.name
    );
    let upload = |query: &str, kind: &str, body: String| {
        let request = suite.http.post(format!("{imports}{query}"));
        request
            .bearer_auth(suite.token("owner"))
            .header("content-type", kind)
            .body(body)
    };
    // More than a piece of it.
    let rows: String = (0..400)
        .map(|n| format!("n{n}@example.test,{:>200},Teachers\n", "x"))
        .collect();
    let table = format!("email,note,groups\n{rows}");
    let (status, made) = told(upload("?fileName=staff.csv", "text/csv", table.clone())).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    let import = &made["import"];
    assert_eq!(
        (&import["fileName"], &import["rowCount"]),
        (&json!("staff.csv"), &json!(400)),
        "{import}"
    );

    let form = |name: &str, fields: &str| {
        let file = format!(
            "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n{table}\r\n--b--\r\n"
        );
        format!("{fields}{file}")
    };
    let kind = "multipart/form-data; boundary=b";
    let (status, made) = told(upload("", kind, form("form.csv", ""))).await;
    assert_eq!(
        (status, &made["import"]["fileName"]),
        (StatusCode::OK, &json!("form.csv")),
        "{made}"
    );
    let field = "--b\r\nContent-Disposition: form-data; name=\"nonsense\"\r\n\r\n1\r\n";
    let (status, body) = told(upload("", kind, form("form.csv", field))).await;
    assert_eq!(
        (status, reason(&body)),
        (StatusCode::BAD_REQUEST, "INVALID_REQUEST")
    );

    let other = "?sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let (status, body) = told(upload(other, "text/csv", table.clone())).await;
    assert_eq!(
        (status, reason(&body)),
        (StatusCode::BAD_REQUEST, "CHECKSUM_MISMATCH"),
        "{body}"
    );
    let (status, body) = told(upload("", "text/csv", "\0\0\0".to_owned())).await;
    assert_eq!(
        (status, reason(&body)),
        (StatusCode::BAD_REQUEST, "IMPORT_UNREADABLE")
    );
    let stranger = suite
        .http
        .post(&imports)
        .bearer_auth(suite.token("outsider"))
        .body(table);
    let (status, body) = told(stranger).await;
    assert_eq!(
        (status, reason(&body)),
        (StatusCode::FORBIDDEN, "PERMISSION_DENIED")
    );
    assert_eq!(organization.stored(&suite).await, (0, 2));
}

const CSV: &str = "text/csv; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The file that this answers, with what it says that it is to be saved as: no program takes it for something else, or keeps it.
async fn downloaded(request: RequestBuilder, kind: &str) -> (String, Vec<u8>) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), kind);
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    let disposition = header("content-disposition");
    (disposition, response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_template_is_filled_in_and_what_is_wrong_in_it_comes_back_by_plain_http() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let at = |path: &str| format!("{}/v1/{path}", suite.address("gateway"));
    let get = |path: &str| suite.http.get(at(path)).bearer_auth(suite.token("owner"));
    let post = |path: &str| suite.http.post(at(path)).bearer_auth(suite.token("owner"));
    let template = |format: &str| get(&format!("{}/imports:template?format={format}", organization.name));
    let upload = async |name: &str, kind: &str, file: Vec<u8>| {
        let path = format!("{}/imports:upload?fileName={name}", organization.name);
        let (status, made) = told(post(&path).header("content-type", kind).body(file)).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        made["import"].clone()
    };
    let refused_rows = |import: &Value| get(&format!("{}:refusedRows", import["name"].as_str().unwrap()));
    let counts = |import: &Value| ["rowCount", "validCount", "errorCount"].map(|of| import[of].clone());
    let (right, wrong) = (
        format!("right-{}@school.test", suite.unique()),
        format!("wrong-{}@school.test", suite.unique()),
    );

    let (named, empty) = downloaded(template("IMPORT_FILE_FORMAT_XLSX"), XLSX).await;
    assert_eq!(named, "attachment; filename=\"invitations.xlsx\"");
    let filled = SavedWorkbook(empty)
        .with_row(&[&right, "Teachers", ""])
        .with_row(&[&wrong, "teachers", ""]);
    let import = upload("learners.xlsx", XLSX, filled.0).await;
    assert_eq!(counts(&import), [2, 1, 1].map(|count| json!(count)), "{import}");
    assert_eq!(import["sheet"], "Invitations");
    let (named, refused) = downloaded(refused_rows(&import), XLSX).await;
    assert_eq!(named, "attachment; filename=\"refused learners.xlsx\"");
    let refused = SavedWorkbook(refused);
    assert!(refused.says(&wrong) && !refused.says(&right));
    let again = upload("again.xlsx", XLSX, refused.0).await;
    assert_eq!(counts(&again), [1, 0, 1].map(|count| json!(count)), "{again}");

    let (named, mut table) = downloaded(template("IMPORT_FILE_FORMAT_CSV"), CSV).await;
    assert_eq!(named, "attachment; filename=\"invitations.csv\"");
    assert!(table.starts_with("\u{feff}email,groups,location\r\n".as_bytes()));
    table.extend(format!("{right},Teachers,\r\n{wrong},teachers,\r\n").bytes());
    let import = upload("learners.csv", "text/csv", table).await;
    assert_eq!(counts(&import), [2, 1, 1].map(|count| json!(count)), "{import}");
    let (named, refused) = downloaded(refused_rows(&import), CSV).await;
    assert_eq!(named, "attachment; filename=\"refused learners.csv\"");
    let refused = String::from_utf8(refused).unwrap();
    assert!(refused.contains(&wrong) && !refused.contains(&right), "{refused}");
    assert_eq!(organization.stored(&suite).await, (0, 3));

    let report = post(&format!("{}/staffReport:export", organization.name));
    let report = report.json(&json!({ "format": "EXPORT_FORMAT_XLSX" }));
    let (named, report) = downloaded(report, XLSX).await;
    let day = named.strip_prefix("attachment; filename=\"staff-report-");
    let day = day.and_then(|rest| rest.strip_suffix(".xlsx\""));
    assert!(day.is_some_and(|day| day.len() == "2026-03-01".len()), "{named}");
    assert!(SavedWorkbook(report).part("xl/workbook.xml").contains("<sheet "));
}

/// What is told of a file that is too large: what to do, and by how much.
fn tells_too_large(status: StatusCode, body: &Value) {
    assert_eq!(
        (status, reason(body)),
        (StatusCode::PAYLOAD_TOO_LARGE, "IMPORT_TOO_LARGE"),
        "{body}"
    );
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("upload it in parts"), "{message}");
    let details = body["details"].as_array().unwrap();
    let told = details.iter().find_map(|detail| detail["metadata"].as_object());
    let number = |name: &str| -> u64 { told.unwrap()[name].as_str().unwrap().parse().unwrap() };
    assert!(number("used") > number("limit"), "{body}");
}

/// What a file that is posted by HTTP/2 is answered.
async fn posted_by_http2(suite: &Suite, path: &str, token: &str, file: String) -> (StatusCode, Value) {
    let request = http::Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/csv")
        .body(Body::new(Full::new(Bytes::from(file))))
        .unwrap();
    let mut edge = suite.edge();
    poll_fn(|context| GrpcService::<Body>::poll_ready(&mut edge, context))
        .await
        .unwrap();
    let answer = GrpcService::call(&mut edge, request).await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_file_that_is_too_large_is_told_so_while_it_still_comes() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    // Of its own: what one person may have on its way at a time, files of this size fill, and others upload as well.
    let owner = format!("owner-{}@school.test", suite.unique());
    let organization = Organization::owned_by(&suite, &owner).await;
    let path = format!("/v1/{}/imports:upload", organization.name);
    let url = format!("{}{path}", suite.address("gateway"));
    let large = "x".repeat(60_000_000);
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.csv\"\r\n\r\n{large}\r\n--b--\r\n"
    );
    for (kind, body) in [
        ("text/csv", large.clone()),
        ("multipart/form-data; boundary=b", form),
    ] {
        let upload = suite.http.post(&url).bearer_auth(suite.token(&owner));
        let upload = upload.header("content-type", kind).body(body);
        let (status, body) = told(upload).await;
        tells_too_large(status, &body);
    }
    let (status, body) = posted_by_http2(&suite, &path, &suite.token(&owner), large.clone()).await;
    tells_too_large(status, &body);
    // One that asks before it sends, and sends until it hears.
    let host = suite.address("gateway").replace("http://", "");
    let mut stream = BufReader::new(TcpStream::connect(&host).await.unwrap());
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\n\
         content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        suite.token(&owner),
        large.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = String::new();
    stream.read_line(&mut first).await.unwrap();
    assert_eq!(first, "HTTP/1.1 100 Continue\r\n");
    stream.read_line(&mut first).await.unwrap();
    let (mut from, mut to) = tokio::io::split(stream);
    let sending = tokio::spawn(async move { to.write_all(large.as_bytes()).await });
    let mut answer = String::new();
    from.read_to_string(&mut answer).await.unwrap();
    sending.abort();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    let body = serde_json::from_str(body).unwrap();
    tells_too_large(StatusCode::PAYLOAD_TOO_LARGE, &body);
    assert_eq!(organization.stored(&suite).await, (0, 0));
}

#[tokio::test]
async fn refusals_in_json_are_those_of_the_contract() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let base = format!("{}/v1", suite.address("gateway"));
    let organization = Organization::create(&suite).await;
    let read = || suite.http.get(format!("{base}/{}", organization.name));

    let response = read().send().await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], r#"Bearer realm="muster""#);
    let (status, body) = told(read()).await;
    assert_eq!(
        (status, reason(&body)),
        (StatusCode::UNAUTHORIZED, "TOKEN_MISSING")
    );
    let (status, body) = told(read().bearer_auth(suite.token("outsider"))).await;
    assert_eq!(
        (status, reason(&body)),
        (StatusCode::FORBIDDEN, "PERMISSION_DENIED")
    );

    let invite = suite
        .http
        .post(format!("{base}/{}/invitations", organization.name));
    let invite = invite.bearer_auth(suite.token("owner"));
    let (status, body) = told(invite.json(&json!({ "address": "a", "groups": [] }))).await;
    assert_eq!(
        (status, reason(&body)),
        (StatusCode::BAD_REQUEST, "INVALID_REQUEST")
    );
    let violations = body["details"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|one| one["fieldViolations"].as_array());
    let fields: Vec<_> = violations
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert!(
        fields.contains(&"invitation.address") && fields.contains(&"invitation.groups"),
        "{fields:?}"
    );

    let (status, _) = told(suite.http.get(format!("{base}/nothing"))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // What is internal has no path, and the way of gRPC is closed to it as well.
    let (status, _) = told(suite.http.post(format!("{base}/roles:get")).json(&json!({}))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_browser_calls_in_grpc_web() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let message = GetOrganizationRequest {
        name: organization.name.clone(),
    }
    .encode_to_vec();
    let mut body = vec![0];
    body.extend((message.len() as u32).to_be_bytes());
    body.extend(message);
    let url = format!(
        "{}/muster.organization.v1.OrganizationService/GetOrganization",
        suite.address("gateway")
    );
    let call = |who: Option<&str>| {
        let request = suite
            .http
            .post(&url)
            .header("content-type", "application/grpc-web+proto");
        let request = request.header("x-grpc-web", "1").body(body.clone());
        match who {
            Some(who) => request.bearer_auth(suite.token(who)),
            None => request,
        }
    };
    let answer = call(Some("owner")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/grpc-web+proto");
    let bytes = answer.bytes().await.unwrap();
    let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize;
    let found = GetOrganizationResponse::decode(&bytes[5..5 + length]).unwrap();
    assert_eq!(found.organization.unwrap().name, organization.name);
    let trailers = &bytes[5 + length..];
    assert_eq!(trailers[0], 0x80);
    assert!(String::from_utf8_lossy(trailers).contains("grpc-status:0"));

    let refused = call(None).send().await.unwrap();
    let status = refused.headers().get("grpc-status").cloned();
    let text = String::from_utf8_lossy(&refused.bytes().await.unwrap()).into_owned();
    assert!(
        status.is_some_and(|status| status == "16") || text.contains("grpc-status:16"),
        "{text}"
    );
}

#[tokio::test]
async fn the_document_is_there_for_everybody() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let document = suite
        .json(&format!("{}/openapi.json", suite.address("gateway")))
        .await
        .unwrap();
    assert_eq!(document["openapi"], "3.0.3");
    assert!(document["paths"]["/v1/organizations/{organization}"]["get"].is_object());
    assert!(document["paths"]["/v1/access:explain"]["get"].is_object());
    assert!(
        !document.to_string().contains("Internal"),
        "internal services are nobody's business"
    );
}
