//! Who read the learning record of whoever is signed in, and what registry staff looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use muster_proto::organization::v1::{Role, StaffRead};
use muster_proto::records::v1::{ExportFormat, RecordAccess, RecordAccessKind, RecordAccessReason};
use tonic::{Code, Status};

use super::PAGE;
use crate::limits::ClientAddress;
use crate::pages::Pages;
use crate::pages::account::SignedIn;
use crate::pages::names::{Names, organization_of};
use crate::pages::paging::{self, Behind};
use crate::pages::session::Session;
use crate::pages::view::{self, Frame, Problem, Reading, ReadingsPage, StaffLook};

const READINGS: &str = "/consent/readings";
/// As many stand on one page.
const PAGE_SIZE: i32 = 50;

/// `GET /consent/readings`: newest first, with what registry staff looked at beside the newest.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    client: ClientAddress,
    Query(asked): Query<Behind>,
) -> Response {
    // Where to sign in, that page says.
    let Some(session) = signed_in.session() else {
        return Redirect::to(PAGE).into_response();
    };
    let is_first = asked.page.is_empty();
    match look(&pages, &client, session, asked.page).await {
        Ok(page) => view::readings(page),
        Err(status) if status.code() == Code::Unauthenticated => Redirect::to(PAGE).into_response(),
        Err(status) if !is_first && paging::is_no_page(&status) => Redirect::to(READINGS).into_response(),
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

async fn look(
    pages: &Pages,
    client: &ClientAddress,
    session: &Session,
    behind: String,
) -> Result<ReadingsPage, Status> {
    let is_first = behind.is_empty();
    let looks = async {
        match is_first {
            true => pages.edge.list_own_staff_reads(client, session).await,
            false => Ok(Vec::new()),
        }
    };
    let accesses = pages
        .edge
        .list_record_accesses(client, session, PAGE_SIZE, behind);
    let (accesses, looks) = tokio::try_join!(accesses, looks)?;
    let readers = accesses
        .record_accesses
        .iter()
        .map(|one| one.organization.as_str());
    let looked_at = looks.iter().map(|one| organization_of(&one.name));
    let organizations: BTreeSet<String> = readers.chain(looked_at).map(str::to_owned).collect();
    let names = Names::of(pages, client, session, organizations).await?;
    let readings = accesses.record_accesses.iter();
    Ok(ReadingsPage {
        readings: readings.map(|access| reading(access, &names)).collect(),
        older: paging::next(READINGS, paging::PAGE, &accesses.next_page_token),
        is_first,
        looks: looks.into_iter().map(|one| staff_look(one, &names)).collect(),
        support: pages.support.clone(),
        frame: Frame::default(),
    })
}

/// One reading, as it is shown.
pub(super) fn reading(access: &RecordAccess, names: &Names) -> Reading {
    Reading {
        organization: names.called(&access.organization),
        zone: names.zone(&access.organization),
        reader: access.reader_display_name.clone(),
        role: match access.reader_role() {
            Role::Unspecified if access.reason() == RecordAccessReason::Staff => "role-staff",
            Role::Unspecified => "",
            Role::Viewer => "role-viewer",
            Role::Admin => "role-admin",
            Role::Owner => "role-owner",
        },
        what: match access.kind() {
            RecordAccessKind::Unspecified => "reading-unknown",
            RecordAccessKind::Record => "reading-record",
            RecordAccessKind::Report => "reading-report",
        },
        why: match access.reason() {
            RecordAccessReason::Unspecified => "reading-why-unknown",
            RecordAccessReason::Grant => "reading-granted",
            RecordAccessReason::Staff => "reading-stated",
        },
        file: match access.export_format() {
            ExportFormat::Unspecified => "",
            ExportFormat::Csv | ExportFormat::CsvExcel | ExportFormat::CsvExcelSemicolon => "CSV",
            ExportFormat::Xlsx => "XLSX",
            ExportFormat::Pdf => "PDF",
            ExportFormat::Json => "JSON",
        },
        time: access.access_time.map(|at| at.seconds),
    }
}

fn staff_look(look: StaffRead, names: &Names) -> StaffLook {
    StaffLook {
        organization: names.called(organization_of(&look.name)),
        zone: names.zone(organization_of(&look.name)),
        what: if look.person.is_empty() {
            "reading-several"
        } else {
            "reading-you"
        },
        call: look.method.rsplit('/').next().unwrap_or_default().to_owned(),
        staff: look.staff_display_name,
        why: look.reason,
        time: look.read_time.map(|at| at.seconds),
    }
}
