//! Learning records: what an organization sees of a learner, and what learners see of themselves.

use muster_proto::HttpBody;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_proto::records::v1::grant_request_service_client::GrantRequestServiceClient;
use muster_proto::records::v1::grant_service_client::GrantServiceClient;
use muster_proto::records::v1::learning_record_service_client::LearningRecordServiceClient;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use muster_proto::records::v1::progress_report_service_client::ProgressReportServiceClient;
use muster_proto::records::v1::progress_transfer_service_client::ProgressTransferServiceClient;
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{
    ApproveGrantRequest, AssignTrainingRequest, AssignTrainingToGroupRequest, AssignTrainingToGroupResponse,
    Assignment, CancelAssignmentRequest, Certificate, CreateGrantRequest, DenyGrantRequest, ExportFormat,
    ExportLearningRecordRequest, ExportLearningRecordResponse, ExportPersonLearningRecordRequest,
    ExportPersonLearningRecordResponse, ExportStaffReportRequest, ExportStaffReportResponse,
    GetLearningRecordRequest, Grant, LearningRecord, ListAssignmentsRequest, ListIssuedCertificatesRequest,
    ListPersonAssignmentsRequest, ListPersonCertificatesRequest, ListPersonGrantsRequest,
    ListProgressRequest, ListProgressResponse, ListProgressTransfersRequest, ListRecordAccessesRequest,
    MoveProgressRequest, ProgressTransfer, ReadStaffReportRequest, ReadStaffReportResponse, RecordAccess,
    RequestGrantRequest, RevokeGrantRequest, SummarizeProgressRequest, SummarizeProgressResponse,
    TakeTrainingRequest, TransferProgressRequest,
};
use prost::Name;
use sha2::{Digest, Sha256};
use tonic::{Status, Streaming};

use super::{ME, resource};
use crate::{CallError, Transport, call, request_id};

/// Lists what an organization assigned to a learner, `organizations/{organization}/learners/{learner}`: the first page.
///
/// # Errors
/// The call failed.
pub async fn list_assignments<T: Transport>(reader: &T, learner: &str) -> Result<Vec<Assignment>, CallError> {
    let request = ListAssignmentsRequest {
        parent: learner.to_owned(),
        ..ListAssignmentsRequest::default()
    };
    let listed = call(reader, request, async |client, request| {
        AssignmentServiceClient::new(client)
            .list_assignments(request)
            .await
    });
    Ok(listed.await?.assignments)
}

/// Assigns a training of an organization's catalog to a learner, `organizations/{organization}/learners/{learner}`, by hand;
/// `due_date` as `2026-03-31`, or empty.
///
/// # Errors
/// The call failed.
pub async fn assign_training<T: Transport>(
    admin: &T,
    learner: &str,
    training: &str,
    due_date: &str,
) -> Result<Assignment, CallError> {
    let request = AssignTrainingRequest {
        parent: learner.to_owned(),
        training: training.to_owned(),
        due_date: due_date.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        AssignmentServiceClient::new(client)
            .assign_training(request)
            .await
    };
    resource(admin, request, send, |response| response.assignment).await
}

/// Assigns a training to everybody who is in a group, as [`assign_training`].
///
/// # Errors
/// The call failed.
pub async fn assign_training_to_group<T: Transport>(
    admin: &T,
    group: &str,
    training: &str,
    due_date: &str,
) -> Result<AssignTrainingToGroupResponse, CallError> {
    let request = AssignTrainingToGroupRequest {
        group: group.to_owned(),
        training: training.to_owned(),
        due_date: due_date.to_owned(),
        request_id: request_id(),
    };
    call(admin, request, async |client, request| {
        AssignmentServiceClient::new(client)
            .assign_training_to_group(request)
            .await
    })
    .await
}

/// The caller takes a training by themself.
///
/// # Errors
/// The call failed.
pub async fn take_training<T: Transport>(learner: &T, training: &str) -> Result<Assignment, CallError> {
    let request = TakeTrainingRequest {
        parent: ME.to_owned(),
        training: training.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        ProgressTransferServiceClient::new(client)
            .take_training(request)
            .await
    };
    resource(learner, request, send, |response| response.assignment).await
}

