//! Who belongs to the suite: services, workloads and the people of the developer's issuer.

/// The services, in the order in which they are shown.
pub const SERVICES: [&str; 6] = [
    "gateway",
    "organization",
    "employment",
    "invitation",
    "notification",
    "records",
];

/// Those that keep data, and so have a database.
pub const OWNERS: [&str; 5] = [
    "organization",
    "employment",
    "invitation",
    "notification",
    "records",
];

/// The engines, each in the directory of its name.
pub const ENGINES: [&str; 2] = ["postgres", "rabbitmq"];

/// The three small servers of this binary.
pub const TOOLS: [&str; 3] = ["issuer", "inbox", "traces"];

/// How addresses end that no mail can be sent to (RFC 6761, section 6.4): the inbox refuses them for good.
pub const NO_MAIL: &str = ".invalid";

/// A program of a customer that reports the progress of trainings; it calls the gateway as itself.
pub const LEARNING_SYSTEM: &str = "learning-system";

/// The namespace in workload tokens.
pub const NAMESPACE: &str = "muster";

/// The `iss` of workload tokens: a name only, its keys are read from a file.
pub const WORKLOAD_ISSUER: &str = "https://cluster.muster.test";

/// The audience of people's tokens, and the client id of the gateway's pages.
pub const AUDIENCE: &str = "muster";

/// Where the issuer may send a browser back to, below the public address.
pub const CALLBACK_PATH: &str = "/sign-in/callback";

/// Where it may send one back to on this machine, at any port: to a program that a person signs in with.
pub const LOOPBACK_PATH: &str = "/signed-in";

/// Where a token marks registry staff: in a claim within a claim, as Keycloak has it.
pub const STAFF_CLAIM: [&str; 2] = ["realm_access", "roles"];

/// What stands there for registry staff.
pub const STAFF_ROLE: &str = "registry-staff";
