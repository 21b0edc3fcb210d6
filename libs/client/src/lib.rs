//! A typed client of Muster.
//!
//! A [`Client`] is one caller at one gateway. It brings the caller's token to every call, gives every call a deadline, sends
//! again what the contract allows to be sent again (`idempotency_level`), and begins a trace for each call, by which the other
//! side finds it in its logs.
//!
//! [`acts`] are what people do with the suite, one function an RPC:
//!
//! ```no_run
//! use muster_client::{Client, TokenSource, acts};
//! use muster_proto::organization::v1::Organization;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let gateway = Client::connect("http://127.0.0.1:8080")?;
//! let owner = gateway.with_token(TokenSource::fixed("eyJ…")?);
//!
//! let profile = Organization {
//!     display_name: "Sunrise".to_owned(),
//!     licensing_authority: "us-mi".to_owned(),
//!     license_number: "DC 111-222".to_owned(),
//!     ..Organization::default()
//! };
//! let organization = acts::organization::create(&owner, profile).await?;
//! acts::organization::submit(&owner, &organization.name).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Every other RPC of the contract is called through the generated clients, which are built on a [`Client`] as they are on a
//! tonic channel. [`call()`] adds to a failure which RPC it was:
//!
//! ```no_run
//! use muster_client::{CallError, Client, call};
//! use muster_proto::organization::v1::GetOrganizationRequest;
//! use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
//!
//! # async fn example(owner: Client) -> Result<(), CallError> {
//! let request = GetOrganizationRequest { name: "organizations/01a2…".to_owned() };
//! let found = call(&owner, request, async |owner, request| {
//!     OrganizationServiceClient::new(owner).get_organization(request).await
//! });
//! println!("{:?}", found.await?.organization);
//! # Ok(())
//! # }
//! ```
//!
//! # A call that fails
//!
//! A [`CallError`] has the gRPC status with its details, the reason from the one documented enum ([`CallError::reason`]), and
//! the id of the trace. What was UNAVAILABLE, and may be repeated, has been tried three times by then.
//!
//! # Writing once
//!
//! Every act that writes carries a fresh [`request_id`]: a repetition on the way is answered as the first was. A program that
//! may itself be killed, and has to repeat a write when it is back, keeps the id in its own records and calls the generated
//! client with it.

pub mod acts;
mod call;
mod client;
mod error;
mod reason;
mod rules;
mod token;
mod trace;
pub mod transport;

use muster_clock::Clock;

pub use call::{Transport, call, call_with_stream};
pub use client::{Client, ConnectError};
pub use error::CallError;
pub use reason::ReasonError;
pub use token::{TokenError, TokenSource};
pub use trace::TraceId;

/// A fresh `request_id`: a random UUID as text.
#[must_use]
pub fn request_id() -> String {
    Clock::system().new_uuid().to_string()
}
