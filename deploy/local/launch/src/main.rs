//! What `cargo dev` runs first: builds `muster-dev` and becomes it.
//!
//! The alias says `cargo run --quiet`, so that nothing stands around what `cargo dev token` prints. The first build takes
//! minutes, in which silence looks like a fault. This program needs no library and is built within a second; it lets cargo
//! show how far the build is whenever there is much to do.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;
use std::{env, fs};

const PROGRAM: &str = "muster-dev";

fn main() -> ExitCode {
    match launch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("muster: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns only when the program could not be built or started.
fn launch() -> Result<ExitCode, String> {
    let own = env::current_exe().map_err(|error| format!("this program's file cannot be found: {error}"))?;
    let program = own.with_file_name(PROGRAM);
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    // As part of the workspace: features are then those of every other build.
    build.args(["build", "--workspace", "--bin", PROGRAM]);
    let much = is_much(&program);
    if much {
        eprintln!("Building `cargo dev` (minutes for the first time) …");
    } else {
        build.arg("--quiet");
    }
    let status = build
        .status()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }
    remember(&program);
    let error = Command::new(&program).args(env::args_os().skip(1)).exec();
    Err(format!("{} cannot be run: {error}", program.display()))
}

/// Was it never built, or with other libraries?
fn is_much(program: &Path) -> bool {
    match (modified(program), modified(&lock_file())) {
        (Some(built), Some(locked)) => built < locked,
        _ => true,
    }
}

/// A lock file that is newer and the same (another branch was looked at) is not asked about again. It costs nothing but silence
/// when this fails.
fn remember(program: &Path) {
    if is_much(program)
        && let (Some(locked), Ok(file)) = (modified(&lock_file()), fs::File::open(program))
    {
        let _no_matter = file.set_modified(locked);
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|meta| meta.modified()).ok()
}

fn lock_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../Cargo.lock")
}
