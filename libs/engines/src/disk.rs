//! Is there room for the data?

use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::EngineError;

/// Refuses when the disk that holds `directory` has less than `needed_mb` megabytes free: RabbitMQ stops taking
/// messages on a nearly full disk, and says so only in its log.
///
/// # Errors
/// [`EngineError::DiskFull`]; [`EngineError::File`] when the directory cannot be looked at.
pub fn require_space(directory: &Path, needed_mb: u64) -> Result<(), EngineError> {
    let stat = statvfs(directory).map_err(|errno| EngineError::file("look at", directory)(errno.into()))?;
    let free_mb = stat.blocks_available() * stat.fragment_size() / 1_000_000;
    if free_mb < needed_mb {
        return Err(EngineError::DiskFull {
            path: directory.to_path_buf(),
            free_mb,
            needed_mb,
        });
    }
    Ok(())
}
