//! The settings of this service.

use std::net::SocketAddr;
use std::time::Duration;

use muster_server::page::PageSettings;
use muster_server::settings::{ConfigErrors, PeerUrls, Seconds};

use crate::bounces::{BounceAddress, BounceKeys, ReturnPaths};
use crate::context::Timing;
use crate::mails::Sender;
use crate::smtp::{DkimKeys, HelloName, Roots, SmtpOptions, SmtpServers, Tls};

/// RFC 5321, section 4.5.3.2.1 allows five minutes for the greeting; nobody who is well needs that.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// Shorter ones would end while the mail server thinks.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// What the notification service is told besides what every service is.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// The mail server: smtp://HOST:PORT (25), or smtps://HOST:PORT (465) where TLS begins at once. Several with commas
    /// between them: the next is used while one cannot be. ?tls=required (STARTTLS, the default), opportunistic, or none
    /// (the default on this machine). To log in: smtps://USER@HOST?password_file=PATH, or token_file=PATH for XOAUTH2;
    /// the file is read at every login.
    // Not shown: somebody may have written a password into it, which is refused.
    #[arg(long, env = "MUSTER_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: SmtpServers,
    /// PEM file with authorities that are trusted besides the well-known ones to vouch for mail servers
    #[arg(long, env = "MUSTER_SMTP_ROOTS", value_name = "FILE")]
    pub smtp_roots: Option<Roots>,
    /// What this machine says its name is to mail servers; without it, the name that it has
    #[arg(long, env = "MUSTER_SMTP_HELLO", value_name = "NAME")]
    pub smtp_hello: Option<HelloName>,
    /// Who the mail comes from: an address, or a name and an address such as "Muster <no-reply@example.org>".
    #[arg(long, env = "MUSTER_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Sender,
    /// TOML file with the keys that sign mail (DKIM), one `[[key]]` each: selector, domain, algorithm (rsa-sha256 or ed25519-sha256), pem
    /// (PKCS#8), and from: it signs messages that are due from then on, until the next one of its algorithm does. Without it nothing is
    /// signed here: your mail server signs
    #[arg(long, env = "MUSTER_DKIM_KEYS", value_name = "FILE", value_parser = DkimKeys::from_file)]
    pub dkim_keys: Option<DkimKeys>,
    /// Where the invitation service answers: one URL, or that of each replica with commas between them.
    #[arg(long, env = "MUSTER_INVITATION_URL", value_name = "URL")]
    pub invitation_url: PeerUrls,
    /// Where the employment service answers: one URL, or that of each replica with commas between them.
    #[arg(long, env = "MUSTER_EMPLOYMENT_URL", value_name = "URL")]
    pub employment_url: PeerUrls,
    /// Where the organization service answers: one URL, or that of each replica with commas between them.
    #[arg(long, env = "MUSTER_ORGANIZATION_URL", value_name = "URL")]
    pub organization_url: PeerUrls,
    /// Page tokens.
    #[command(flatten)]
    pub page: PageSettings,
    /// How many messages are sent at the same time, each over a connection of its own. Where the mail server takes fewer, fewer are sent
    #[arg(long, env = "MUSTER_MAIL_WORKERS", value_name = "COUNT", default_value = "32",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub mail_workers: u16,
    /// Seconds after which a worker that holds a message is taken for dead though its process lives; what a killed process
    /// held is free within two.
    #[arg(
        long,
        env = "MUSTER_MAIL_LEASE",
        value_name = "SECONDS",
        default_value = "900"
    )]
    pub mail_lease: Seconds,
    /// Seconds to wait for the mail server's reply to a message (RFC 5321, section 4.5.3.2.6: 600). At most two thirds
    /// of the lease.
    #[arg(
        long,
        env = "MUSTER_MAIL_REPLY_WAIT",
        value_name = "SECONDS",
        default_value = "600"
    )]
    pub mail_reply_wait: Seconds,
    /// Seconds before the one resend of a message that the mail server may have taken.
    #[arg(
        long,
        env = "MUSTER_MAIL_RESEND_AFTER",
        value_name = "SECONDS",
        default_value = "900"
    )]
    pub mail_resend_after: Seconds,
    /// Where mail servers report that they could not deliver what they had taken, such as bounces@bounces.example.org. Each message
    /// gets a return path of its own from it, bounces+TOKEN@bounces.example.org. Your mail server hands in what comes there at
    /// --bounce-listen. Without it the return path is the address of --mail-from, and nobody reads what comes back
    #[arg(long, env = "MUSTER_BOUNCE_ADDRESS", value_name = "ADDRESS")]
    pub bounce_address: Option<BounceAddress>,
    /// File with the keys of return paths, one a line: 32 bytes in base64. The first signs, all of them verify; the same for every replica
    #[arg(long, env = "MUSTER_BOUNCE_KEY", value_name = "FILE", value_parser = BounceKeys::from_file)]
    pub bounce_key: Option<BounceKeys>,
    /// Address where your mail server hands in these reports by LMTP (RFC 2033), such as 0.0.0.0:2424. Anywhere but on a loopback
    /// address it has to begin TLS first (STARTTLS), with the certificate of --tls-certificate (see --plaintext)
    #[arg(long, env = "MUSTER_BOUNCE_LISTEN", value_name = "ADDRESS")]
    pub bounce_listen: Option<SocketAddr>,
}

