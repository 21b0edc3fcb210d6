//! Extra policies: every `*.cedar` file of a folder that whoever runs the platform mounts.
//!
//! They may forbid; that they permit as well must be switched on. What is wrong there is told and never loads.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use super::source::{NamedPolicy, Source};
use super::{Digest, PolicyProblem};

const MAX_FILES: usize = 64;
const MAX_POLICIES: usize = 500;
const LARGEST_FILE: u64 = 64 * 1024;

/// Where extra policies are, and what they may do.
#[derive(Debug, Clone)]
pub struct Extra {
    /// The folder.
    pub directory: PathBuf,
    /// What its policies may do.
    pub effects: Effects,
}

/// What extra policies may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effects {
    /// Refuse what would be allowed.
    Forbid,
    /// Allow what would be refused, too.
    ForbidAndPermit,
}

impl Effects {
    /// As a setting says whether they may permit.
    #[must_use]
    pub fn permitting(permits: bool) -> Self {
        if permits {
            Self::ForbidAndPermit
        } else {
            Self::Forbid
        }
    }
}

/// What a look at the folder found.
#[derive(Debug)]
pub(super) struct Looked {
    /// The same for the same files, and for the same problems with them.
    pub(super) digest: Digest,
    files: Vec<(String, String)>,
    problems: Vec<PolicyProblem>,
}

impl Extra {
    /// Reads the folder.
    pub(super) fn look(&self) -> Looked {
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        match listed(&self.directory) {
            Ok(listed) => {
                for path in listed {
                    match text(&path) {
                        Ok(text) => files.push((path.display().to_string(), text)),
                        Err(source) => problems.push(unreadable(&path, source)),
                    }
                }
            }
            Err(source) => problems.push(unreadable(&self.directory, source)),
        }
        let told = problems.iter().map(|problem| format!("{problem:?}"));
        let told: Vec<_> = told.map(|told| (String::new(), told)).collect();
        let digest = digest(files.iter().chain(&told));
        Looked {
            digest,
            files,
            problems,
        }
    }

    /// The policies that were found.
    ///
    /// # Errors
    /// None are given if anything is wrong; what was read is looked at all the same, so that everything is told at once.
    pub(super) fn policies(&self, looked: Looked) -> (Vec<NamedPolicy>, Vec<PolicyProblem>) {
        let (mut policies, mut problems) = (Vec::new(), looked.problems);
        for (file, text) in &looked.files {
            match (Source { file, text }).read() {
                Ok(read) if read.is_empty() => problems.push(PolicyProblem::Mistake {
                    file: file.clone(),
                    line: 1,
                    what: "there is no policy in it; to take its policies away, take the file away"
                        .to_owned(),
                }),
                Ok(read) => policies.extend(read),
                Err(wrong) => problems.extend(wrong),
            }
        }
        let permits = policies.iter().filter(|named| named.note.permits);
        if self.effects == Effects::Forbid {
            problems.extend(permits.map(|named| {
                named.mistake(format!(
                    "`{}` permits: extra policies may only forbid, unless MUSTER_EXTRA_POLICIES_PERMIT is true",
                    named.note.id
                ))
            }));
        }
        if policies.len() > MAX_POLICIES {
            problems.push(PolicyProblem::TooMany {
                directory: self.directory.display().to_string(),
                what: "policies",
                most: MAX_POLICIES,
            });
            policies.clear();
        }
        (policies, problems)
    }
}

/// The files, in order. A folder that Kubernetes mounts has others beside them, whose names begin with a dot.
fn listed(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".cedar") && !name.starts_with('.') {
            files.push(directory.join(&*name));
        }
        if files.len() > MAX_FILES {
            return Err(io::Error::other(format!("more than {MAX_FILES} files")));
        }
    }
    files.sort();
    Ok(files)
}

fn text(path: &Path) -> io::Result<String> {
    // Looked at before it is opened: a pipe would keep us waiting.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    File::open(path)?
        .take(LARGEST_FILE + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(io::Error::other(format!("it has more than {LARGEST_FILE} bytes")));
    }
    Ok(text)
}

fn unreadable(path: &Path, source: io::Error) -> PolicyProblem {
    let file = path.display().to_string();
    PolicyProblem::Unreadable { file, source }
}

fn digest<'a>(parts: impl Iterator<Item = &'a (String, String)>) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts.flat_map(|(name, text)| [name, text]) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(context.finish().as_ref());
    digest
}
