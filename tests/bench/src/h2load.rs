//! nghttp2's h2load as a gRPC client: as many unary calls as it gets answered.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use muster_engines::packages::Package;
use tokio::process::Command;

use super::child::{number_after, output};
use super::latencies::{Latencies, Rate};

/// Ten connections with ten calls each.
const CLIENTS: &str = "10";
const STREAMS: &str = "10";
/// Before the clock runs: connections, caches, the branch predictors.
const WARM_UP_CALLS: u32 = 10_000;
const SECONDS: u32 = 10;
/// A caller token lives for a minute; warm-up and measurement must fit in.
const LIMIT: Duration = Duration::from_secs(40);

/// One unary call that is repeated.
#[derive(Debug)]
pub(super) struct Call<'c> {
    /// Scheme, host, port and path of the method.
    pub(super) url: String,
    /// Who calls.
    pub(super) credential: Option<(&'static str, &'c str)>,
    /// The request, encoded.
    pub(super) message: &'c [u8],
    /// How many bytes the answer has, encoded. h2load sees no `grpc-status`, but a refusal has no message.
    pub(super) answer: usize,
}

impl Call<'_> {
    /// How many calls come before those that are counted.
    pub(super) const WARM_UP: usize = WARM_UP_CALLS as usize;

    /// Warms up, then calls for ten seconds. `directory` is for the request and the times.
    pub(super) async fn load(&self, directory: &Path) -> anyhow::Result<Rate> {
        let body = directory.join("request");
        fs::write(&body, framed(self.message)?)?;
        let warm_up = ["-n".to_owned(), WARM_UP_CALLS.to_string()];
        self.run(&body, &warm_up).await?;
        let log = directory.join("times");
        let _ = fs::remove_file(&log);
        let times = log.display().to_string();
        let measured = [
            "-D".to_owned(),
            SECONDS.to_string(),
            "--log-file".to_owned(),
            times,
        ];
        let done = self.run(&body, &measured).await?;
        let latencies = Latencies::of(read_times(&log)?);
        ensure!(
            latencies.count() > 0,
            "h2load wrote no times to {}",
            log.display()
        );
        Ok(Rate {
            per_second: done / f64::from(SECONDS),
            latencies,
        })
    }

    /// How many calls were answered, every one in full.
    async fn run(&self, body: &Path, how_long: &[String]) -> anyhow::Result<f64> {
        let program: PathBuf = Package::H2load.program().context("h2load is not installed")?;
        let mut command = Command::new(program);
        command
            .args(["-c", CLIENTS, "-m", STREAMS, "-t", "1", "-d"])
            .arg(body)
            .args(["-H", "content-type: application/grpc", "-H", "te: trailers"])
            .args(how_long);
        if let Some((name, value)) = self.credential {
            command.arg("-H").arg(format!("{name}: {value}"));
        }
        command.arg(&self.url);
        let printed = output(command, LIMIT).await?;
        let Some(done) = answered(&printed, self.answer) else {
            bail!(
                "h2load did not get the expected answers from {}:\n{printed}",
                self.url
            );
        };
        Ok(done)
    }
}

/// The number of calls done, if none failed and all were answered with a message of this size.
fn answered(printed: &str, size: usize) -> Option<f64> {
    let requests = printed.lines().find(|line| line.starts_with("requests:"))?;
    let done = number_after(requests, "started,")?;
    let failed = number_after(requests, "succeeded,")? + number_after(requests, "failed,")?;
    let traffic = printed.lines().find(|line| line.starts_with("traffic:"))?;
    let (_, data) = traffic.rsplit_once('(')?;
    let data: f64 = data.strip_suffix(") data")?.parse().ok()?;
    let expected = done * (size + FRAME) as f64;
    // The last answers may have been cut off by the end.
    let is_whole = data >= expected * 0.999 && data <= expected * 1.01;
    (done > 0.0 && failed == 0.0 && is_whole).then_some(done)
}

/// Before each message: not compressed, and its length.
const FRAME: usize = 5;

fn framed(message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let length = u32::try_from(message.len())?;
    let mut bytes = vec![0];
    bytes.extend(length.to_be_bytes());
    bytes.extend(message);
    Ok(bytes)
}

/// The third column: microseconds.
fn read_times(log: &Path) -> anyhow::Result<Vec<u64>> {
    let text = fs::read_to_string(log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split('\t').nth(2)?.trim().parse().ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
finished in 2.00s, 31048.00 req/s, 2.49MB/s
requests: 62096 total, 62196 started, 62096 done, 62096 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 62097 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 4.97MB (5216611) total, 2.84MB (2980656) headers (space savings 51.02%), 1.5MB (1552400) data
";

    #[test]
    fn answers_are_counted_only_when_all_came_in_full() {
        assert_eq!(answered(PRINTED, 20), Some(62_096.0));
        assert_eq!(answered(PRINTED, 120), None);
        assert_eq!(answered(&PRINTED.replace(" 0 failed", " 7 failed"), 20), None);
        assert_eq!(answered("", 20), None);
    }

    #[test]
    fn a_message_is_framed_as_grpc_wants_it() {
        assert_eq!(framed(b"abc").unwrap(), [0, 0, 0, 0, 3, b'a', b'b', b'c']);
    }
}
