//! Where a node listens.

use std::path::Path;

use super::{RabbitMq, mapper};
use crate::{EngineError, Ports};

/// The three ports of a node.
#[derive(Clone, Copy, Debug)]
pub struct RabbitMqPorts {
    /// Where clients connect.
    pub amqp: u16,
    /// Where nodes of a cluster would.
    pub distribution: u16,
    /// Erlang's port mapper (`epmd`).
    pub mapper: u16,
}

impl RabbitMqPorts {
    /// The remembered ports, or free ones.
    ///
    /// # Errors
    /// As [`Ports::of`].
    pub fn choose(ports: &mut Ports) -> Result<Self, EngineError> {
        Ok(Self {
            amqp: ports.of("rabbitmq", None)?,
            distribution: ports.of("rabbitmq-distribution", None)?,
            mapper: ports.of("rabbitmq-mapper", None)?,
        })
    }

    /// Refuses when a stranger holds one of them; what runs for `directory` may.
    ///
    /// # Errors
    /// [`EngineError::PortTaken`].
    pub fn require_free(self, ports: &Ports, directory: &Path) -> Result<(), EngineError> {
        if RabbitMq::find_running(directory).is_none() {
            ports.require_free("rabbitmq", self.amqp)?;
            ports.require_free("rabbitmq-distribution", self.distribution)?;
            if !mapper::is_running(directory) {
                ports.require_free("rabbitmq-mapper", self.mapper)?;
            }
        }
        Ok(())
    }
}
