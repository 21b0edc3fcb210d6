//! What things are called in the broker.

/// Names in the broker.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    prefix: String,
}

impl Names {
    /// With this put before each; nothing in production.
    pub(crate) fn with(prefix: String) -> Self {
        Self { prefix }
    }

    pub(crate) fn of(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(crate) fn exchange(&self) -> String {
        self.of("muster.events")
    }
}
