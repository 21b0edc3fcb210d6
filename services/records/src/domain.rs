//! Trainings, assignments, certificates and consent: no transport, no storage, no clock.

mod assignment;
mod certificate;
mod employment_projection;
mod export;
mod grant;
mod progress;
mod progress_transfer;
mod record_access;
mod staff_report;
mod training;

pub(crate) use assignment::{
    Assignment, AssignmentState, AssignmentStateName, CancelReason, Due, Moved, NotMoved, NotTakenBack,
    Percent,
};
pub(crate) use certificate::{Certificate, CertificateNames, CertificateNumber};
pub(crate) use employment_projection::{
    EmploymentProjection, EmploymentState, Placement, Requirement, ToldEmployment,
};
pub(crate) use export::{Employee, Employees, ExportFormat, OrganizationNames, OrganizationTold, RecordLine};
pub(crate) use grant::{
    COUNTED, ClaimedConsent, Grant, GrantSource, GrantState, GrantStateName, Overtaken, Parties, Terms, Wish,
};
pub(crate) use progress::{ProgressCounts, ProgressDimension, ProgressEntry, ProgressFilter, ProgressRow};
pub(crate) use progress_transfer::ProgressTransfer;
pub(crate) use record_access::{AccessKind, AccessReason, Capacity, Permit, ReaderRole, RecordAccess};
pub(crate) use staff_report::{EXPIRING_SOON, OwnTrainings, Staff, StaffReportEntry, TrainingYear};
pub(crate) use training::{NewTraining, Training, Worth};
