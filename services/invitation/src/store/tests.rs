//! What only the statements themselves can show, on a real database.

mod closings;
mod counts;
mod leases;
mod plans;
mod state_lists;

use muster_ids::{ImportId, OrganizationId, PersonId};
use muster_server::Service;
use muster_testkit::TestDatabase;
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;

use super::import as imports;
use crate::InvitationApp;
use crate::domain::import::{Counts, Import, ImportState};
use crate::domain::spreadsheet::Format;

const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);

async fn database() -> TestDatabase {
    TestDatabase::new(&InvitationApp::MIGRATOR, "invitation").await
}

/// An import of no rows, its preview made.
async fn import_of(connection: &mut PgConnection, organization: OrganizationId, id: ImportId) {
    let import = Import {
        organization,
        id,
        version: 1,
        state: ImportState::Ready,
        file_name: String::new(),
        format: Format {
            encoding: "UTF-8".to_owned(),
            separator: ",".to_owned(),
            ..Format::default()
        },
        uploader: PersonId::from_uuid(organization.as_uuid()),
        preview_sha256: [0; 32],
        context_sha256: [0; 32],
        counts: Counts::default(),
        group_warnings: Vec::new(),
        applied: 0,
        refused: 0,
        create_time: NOW,
        expire_time: NOW,
        decide_time: None,
        approval: None,
        finish_time: None,
        purge_time: None,
    };
    imports::insert(connection, &import, &[0; 32]).await.unwrap();
}
