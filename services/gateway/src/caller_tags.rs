//! `muster-gateway caller`: whom the tags of the access log stand for.

use std::io::{BufRead, Write};
use std::path::Path;

use crate::edge::CallerTags;
use crate::settings;

/// Writes the tag of each name that is read, one a line: `persons/{person}` or `workloads/{name}`. A file of several session keys
/// gives a tag by each.
///
/// # Errors
/// A file that holds no session key; a name that cannot be read, or a tag that cannot be written.
pub fn write_caller_tags(
    session_key: &Path,
    names: impl BufRead,
    mut tags: impl Write,
) -> anyhow::Result<()> {
    let keys = settings::keys(session_key)?;
    let made: Vec<_> = keys.keys().iter().map(|key| CallerTags::new(key)).collect();
    for name in names.lines() {
        let name = name?;
        let name = name.trim();
        if !name.is_empty() {
            for made in &made {
                writeln!(tags, "{} {name}", made.of_name(name))?;
            }
        }
    }
    Ok(())
}
