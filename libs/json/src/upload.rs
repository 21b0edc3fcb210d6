//! A request whose body is a file: it streams on as it comes, a piece a message.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::Stream;
use futures::stream::{self, BoxStream, StreamExt as _};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use multer::Multipart;
use muster_refusal::{ErrorReason, Refusal, Violations};
use percent_encoding::percent_decode_str;
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;

use crate::bindings::Binding;
use crate::body::PATIENCE;
use crate::boundary;
use crate::files::AcceptedFile;
use crate::messages::framed;
use crate::problem::{self, problem};
use crate::request::{self, Parameter};

/// The most bytes of a piece.
const MAX_PIECE: usize = 32 * 1024;
/// The longest value of a field of a form.
const MAX_FORM_FIELD: usize = 1024;
/// The most bytes of a form between two things that it tells us: heads of parts, and what is around them.
const MAX_FORM_HEAD: usize = 64 * 1024;

/// The messages of an upload.
pub(crate) struct Upload {
    /// What the call sends.
    pub(crate) body: Body,
    /// What is found to be wrong with the body while it is sent.
    pub(crate) fault: Fault,
}

/// Whoever broke an upload off knows why better than the service that only saw it break.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fault(Arc<Mutex<Option<Refusal>>>);

impl Fault {
    fn set(&self, refusal: Refusal) -> Status {
        let status = Status::from(refusal.clone());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        status
    }

    /// The answer, instead of that of the service.
    pub(crate) fn take(&self) -> Option<Response<Bytes>> {
        let refusal = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        refusal.map(|refusal| problem::response(&Status::from(refusal)))
    }
}

/// The call that an upload means. The fields of a form are read before; the file is not.
///
/// # Errors
/// What is wrong with path, query, head or form.
pub(crate) async fn upload(
    head: &Parts,
    binding: &Binding,
    taken: &AcceptedFile,
    captures: &[(&str, String)],
    body: Body,
) -> Result<Upload, Response<Bytes>> {
    if head.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorReason::InvalidRequest,
            "the file must not be compressed for the way",
        ));
    }
    let mut parameters = request::parameters(head.uri.query().unwrap_or_default());
    let fault = Fault::default();
    let boundary =
        boundary::of(&head.headers).map_err(|refusal| problem::response(&Status::from(refusal)))?;
    let bytes = match boundary {
        None => {
            described(&head.headers, taken, &mut parameters);
            Body::into_data_stream(body)
                .map(|piece| piece.map_err(|_| broken_off()))
                .boxed()
        }
        Some(boundary) => {
            let form = Form::new(body, boundary);
            let reading = timeout(PATIENCE, form.file(taken, &mut parameters));
            match reading.await {
                Ok(file) => file.map_err(|refusal| problem::response(&Status::from(refusal)))?,
                Err(_) => {
                    return Err(problem(
                        StatusCode::REQUEST_TIMEOUT,
                        ErrorReason::DeadlineExceeded,
                        "the form did not arrive as far as its file within 5 seconds",
                    ));
                }
            }
        }
    };
    let first = request::encoded(binding, captures, &parameters, &[])
        .map_err(|refusal| problem::response(&Status::from(refusal)))?;
    let first = stream::once(std::future::ready(Ok(Frame::data(framed(&first)))));
    let pieces = Pieces {
        bytes,
        input: binding.rpc.input(),
        field: taken.field.clone(),
        fault: fault.clone(),
    };
    let body = Body::new(StreamBody::new(first.chain(pieces.frames())));
    Ok(Upload { body, fault })
}

fn broken_off() -> Refusal {
    Refusal::new(ErrorReason::InvalidRequest, "the body broke off")
}

/// What the head says of a body that is the file itself. The query says it louder.
fn described(headers: &HeaderMap, taken: &AcceptedFile, parameters: &mut Vec<Parameter>) {
    let mut say = |field: &String, value: Option<String>| {
        if let Some(value) = value
            && !is_said(parameters, field)
        {
            parameters.push((field.clone(), value));
        }
    };
    say(&taken.file_name_field, file_name(headers));
    say(&taken.sha256_field, digest(headers));
}

