//! What people do before the test of another service begins: every act is a call that the service also gets from the
//! edge, by somebody whom the edge lets pass.

mod inviting;
mod organizing;

pub use inviting::{accept, invite};
pub use organizing::{
    close_organization, make_group, make_location, open_organization, subscribe, take_training,
};
