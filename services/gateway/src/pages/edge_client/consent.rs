//! Where somebody works, what they granted, and who read: for the pages about consent.

use muster_proto::employment::v1::{Employment, ListPersonEmploymentsRequest};
use muster_proto::organization::v1::{
    BatchGetPublicOrganizationsRequest, ListPersonStaffReadsRequest, PublicOrganization, StaffRead,
};
use muster_proto::records::v1::{
    ApproveGrantRequest, CreateGrantRequest, DenyGrantRequest, Grant, ListPersonGrantsRequest,
    ListRecordAccessesRequest, ListRecordAccessesResponse, RevokeGrantRequest,
};
use tonic::Status;

use super::{EdgeClient, LARGEST, ME, request};
use crate::limits::ClientAddress;
use crate::pages::session::Session;

/// More than anybody has.
const ALL: i32 = LARGEST;
/// As many organizations are asked about at once.
const NAMES: usize = 50;

impl EdgeClient {
    /// The employments of the person who is signed in, newest first.
    pub(crate) async fn list_own_employments(
        &self,
        client: &ClientAddress,
        session: &Session,
    ) -> Result<Vec<Employment>, Status> {
        let message = ListPersonEmploymentsRequest {
            parent: ME.to_owned(),
            page_size: ALL,
            ..Default::default()
        };
        let request = request(client, Some(session), message)?;
        let listed = self.employments.clone().list_person_employments(request).await?;
        Ok(listed.into_inner().employments)
    }

    /// What they granted, and what they were asked for, newest first.
    pub(crate) async fn list_own_grants(
        &self,
        client: &ClientAddress,
        session: &Session,
    ) -> Result<Vec<Grant>, Status> {
        let message = ListPersonGrantsRequest {
            parent: ME.to_owned(),
            page_size: ALL,
            ..Default::default()
        };
        let request = request(client, Some(session), message)?;
        let listed = self.grants.clone().list_person_grants(request).await?;
        Ok(listed.into_inner().grants)
    }

    /// Grants.
    pub(crate) async fn create_grant(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: CreateGrantRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.grants.clone().create_grant(request).await.map(drop)
    }

    /// Grants what was asked for.
    pub(crate) async fn approve_grant(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: ApproveGrantRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.grants.clone().approve_grant(request).await.map(drop)
    }

    /// Denies what was asked for.
    pub(crate) async fn deny_grant(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: DenyGrantRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.grants.clone().deny_grant(request).await.map(drop)
    }

    /// Takes a grant back.
    pub(crate) async fn revoke_grant(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: RevokeGrantRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.grants.clone().revoke_grant(request).await.map(drop)
    }

    /// Who read their record: so many, newest first, behind a page.
    pub(crate) async fn list_record_accesses(
        &self,
        client: &ClientAddress,
        session: &Session,
        page_size: i32,
        page_token: String,
    ) -> Result<ListRecordAccessesResponse, Status> {
        let message = ListRecordAccessesRequest {
            parent: ME.to_owned(),
            page_size,
            page_token,
        };
        let request = request(client, Some(session), message)?;
        let listed = self.records.clone().list_record_accesses(request).await?;
        Ok(listed.into_inner())
    }

    /// What registry staff looked at about them: the latest hundred.
    pub(crate) async fn list_own_staff_reads(
        &self,
        client: &ClientAddress,
        session: &Session,
    ) -> Result<Vec<StaffRead>, Status> {
        let message = ListPersonStaffReadsRequest {
            parent: ME.to_owned(),
            ..Default::default()
        };
        let request = request(client, Some(session), message)?;
        let listed = self.staff_reads.clone().list_person_staff_reads(request).await?;
        Ok(listed.into_inner().staff_reads)
    }

    /// What these organizations are called, of which each is named once.
    pub(crate) async fn names_of(
        &self,
        client: &ClientAddress,
        session: &Session,
        organizations: Vec<String>,
    ) -> Result<Vec<PublicOrganization>, Status> {
        let mut called = Vec::new();
        for names in organizations.chunks(NAMES) {
            let names = names.to_vec();
            let request = request(
                client,
                Some(session),
                BatchGetPublicOrganizationsRequest { names },
            )?;
            let found = self
                .registry
                .clone()
                .batch_get_public_organizations(request)
                .await?;
            called.extend(found.into_inner().organizations);
        }
        Ok(called)
    }
}
