//! From the domain to messages, exhaustively.

use muster_ids::TrainingName;
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{Training, Worth};

impl From<Training> for pb::Training {
    fn from(training: Training) -> Self {
        let Training {
            id,
            code,
            display_name,
            description,
            worth,
            create_time,
            create_reason,
        } = training;
        let Worth {
            duration_minutes,
            validity_months,
        } = worth;
        Self {
            name: TrainingName { training: id }.to_string(),
            code,
            display_name,
            description,
            create_time: Some(timestamp(create_time)),
            duration_minutes,
            validity_months: validity_months.unwrap_or_default(),
            create_reason,
        }
    }
}
