//! `main`: reads settings, runs, says how it ended.

use std::borrow::Cow;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use muster_clock::Clock;
use muster_database::survey;
use muster_telemetry::Telemetry;
use tokio::runtime::{Builder, Runtime};

use super::outbox::{self, OutboxSettings};
use super::parked::{self, ParkedSettings};
use crate::front::panics;
use crate::settings::{CommonSettings, ConfigErrors, MigrateSettings, Program, TelemetrySettings, read};
use crate::{OwnCommand, Service, ask, check, drain, migrators, start};

/// EX_USAGE of sysexits.h: the settings cannot be used.
pub const EXIT_USAGE: u8 = 64;
/// EX_SOFTWARE of sysexits.h: anything else.
pub const EXIT_FAILURE: u8 = 70;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const EPILOGUE: &str = "Commands, before the options:\n  serve      Answers calls (default)\n  migrate    Brings the database up to date, then ends\n  check      Says whether it could serve here: settings, keys, tokens, database, broker, peers; and how to mend what is wrong\n  health     Asks the process that runs here whether it is ready\n  outbox     Lists events that wait to be published, or has some published again\n  parked     Lists, retries or purges messages that could not be handled";

#[derive(Clone, Debug, clap::Args)]
struct ServeSettings<T: clap::Args> {
    #[command(flatten)]
    common: CommonSettings,
    #[command(flatten)]
    own: T,
}

/// The `main` of every service: `serve` (the default), `migrate`, `check`, `health`, `outbox`, `parked`, its own commands, `--help`,
/// `--version`.
#[must_use]
pub fn main<S: Service>() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let command = arguments
        .first()
        .and_then(|first| first.to_str())
        .unwrap_or_default()
        .to_owned();
    let own = S::COMMANDS.iter().find(|own| own.name == command);
    let of_all = ["serve", "migrate", "check", "health", "outbox", "parked"];
    if own.is_some() || of_all.contains(&command.as_str()) {
        arguments.remove(0);
    }
    if let Some(own) = own {
        let program = Program {
            about: own.about.to_owned(),
            ..program::<S>(format!("muster-{} {}", S::NAME, own.name), "")
        };
        return exit_code((own.run)(&program, &arguments));
    }
    exit_code(match command.as_str() {
        "migrate" => migrate::<S>(&arguments),
        "check" => check::<S>(&arguments),
        "health" => ask(
            &program::<S>(format!("muster-{} health", S::NAME), ""),
            &arguments,
        ),
        "outbox" => outbox::<S>(&arguments),
        "parked" => parked::<S>(&arguments),
        _ => serve::<S>(&arguments),
    })
}

/// The exit code of a process that ended so, with what is wrong on standard error.
#[must_use]
pub fn exit_code(ended: anyhow::Result<()>) -> ExitCode {
    let Err(error) = ended else {
        return ExitCode::SUCCESS;
    };
    match error.downcast_ref::<ConfigErrors>() {
        Some(ConfigErrors::HelpRequested(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Some(wrong) => {
            eprint!("{wrong}");
            ExitCode::from(EXIT_USAGE)
        }
        None => {
            eprintln!("error: {error:#}");
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

fn serve<S: Service>(arguments: &[OsString]) -> anyhow::Result<()> {
    let program = program::<S>(format!("muster-{}", S::NAME), epilogue(S::COMMANDS));
    let settings: ServeSettings<S::Settings> = read(&program, arguments)?;
    let telemetry = settings.common.telemetry.clone();
    in_runtime(S::NAME, &telemetry, async move |metrics| {
        let clock = Clock::system();
        let mut running = start::<S>(&settings.common, settings.own, clock, Some(metrics)).await?;
        let broke = tokio::select! {
            stop = drain::stop_signal() => stop.err().map(anyhow::Error::from),
            () = running.broke() => Some(anyhow::anyhow!("a part of the service broke; see the log")),
        };
        running.stop().await;
        tracing::info!("stopped");
        broke.map_or(Ok(()), Err)
    })
}

fn migrate<S: Service>(arguments: &[OsString]) -> anyhow::Result<()> {
    let program = program::<S>(format!("muster-{} migrate", S::NAME), "");
    let settings: MigrateSettings = read(&program, arguments)?;
    in_runtime(S::NAME, &settings.telemetry, async move |_| {
        let url = settings.database.database_url.reveal();
        muster_database::migrate(&migrators(&S::MIGRATOR), url).await?;
        let newer = survey(&migrators(&S::MIGRATOR), url).await?.unknown;
        if newer.is_empty() {
            tracing::info!(service = S::NAME, "the database is up to date");
        } else {
            tracing::warn!(
                service = S::NAME,
                ?newer,
                "a newer release has migrated the database: this one works beside the release that follows it, and beside no later one"
            );
        }
        Ok(())
    })
}

fn check<S: Service>(arguments: &[OsString]) -> anyhow::Result<()> {
    let program = program::<S>(format!("muster-{} check", S::NAME), "");
    let settings: ServeSettings<S::Settings> = read(&program, arguments)?;
    // Findings are told on standard output, not as a log.
    quietly(async move { check::run::<S>(&settings.common, &settings.own).await })
}

fn outbox<S: Service>(arguments: &[OsString]) -> anyhow::Result<()> {
    let program = program::<S>(format!("muster-{} outbox", S::NAME), "");
    let settings: OutboxSettings = read(&program, arguments)?;
    quietly(async move { outbox::run(S::NAME, settings).await })
}

fn parked<S: Service>(arguments: &[OsString]) -> anyhow::Result<()> {
    let program = program::<S>(format!("muster-{} parked", S::NAME), "");
    let settings: ParkedSettings = read(&program, arguments)?;
    let telemetry = settings.telemetry.clone();
    in_runtime(S::NAME, &telemetry, async move |_| {
        parked::run(S::NAME, settings).await
    })
}

/// The commands, those of the service last.
fn epilogue(own: &[OwnCommand]) -> String {
    let own = own
        .iter()
        .map(|own| format!("\n  {:<9}  {}", own.name, own.about));
    EPILOGUE.to_owned() + &own.collect::<String>()
}

fn program<S: Service>(name: String, epilogue: impl Into<Cow<'static, str>>) -> Program {
    Program {
        name,
        about: S::ABOUT.to_owned(),
        version: VERSION,
        epilogue: epilogue.into(),
    }
}

/// Runs `work` in a runtime with telemetry, and flushes that last. Also for processes that are no [`Service`].
///
/// # Errors
/// What `work` answers, or why telemetry cannot start.
pub fn in_runtime<W, F>(name: &'static str, settings: &TelemetrySettings, work: W) -> anyhow::Result<()>
where
    W: FnOnce(muster_telemetry::Metrics) -> F,
    F: Future<Output = anyhow::Result<()>>,
{
    // Fails only when it was done before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let telemetry = Telemetry::start(settings.options(name, VERSION)).map_err(|error| {
            let source = std::error::Error::source(&error)
                .map(|source| format!(": {source}"))
                .unwrap_or_default();
            ConfigErrors::Wrong(vec![format!("{error}{source}")])
        })?;
        panics::install_hook();
        let ended = work(telemetry.metrics()).await;
        telemetry.shutdown().await;
        ended
    });
    // A thread that hangs must not hold up the exit.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

/// Runs `work` in a runtime without telemetry. Also for processes that are no [`Service`].
///
/// # Errors
/// What `work` answers.
pub fn quietly<F>(work: F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    // Fails only when it was done before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    runtime()?.block_on(work)
}

/// At least two workers: the span exporter needs a second one while it blocks the first.
fn runtime() -> std::io::Result<Runtime> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
}
