//! Calls of generated clients whose failures name the RPC.

use bytes::Bytes;
use http_body::Body as HttpBody;
use prost::Name;
use tokio_stream::{Iter, iter};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::{Response, Status};

use crate::CallError;

/// What generated clients are built on: a [`crate::Client`], a tonic channel, or one with interceptors.
pub trait Transport:
    GrpcService<Body, ResponseBody: HttpBody<Data = Bytes, Error: Into<BoxError> + Send> + Send + 'static> + Clone
{
}

impl<T> Transport for T
where
    T: GrpcService<Body> + Clone,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<BoxError> + Send,
{
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Calls a unary RPC, `send`, and answers its response.
///
/// # Errors
/// The call was refused, or no answer came within its deadline.
pub async fn call<T: Transport, M: Name, R>(
    caller: &T,
    request: M,
    send: impl AsyncFnOnce(T, M) -> Result<Response<R>, Status>,
) -> Result<R, CallError> {
    let answered = send(caller.clone(), request).await;
    answered.map(Response::into_inner).map_err(CallError::of::<M>)
}

/// Calls an RPC whose client sends a stream, and answers its response.
///
/// # Errors
/// The call was refused, or no answer came within its deadline.
pub async fn call_with_stream<T: Transport, M: Name, R>(
    caller: &T,
    requests: Vec<M>,
    send: impl AsyncFnOnce(T, Iter<std::vec::IntoIter<M>>) -> Result<Response<R>, Status>,
) -> Result<R, CallError> {
    let answered = send(caller.clone(), iter(requests)).await;
    answered.map(Response::into_inner).map_err(CallError::of::<M>)
}