/// The caller moves what they began by themself to what an organization assigned.
///
/// # Errors
/// The call failed.
pub async fn transfer_progress<T: Transport>(
    learner: &T,
    name: &str,
    to: &str,
) -> Result<Assignment, CallError> {
    let request = TransferProgressRequest {
        name: name.to_owned(),
        to: to.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        ProgressTransferServiceClient::new(client)
            .transfer_progress(request)
            .await
    };
    resource(learner, request, send, |response| response.assignment).await
}

/// Registry staff move what was begun under one sign-in to what was assigned to another one, and say why.
///
/// # Errors
/// The call failed.
pub async fn move_progress<T: Transport>(
    staff: &T,
    name: &str,
    to: &str,
    reason: &str,
) -> Result<Assignment, CallError> {
    let request = MoveProgressRequest {
        name: name.to_owned(),
        to: to.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        ProgressTransferServiceClient::new(client)
            .move_progress(request)
            .await
    };
    resource(staff, request, send, |response| response.assignment).await
}

/// Lists which progress of the caller's was moved, or moved to theirs: the first page.
///
/// # Errors
/// The call failed.
pub async fn list_own_transfers<T: Transport>(learner: &T) -> Result<Vec<ProgressTransfer>, CallError> {
    let request = ListProgressTransfersRequest {
        parent: ME.to_owned(),
        ..ListProgressTransfersRequest::default()
    };
    let listed = call(learner, request, async |client, request| {
        ProgressTransferServiceClient::new(client)
            .list_progress_transfers(request)
            .await
    });
    Ok(listed.await?.progress_transfers)
}

/// The newest certificates that were issued for what a learner completed for an organization, whether they still work there or not.
///
/// # Errors
/// The call failed.
pub async fn list_issued<T: Transport>(
    reader: &T,
    organization: &str,
    learner: &str,
) -> Result<Vec<Certificate>, CallError> {
    let request = ListIssuedCertificatesRequest {
        parent: organization.to_owned(),
        learner: learner.to_owned(),
        ..Default::default()
    };
    let listed = call(reader, request, async |client, request| {
        ProgressReportServiceClient::new(client)
            .list_issued_certificates(request)
            .await
    });
    Ok(listed.await?.certificates)
}

/// Reads a page of how far an organization's learners are.
///
/// # Errors
/// The call failed.
pub async fn list_progress<T: Transport>(
    reader: &T,
    request: ListProgressRequest,
) -> Result<ListProgressResponse, CallError> {
    let send = async |client, request| {
        ProgressReportServiceClient::new(client)
            .list_progress(request)
            .await
    };
    call(reader, request, send).await
}

/// Counts how far an organization's learners are.
///
/// # Errors
/// The call failed.
pub async fn summarize_progress<T: Transport>(
    reader: &T,
    request: SummarizeProgressRequest,
) -> Result<SummarizeProgressResponse, CallError> {
    let send = async |client, request| {
        ProgressReportServiceClient::new(client)
            .summarize_progress(request)
            .await
    };
    call(reader, request, send).await
}

/// Takes back what was assigned by hand and is not begun.
///
/// # Errors
/// The call failed.
pub async fn cancel_assignment<T: Transport>(admin: &T, name: &str) -> Result<Assignment, CallError> {
    let request = CancelAssignmentRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        AssignmentServiceClient::new(client)
            .cancel_assignment(request)
            .await
    };
    resource(admin, request, send, |response| response.assignment).await
}

/// Reads a learner's whole record, which needs their grant.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(reader: &T, learner: &str) -> Result<LearningRecord, CallError> {
    let request = GetLearningRecordRequest {
        name: format!("{learner}/learningRecord"),
    };
    let send = async |client, request| {
        LearningRecordServiceClient::new(client)
            .get_learning_record(request)
            .await
    };
    resource(reader, request, send, |response| response.learning_record).await
}

/// A file, as it was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// What it is called.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// How many rows it has, headings not counted.
    pub row_count: i64,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What a message says of a file.
struct Piece {
    file: Option<HttpBody>,
    file_name: String,
    row_count: i64,
    sha256: Vec<u8>,
}

