//! `cargo dev token`, and the tokens of workloads.

use std::process::ExitCode;

use clap::Args;
use muster_clock::Clock;
use muster_engines::write_private;
use muster_identity::SigningKey;
use serde_json::json;

use crate::addresses::Addresses;
use crate::keys::Keys;
use crate::outln;
use crate::suite::{LEARNING_SYSTEM, NAMESPACE, OWNERS, SERVICES, WORKLOAD_ISSUER};
use crate::tools::issuer::people::{BUILT_IN, People, Person};
use crate::tools::issuer::sign::access_token;
use crate::workspace::Workspace;

/// How long a workload's token lives, in seconds. The supervisor writes new ones long before.
const WORKLOAD_TOKEN_LIFE: i64 = 24 * 60 * 60;

/// Whose token to print.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// A person of the developer's issuer, any address (a further person), or the workload `learning-system`
    #[arg(long = "as", value_name = "NAME")]
    name: String,
}

fn after_help() -> String {
    let names: Vec<&str> = BUILT_IN.iter().map(|person| person.0).collect();
    format!(
        "People: {}\n\nExample: curl -H \"authorization: Bearer $(cargo dev token --as owner)\" …",
        names.join(", ")
    )
}

/// Prints one token on standard output.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    outln!("{}", of(workspace, &options.name)?);
    Ok(ExitCode::SUCCESS)
}

/// A token for the edge: of a person, or of the learning system.
///
/// # Errors
/// There is no suite, or its keys cannot be read.
pub fn of(workspace: &Workspace, name: &str) -> anyhow::Result<String> {
    let addresses = Addresses::read(workspace)?;
    let keys = Keys::prepare(workspace)?;
    let clock = Clock::system();
    if name == LEARNING_SYSTEM {
        return workload_token(&keys.workload, &clock, LEARNING_SYSTEM, "gateway");
    }
    let person = People::open(&workspace.at("issuer/people.json")).find_or_register(name, None)?;
    access_token(&keys.issuer, &addresses.issuer, &person, &clock)
}

/// Tokens for the edge of people with these addresses, whom nobody else has to know of.
///
/// # Errors
/// There is no suite, its keys cannot be read, or something is no address.
pub fn of_addresses<'a>(
    workspace: &Workspace,
    addresses: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<Vec<String>> {
    let issuer = Addresses::read(workspace)?.issuer;
    let (keys, clock) = (Keys::prepare(workspace)?, Clock::system());
    addresses
        .into_iter()
        .map(|address| {
            let person = Person::of_address(address, None)?;
            access_token(&keys.issuer, &issuer, &person, &clock)
        })
        .collect()
}

/// Writes a token for every workload and every audience: `.dev/tokens/WORKLOAD/AUDIENCE`.
pub(crate) fn write_workload_tokens(workspace: &Workspace, keys: &Keys, clock: &Clock) -> anyhow::Result<()> {
    for workload in SERVICES.into_iter().chain([LEARNING_SYSTEM]) {
        for audience in OWNERS.into_iter().chain(["gateway"]) {
            let token = workload_token(&keys.workload, clock, workload, audience)?;
            write_private(
                &workspace.at("tokens").join(workload).join(audience),
                token.as_bytes(),
            )?;
        }
    }
    Ok(())
}

/// A token in the shape of Kubernetes' projected service-account tokens.
fn workload_token(key: &SigningKey, clock: &Clock, workload: &str, audience: &str) -> anyhow::Result<String> {
    let now = clock.now().unix_timestamp();
    let claims = json!({
        "iss": WORKLOAD_ISSUER,
        "aud": [audience],
        "sub": format!("system:serviceaccount:{NAMESPACE}:{workload}"),
        "iat": now,
        "nbf": now,
        "exp": now + WORKLOAD_TOKEN_LIFE,
        "jti": clock.new_uuid().to_string(),
        "kubernetes.io": {
            "namespace": NAMESPACE,
            "serviceaccount": { "name": workload, "uid": format!("{workload}-on-this-machine") },
        },
    });
    Ok(key.sign("JWT", &claims)?)
}
