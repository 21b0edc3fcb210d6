//! Files over plain HTTP: uploads as they come, downloads as they go.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::stream;
use http::{Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use muster_access::Rules;
use muster_json::{About, Bindings, Json, open_api};
use muster_proto::HttpBody;
use muster_proto::invitation::v1::{UploadImportRequest, UploadImportResponse};
use muster_refusal::{ErrorReason, Refusal};
use prost::Message;
use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};
use serde_json::Value;
use tonic::Status;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;

type Calls = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;
/// The messages that came, and whether the stream of them ended well.
type Seen = Arc<Mutex<(Vec<UploadImportRequest>, bool)>>;

const UPLOAD: &str = "/v1/organizations/o/imports:upload";

fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend((message.len() as u32).to_be_bytes());
    bytes.extend(message);
    bytes
}

fn messages(mut bytes: &[u8]) -> Vec<UploadImportRequest> {
    let mut all = Vec::new();
    while let [_, a, b, c, d, rest @ ..] = bytes {
        let (message, after) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        all.push(UploadImportRequest::decode(message).unwrap());
        bytes = after;
    }
    all
}

/// A peer that takes every upload, and answers with an import.
fn taking() -> (Json<Calls>, Seen) {
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let calls = tower::service_fn(move |request: Request<Body>| {
        let kept = Arc::clone(&kept);
        async move {
            assert_eq!(
                request.uri().path(),
                "/muster.invitation.v1.ImportService/UploadImport"
            );
            let (mut bytes, mut body, mut is_whole) = (Vec::new(), request.into_body(), true);
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => bytes.extend(frame.into_data().unwrap()),
                    Err(_) => is_whole = false,
                }
            }
            *kept.lock().unwrap() = (messages(&bytes), is_whole);
            let answer = UploadImportResponse::default().encode_to_vec();
            Ok::<_, Infallible>(Response::new(Body::new(Full::new(framed(&answer).into()))))
        }
    });
    let bindings = Bindings::load(muster_proto::pool(), |_| true).unwrap();
    (Json::new(Arc::new(bindings), Calls::new(calls)), seen)
}

/// A request whose body comes in these pieces.
fn post(uri: &str, headers: &[(&str, &str)], pieces: Vec<Vec<u8>>) -> Request<Body> {
    let mut request = Request::builder().method("POST").uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let frames = pieces
        .into_iter()
        .map(|piece| Ok::<_, Status>(Frame::data(Bytes::from(piece))));
    request
        .body(Body::new(StreamBody::new(stream::iter(frames))))
        .unwrap()
}

async fn told(response: Response<Body>) -> (StatusCode, Value) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, serde_json::from_slice(&body).unwrap())
}

/// The first message, and the bytes of all others.
fn uploaded(seen: &Seen) -> (UploadImportRequest, Vec<u8>) {
    let (mut messages, is_whole) = std::mem::take(&mut *seen.lock().unwrap());
    assert!(is_whole);
    let first = messages.remove(0);
    assert!(
        messages
            .iter()
            .all(|message| message.chunk.len() <= 32 * 1024 && message.parent.is_empty())
    );
    let bytes = messages.into_iter().flat_map(|message| message.chunk).collect();
    (first, bytes)
}

#[tokio::test]
async fn a_body_is_the_file_and_its_head_says_which() {
    let (json, seen) = taking();
    let file: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    let pieces: Vec<_> = file.chunks(70_001).map(<[u8]>::to_vec).collect();
    let headers = [
        ("content-type", "text/csv"),
        (
            "content-disposition",
            "attachment; filename*=UTF-8''Z%C3%BCrich.csv",
        ),
        ("content-digest", "sha-256=:AAEC:"),
    ];
    let response = json.clone().answer(post(UPLOAD, &headers, pieces.clone())).await;
    assert_eq!(response.status(), StatusCode::OK);
    let (first, bytes) = uploaded(&seen);
    assert_eq!(bytes, file);
    assert_eq!(
        (
            first.parent.as_str(),
            first.file_name.as_str(),
            &first.sha256[..],
            first.chunk.len()
        ),
        ("organizations/o", "Zürich.csv", &[0, 1, 2][..], 0)
    );

    let uri = format!("{UPLOAD}?fileName=other.csv&sha256=AwQF");
    json.answer(post(&uri, &headers, pieces)).await;
    let (first, _) = uploaded(&seen);
    assert_eq!(
        (first.file_name.as_str(), &first.sha256[..]),
        ("other.csv", &[3, 4, 5][..])
    );
}