macro_rules! pieces {
    ($($message:ident),+) => {$(
        impl From<$message> for Piece {
            fn from(message: $message) -> Self {
                let $message {
                    file,
                    file_name,
                    row_count,
                    expected_row_count: _,
                    sha256,
                } = message;
                Self {
                    file,
                    file_name,
                    row_count,
                    sha256,
                }
            }
        }
    )+};
}

pieces! { ExportStaffReportResponse, ExportLearningRecordResponse, ExportPersonLearningRecordResponse }

/// The pieces of a file, in one; DATA_LOSS when it is not the file that was sent.
async fn downloaded<Q: Name, P: Into<Piece>>(mut pieces: Streaming<P>) -> Result<Download, CallError> {
    let mut download = Download {
        file_name: String::new(),
        media_type: String::new(),
        row_count: 0,
        bytes: Vec::new(),
    };
    let mut sent = Vec::new();
    while let Some(piece) = pieces.message().await.map_err(CallError::of::<Q>)? {
        let Piece {
            file,
            file_name,
            row_count,
            sha256,
        } = piece.into();
        let HttpBody {
            content_type, data, ..
        } = file.unwrap_or_default();
        if !file_name.is_empty() {
            (download.file_name, download.media_type) = (file_name, content_type);
        }
        download.row_count = row_count;
        download.bytes.extend(data);
        sent = sha256;
    }
    if sent == Sha256::digest(&download.bytes)[..] {
        Ok(download)
    } else {
        let text = "the file is not whole: its checksum is another one, or did not come";
        Err(CallError::of::<Q>(Status::data_loss(text)))
    }
}

/// Writes the report on an organization's staff, `organizations/{organization}`, into a file.
///
/// # Errors
/// The call failed, at its beginning or in the middle, or the file is not the one that was sent.
pub async fn export_staff_report<T: Transport>(
    reader: &T,
    organization: &str,
    format: ExportFormat,
) -> Result<Download, CallError> {
    let request = ExportStaffReportRequest {
        parent: organization.to_owned(),
        format: format.into(),
    };
    let pieces = call(reader, request, async |client, request| {
        StaffReportServiceClient::new(client)
            .export_staff_report(request)
            .await
    });
    downloaded::<ExportStaffReportRequest, _>(pieces.await?).await
}

/// Writes a learner's whole record into a file, which needs their grant.
///
/// # Errors
/// The call failed, at its beginning or in the middle, or the file is not the one that was sent.
pub async fn export<T: Transport>(
    reader: &T,
    learner: &str,
    format: ExportFormat,
) -> Result<Download, CallError> {
    let request = ExportLearningRecordRequest {
        name: format!("{learner}/learningRecord"),
        format: format.into(),
    };
    let pieces = call(reader, request, async |client, request| {
        LearningRecordServiceClient::new(client)
            .export_learning_record(request)
            .await
    });
    downloaded::<ExportLearningRecordRequest, _>(pieces.await?).await
}

/// Writes the caller's own record into a file.
///
/// # Errors
/// The call failed, at its beginning or in the middle, or the file is not the one that was sent.
pub async fn export_own<T: Transport>(learner: &T, format: ExportFormat) -> Result<Download, CallError> {
    let request = ExportPersonLearningRecordRequest {
        parent: ME.to_owned(),
        format: format.into(),
    };
    let pieces = call(learner, request, async |client, request| {
        PersonRecordServiceClient::new(client)
            .export_person_learning_record(request)
            .await
    });
    downloaded::<ExportPersonLearningRecordRequest, _>(pieces.await?).await
}

/// The caller consents that an organization reads their record.
///
/// # Errors
/// The call failed.
pub async fn grant<T: Transport>(learner: &T, organization: &str) -> Result<Grant, CallError> {
    let grant = Grant {
        organization: organization.to_owned(),
        ..Grant::default()
    };
    let request = CreateGrantRequest {
        parent: ME.to_owned(),
        grant: Some(grant),
        request_id: request_id(),
    };
    let send = async |client, request| GrantServiceClient::new(client).create_grant(request).await;
    resource(learner, request, send, |response| response.grant).await
}

