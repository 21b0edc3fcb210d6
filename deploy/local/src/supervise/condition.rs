//! What is known of a part that is kept running.

use std::error::Error;

use muster_engines::EngineError;

/// Whether it runs, and how often it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    pub(super) running: bool,
    pub(super) ends: u32,
    pub(super) last_end: End,
}

/// How a part ended, or why it could not be started.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    pub(super) reason: String,
    /// The reason says everything; the log would not add to it.
    pub(super) is_whole: bool,
    /// Trying again helps only when somebody has done something.
    pub(super) needs_help: bool,
}

impl End {
    pub(super) fn by_itself(reason: String) -> Self {
        Self {
            reason,
            ..Self::default()
        }
    }

    pub(super) fn at_start(error: &EngineError) -> Self {
        Self {
            reason: match error.source() {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
            // A program that ends at once is such an error, and its log says why.
            is_whole: !matches!(error, EngineError::File { .. }),
            needs_help: !matches!(error, EngineError::File { .. } | EngineError::NotStarted { .. }),
        }
    }
}
