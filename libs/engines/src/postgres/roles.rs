//! One database and one role a service: each role owns its own database and can connect to no other.

use std::io::Write;
use std::process::Stdio;

use super::Postgres;
use crate::{EngineError, secret};

impl Postgres {
    /// Makes the database and the role of a service, both named `name` (lower-case letters), unless they are there, and
    /// tells the address at which that role connects to that database. The limits of the role are those every service
    /// runs under: statements 2 s, locks 1 s, idle in transaction 10 s.
    ///
    /// # Errors
    /// [`EngineError::Sql`] when the server refuses.
    pub fn create_service(&self, name: &str) -> Result<String, EngineError> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return Err(EngineError::Sql {
                message: format!("{name} is not a name for a database"),
            });
        }
        let password = secret(&self.directory.join("roles").join(name))?;
        self.psql(&format!(
            "select 'create role {name} login' where not exists (select from pg_roles where rolname = '{name}') \\gexec
             alter role {name} with login nosuperuser nocreatedb nocreaterole password '{password}';
             alter role {name} set statement_timeout = '2s';
             alter role {name} set lock_timeout = '1s';
             alter role {name} set idle_in_transaction_session_timeout = '10s';
             select 'create database {name} owner {name}'
              where not exists (select from pg_database where datname = '{name}') \\gexec
             revoke all on database {name} from public;
             revoke connect on database postgres from public;
             revoke connect on database template1 from public;"
        ))?;
        Ok(self.url(name, name, &password))
    }

    /// The address of a database for a role.
    #[must_use]
    pub fn url(&self, database: &str, role: &str, password: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements as superuser through `psql`, each on its own, and gives back what they print.
    ///
    /// # Errors
    /// [`EngineError::Sql`] with the server's words.
    pub fn psql(&self, statements: &str) -> Result<String, EngineError> {
        let program = self.binaries.join("psql");
        let mut child = self
            .psql_command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(EngineError::file("run", &program))?;
        if let Some(mut input) = child.stdin.take() {
            // A refusal to read on is told by the exit status below.
            let _ = input.write_all(statements.as_bytes());
        }
        let done = child
            .wait_with_output()
            .map_err(EngineError::file("run", &program))?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned());
        }
        Err(EngineError::Sql {
            message: String::from_utf8_lossy(&done.stderr).trim().to_owned(),
        })
    }
}
