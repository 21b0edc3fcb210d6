//! `health`: asks the process of this machine whether it is ready. For those who run it without an orchestrator that asks by
//! itself, in images that hold nothing but the program.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::settings::{ListenSettings, Program, read};

/// The process answers from memory.
const LIMIT: Duration = Duration::from_secs(2);

/// Runs `health`: prints what the process at the address for operators says, and fails unless it is ready.
///
/// # Errors
/// It is not ready, or not there.
pub fn ask(program: &Program, arguments: &[OsString]) -> anyhow::Result<()> {
    let settings: ListenSettings = read(program, arguments)?;
    let address = here(settings.admin_listen);
    let answer = fetch(address).map_err(|error| anyhow::anyhow!("nobody answers at {address}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    print!("{body}");
    let ready = head.split(' ').nth(1) == Some("200");
    anyhow::ensure!(ready, "{address} is not ready");
    Ok(())
}

/// Who listens at every address, listens at this machine's own.
fn here(mut listens: SocketAddr) -> SocketAddr {
    if listens.ip().is_unspecified() {
        listens.set_ip(if listens.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    listens
}

fn fetch(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        for (listens, asked) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("10.1.2.3:8081", "10.1.2.3:8081"),
        ] {
            assert_eq!(here(listens.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
