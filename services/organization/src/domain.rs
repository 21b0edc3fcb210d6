//! What an organization is, and how it may change. Pure: no gRPC, no SQL, no clock.

mod catalog;
mod entitlement;
mod group;
mod license;
mod location;
mod name;
mod organization;
mod person;
mod staff;

pub(crate) use catalog::CatalogTraining;
pub(crate) use entitlement::{Entitlement, Limits, Plan, Subscription, SubscriptionProblem};
pub(crate) use group::{Group, GroupState, MOST_GROUPS};
pub use license::LicenseDigits;
pub(crate) use license::{License, LicenseNumber, LicensingAuthority, Padding};
pub(crate) use location::{Location, MOST_LOCATIONS};
pub(crate) use name::{PublicName, ShortName};
pub(crate) use organization::{Organization, OrganizationNumber, OrganizationState, Transition};
pub(crate) use person::Owner;
pub(crate) use staff::{Deed, StaffAct};
