//! The system packages we need, and installing them on Debian and Ubuntu.

use std::io::{IsTerminal, stderr, stdin};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::geteuid;

use crate::{EngineError, programs};

/// One thing that must be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// The database server; no cluster of the system's own is made.
    PostgreSql,
    /// The broker; its daemon is not started.
    RabbitMq,
    /// The browser that tests drive.
    Chromium,
    /// What drives it.
    ChromeDriver,
    /// The HTTP/2 load generator.
    H2load,
    /// A mail server, with a load generator and its sink; its daemon is not started.
    Postfix,
    /// What makes users of that mail server.
    SaslUsers,
    /// What lets them log in.
    SaslMechanisms,
    /// What verifies signatures of mail, by other people's code.
    DkimVerifier,
    /// The client of the scripts that call the edge.
    Curl,
    /// A proxy that is measured beside the edge; its daemon is not started.
    Nginx,
    /// Another one.
    Haproxy,
}

impl Package {
    /// What running the suite needs.
    pub const ENGINES: [Self; 2] = [Self::PostgreSql, Self::RabbitMq];
    /// What the tests of the pages need besides.
    pub const BROWSER: [Self; 2] = [Self::Chromium, Self::ChromeDriver];
    /// What the tests of sending mail need besides.
    pub const MAIL: [Self; 4] = [
        Self::Postfix,
        Self::SaslUsers,
        Self::SaslMechanisms,
        Self::DkimVerifier,
    ];
    /// What the tests of scripts need besides.
    pub const SCRIPTS: [Self; 1] = [Self::Curl];
    /// What measuring it needs.
    pub const BENCH: [Self; 6] = [
        Self::PostgreSql,
        Self::RabbitMq,
        Self::H2load,
        Self::Postfix,
        Self::Nginx,
        Self::Haproxy,
    ];

    /// The name of the package on Debian.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::RabbitMq => "rabbitmq-server",
            Self::Chromium => "chromium",
            Self::ChromeDriver => "chromium-driver",
            Self::H2load => "nghttp2-client",
            Self::Postfix => "postfix",
            Self::SaslUsers => "sasl2-bin",
            Self::SaslMechanisms => "libsasl2-modules",
            Self::DkimVerifier => "python3-dkim",
            Self::Curl => "curl",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
        }
    }

    /// What it is for, to say it before installing.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::PostgreSql => "the services keep their data in a private PostgreSQL",
            Self::RabbitMq => "events travel through a private RabbitMQ",
            Self::Chromium => "the tests look at the pages in a real browser",
            Self::ChromeDriver => "the tests drive the browser with it",
            Self::H2load => "its h2load calls as often as it can",
            Self::Postfix => {
                "tests send mail to a private one; its smtp-source and smtp-sink are a yardstick"
            }
            Self::SaslUsers => "its saslpasswd2 makes users of the private mail server",
            Self::SaslMechanisms => "those users log in at the private mail server with it",
            Self::DkimVerifier => "it verifies what mail is signed with",
            Self::Curl => "the script of `helm test` calls the edge with it",
            Self::Nginx => "the edge is measured beside it",
            Self::Haproxy => {
                "it stands in front of several processes of a service; the edge is measured beside it, too"
            }
        }
    }

    /// The program, or library, that shows it is installed.
    #[must_use]
    pub fn program(self) -> Option<PathBuf> {
        match self {
            Self::PostgreSql => programs::postgres(),
            Self::RabbitMq => programs::rabbitmq(),
            Self::Chromium => programs::first_of(&CHROMIUM),
            Self::ChromeDriver => programs::first_of(&CHROMEDRIVER),
            Self::H2load => programs::on_path("h2load"),
            Self::Postfix => programs::for_administrators("smtp-source"),
            Self::SaslUsers => programs::for_administrators("saslpasswd2"),
            Self::SaslMechanisms => programs::sasl_mechanism("libplain.so"),
            Self::DkimVerifier => programs::first_of(&["/usr/bin/dkimverify"]),
            Self::Curl => programs::on_path("curl"),
            Self::Nginx => programs::for_administrators("nginx"),
            Self::Haproxy => programs::for_administrators("haproxy"),
        }
    }
}

/// Chromium and Chrome, by whatever name. Ubuntu has no package of it, but a snap.
const CHROMIUM: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/snap/bin/chromium",
];
const CHROMEDRIVER: [&str; 3] = [
    "chromedriver",
    "/snap/bin/chromium.chromedriver",
    "/snap/bin/chromedriver",
];

/// Those that are not installed.
#[must_use]
pub fn missing(packages: &[Package]) -> Vec<Package> {
    packages
        .iter()
        .copied()
        .filter(|package| package.program().is_none())
        .collect()
}

/// Installs packages with apt, as root or through sudo; their daemons are kept from starting, now and at the next boot.
/// Nothing is removed for them. The output of apt goes to our standard error.
///
/// # Errors
/// [`EngineError::Install`], which says what to do by hand.
pub fn install(packages: &[Package]) -> Result<(), EngineError> {
    let names: Vec<&str> = packages.iter().map(|package| package.name()).collect();
    let refuse = |reason: &str| EngineError::Install {
        packages: names.join(" "),
        reason: reason.to_owned(),
        command: format!("apt-get install --no-remove {}", names.join(" ")),
    };
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err(refuse("this is not Debian or Ubuntu (there is no apt-get)"));
    }
    let mut command = if geteuid().is_root() {
        Command::new("sh")
    } else if programs::on_path("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        // Nobody could type a password.
        if !stdin().is_terminal() {
            sudo.arg("-n");
        }
        sudo.arg("sh");
        sudo
    } else {
        return Err(refuse("that takes root, and there is no sudo"));
    };
    let script = include_str!("packages/install.sh");
    let status = command
        .args(["-c", script, "install"])
        .args(&names)
        .stdin(Stdio::inherit())
        .stdout(stderr())
        .status();
    match status {
        Ok(status) if status.success() && missing(packages).is_empty() => Ok(()),
        Ok(status) if status.success() => Err(refuse(
            "apt-get is content, but the programs are not where we look",
        )),
        Ok(status) => Err(refuse(&format!(
            "apt-get (or sudo) failed ({status}); its own words are above"
        ))),
        Err(error) => Err(refuse(&error.to_string())),
    }
}
