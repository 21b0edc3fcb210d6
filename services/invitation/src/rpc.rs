//! The contract's services: parse, call, map.

mod acceptance;
mod import;
mod invitation;
mod link;
mod mail_source;
mod parse;

pub(crate) use acceptance::AcceptanceRpc;
pub(crate) use import::ImportRpc;
pub(crate) use invitation::InvitationRpc;
pub(crate) use link::RedemptionRpc;
pub(crate) use mail_source::MailSourceRpc;