fn form(parts: &[(&str, &str)]) -> Vec<u8> {
    let parts = parts
        .iter()
        .map(|(head, body)| format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n"));
    format!("{}--b--\r\n", parts.collect::<String>()).into_bytes()
}

const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=b");

#[tokio::test]
async fn a_form_holds_one_file_after_its_fields_however_it_is_cut() {
    let (json, seen) = taking();
    let file = "a,b\r\n--c\r\n-b".repeat(5000);
    let whole = form(&[
        (r#"name="request_id""#, "01890a5d-ac96-774b-bcce-b302099a8057"),
        (r#"name="file"; filename="staff.csv""#, &file),
    ]);
    for size in [1, 7, 1000, 1_000_000] {
        let pieces = whole.chunks(size).map(<[u8]>::to_vec).collect();
        let response = json.clone().answer(post(UPLOAD, &[FORM], pieces)).await;
        assert_eq!(response.status(), StatusCode::OK);
        let (first, bytes) = uploaded(&seen);
        assert!(bytes == file.as_bytes(), "{size}");
        assert_eq!(first.file_name, "staff.csv");
        assert_eq!(first.request_id, "01890a5d-ac96-774b-bcce-b302099a8057");
    }
}

#[tokio::test]
async fn a_form_names_one_boundary_that_may_be() {
    let (json, seen) = taking();
    let longest = "b".repeat(70);
    for (boundary, said) in [
        ("b", "b"),
        ("b", r#""b""#),
        ("a b", r#""a b""#),
        (longest.as_str(), longest.as_str()),
    ] {
        let form = String::from_utf8(form(&[(r#"name="file"; filename="a.csv""#, "a")])).unwrap();
        let form = form.replace("--b", &format!("--{boundary}"));
        let kind = format!("multipart/form-data; boundary={said}");
        let request = post(UPLOAD, &[("content-type", &kind)], vec![form.into_bytes()]);
        assert_eq!(
            json.clone().answer(request).await.status(),
            StatusCode::OK,
            "{said}"
        );
        assert_eq!(uploaded(&seen).1, b"a");
    }
    let too_long = format!("multipart/form-data; boundary={longest}b");
    for kinds in [
        &["multipart/form-data"][..],
        &["multipart/form-data; boundary="],
        &["multipart/form-data; boundary=b; boundary=c"],
        &["multipart/form-data; boundary=b", "text/csv"],
        &["multipart/form-data; boundary=\"b\u{fc}\""],
        &["multipart/form-data; boundary=\"b \""],
        &["Multipart/Mixed; boundary=b"],
        &[too_long.as_str()],
    ] {
        let headers: Vec<_> = kinds.iter().map(|kind| ("content-type", *kind)).collect();
        let body = form(&[(r#"name="file"; filename="a.csv""#, "a")]);
        let (status, told) = told(json.clone().answer(post(UPLOAD, &headers, vec![body])).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{kinds:?}");
        assert!(told.to_string().contains("boundary of 1 to 70"), "{told}");
        assert!(seen.lock().unwrap().0.is_empty(), "{kinds:?}");
    }
}

#[tokio::test]
async fn a_form_that_is_none_is_refused_with_what_is_wrong() {
    let (json, seen) = taking();
    let file = (r#"name="file"; filename="a.csv""#, "a");
    let long = "x".repeat(2000);
    let cases = [
        (form(&[]), "body", "has no file"),
        (form(&[(r#"name="nonsense""#, "x"), file]), "nonsense", "no field"),
        (
            form(&[(r#"name="request_id""#, &long), file]),
            "request_id",
            "longer than 1024",
        ),
        (
            form(&[file, (r#"name="request_id""#, "x")]),
            "body",
            "goes on after its file",
        ),
        (form(&[file, file]), "body", "goes on after its file"),
        (form(&[file])[..60].to_vec(), "body", "cannot be read"),
        (b"--b\r\n".to_vec(), "body", "cannot be read"),
        (
            [b"--b\r\nx: ".to_vec(), vec![b'y'; 300_000]].concat(),
            "body",
            "head does not end",
        ),
    ];
    for (body, field, named) in cases {
        let pieces = body.chunks(16_384).map(<[u8]>::to_vec).collect();
        let (status, body) = told(json.clone().answer(post(UPLOAD, &[FORM], pieces)).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{named}");
        let text = body.to_string();
        assert!(
            text.contains(named) && text.contains(&format!(r#""field":"{field}""#)),
            "{text}"
        );
        let (messages, is_whole) = std::mem::take(&mut *seen.lock().unwrap());
        assert!(
            messages.is_empty() || !is_whole,
            "{named}: nobody takes it for a whole file"
        );
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_is_not_taken_for_whole() {
    let (json, seen) = taking();
    let pieces = [
        Ok(Frame::data(Bytes::from_static(b"half"))),
        Err(Status::cancelled("gone")),
    ];
    let request = Request::builder().method("POST").uri(UPLOAD);
    let request = request
        .body(Body::new(StreamBody::new(stream::iter(pieces))))
        .unwrap();
    let response = json.clone().answer(request).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let (messages, is_whole) = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!((messages.len(), is_whole), (2, false));

    let packed = post(UPLOAD, &[("content-encoding", "gzip")], vec![b"x".to_vec()]);
    assert_eq!(
        json.answer(packed).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

/// The one file that is written here.
struct Written(String);

impl FileResolver for Written {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == "test.proto" {
            File::from_source(name, &self.0)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

/// A contract of one RPC, whose options stand in these braces.
fn contract(options: &str, response: &str) -> DescriptorPool {
    let proto = format!(
        r#"syntax = "proto3";
        package test;
        import "google/api/annotations.proto";
        import "google/api/httpbody.proto";
        import "muster/file/v1/file.proto";
        service Files {{ rpc Export(ExportRequest) returns (stream ExportResponse) {{ {options} }} }}
        message ExportRequest {{ string name = 1; }}
        message ExportResponse {{ {response} }}"#
    );
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    let mut resolver = ChainFileResolver::new();
    resolver.add(Written(proto));
    resolver.add(IncludeFileResolver::new(root.into()));
    resolver.add(IncludeFileResolver::new(format!("{root}/third_party").into()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file("test.proto").unwrap();
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap()
}

const EXPORT: &str = r#"
    option (google.api.http) = { get: "/v1/exports", response_body: "file" };
    option (muster.file.v1.serves) = { media_types: ["text/csv", "application/pdf"] };"#;
const FILE: &str = "google.api.HttpBody file = 1; string file_name = 2;";

#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    file: Option<HttpBody>,
    #[prost(string, tag = "2")]
    file_name: String,
}

fn piece(media_type: &str, file_name: &str, data: &str) -> Vec<u8> {
    let file = HttpBody {
        content_type: media_type.into(),
        data: data.into(),
        extensions: Vec::new(),
    };
    let message = ExportResponse {
        file: Some(file),
        file_name: file_name.into(),
    };
    framed(&message.encode_to_vec())
}

/// What a client gets for this answer of a service.
async fn downloaded(frames: Vec<Result<Vec<u8>, Status>>) -> (http::response::Parts, Result<Bytes, Status>) {
    let frames = Arc::new(Mutex::new(frames));
    let calls = tower::service_fn(move |_: Request<Body>| {
        let frames = std::mem::take(&mut *frames.lock().unwrap()).into_iter();
        let frames = frames.map(|frame| frame.map(|bytes| Frame::data(Bytes::from(bytes))));
        let body = Body::new(StreamBody::new(stream::iter(frames)));
        std::future::ready(Ok::<_, Infallible>(Response::new(body)))
    });
    let bindings = Arc::new(Bindings::load(&contract(EXPORT, FILE), |_| true).unwrap());
    let json = Json::new(bindings, calls);
    let request = Request::get("/v1/exports").body(Body::empty()).unwrap();
    let (head, body) = json.answer(request).await.into_parts();
    (head, body.collect().await.map(|body| body.to_bytes()))
}

#[tokio::test]
async fn a_file_is_all_pieces_under_its_name() {
    let frames = vec![
        Ok(piece("text/csv; charset=utf-8", "staff.csv", "")),
        Ok(piece("", "", "a,b\r\n")),
        Ok(piece("", "", "1,2\r\n")),
    ];
    let (head, body) = downloaded(frames).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert_eq!(
        head.headers[header::CONTENT_DISPOSITION],
        r#"attachment; filename="staff.csv""#
    );
    assert_eq!(head.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(head.headers[header::ACCEPT_RANGES], "none");
    assert_eq!(body.unwrap(), "a,b\r\n1,2\r\n");
}

#[tokio::test]
async fn what_fails_before_the_first_byte_is_an_error_and_afterwards_no_file() {
    let refusal = Status::from(Refusal::permission_denied());
    let (head, body) = downloaded(vec![Err(refusal.clone())]).await;
    assert_eq!(head.status, StatusCode::FORBIDDEN);
    assert!(!head.headers.contains_key(header::CONTENT_DISPOSITION));
    assert!(String::from_utf8_lossy(&body.unwrap()).contains("PERMISSION_DENIED"));

    let (head, body) = downloaded(vec![Ok(piece("text/csv", "a.csv", "a")), Err(refusal)]).await;
    assert_eq!(head.status, StatusCode::OK);
    assert!(body.is_err(), "broken off");

    for reason in [ErrorReason::ImportTooLarge, ErrorReason::MessageTooLarge] {
        let too_large = Status::from(Refusal::new(reason, "too large"));
        let (head, _) = downloaded(vec![Err(too_large)]).await;
        assert_eq!(head.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(!head.headers.contains_key(header::RETRY_AFTER));
    }

    for broken in [
        vec![],
        vec![Ok(piece("text/html", "a.html", "a"))],
        vec![Ok(framed(b"\xff"))],
    ] {
        let (head, _) = downloaded(broken).await;
        assert_eq!(head.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[test]
fn the_contract_says_files_whole_or_is_not_loaded() {
    let problem = |options: &str, response: &str| {
        let problems = Bindings::load(&contract(options, response), |_| true).unwrap_err();
        problems.into_iter().next().unwrap().what
    };
    let http = r#"option (google.api.http) = { get: "/v1/exports", response_body: "file" };"#;
    assert!(problem(http, FILE).contains("nothing says is a file"));
    assert!(problem(EXPORT, "bytes file = 1; string file_name = 2;").contains("no google.api.HttpBody"));
    assert!(problem(EXPORT, "google.api.HttpBody file = 1;").contains("no text file_name"));
    let untyped = format!("{http} option (muster.file.v1.serves) = {{}};");
    assert!(problem(&untyped, FILE).contains("no media type"));
}

#[test]
fn files_stand_in_the_document() {
    let about = About {
        title: "T",
        version: "1",
        server: "https://t.test",
    };
    let rules = Rules::load(muster_proto::pool()).unwrap();
    let document = open_api(
        &Bindings::load(&contract(EXPORT, FILE), |_| true).unwrap(),
        &rules,
        about,
    );
    let content = &document["paths"]["/v1/exports"]["get"]["responses"]["200"]["content"];
    assert_eq!(content["text/csv"]["schema"]["format"], "binary");
    assert_eq!(content["application/pdf"]["schema"]["format"], "binary");

    let document = open_api(
        &Bindings::load(&muster_proto::documented_pool(), |_| true).unwrap(),
        &rules,
        about,
    );
    let upload = &document["paths"]["/v1/organizations/{organization}/imports:upload"]["post"];
    let content = &upload["requestBody"]["content"];
    for kind in ["application/octet-stream", "text/csv"] {
        assert_eq!(content[kind]["schema"]["format"], "binary", "{kind}");
    }
    assert_eq!(content["multipart/form-data"]["schema"]["required"][0], "file");
    let named: Vec<_> = upload["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(named, ["organization", "fileName", "sha256", "requestId"]);
}
