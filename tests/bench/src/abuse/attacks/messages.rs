//! Messages that are too large: those that say so, those that are, and those that would be when they are unpacked.

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::rc::Rc;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::task::JoinSet;
use tokio::time::timeout_at;
use tonic::body::Body;
use tonic::client::GrpcService as _;
use tonic::transport::{Channel, Endpoint};

use crate::abuse::messages::prefixed;
use crate::abuse::target::Target;

const CONNECTIONS: usize = 4;
const CALLS: usize = 8;
const REAL: usize = 8 * 1024 * 1024;
/// What the bomb unpacks to.
const UNPACKED: usize = 200 * 1024 * 1024;

/// Half of them declare 4 GiB, half send 8 MiB.
pub(super) async fn oversized(target: &Rc<Target>) -> anyhow::Result<()> {
    let declared = Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
    let real = prefixed(0, &vec![0; REAL]);
    let bodies = [declared, real].map(|body| (target.spec.method.clone(), "application/grpc", body));
    call_with(target, bodies.into()).await
}

/// A message of 200 KB that unpacks to 200 MiB, in gRPC and in JSON.
pub(super) async fn gzip_bomb(target: &Rc<Target>) -> anyhow::Result<()> {
    let bomb = packed()?;
    let message = prefixed(1, &bomb);
    let calls = [
        (target.spec.method.clone(), "application/grpc", message),
        ("/v1/organizations".to_owned(), "application/json", bomb.into()),
    ];
    call_with(target, calls.into()).await
}

async fn call_with(target: &Rc<Target>, calls: Vec<(String, &'static str, Bytes)>) -> anyhow::Result<()> {
    let mut calling = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let endpoint = Endpoint::from_shared(format!("http://{}", target.spec.address))?
            .local_address(Some(IpAddr::V4(Ipv4Addr::new(127, 0, 1, 1))));
        let channel = endpoint.connect_lazy();
        for call in calls.iter().cycle().take(CALLS) {
            let (target, channel, call) = (Rc::clone(target), channel.clone(), call.clone());
            calling.spawn_local(async move { again(&target, channel, call).await });
        }
    }
    while let Some(ended) = calling.join_next().await {
        ended.context("an attack broke")??;
    }
    Ok(())
}

async fn again(
    target: &Target,
    mut channel: Channel,
    (path, kind, body): (String, &'static str, Bytes),
) -> anyhow::Result<()> {
    while target.is_running() {
        let request = Request::post(format!("http://{}{path}", target.spec.address))
            .header("content-type", kind)
            .header("te", "trailers")
            .header("grpc-encoding", "gzip")
            .header("content-encoding", "gzip")
            .header("authorization", format!("Bearer {}", target.spec.token))
            .body(Body::new(Full::new(body.clone())))?;
        let answered = timeout_at(target.end(), async {
            std::future::poll_fn(|context| channel.poll_ready(context)).await?;
            channel.call(request).await
        });
        match answered.await {
            Ok(Ok(response)) => {
                let status = response.headers().get("grpc-status");
                let status = status.and_then(|status| status.to_str().ok()?.parse::<i32>().ok());
                target.note(match status {
                    Some(code) => format!("{:?}", tonic::Code::from_i32(code)),
                    None => format!("status {}", response.status().as_u16()),
                });
            }
            Ok(Err(_)) => target.note("cut off"),
            Err(_) => {}
        }
        target.throttle().await?;
    }
    Ok(())
}

/// Nothing but zeros, packed by the system's gzip.
fn packed() -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("head -c {UNPACKED} /dev/zero | gzip -9")]);
    let mut gzip = command
        .stdout(Stdio::piped())
        .spawn()
        .context("gzip cannot be run")?;
    let mut packed = Vec::new();
    gzip.stdout
        .take()
        .context("gzip says nothing")?
        .read_to_end(&mut packed)?;
    ensure!(gzip.wait()?.success() && !packed.is_empty(), "gzip failed");
    Ok(packed)
}
