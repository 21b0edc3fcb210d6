//! Passwords of the private engines: made once, kept in files that only their owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::EngineError;

/// The secret kept in `file`; a new one of 128 random bits, in hexadecimal, when there is none yet.
///
/// # Errors
/// [`EngineError::File`] when it can be neither read nor written.
pub fn secret(file: &Path) -> Result<String, EngineError> {
    if let Ok(kept) = fs::read_to_string(file)
        && !kept.trim().is_empty()
    {
        return Ok(kept.trim().to_owned());
    }
    let mut bytes = [0_u8; 16];
    let source = Path::new("/dev/urandom");
    File::open(source)
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(EngineError::file("read", source))?;
    let fresh: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(file, fresh.as_bytes())?;
    Ok(fresh)
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// [`EngineError::File`], or [`EngineError::DiskFull`].
pub fn write_private(file: &Path, content: &[u8]) -> Result<(), EngineError> {
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(EngineError::file("create", parent))?;
    }
    // Two processes may write the same file: each has its own unfinished one.
    let fresh = file.with_extension(format!("{}.new", std::process::id()));
    let _ = fs::remove_file(&fresh);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut out| out.write_all(content).and_then(|()| out.sync_all()))
        .and_then(|()| fs::rename(&fresh, file))
        .map_err(EngineError::file("write", file))
}
