//! The setting that names all mail servers.

use std::str::FromStr;

use thiserror::Error;

use super::SmtpUrl;

/// The mail servers, the preferred one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServers(pub Vec<SmtpUrl>);

/// Everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .0.join("; "))]
pub struct SmtpServersProblem(pub Vec<String>);

impl FromStr for SmtpServers {
    type Err = SmtpServersProblem;

    /// Reads URLs with commas between them, and looks whether their secrets are there.
    fn from_str(text: &str) -> Result<Self, SmtpServersProblem> {
        let (mut servers, mut problems) = (Vec::new(), Vec::new());
        let urls: Vec<&str> = text.split(',').map(str::trim).collect();
        for (number, url) in (1..).zip(&urls) {
            let told = |problem: String| match urls.len() {
                1 => problem,
                _ => format!("server {number} {problem}"),
            };
            match checked(url) {
                Ok(server) => servers.push(server),
                Err(of_this) => problems.extend(of_this.into_iter().map(told)),
            }
        }
        if problems.is_empty() {
            Ok(Self(servers))
        } else {
            Err(SmtpServersProblem(problems))
        }
    }
}

fn checked(url: &str) -> Result<SmtpUrl, Vec<String>> {
    let server = SmtpUrl::parse(url)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let Some(Err(problem)) = server.login.as_ref().map(|login| login.secret.read()) else {
        return Ok(server);
    };
    let cause = std::error::Error::source(&problem).map(|cause| format!(": {cause}"));
    Err(vec![format!(
        "has a secret that cannot be used: {problem}{}",
        cause.unwrap_or_default()
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_stand_in_the_order_in_which_they_are_preferred() {
        let servers: SmtpServers = "smtps://a, smtp://b:2525?tls=none".parse().unwrap();
        let shown: Vec<String> = servers.0.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["smtps://a:465", "smtp://b:2525"]);
    }

    #[test]
    fn everything_that_is_wrong_with_all_of_them_is_told_at_once() {
        let problem = "smtps://u:hunter2@a, smtp://b, smtps://u@c?password_file=/nowhere/at/all,"
            .parse::<SmtpServers>()
            .unwrap_err()
            .to_string();
        for told in [
            "server 1 must not hold a password",
            "server 1 has a user and no secret",
            "server 3 has a secret that cannot be used: the file /nowhere/at/all cannot be read: No such file",
            "server 4 must have the form smtp://HOST:PORT",
        ] {
            assert!(problem.contains(told), "{problem}");
        }
        assert!(
            !problem.contains("hunter2") && !problem.contains("server 2"),
            "{problem}"
        );
    }
}
