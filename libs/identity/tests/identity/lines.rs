//! What is logged while a test runs.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

/// The lines of this thread, from now on.
pub(crate) struct Lines {
    written: Written,
    _telling: DefaultGuard,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn start() -> Self {
        let written = Written::default();
        let to = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || to.clone())
            .finish();
        Self {
            written,
            _telling: tracing::subscriber::set_default(subscriber),
        }
    }

    /// Those of this level in which all of these words stand.
    pub(crate) fn count(&self, level: &str, words: &[&str]) -> usize {
        let all = self.all();
        let fits = |line: &&str| line.contains(level) && words.iter().all(|word| line.contains(word));
        all.lines().filter(fits).count()
    }

    pub(crate) fn all(&self) -> String {
        String::from_utf8(self.written.0.lock().unwrap().clone()).unwrap()
    }
}
