//! The running suite, and what tests need around it.

mod axe;
mod broker;
mod browser;
mod colleague;
mod database;
mod gateway;
mod half_done;
mod mail;
mod organization;
mod raw;
mod redelivery;
mod reports;
mod snapshot;
mod suite;
mod visitor;

pub(crate) use axe::{AXE, Colours, DIGEST};
pub(crate) use broker::{Standstill, after_restart};
pub(crate) use browser::Browser;
pub(crate) use colleague::Colleague;
pub(crate) use database::Database;
pub(crate) use gateway::LocalhostGateway;
pub(crate) use half_done::HalfDone;
pub(crate) use mail::{link_for, link_so_far, message_for, messages_for, token_of};
pub(crate) use organization::{Employee, Names, Organization, owner_employment};
pub(crate) use raw::RawCall;
pub(crate) use redelivery::Redelivery;
pub(crate) use reports::{hand_in, handed_in, return_path_of, undelivered};
pub(crate) use snapshot::Snapshot;
pub(crate) use suite::{SERVICES, Suite, alone, binary, with_others};
pub(crate) use visitor::{Visitor, fields_of};
