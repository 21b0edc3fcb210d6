//! Other sides that are gone without a word, as a machine is that has lost its power or its network.
//!
//! HTTP/2 asks by itself whether anybody is there (PING); HTTP/1.1 cannot. The operating system sends what nobody acknowledges
//! again for a quarter of an hour, and keeps a connection on which nothing is sent for ever: whoever watched something would
//! keep their place in all limits for so long.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// A connection ends when the other side has acknowledged nothing for so long of what was sent, or takes nothing for so long
/// while there is something to send: as nginx has it (`send_timeout`), a download that is paused for longer ends.
const GONE: Duration = Duration::from_secs(60);
/// Where nothing is sent for so long, the operating system asks.
const ASK_AFTER: Duration = Duration::from_secs(30);
/// And again, until [`GONE`].
const ASK_EVERY: Duration = Duration::from_secs(10);
/// How often where the system knows no [`GONE`].
const ASK_TIMES: u32 = 3;

/// Has the operating system end a connection of whose other side nothing was heard for [`GONE`].
pub(super) fn bound(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    let asking = TcpKeepalive::new()
        .with_time(ASK_AFTER)
        .with_interval(ASK_EVERY)
        .with_retries(ASK_TIMES);
    socket.set_tcp_keepalive(&asking)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(GONE))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_operating_system_is_told_how_long_to_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        bound(&accepted).unwrap();
        let socket = SockRef::from(&accepted);
        assert!(socket.keepalive().unwrap());
        assert_eq!(
            (
                socket.tcp_keepalive_time().unwrap(),
                socket.tcp_keepalive_interval().unwrap(),
                socket.tcp_keepalive_retries().unwrap()
            ),
            (ASK_AFTER, ASK_EVERY, ASK_TIMES)
        );
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(GONE));
    }
}