/// Asks a learner, `organizations/{organization}/learners/{learner}`, to grant their record.
///
/// # Errors
/// The call failed.
pub async fn request_grant<T: Transport>(
    admin: &T,
    learner: &str,
    message: &str,
) -> Result<Grant, CallError> {
    let request = RequestGrantRequest {
        parent: learner.to_owned(),
        message: message.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        GrantRequestServiceClient::new(client)
            .request_grant(request)
            .await
    };
    resource(admin, request, send, |response| response.grant).await
}

/// Lists what the caller granted and was asked for: the first page.
///
/// # Errors
/// The call failed.
pub async fn list_own_grants<T: Transport>(learner: &T) -> Result<Vec<Grant>, CallError> {
    let request = ListPersonGrantsRequest {
        parent: ME.to_owned(),
        ..ListPersonGrantsRequest::default()
    };
    let listed = call(learner, request, async |client, request| {
        GrantServiceClient::new(client).list_person_grants(request).await
    });
    Ok(listed.await?.grants)
}

/// Grants what an organization has asked the caller for.
///
/// # Errors
/// The call failed.
pub async fn approve_grant<T: Transport>(learner: &T, name: &str) -> Result<Grant, CallError> {
    let request = ApproveGrantRequest {
        name: name.to_owned(),
        request_id: request_id(),
        ..ApproveGrantRequest::default()
    };
    let send = async |client, request| GrantServiceClient::new(client).approve_grant(request).await;
    resource(learner, request, send, |response| response.grant).await
}

/// Says no to what an organization has asked the caller for.
///
/// # Errors
/// The call failed.
pub async fn deny_grant<T: Transport>(learner: &T, name: &str) -> Result<Grant, CallError> {
    let request = DenyGrantRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| GrantServiceClient::new(client).deny_grant(request).await;
    resource(learner, request, send, |response| response.grant).await
}

/// The caller takes their consent back.
///
/// # Errors
/// The call failed.
pub async fn revoke_grant<T: Transport>(learner: &T, name: &str) -> Result<Grant, CallError> {
    let request = RevokeGrantRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| GrantServiceClient::new(client).revoke_grant(request).await;
    resource(learner, request, send, |response| response.grant).await
}

/// Lists the caller's own assignments, of all organizations: the first page.
///
/// # Errors
/// The call failed.
pub async fn list_own_assignments<T: Transport>(learner: &T) -> Result<Vec<Assignment>, CallError> {
    let request = ListPersonAssignmentsRequest {
        parent: ME.to_owned(),
        ..ListPersonAssignmentsRequest::default()
    };
    let listed = call(learner, request, async |client, request| {
        PersonRecordServiceClient::new(client)
            .list_person_assignments(request)
            .await
    });
    Ok(listed.await?.assignments)
}

/// Lists the caller's own certificates: the first page.
///
/// # Errors
/// The call failed.
pub async fn list_own_certificates<T: Transport>(learner: &T) -> Result<Vec<Certificate>, CallError> {
    let request = ListPersonCertificatesRequest {
        parent: ME.to_owned(),
        ..ListPersonCertificatesRequest::default()
    };
    let listed = call(learner, request, async |client, request| {
        PersonRecordServiceClient::new(client)
            .list_person_certificates(request)
            .await
    });
    Ok(listed.await?.certificates)
}

/// Lists who read the caller's record: the first page.
///
/// # Errors
/// The call failed.
pub async fn list_own_accesses<T: Transport>(learner: &T) -> Result<Vec<RecordAccess>, CallError> {
    let request = ListRecordAccessesRequest {
        parent: ME.to_owned(),
        ..ListRecordAccessesRequest::default()
    };
    let listed = call(learner, request, async |client, request| {
        PersonRecordServiceClient::new(client)
            .list_record_accesses(request)
            .await
    });
    Ok(listed.await?.record_accesses)
}

/// Reads a page of the report on an organization's staff. Whose record is read hears of it.
///
/// # Errors
/// The call failed.
pub async fn staff_report<T: Transport>(
    reader: &T,
    request: ReadStaffReportRequest,
) -> Result<ReadStaffReportResponse, CallError> {
    let send = async |client, request| {
        StaffReportServiceClient::new(client)
            .read_staff_report(request)
            .await
    };
    call(reader, request, send).await
}