fn is_said(parameters: &[Parameter], field: &str) -> bool {
    // Both spellings of a field are taken, as in JSON.
    let spelled = |name: &str| {
        name.chars()
            .filter(|c| *c != '_')
            .collect::<String>()
            .to_ascii_lowercase()
    };
    parameters.iter().any(|(name, _)| spelled(name) == spelled(field))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Of `Content-Disposition` (RFC 6266): `filename*` rather than `filename`.
fn file_name(headers: &HeaderMap) -> Option<String> {
    let parameters = text(headers, header::CONTENT_DISPOSITION)?.split(';').skip(1);
    let parameters: Vec<_> = parameters
        .filter_map(|one| one.split_once('='))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
        .collect();
    let named = |wanted: &str| {
        parameters
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| *value)
    };
    let encoded = named("filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, name) = rest.split_once('\'')?;
        let name = percent_decode_str(name).decode_utf8().ok()?;
        charset.eq_ignore_ascii_case("utf-8").then(|| name.into_owned())
    });
    encoded.or_else(|| named("filename").map(|name| name.trim_matches('"').to_owned()))
}

/// The SHA-256 of `Content-Digest` (RFC 9530), in base64.
fn digest(headers: &HeaderMap) -> Option<String> {
    let mut digests = text(headers, header::HeaderName::from_static("content-digest"))?.split(',');
    digests.find_map(|digest| {
        let value = digest.trim().strip_prefix("sha-256=:")?.strip_suffix(':')?;
        STANDARD.decode(value).ok().map(|_| value.to_owned())
    })
}

/// A form of which only one part is a file.
struct Form {
    parts: Multipart<'static>,
    /// Bytes that were read since the form told something.
    unheard: Arc<AtomicUsize>,
}

impl Form {
    fn new(body: Body, boundary: String) -> Self {
        let unheard = Arc::<AtomicUsize>::default();
        let paced = Paced {
            bytes: body.into_data_stream().boxed(),
            unheard: Arc::clone(&unheard),
            rests: false,
        };
        let parts = Multipart::new(paced, boundary);
        Self { parts, unheard }
    }

    /// Reads the fields before the file, as parameters.
    async fn file(
        mut self,
        taken: &AcceptedFile,
        parameters: &mut Vec<Parameter>,
    ) -> Result<BoxStream<'static, Result<Bytes, Refusal>>, Refusal> {
        loop {
            let part = self
                .parts
                .next_field()
                .await
                .map_err(|error| unreadable(&error))?;
            self.heard();
            let Some(mut part) = part else {
                return Err(about_the_form("has no file: a part with a file name"));
            };
            if let Some(name) = part.file_name() {
                if !is_said(parameters, &taken.file_name_field) {
                    parameters.push((taken.file_name_field.clone(), name.to_owned()));
                }
                return Ok(self.rest(part));
            }
            let name = part.name().unwrap_or_default().to_owned();
            let mut value = Vec::new();
            while let Some(piece) = part.chunk().await.map_err(|error| unreadable(&error))? {
                self.heard();
                value.extend_from_slice(&piece);
                if value.len() > MAX_FORM_FIELD {
                    let what =
                        format!("is longer than {MAX_FORM_FIELD} bytes, and no file: it has no file name");
                    let mut violations = Violations::new();
                    violations.add(name, what);
                    return Err(violations.into_refusal());
                }
            }
            parameters.push((name, String::from_utf8_lossy(&value).into_owned()));
            if parameters.len() > request::MAX_PARAMETERS {
                return Err(about_the_form("has too many fields"));
            }
        }
    }

    fn heard(&self) {
        self.unheard.store(0, Ordering::Relaxed);
    }

    /// The bytes of the file; after them nothing may come.
    fn rest(self, file: multer::Field<'static>) -> BoxStream<'static, Result<Bytes, Refusal>> {
        let state = Some((self, Some(file)));
        stream::unfold(state, |state| async move {
            let (mut form, file) = state?;
            let mut file = file?;
            match file.chunk().await {
                Ok(Some(piece)) => {
                    form.heard();
                    Some((Ok(piece), Some((form, Some(file)))))
                }
                Ok(None) => {
                    drop(file);
                    match form.parts.next_field().await {
                        Ok(None) => None,
                        Ok(Some(_)) => Some((Err(about_the_form("goes on after its file")), None)),
                        Err(error) => Some((Err(unreadable(&error)), None)),
                    }
                }
                Err(error) => Some((Err(unreadable(&error)), None)),
            }
        })
        .boxed()
    }
}

