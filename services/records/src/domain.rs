//! Trainings, assignments, certificates and consent: no transport, no storage, no clock.

mod assignment;
mod certificate;
mod grant;
mod learner;
mod training;

pub(crate) use assignment::{Assignment, AssignmentState, Percent, Step};
pub(crate) use certificate::{Certificate, CertificateNumber};
pub(crate) use grant::{Grant, GrantState, RecordAccess};
pub(crate) use learner::{EmploymentState, Standing};
pub(crate) use training::{NewTraining, Training};
