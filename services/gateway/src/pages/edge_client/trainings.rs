//! What somebody has to take, and has taken: for their page about it.

use std::collections::{BTreeMap, BTreeSet};

use muster_proto::records::v1::{
    Assignment, Certificate, ListPersonAssignmentsRequest, ListPersonAssignmentsResponse,
    ListPersonCertificatesRequest, ListProgressTransfersRequest, ListProgressTransfersResponse,
};
use tonic::Status;

use super::{EdgeClient, LARGEST, ME, request};
use crate::limits::ClientAddress;
use crate::pages::session::Session;

impl EdgeClient {
    /// What the person who is signed in has to take and has taken: so many, newest first, behind a page.
    pub(crate) async fn list_own_assignments(
        &self,
        client: &ClientAddress,
        session: &Session,
        page_size: i32,
        page_token: String,
    ) -> Result<ListPersonAssignmentsResponse, Status> {
        let message = ListPersonAssignmentsRequest {
            parent: ME.to_owned(),
            page_size,
            page_token,
        };
        let request = request(client, Some(session), message)?;
        let listed = self.records.clone().list_person_assignments(request).await?;
        Ok(listed.into_inner())
    }

    /// All of it.
    pub(crate) async fn list_all_own_assignments(
        &self,
        client: &ClientAddress,
        session: &Session,
    ) -> Result<Vec<Assignment>, Status> {
        let (mut all, mut behind) = (Vec::new(), String::new());
        loop {
            let listed = self.list_own_assignments(client, session, LARGEST, behind);
            let listed = listed.await?;
            all.extend(listed.assignments);
            behind = listed.next_page_token;
            if behind.is_empty() {
                return Ok(all);
            }
        }
    }

    /// Which progress of theirs was moved, and what was moved to theirs: so many, newest first, behind a page.
    pub(crate) async fn list_own_transfers(
        &self,
        client: &ClientAddress,
        session: &Session,
        page_size: i32,
        page_token: String,
    ) -> Result<ListProgressTransfersResponse, Status> {
        let message = ListProgressTransfersRequest {
            parent: ME.to_owned(),
            page_size,
            page_token,
        };
        let request = request(client, Some(session), message)?;
        let listed = self.transfers.clone().list_progress_transfers(request).await?;
        Ok(listed.into_inner())
    }

    /// Those of the person's certificates that are wanted, by their names.
    pub(crate) async fn own_certificates(
        &self,
        client: &ClientAddress,
        session: &Session,
        wanted: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Certificate>, Status> {
        let (mut found, mut behind) = (BTreeMap::new(), String::new());
        while found.len() < wanted.len() {
            let message = ListPersonCertificatesRequest {
                parent: ME.to_owned(),
                page_size: LARGEST,
                page_token: behind,
            };
            let request = request(client, Some(session), message)?;
            let listed = self.records.clone().list_person_certificates(request).await?;
            let listed = listed.into_inner();
            let certificates = listed.certificates.into_iter();
            let of_these = certificates.filter(|one| wanted.contains(one.name.as_str()));
            found.extend(of_these.map(|one| (one.name.clone(), one)));
            behind = listed.next_page_token;
            if behind.is_empty() {
                break;
            }
        }
        Ok(found)
    }
}
