//! One of the mail servers, and what is known of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_server::settings::Secret;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use super::open::Opener;
use super::trouble::{Step, Trouble};
use super::{Conversation, SmtpOptions, SmtpUrl};
use crate::domain::{Reply, Severity};
use crate::{measures, spans};

/// Servers hang up after minutes; a connection is cheap.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
/// How long a server that could not be used stands behind the others.
const AWAY: Duration = Duration::from_secs(30);
/// How long a secret that was refused is not offered again: servers lock out who tries it too often.
const REFUSED: Duration = Duration::from_secs(60);
/// How often the same trouble is told in the log.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// A server with the connections that wait for their next message.
pub(super) struct Server {
    url: SmtpUrl,
    idle: Mutex<Vec<(Instant, Conversation)>>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    away_until: Option<Instant>,
    refused: Option<Refused>,
    warned: Vec<(&'static str, Instant)>,
}

/// A secret that the server did not take.
struct Refused {
    secret: Secret,
    reply: Reply,
    until: Instant,
}

impl Server {
    pub(super) fn new(url: SmtpUrl) -> Self {
        Self {
            url,
            idle: Mutex::default(),
            known: Mutex::default(),
        }
    }

    pub(super) fn url(&self) -> &SmtpUrl {
        &self.url
    }

    /// Whether it should be tried before those that are known to be away. Once its time is over one attempt finds out;
    /// the others wait for what it finds.
    pub(super) fn is_worth_trying(&self) -> bool {
        let (now, mut known) = (Instant::now(), self.known());
        match known.away_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                known.away_until = Some(now + AWAY);
                true
            }
        }
    }

    /// A connection that waits and that the server has not closed.
    pub(super) fn take_idle(&self) -> Option<Conversation> {
        let mut idle = self.idle();
        while let Some((since, mut conversation)) = idle.pop() {
            if since.elapsed() > IDLE_LIMIT {
                // The others are older still.
                idle.clear();
            } else if conversation.is_idle() {
                return Some(conversation);
            }
        }
        None
    }

    /// Keeps a connection for the next message.
    pub(super) fn keep(&self, conversation: Conversation) {
        self.idle().push((Instant::now(), conversation));
    }

    /// All connections that wait.
    pub(super) fn take_all(&self) -> Vec<Conversation> {
        let idle = std::mem::take(&mut *self.idle());
        idle.into_iter().map(|(_, conversation)| conversation).collect()
    }

    /// Opens a conversation. What prevents it is counted, and told in the log once a minute.
    pub(super) async fn open(&self, options: &SmtpOptions) -> Result<Conversation, Trouble> {
        let span = spans::connecting(&self.url);
        let opened = self.try_to_open(options).instrument(span.clone()).await;
        match &opened {
            Ok(_) => self.works(),
            Err(trouble) => {
                spans::ended(&span, &trouble.outcome());
                self.fails(trouble);
            }
        }
        opened
    }

    async fn try_to_open(&self, options: &SmtpOptions) -> Result<Conversation, Trouble> {
        let secret = match &self.url.login {
            Some(login) => Some(login.secret.read_now().await?),
            None => None,
        };
        if let Some(reply) = secret.as_ref().and_then(|secret| self.refusal_of(secret)) {
            return Err(Trouble::Refused(Step::Login, reply));
        }
        let opener = Opener {
            server: &self.url,
            tls: &options.tls,
            hello: &options.hello,
            secret: secret.as_ref(),
        };
        let opened = timeout(options.connect_limit, opener.open()).await;
        let opened = opened.unwrap_or(Err(Trouble::TimedOut));
        if let (Err(Trouble::Refused(Step::Login, reply)), Some(secret)) = (&opened, secret) {
            self.refuses(secret, reply);
        }
        opened
    }

    /// What was said to this secret lately.
    fn refusal_of(&self, secret: &Secret) -> Option<Reply> {
        let known = self.known();
        let refused = known.refused.as_ref()?;
        (refused.secret == *secret && Instant::now() < refused.until).then(|| refused.reply.clone())
    }

    fn refuses(&self, secret: Secret, reply: &Reply) {
        if reply.severity() == Some(Severity::Permanent) {
            self.known().refused = Some(Refused {
                secret,
                reply: reply.clone(),
                until: Instant::now() + REFUSED,
            });
        }
    }

    fn works(&self) {
        measures::connected(&self.url, "ok");
        let was_away = std::mem::take(&mut *self.known()).away_until.is_some();
        if was_away {
            tracing::info!(server = %self.url, "a mail server can be used again");
        }
    }

    /// Takes notice that it cannot be used.
    pub(super) fn fails(&self, trouble: &Trouble) {
        measures::connected(&self.url, trouble.word());
        if self.notes(trouble) {
            tracing::warn!(
                server = %self.url,
                error = trouble as &dyn std::error::Error,
                "a mail server cannot be used; mail for it is deferred"
            );
        }
    }

    /// Puts it behind the others; whether the log has not heard of it for a minute.
    fn notes(&self, trouble: &Trouble) -> bool {
        let (now, word, mut known) = (Instant::now(), trouble.word(), self.known());
        known.away_until = Some(now + AWAY);
        known
            .warned
            .retain(|(_, at)| now.duration_since(*at) < WARN_EVERY);
        let is_news = known.warned.iter().all(|(warned, _)| *warned != word);
        if is_news {
            known.warned.push((word, now));
        }
        is_news
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Conversation)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_fails_is_tried_again_by_one_after_a_while() {
        let server = Server::new(SmtpUrl::parse("smtps://mail.example.org").unwrap());
        assert!(server.is_worth_trying() && server.is_worth_trying());
        server.fails(&Trouble::TimedOut);
        assert!(!server.is_worth_trying());
        tokio::time::advance(AWAY).await;
        assert!(server.is_worth_trying(), "one finds out");
        assert!(!server.is_worth_trying(), "the others wait for what it finds");
        server.works();
        assert!(server.is_worth_trying() && server.is_worth_trying());
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_that_was_refused_is_remembered_for_a_minute() {
        let server = Server::new(SmtpUrl::parse("smtps://mail.example.org").unwrap());
        let secret = |text: &str| Secret::from(text.to_owned());
        server.refuses(secret("a"), &Reply::new(454, "4.7.0 later"));
        assert_eq!(server.refusal_of(&secret("a")), None, "not for good");
        let reply = Reply::new(535, "5.7.8 no");
        server.refuses(secret("a"), &reply);
        assert_eq!(server.refusal_of(&secret("b")), None);
        assert_eq!(server.refusal_of(&secret("a")), Some(reply));
        tokio::time::advance(REFUSED).await;
        assert_eq!(server.refusal_of(&secret("a")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_log_hears_of_each_trouble_once_a_minute() {
        let server = Server::new(SmtpUrl::parse("smtps://mail.example.org").unwrap());
        assert!(server.notes(&Trouble::TimedOut));
        assert!(server.notes(&Trouble::NoTls));
        assert!(!server.notes(&Trouble::TimedOut));
        tokio::time::advance(WARN_EVERY).await;
        assert!(server.notes(&Trouble::TimedOut));
    }
}
