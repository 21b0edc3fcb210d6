//! What an employment is, and the rule by which one begins: no transport, no storage, no clock.

mod employment;

pub(crate) use employment::{
    Acceptance, Employment, EmploymentState, End, Hiring, InvitationSource, NotVerifiable, VerificationBasis,
};
