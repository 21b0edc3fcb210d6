//! What the gateway is called.

/// Its own name: of its workload, of the area of the RPCs that it answers itself, and the audience of workload tokens for it.
pub const NAME: &str = "gateway";
