//! What follows from an invitation that came from a spreadsheet.

use muster_identity::Role;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::{
    ApproveImportRequest, ImportRow, ImportRowState, ListImportRowsRequest, UploadImportRequest,
};
use muster_proto::organization::v1::Limits;
use muster_testkit::{TestCaller, TestChannel, acts, eventually_some};
use sha2::{Digest, Sha256};

use crate::fixture::Fixture;

impl Fixture {
    fn imports(&self) -> ImportServiceClient<TestChannel> {
        let owner = TestCaller::member("owner", self.organization, Role::Owner);
        ImportServiceClient::new(self.invitations.calls_of(owner))
    }

    /// Uploads and approves the spreadsheet; answers its only row once that has become an invitation.
    async fn import(&self, file: &str) -> ImportRow {
        let upload = UploadImportRequest {
            parent: self.organization_name().to_string(),
            file_name: "learners.csv".to_owned(),
            sha256: Sha256::digest(file).to_vec(),
            ..Default::default()
        };
        let chunk = UploadImportRequest {
            chunk: file.as_bytes().to_vec(),
            ..Default::default()
        };
        let uploaded = self
            .imports()
            .upload_import(tokio_stream::iter([upload, chunk]))
            .await
            .unwrap();
        let import = uploaded.into_inner().import.unwrap();
        let approve = ApproveImportRequest {
            name: import.name.clone(),
            etag: import.etag,
            request_id: String::new(),
            send_time: None,
        };
        self.imports().approve_import(approve).await.unwrap();
        let rows = ListImportRowsRequest {
            parent: import.name,
            ..Default::default()
        };
        eventually_some(async || {
            let listed = self.imports().list_import_rows(rows.clone()).await.unwrap();
            let row = listed.into_inner().rows.pop().unwrap();
            (row.state() == ImportRowState::Applied).then_some(row)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_vouches_like_an_invitation_by_hand() {
    let fixture = Fixture::start().await;
    let limits = Limits {
        invitations_by_hand: 10,
        import_rows: 10,
        messages_per_day: 10,
    };
    acts::subscribe(&fixture.organizations, fixture.organization, limits).await;
    let group = acts::make_group(&fixture.organizations, fixture.organization, "Nurses", &[]).await;
    let row = fixture
        .import("email,groups,location\nlearner-1@example.com,Nurses,\n")
        .await;
    fixture.accept(row.invitation.parse().unwrap(), "learner-1").await;
    let employment = fixture.employment_of("learner-1").await;
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(employment.groups, [group.to_string()]);
}
