//! From the domain to messages, exhaustively.

use muster_ids::{OrganizationName, TrainingName};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::ProgressTransfer;

impl From<ProgressTransfer> for pb::ProgressTransfer {
    fn from(transfer: ProgressTransfer) -> Self {
        let ProgressTransfer {
            from,
            to,
            organization,
            training,
            percent,
            to_percent,
            // Of registry staff people are told why, not who: as of decisions on profiles.
            actor: _,
            reason,
            time,
        } = transfer;
        Self {
            assignment: from.to_string(),
            to: to.to_string(),
            organization: OrganizationName { organization }.to_string(),
            training: TrainingName { training }.to_string(),
            progress_percent: i32::from(percent.get()),
            to_progress_percent: i32::from(to_percent.get()),
            reason: reason.unwrap_or_default(),
            transfer_time: Some(timestamp(time)),
        }
    }
}
