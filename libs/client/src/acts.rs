//! What people and programs do with the suite: one function an RPC, by the resource that it is about.
//!
//! Each takes who does it as its first argument. What writes carries a fresh `request_id`; what lists answers one page, and
//! takes the request with its filters. Refusals are those that the contract documents of the RPC.

pub mod access_request;
pub mod catalog;
pub mod delivery;
pub mod employment;
pub mod group;
pub mod history;
pub mod import;
pub mod invitation;
pub mod join_page;
pub mod location;
pub mod organization;
pub mod ownership;
pub mod profile_user;
pub mod programme;
pub mod record;
pub mod redemption;
pub mod review;
pub mod subscription;
pub mod training;

use prost::Name;
use tonic::{Response, Status};

use crate::{CallError, Transport, call};

/// The signed-in person, in resource names.
pub const ME: &str = "persons/me";

/// Calls a unary RPC and takes the resource out of its response.
async fn resource<T: Transport, M: Name, A, R>(
    caller: &T,
    request: M,
    send: impl AsyncFnOnce(T, M) -> Result<Response<A>, Status>,
    held: impl FnOnce(A) -> Option<R>,
) -> Result<R, CallError> {
    let response = call(caller, request, send).await?;
    held(response).ok_or_else(CallError::without_resource::<M>)
}
