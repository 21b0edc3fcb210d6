//! How often a second the join page is drawn, each time for another network, beside nginx with the same page as a file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use muster_client::acts::{join_page, location};
use muster_proto::organization::v1::JoinPage;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Measured;
use crate::figure::Figure;
use crate::fixture::Fixture;
use crate::latencies::Rate;
use crate::load::{Until, call_many};
use crate::pairs::RUNS;
use crate::proxies;

const WARM_UP: Until = Until::Done(2_000);
const TIME: Until = Until::Passed(Duration::from_secs(5));
/// Of the page as a file, so that `nginx` is asked for the same.
const BESIDE: &str = "nginx, the same page as a file";

pub(super) async fn measure(measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
    let fixture = &**measured.fixture;
    let path = open(fixture).await?;
    // The suite's own gateway lets one network look it up so often a minute: this one is told of another network each time.
    let (_gateway, gateway) = proxies::start_behind_proxies(fixture).await?;
    let drawn = Asker::new(&gateway, &path).ask(0).await?;
    let text = String::from_utf8_lossy(&drawn);
    ensure!(
        text.contains("Measured Early Learning"),
        "the page does not name the organization:\n{text}"
    );
    let (_nginx, nginx) = proxies::start_with_file(fixture, &path, &drawn).await?;
    let (gateway, nginx) = (Asker::new(&gateway, &path), Asker::new(&nginx, &path));
    let mut rates = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let beside = nginx.load().await?;
        rates.push((gateway.load().await?, beside));
    }
    let runs: Vec<_> = rates
        .iter()
        .map(|(ours, beside)| (ours.per_second, beside.per_second))
        .collect();
    let name = "invitations.join_page";
    let slow: Vec<_> = rates
        .iter()
        .map(|(ours, beside)| (ours.latencies.percentile(0.99), beside.latencies.percentile(0.99)))
        .collect();
    Ok(vec![
        Figure::of_runs(name, "requests/s", BESIDE, &runs),
        Figure::of_runs(format!("{name}.p99"), "ms", BESIDE, &slow),
    ])
}

/// Opens the page of the organization that is measured; its path.
async fn open(fixture: &Fixture) -> anyhow::Result<String> {
    location::create(&fixture.client, &fixture.organization, "Main Street").await?;
    let wanted = JoinPage {
        name: format!("{}/joinPage", fixture.organization),
        enabled: true,
        slug: format!("measured-{}", fixture.clock.now().unix_timestamp()),
        ..JoinPage::default()
    };
    let page = join_page::update(&fixture.client, wanted, &["enabled", "slug"]).await?;
    ensure!(page.is_open, "the page is not open: {:?}", page.missing);
    Ok(page.path)
}

/// Asks for one page, over connections that are kept.
#[derive(Clone, Debug)]
struct Asker {
    address: Arc<str>,
    path: Arc<str>,
    idle: Arc<Mutex<Vec<BufReader<TcpStream>>>>,
}

impl Asker {
    fn new(address: &str, path: &str) -> Self {
        Self {
            address: address.into(),
            path: path.into(),
            idle: Arc::default(),
        }
    }

    async fn load(&self) -> anyhow::Result<Rate> {
        self.many(WARM_UP).await?;
        self.many(TIME).await
    }

    async fn many(&self, until: Until) -> anyhow::Result<Rate> {
        let asker = self.clone();
        let asking = move |number| {
            let asker = asker.clone();
            async move { asker.ask(number).await.map(drop) }
        };
        call_many(until, asking).await
    }

    /// The page, as a network of this number gets it.
    async fn ask(&self, number: u64) -> anyhow::Result<Vec<u8>> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(&*self.address).await?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let [.., a, b] = number.to_be_bytes();
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\nx-forwarded-for: 203.{}.{a}.{b}\r\n\r\n",
            self.path,
            self.address,
            number / 65_536 % 256
        );
        connection.write_all(request.as_bytes()).await?;
        let page = answer(&mut connection)
            .await
            .with_context(|| format!("while asking {} for {}", self.address, self.path))?;
        self.idle().push(connection);
        Ok(page)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<BufReader<TcpStream>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of one answer, which must be a page with its length.
async fn answer(connection: &mut BufReader<TcpStream>) -> anyhow::Result<Vec<u8>> {
    let status = line(connection).await?;
    let mut headers = BTreeMap::new();
    loop {
        let header = line(connection).await?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    ensure!(status.starts_with("HTTP/1.1 200 "), "it answered {status}");
    let length = headers
        .get("content-length")
        .context("the answer has no length")?;
    let mut body = vec![0; length.parse()?];
    connection.read_exact(&mut body).await?;
    Ok(body)
}

async fn line(connection: &mut BufReader<TcpStream>) -> anyhow::Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line).await? == 0 {
        bail!("the connection was closed");
    }
    Ok(line.trim_end().to_owned())
}
