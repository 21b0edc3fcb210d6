//! Errors as JSON: `google.rpc.Status` with its details.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use muster_refusal::{ErrorReason, Refusal, code_of, reason_of};
use serde_json::{Value, json};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetail, StatusExt as _};

/// The HTTP code of a gRPC code, as the comments of `google/rpc/code.proto` give it.
fn http_code(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        // Nginx's "client closed request", which has no name in the standard.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The HTTP code of a reason: that of its gRPC code, unless HTTP says more. What is too large stays so: 429 would have clients
/// send it again.
pub(crate) fn http_code_of(reason: ErrorReason) -> StatusCode {
    match reason {
        ErrorReason::MessageTooLarge | ErrorReason::ImportTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        other => http_code(code_of(other)),
    }
}

/// A refusal of this dialect as an answer, with the HTTP code of its gRPC code. Its fields are called as the client does.
pub(crate) fn response(status: &Status) -> Response<Bytes> {
    response_as(http_code(status.code()), status)
}

/// A refusal of this dialect as an answer with an HTTP code that says more.
pub(crate) fn response_as(code: StatusCode, status: &Status) -> Response<Bytes> {
    answer(code, status, |field| field)
}

/// A refusal of this dialect in its own words.
pub(crate) fn problem(code: StatusCode, reason: ErrorReason, message: &str) -> Response<Bytes> {
    response_as(code, &Status::from(Refusal::new(reason, message)))
}

/// A refusal as JSON, by whoever stands in front of this dialect.
pub fn refused(refusal: Refusal) -> Response<Body> {
    whole(response(&Status::from(refusal)))
}

/// An answer that is there in one piece, as the service gives it.
pub(crate) fn whole(response: Response<Bytes>) -> Response<Body> {
    response.map(|bytes| Body::new(Full::new(bytes)))
}

/// The status of a service as an answer: fields are called as JSON calls them.
pub(crate) fn of_service(status: &Status) -> Response<Bytes> {
    let code = reason_of(status).map_or_else(|| http_code(status.code()), http_code_of);
    answer(code, status, camel)
}

/// The status of a service as the last line of a stream.
pub(crate) fn line(status: &Status) -> Vec<u8> {
    let line = json!({ "error": body(status, camel) });
    line.to_string().into_bytes()
}

fn answer(code: StatusCode, status: &Status, spelled: Spelling) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body(status, spelled).to_string()));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if code == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, challenge(status));
    }
    let seconds = status
        .get_details_retry_info()
        .and_then(|info| info.retry_delay)
        .map(|delay| delay.as_secs_f64().ceil());
    if let Some(seconds) = seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds as u64));
    }
    response
}

/// What the gRPC answer asks for. HTTP wants something there (RFC 9110, section 15.5.2).
fn challenge(status: &Status) -> HeaderValue {
    let asked = status.metadata().get(header::WWW_AUTHENTICATE.as_str());
    asked
        .and_then(|asked| HeaderValue::from_bytes(asked.as_bytes()).ok())
        .unwrap_or(HeaderValue::from_static("Bearer"))
}

/// `requests[6].send_time` becomes `requests[6].sendTime`, as the comments of `google/rpc/error_details.proto` ask for.
fn camel(field: String) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut whole, word| {
        let mut rest = word.chars();
        whole.extend(rest.next().map(|initial| initial.to_ascii_uppercase()));
        whole.push_str(rest.as_str());
        whole
    })
}

/// How the path of a field is written.
type Spelling = fn(String) -> String;

/// `{"code": 3, "message": "…", "details": [{"@type": "…", …}]}`
fn body(status: &Status, spelled: Spelling) -> Value {
    let details = status.get_error_details_vec().into_iter();
    let details: Vec<_> = details.map(|one| detail(one, spelled)).collect();
    json!({ "code": status.code() as i32, "message": status.message(), "details": details })
}

fn detail(detail: ErrorDetail, spelled: Spelling) -> Value {
    let (name, mut value) = match detail {
        ErrorDetail::ErrorInfo(info) => (
            "ErrorInfo",
            json!({ "reason": info.reason, "domain": info.domain, "metadata": info.metadata }),
        ),
        ErrorDetail::BadRequest(bad) => {
            let field = |one: tonic_types::FieldViolation| json!({ "field": spelled(one.field), "description": one.description });
            let all: Vec<_> = bad.field_violations.into_iter().map(field).collect();
            ("BadRequest", json!({ "fieldViolations": all }))
        }
        ErrorDetail::PreconditionFailure(failure) => {
            let one = |one: tonic_types::PreconditionViolation| json!({ "type": one.r#type, "subject": one.subject, "description": one.description });
            let all: Vec<_> = failure.violations.into_iter().map(one).collect();
            ("PreconditionFailure", json!({ "violations": all }))
        }
        ErrorDetail::QuotaFailure(failure) => {
            let one = |one: tonic_types::QuotaViolation| json!({ "subject": one.subject, "description": one.description });
            let all: Vec<_> = failure.violations.into_iter().map(one).collect();
            ("QuotaFailure", json!({ "violations": all }))
        }
        ErrorDetail::RetryInfo(info) => {
            let delay = info.retry_delay.map(|delay| format!("{}s", delay.as_secs_f64()));
            ("RetryInfo", json!({ "retryDelay": delay }))
        }
        ErrorDetail::Help(help) => {
            let one = |one: tonic_types::HelpLink| json!({ "description": one.description, "url": one.url });
            let all: Vec<_> = help.links.into_iter().map(one).collect();
            ("Help", json!({ "links": all }))
        }
        ErrorDetail::ResourceInfo(info) => (
            "ResourceInfo",
            json!({ "resourceType": info.resource_type, "resourceName": info.resource_name, "description": info.description }),
        ),
        ErrorDetail::RequestInfo(info) => ("RequestInfo", json!({ "requestId": info.request_id })),
        // Nothing of the suite says these; their names are told and their contents left out.
        ErrorDetail::DebugInfo(_) => ("DebugInfo", json!({})),
        ErrorDetail::LocalizedMessage(_) => ("LocalizedMessage", json!({})),
        _ => ("Unknown", json!({})),
    };
    if let Value::Object(value) = &mut value {
        let kind = format!("type.googleapis.com/google.rpc.{name}");
        value.insert("@type".to_owned(), Value::String(kind));
    }
    value
}

#[cfg(test)]
mod tests {
    use muster_refusal::{ErrorReason, Refusal};

    use super::*;

    #[test]
    fn a_refusal_keeps_its_details() {
        let refusal = Refusal::new(ErrorReason::RateLimited, "too many calls")
            .retry_after(std::time::Duration::from_millis(1500))
            .violation("name", "is missing")
            .metadata("limit", "3");
        let response = response(&refusal.into());
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(
            (&body["code"], &body["message"]),
            (&json!(8), &json!("too many calls"))
        );
        let of = |kind: &str| {
            let kind = format!("type.googleapis.com/google.rpc.{kind}");
            let details = body["details"].as_array().unwrap();
            details
                .iter()
                .find(|one| one["@type"] == json!(kind))
                .unwrap()
                .clone()
        };
        assert_eq!(of("ErrorInfo")["reason"], "RATE_LIMITED");
        assert_eq!(of("ErrorInfo")["metadata"]["limit"], "3");
        assert_eq!(of("BadRequest")["fieldViolations"][0]["field"], "name");
        assert_eq!(of("RetryInfo")["retryDelay"], "1.5s");
    }
}
