//! From the domain to messages, exhaustively.

use muster_ids::TrainingName;
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::Training;

impl From<Training> for pb::Training {
    fn from(training: Training) -> Self {
        let Training {
            id,
            code,
            display_name,
            description,
            create_time,
        } = training;
        Self {
            name: TrainingName { training: id }.to_string(),
            code,
            display_name,
            description,
            create_time: Some(timestamp(create_time)),
        }
    }
}