fn about_the_form(what: &str) -> Refusal {
    let mut violations = Violations::new();
    violations.add("body", format!("the form {what}"));
    violations.into_refusal()
}

fn unreadable(error: &multer::Error) -> Refusal {
    about_the_form(&match error {
        multer::Error::StreamReadFailed(fault) => fault.to_string(),
        error => format!("cannot be read: {error}"),
    })
}

/// Why the reader of a form gets no more.
#[derive(Debug, thiserror::Error)]
enum FormFault {
    #[error("broke off")]
    BrokenOff,
    #[error("has a part whose head does not end")]
    EndlessHead,
}

/// The reader of forms takes whatever is there, all at once. This gives it one piece at a time, and no more than so many
/// bytes of which it makes nothing.
struct Paced {
    bytes: BoxStream<'static, Result<Bytes, Status>>,
    unheard: Arc<AtomicUsize>,
    rests: bool,
}

impl Stream for Paced {
    type Item = Result<Bytes, FormFault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = std::task::ready!(self.bytes.poll_next_unpin(context));
        Poll::Ready(next.map(|piece| {
            let piece = piece.map_err(|_| FormFault::BrokenOff)?;
            self.rests = true;
            let unheard = self.unheard.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
            if unheard > MAX_FORM_HEAD + piece.len() {
                return Err(FormFault::EndlessHead);
            }
            Ok(piece)
        }))
    }
}

/// The bytes of the file as messages.
struct Pieces {
    bytes: BoxStream<'static, Result<Bytes, Refusal>>,
    input: MessageDescriptor,
    field: String,
    fault: Fault,
}

impl Pieces {
    fn frames(self) -> impl Stream<Item = Result<Frame<Bytes>, Status>> {
        let state = Some((self, Bytes::new()));
        stream::unfold(state, |state| async move {
            let (mut pieces, mut left) = state?;
            while left.is_empty() {
                match pieces.bytes.next().await? {
                    Ok(bytes) => left = bytes,
                    Err(refusal) => return Some((Err(pieces.fault.set(refusal)), None)),
                }
            }
            let piece = left.split_to(left.len().min(MAX_PIECE));
            let frame = Frame::data(pieces.message(piece));
            Some((Ok(frame), Some((pieces, left))))
        })
    }

    fn message(&self, piece: Bytes) -> Bytes {
        let mut message = DynamicMessage::new(self.input.clone());
        message.set_field_by_name(&self.field, Value::Bytes(piece));
        framed(&message.encode_to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn the_name_of_a_file_is_read_as_programs_write_it() {
        let named = |value: &str| file_name(&headers("content-disposition", value));
        assert_eq!(named("attachment"), None);
        assert_eq!(
            named("attachment; filename=staff.csv").as_deref(),
            Some("staff.csv")
        );
        assert_eq!(
            named(r#"form-data; FileName="my staff.csv""#).as_deref(),
            Some("my staff.csv")
        );
        assert_eq!(
            named(r#"attachment; filename="Z_rich.csv"; filename*=utf-8'de'Z%C3%BCrich.csv"#).as_deref(),
            Some("Zürich.csv")
        );
        assert_eq!(
            named(r#"attachment; filename*=latin1''Z%FC; filename="Z.csv""#).as_deref(),
            Some("Z.csv")
        );
    }

    #[test]
    fn the_digest_is_one_of_several() {
        let digest = |value: &str| digest(&headers("content-digest", value));
        assert_eq!(digest("md5=:AAAA:, sha-256=:AAEC:").as_deref(), Some("AAEC"));
        assert_eq!(digest("sha-256=AAEC"), None);
        assert_eq!(digest("sha-256=:***:"), None);
    }
}
