//! Ports on loopback: chosen once, remembered in a file, so that addresses stay the same from run to run.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use crate::{EngineError, holder_of, write_private};

/// Below the range from which systems take ports for outgoing connections: what is free now stays free.
const FIRST: u16 = 20_000;
const LAST: u16 = 31_999;

/// The ports of one directory.
#[derive(Debug)]
pub struct Ports {
    file: PathBuf,
    known: BTreeMap<String, u16>,
    next: u16,
}

impl Ports {
    /// Opens the file that remembers; an absent one is an empty one.
    #[must_use]
    pub fn open(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_default();
        let known = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .filter_map(|(name, port)| Some((name.trim().to_owned(), port.trim().parse().ok()?)))
            .collect();
        // Two directories on one machine start their search at different places.
        let place = file
            .as_os_str()
            .as_encoded_bytes()
            .iter()
            .fold(0_u32, |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(u32::from(*byte))
            });
        let offset = u16::try_from(place % u32::from(LAST - FIRST)).unwrap_or_default();
        Self {
            file: file.to_path_buf(),
            known,
            next: FIRST + offset,
        }
    }

    /// The remembered port of `name`; else `preferred` when it is free; else a free one, remembered from now on.
    ///
    /// # Errors
    /// [`EngineError::NoFreePort`]; [`EngineError::File`] when the choice cannot be remembered.
    pub fn of(&mut self, name: &str, preferred: Option<u16>) -> Result<u16, EngineError> {
        if let Some(port) = self.known.get(name) {
            return Ok(*port);
        }
        let port = match preferred.filter(|port| self.usable(*port)) {
            Some(port) => port,
            None => self.search(name)?,
        };
        self.known.insert(name.to_owned(), port);
        self.save()?;
        Ok(port)
    }

    /// The remembered port of `name`.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<u16> {
        self.known.get(name).copied()
    }

    /// Refuses, naming the holder, when something listens on the port already.
    ///
    /// # Errors
    /// [`EngineError::PortTaken`].
    pub fn require_free(&self, name: &str, port: u16) -> Result<(), EngineError> {
        if is_free(port) {
            return Ok(());
        }
        let holder = holder_of(port).unwrap_or_else(|| "another program".to_owned());
        Err(EngineError::PortTaken {
            name: name.to_owned(),
            port,
            holder,
            file: self.file.clone(),
        })
    }

    fn search(&mut self, name: &str) -> Result<u16, EngineError> {
        for _ in FIRST..=LAST {
            let port = self.next;
            self.next = if port >= LAST { FIRST } else { port + 1 };
            if self.usable(port) {
                return Ok(port);
            }
        }
        Err(EngineError::NoFreePort {
            name: name.to_owned(),
            from: FIRST,
            to: LAST,
        })
    }

    fn usable(&self, port: u16) -> bool {
        !self.known.values().any(|taken| *taken == port) && is_free(port)
    }

    /// Whole or not at all: engines that run already would not be found at ports chosen anew.
    fn save(&self) -> Result<(), EngineError> {
        let text: String = self
            .known
            .iter()
            .map(|(name, port)| format!("{name} = {port}\n"))
            .collect();
        write_private(&self.file, text.as_bytes())
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_remembered_and_a_taken_one_is_named() {
        let file = std::env::temp_dir().join(format!("muster-ports-{}", std::process::id()));
        let _ = fs::remove_file(&file);
        let first = Ports::open(&file).of("postgres", None).unwrap();
        let mut again = Ports::open(&file);
        assert_eq!(again.of("postgres", None).unwrap(), first);
        assert_ne!(again.of("rabbitmq", None).unwrap(), first);

        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let refusal = again.require_free("postgres", first).unwrap_err().to_string();
        assert!(
            refusal.contains(&format!("(pid {})", std::process::id())),
            "{refusal}"
        );
        let _ = fs::remove_file(&file);
    }

    #[test]
    fn what_cannot_be_remembered_is_refused_and_takes_nothing_away() {
        let file = std::env::temp_dir().join(format!("muster-ports-kept-{}", std::process::id()));
        let first = Ports::open(&file).of("postgres", None).unwrap();
        // Where the unfinished file would be.
        let unfinished = file.with_extension(format!("{}.new", std::process::id()));
        fs::create_dir(&unfinished).unwrap();
        assert!(Ports::open(&file).of("rabbitmq", None).is_err());
        assert_eq!(Ports::open(&file).known("postgres"), Some(first));
        fs::remove_dir(&unfinished).unwrap();
        fs::remove_file(&file).unwrap();
    }
}
