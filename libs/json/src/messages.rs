//! Messages as gRPC frames them in a body, and the status that ends it.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use muster_refusal::{Refusal, name_trace};
use muster_telemetry::propagation::TraceIds;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::mapping;

/// A message as gRPC frames it: its flag and its length in front.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// What the answer says when there is nothing more to it.
pub(crate) fn status_of(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)
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
pub(crate) fn broken(trace: Option<TraceIds>) -> Status {
    let status = Status::from(Refusal::internal());
    let mut headers = HeaderMap::new();
    // Text and details of a refusal are always valid header values.
    let _ = status.add_header(&mut headers);
    name_trace(&mut headers, || trace.map(|trace| trace.trace_id().to_string()));
    Status::from_header_map(&headers).unwrap_or(status)
}

impl Messages {
    pub(crate) fn new(body: Body, output: MessageDescriptor, trace: Option<TraceIds>) -> Self {
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
    pub(crate) async fn next_text(&mut self) -> Option<Result<Vec<u8>, Status>> {
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
