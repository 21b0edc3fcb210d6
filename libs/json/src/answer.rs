//! The answer of a gRPC call as JSON.

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt as _, StreamBody};
use muster_refusal::{Refusal, name_trace};
use muster_telemetry::propagation::TraceIds;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Status;
use tonic::body::Body;

use crate::bindings::Binding;
use crate::service::{status_of, whole};
use crate::{download, mapping, problem};

/// One object, one object a line, or a file.
pub(crate) async fn of(response: Response<Body>, binding: &Binding) -> Response<Body> {
    let (head, body) = response.into_parts();
    let trace: Option<TraceIds> = head.extensions.get().copied();
    if head.status != StatusCode::OK {
        return whole(problem::response(&broken(trace)));
    }
    if let Some(status) = status_of(&head.headers) {
        return whole(problem::of_service(&status));
    }
    let messages = Messages::new(body, binding.rpc.output(), trace);
    if let Some(served) = &binding.served {
        download::file(messages, served).await
    } else if binding.rpc.is_server_streaming() {
        lines(messages)
    } else {
        one(messages).await
    }
}

async fn one(mut messages: Messages) -> Response<Body> {
    let first = messages.next_text().await;
    let rest = match &first {
        Some(Ok(_)) => messages.next_text().await,
        _ => None,
    };
    whole(match (first, rest) {
        (Some(Ok(text)), None) => json(Bytes::from(text), "application/json"),
        (_, Some(Err(status))) | (Some(Err(status)), _) => problem::of_service(&status),
        (None, _) | (_, Some(Ok(_))) => problem::response(&messages.broken()),
    })
}

/// An error in the middle is a last line of its own: `{"error": …}`.
fn lines(messages: Messages) -> Response<Body> {
    let frames = futures_of(messages);
    json(Body::new(StreamBody::new(frames)), "application/x-ndjson")
}

fn futures_of(messages: Messages) -> impl futures::Stream<Item = Result<Frame<Bytes>, Status>> {
    futures::stream::unfold(Some(messages), |messages| async move {
        let mut messages = messages?;
        let (mut line, rest) = match messages.next_text().await? {
            Ok(text) => (text, Some(messages)),
            Err(status) => (problem::line(&status), None),
        };
        line.push(b'\n');
        Some((Ok(Frame::data(Bytes::from(line))), rest))
    })
}

fn json<B>(body: B, kind: &'static str) -> Response<B> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The messages of a body, then the error if it ends with one.
pub(crate) struct Messages {
    body: Body,
    received: BytesMut,
    output: MessageDescriptor,
    /// Of the call, if whoever answered told it.
    trace: Option<TraceIds>,
}

/// A translation that broke: the trace of the call leads operators to it.
fn broken(trace: Option<TraceIds>) -> Status {
    let status = Status::from(Refusal::internal());
    let mut headers = HeaderMap::new();
    // Text and details of a refusal are always valid header values.
    let _ = status.add_header(&mut headers);
    name_trace(&mut headers, || trace.map(|trace| trace.trace_id().to_string()));
    Status::from_header_map(&headers).unwrap_or(status)
}

impl Messages {
    fn new(body: Body, output: MessageDescriptor, trace: Option<TraceIds>) -> Self {
        Self {
            body,
            received: BytesMut::new(),
            output,
            trace,
        }
    }

    pub(crate) fn output(&self) -> &MessageDescriptor {
        &self.output
    }

    /// What to say of an answer that cannot be translated.
    pub(crate) fn broken(&self) -> Status {
        broken(self.trace)
    }

    /// The next message as JSON.
    async fn next_text(&mut self) -> Option<Result<Vec<u8>, Status>> {
        let message = self.next().await?;
        Some(message.and_then(|message| self.text(message)))
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, Status>> {
        loop {
            if let Some(message) = self.message() {
                return Some(message);
            }
            if self.body.is_end_stream() {
                return None;
            }
            match self.body.frame().await? {
                Err(status) => return Some(Err(status)),
                Ok(frame) => match frame.into_data() {
                    Ok(data) => self.received.extend_from_slice(&data),
                    Err(frame) => {
                        let trailers: HeaderMap = frame.into_trailers().unwrap_or_default();
                        return status_of(&trailers).map(Err);
                    }
                },
            }
        }
    }

    /// The next message, if all of it is there. Each has a flag and its length in front.
    fn message(&mut self) -> Option<Result<Bytes, Status>> {
        let (flag, length) = (*self.received.first()?, self.received.get(1..5)?);
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        if self.received.len() < length + 5 {
            return None;
        }
        self.received.advance(5);
        let message = self.received.split_to(length).freeze();
        // Compression was not asked for.
        Some(if flag == 0 {
            Ok(message)
        } else {
            Err(self.broken())
        })
    }

    fn text(&self, message: Bytes) -> Result<Vec<u8>, Status> {
        DynamicMessage::decode(self.output.clone(), message)
            .ok()
            .and_then(|message| mapping::write(&message).ok())
            .ok_or_else(|| self.broken())
    }
}
