//! The answer of a gRPC call as JSON.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::StreamBody;
use muster_telemetry::propagation::TraceIds;
use tonic::Status;
use tonic::body::Body;

use crate::bindings::Binding;
use crate::messages::{Messages, broken, status_of};
use crate::problem::whole;
use crate::{download, problem};

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