/// What is told of reports of mail that came back.
#[derive(Clone, Debug)]
pub struct BounceSettings {
    /// Makes return paths, and knows them again.
    pub return_paths: ReturnPaths,
    /// Where reports are handed in.
    pub listen: SocketAddr,
}

impl Settings {
    /// The settings whose files are marked as development keys.
    pub(crate) fn development_keys(&self) -> Vec<&'static str> {
        let bounce_key = self.bounce_key.as_ref();
        let bounce_key = bounce_key.filter(|keys| keys.is_development());
        let bounce_key = bounce_key.map(|_| "--bounce-key (MUSTER_BOUNCE_KEY)");
        self.page
            .development_key()
            .into_iter()
            .chain(bounce_key)
            .collect()
    }

    /// How reports are taken in, if they are.
    ///
    /// # Errors
    /// One of the settings without the others.
    pub fn bounces(&self) -> Result<Option<BounceSettings>, ConfigErrors> {
        match (&self.bounce_address, &self.bounce_key, self.bounce_listen) {
            (None, None, None) => Ok(None),
            (Some(address), Some(keys), Some(listen)) => Ok(Some(BounceSettings {
                return_paths: ReturnPaths::new(address.clone(), keys.clone()),
                listen,
            })),
            (address, keys, listen) => {
                let missing = [
                    ("--bounce-address (MUSTER_BOUNCE_ADDRESS)", address.is_none()),
                    ("--bounce-key (MUSTER_BOUNCE_KEY)", keys.is_none()),
                    ("--bounce-listen (MUSTER_BOUNCE_LISTEN)", listen.is_none()),
                ];
                let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
                let wrong = missing.map(|(setting, _)| {
                    format!("{setting} is missing: reports of mail that came back need all three settings, or none")
                });
                Err(ConfigErrors::Wrong(wrong.collect()))
            }
        }
    }

    /// What signs mail, if anything here does.
    ///
    /// # Errors
    /// A key whose signatures would not count as the sender's.
    pub fn dkim(&self) -> Result<Option<DkimKeys>, ConfigErrors> {
        let Some(keys) = &self.dkim_keys else {
            return Ok(None);
        };
        match keys.stranger_to(self.mail_from.domain()) {
            None => Ok(Some(keys.clone())),
            Some(domain) => Err(ConfigErrors::Wrong(vec![format!(
                "MUSTER_DKIM_KEYS has a key of {domain}, which is neither the domain of MUSTER_MAIL_FROM nor one above it: its signatures \
                 would not count as the sender's (DMARC)"
            )])),
        }
    }

    /// How long things may take.
    ///
    /// # Errors
    /// When a worker would be taken for dead while it still waits.
    pub fn timing(&self) -> Result<Timing, ConfigErrors> {
        let (lease, wait) = (self.mail_lease.0, self.mail_reply_wait.0);
        let mut wrong = Vec::new();
        if wait > lease * 2 / 3 {
            wrong.push("MUSTER_MAIL_REPLY_WAIT must be at most two thirds of MUSTER_MAIL_LEASE".to_owned());
        }
        if lease < SHORTEST_LEASE {
            wrong.push("MUSTER_MAIL_LEASE must be at least 1 second".to_owned());
        }
        let timing = Timing {
            lease,
            resend_after: self.mail_resend_after.0,
        };
        if wrong.is_empty() {
            Ok(timing)
        } else {
            Err(ConfigErrors::Wrong(wrong))
        }
    }

    /// How to talk to the mail servers.
    ///
    /// # Errors
    /// When no TLS can be spoken with these authorities.
    pub fn smtp(&self) -> Result<SmtpOptions, ConfigErrors> {
        let roots = self.smtp_roots.clone().unwrap_or_default();
        let tls = Tls::trusting(&roots).map_err(|error| {
            ConfigErrors::Wrong(vec![format!("MUSTER_SMTP_ROOTS cannot be used: {error}")])
        })?;
        let hello = self.smtp_hello.clone().unwrap_or_else(HelloName::of_machine);
        Ok(SmtpOptions {
            servers: self.smtp_url.0.clone(),
            tls,
            hello: hello.as_str().to_owned(),
            connect_limit: CONNECT_LIMIT.min(self.mail_lease.0 / 4),
            reply_wait: self.mail_reply_wait.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use muster_server::settings::{Program, read};

    use super::*;

    /// The settings with these flags, and the least beside them.
    fn with(test: &str, flags: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
        let key = std::env::temp_dir().join(format!("muster-{test}-{}.key", std::process::id()));
        std::fs::write(&key, "AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
        let least = [
            ("--smtp-url", "smtp://mail:25"),
            ("--mail-from", "no-reply@muster.example"),
            ("--invitation-url", "http://invitation:8080"),
            ("--employment-url", "http://employment:8080"),
            ("--organization-url", "http://organization:8080"),
            ("--page-key", key.to_str().unwrap()),
        ];
        let missing = least
            .iter()
            .filter(|(name, _)| flags.iter().all(|(given, _)| given != name));
        let given: Vec<_> = missing
            .chain(flags)
            .map(|(name, value)| format!("{name}={value}").into())
            .collect();
        let program = Program {
            name: String::new(),
            about: String::new(),
            version: "",
            epilogue: "".into(),
        };
        let settings = read(&program, &given);
        std::fs::remove_file(&key).unwrap();
        settings
    }

    #[test]
    fn a_worker_is_not_taken_for_dead_while_it_waits() {
        let usual = with("usual", &[]).unwrap().timing().unwrap();
        assert_eq!(usual.lease, Duration::from_secs(900));
        let flags = [("--mail-lease", "0.5"), ("--mail-reply-wait", "600")];
        let contradiction = with("contradiction", &flags).unwrap().timing();
        let Err(ConfigErrors::Wrong(wrong)) = contradiction else {
            panic!("both are wrong")
        };
        assert_eq!(wrong.len(), 2);
    }

    #[test]
    fn reports_need_an_address_keys_and_a_listener_or_nothing_of_it() {
        let key = std::env::temp_dir().join(format!("muster-bounce-{}.key", std::process::id()));
        std::fs::write(&key, "AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
        let all = [
            ("--bounce-address", "bounces@muster.example"),
            ("--bounce-key", key.to_str().unwrap()),
            ("--bounce-listen", "127.0.0.1:2424"),
        ];
        for chosen in 0..8_usize {
            let flags: Vec<_> = (0..3)
                .filter(|at| (chosen >> at) & 1 == 1)
                .map(|at| all[at])
                .collect();
            let told = with(&format!("reports-{chosen}"), &flags).unwrap().bounces();
            match (flags.len(), told) {
                (0, Ok(None)) | (3, Ok(Some(_))) => {}
                (given, Err(ConfigErrors::Wrong(wrong))) => assert_eq!(wrong.len(), 3 - given, "{wrong:?}"),
                (given, told) => panic!("{given}: {told:?}"),
            }
        }
        std::fs::remove_file(&key).unwrap();
        let bad = [
            ("--bounce-address", "bounces+x@muster.example"),
            ("--bounce-key", "/nowhere/at/all"),
            ("--bounce-listen", "2424"),
        ];
        let Err(ConfigErrors::Wrong(wrong)) = with("reports", &bad) else {
            panic!("three are wrong")
        };
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }

    #[test]
    fn keys_that_sign_mail_are_of_the_senders_domain() {
        let file = std::env::temp_dir().join(format!("muster-dkim-{}.toml", std::process::id()));
        let pem = muster_identity::SigningKey::generate().unwrap().to_pem().unwrap();
        let rest = format!("algorithm = \"ed25519-sha256\"\npem = \"\"\"\n{pem}\"\"\"\n");
        let flags = [("--dkim-keys", file.to_str().unwrap())];
        for (domain, is_taken) in [("muster.example", true), ("other.example", false)] {
            let key = format!("[[key]]\nselector = \"a\"\ndomain = \"{domain}\"\n{rest}");
            std::fs::write(&file, key).unwrap();
            match with("dkim", &flags).unwrap().dkim() {
                Ok(Some(_)) => assert!(is_taken, "{domain}"),
                Err(ConfigErrors::Wrong(wrong)) => {
                    assert!(!is_taken && wrong[0].contains(domain), "{wrong:?}");
                }
                told => panic!("{domain}: {told:?}"),
            }
        }
        std::fs::remove_file(&file).unwrap();
        assert!(with("dkim", &flags).is_err());
        assert!(matches!(with("dkim", &[]).unwrap().dkim(), Ok(None)));
    }

    #[test]
    fn every_mistake_is_told() {
        let flags = [
            ("--smtp-url", "mail"),
            ("--mail-from", "nobody"),
            ("--mail-workers", "0"),
        ];
        let Err(ConfigErrors::Wrong(wrong)) = with("mistakes", &flags) else {
            panic!("three are wrong")
        };
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
