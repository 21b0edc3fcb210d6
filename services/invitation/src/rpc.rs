//! The contract's services: parse, call, map.

mod acceptance;
mod imports;
mod invitations;
mod mail_source;
mod parse;
mod redemption;

pub(crate) use acceptance::AcceptanceRpc;
pub(crate) use imports::ImportRpc;
pub(crate) use invitations::InvitationRpc;
pub(crate) use mail_source::MailSourceRpc;
pub(crate) use redemption::RedemptionRpc;
