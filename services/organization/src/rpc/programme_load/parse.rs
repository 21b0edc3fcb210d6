//! From messages to types that cannot be wrong. What a row says stays as it is here: it is refused by itself.

use muster_identity::Caller;
use muster_ids::{ProgrammeLoadId, ProgrammeLoadName};
use muster_proto::organization::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::names;
use tonic::Status;

use crate::domain::{LicenseStatus, ProgrammeType, ToldProgramme};
use crate::ops::programme_load::begin::Beginning;
use crate::ops::programme_load::take::NextRows;

/// The load that a field names.
pub(super) fn named(violations: &mut Violations, field: &str, text: &str) -> Option<ProgrammeLoadId> {
    let name = names::named::<ProgrammeLoadName>(violations, field, text);
    name.map(|name| name.programme_load)
}

/// What the first message says of the load.
pub(super) fn beginning(caller: &Caller, first: &pb::LoadProgrammesRequest) -> Result<Beginning, Status> {
    let creator = caller.person().ok_or_else(Refusal::permission_denied)?.id;
    let mut violations = Violations::new();
    let id = named(&mut violations, "name", &first.name);
    if first.reason.is_empty() {
        violations.add("reason", "must be stated in the first message");
    }
    if first.row_count == 0 {
        violations.add("row_count", "must be 1 to 1000000 in the first message");
    }
    let beginning = id.map(|id| Beginning {
        id,
        row_count: first.row_count,
        creator,
        reason: first.reason.clone(),
    });
    finished(violations, beginning)
}

/// The rows of a message, which begin with `next` unless it says otherwise.
pub(super) fn rows(
    load: ProgrammeLoadId,
    given: pb::LoadProgrammesRequest,
    next: i32,
) -> Result<NextRows, Status> {
    let mut violations = Violations::new();
    if !given.name.is_empty()
        && named(&mut violations, "name", &given.name).is_some_and(|other| other != load)
    {
        violations.add("name", "must be that of the first message");
    }
    let rows = NextRows {
        load,
        first: if given.first_row == 0 {
            next
        } else {
            given.first_row
        },
        rows: given.rows.into_iter().map(programme_row).collect(),
    };
    finished(violations, Some(rows))
}

fn programme_row(row: pb::ProgrammeRow) -> ToldProgramme {
    let kind = ProgrammeType::try_from(row.r#type()).ok();
    let license_status = LicenseStatus::try_from(row.license_status()).ok();
    ToldProgramme {
        authority: row.licensing_authority,
        number: row.license_number,
        display_name: row.display_name,
        address: row.address.unwrap_or_default().into(),
        kind,
        license_status,
    }
}

/// What is wrong with a message, or what it says.
fn finished<T>(violations: Violations, read: Option<T>) -> Result<T, Status> {
    match read {
        Some(read) if violations.is_empty() => Ok(read),
        _ => Err(violations.into_refusal().into()),
    }
}
