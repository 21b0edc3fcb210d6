//! `muster-gateway`: reads settings, runs, says how it ended.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use mimalloc::MiMalloc;
use muster_clock::Clock;
use muster_gateway::{NAME, Settings, TrialSettings, check, start, try_policies, write_caller_tags};
use muster_server::settings::{Program, read};
use muster_server::{ask, drain, exit_code, in_runtime, quietly};

/// Every call allocates some dozens of small things, and memory given back is used again: about a tenth of a call's CPU
/// goes into the system's allocator otherwise (`cargo dev bench edge`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const EPILOGUE: &str = "Commands, before the options:\n  serve      Answers calls (default)\n  migrate    Does nothing: the gateway has no database\n  check      Says whether it could serve here: settings, keys, tokens, policies, issuers, services; and how to mend what is wrong\n  health     Asks the process that runs here whether it is ready\n  caller FILE  Reads names (persons/{person}, workloads/{name}) from standard input, one a line, and writes the tag of each in the access log; FILE is the session key\n  policies try FOLDER  Says which calls of an access log other policies would have decided otherwise, and by which";

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let command = arguments
        .first()
        .and_then(|first| first.to_str())
        .unwrap_or_default()
        .to_owned();
    if command == "migrate" {
        return ExitCode::SUCCESS;
    }
    if command == "caller" {
        return exit_code(caller(arguments.get(1)));
    }
    if command == "policies" {
        return exit_code(policies(arguments.split_off(1)));
    }
    if matches!(command.as_str(), "serve" | "check" | "health") {
        arguments.remove(0);
    }
    exit_code(match command.as_str() {
        "check" => read(&program(), &arguments)
            .map_err(anyhow::Error::from)
            .and_then(|settings| quietly(async move { check(&settings).await })),
        "health" => ask(&program(), &arguments),
        _ => serve(&arguments),
    })
}

fn caller(session_key: Option<&OsString>) -> anyhow::Result<()> {
    let session_key = session_key.ok_or_else(|| anyhow::anyhow!("name the file of the session key"))?;
    let (names, tags) = (std::io::stdin().lock(), std::io::stdout().lock());
    write_caller_tags(Path::new(session_key), names, tags)
}

fn policies(mut arguments: Vec<OsString>) -> anyhow::Result<()> {
    if arguments.first().is_some_and(|verb| verb == "try") {
        arguments.remove(0);
    }
    let program = Program {
        name: format!("muster-{NAME} policies try"),
        about: "Which calls of an access log the policies in a folder would have decided otherwise, and by which. Nothing is \
                changed, and nobody is asked"
            .to_owned(),
        ..program()
    };
    let settings: TrialSettings = read(
        &Program {
            epilogue: "".into(),
            ..program
        },
        &arguments,
    )?;
    try_policies(&settings, std::io::stdout().lock())
}

fn program() -> Program {
    Program {
        name: format!("muster-{NAME}"),
        about: "The edge of the Muster suite: one port for gRPC and pages".to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        epilogue: EPILOGUE.into(),
    }
}

fn serve(arguments: &[OsString]) -> anyhow::Result<()> {
    let settings: Settings = read(&program(), arguments)?;
    let telemetry = settings.telemetry.clone();
    in_runtime(NAME, &telemetry, async move |metrics| {
        let mut running = start(&settings, Clock::system(), Some(metrics)).await?;
        let broke = tokio::select! {
            stop = drain::stop_signal() => stop.err().map(anyhow::Error::from),
            () = running.broke() => Some(anyhow::anyhow!("the listener broke; see the log")),
        };
        running.stop().await;
        broke.map_or(Ok(()), Err)
    })
}
