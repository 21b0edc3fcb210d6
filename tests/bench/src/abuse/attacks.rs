//! What an abuser does, abuse by abuse. Each goes on until its time is up; whatever cuts it, it begins again.

mod floods;
mod headers;
mod messages;
mod resets;
mod slow;
mod unread;

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Abuse;
use super::connection::Ended;
use super::target::Target;

/// Carries out the spec.
pub(super) async fn run(target: &Rc<Target>) -> anyhow::Result<()> {
    match target.spec.abuse {
        Abuse::Nothing => nothing(target).await,
        Abuse::RapidReset => again(target, resets::at_once).await,
        Abuse::ForwardedReset => resets::forwarded(target).await,
        Abuse::Continuation => again(target, floods::continuation).await,
        Abuse::Settings => again(target, floods::settings).await,
        Abuse::Ping => again(target, floods::ping).await,
        Abuse::Loris => slow::loris(target).await,
        Abuse::Silent => slow::silent(target).await,
        Abuse::Unread => unread::answers(target).await,
        Abuse::Oversized => messages::oversized(target).await,
        Abuse::GzipBomb => messages::gzip_bomb(target).await,
        Abuse::HeaderBomb => again(target, headers::bomb).await,
    }
}

/// Hunger alone, a millisecond at a time.
async fn nothing(target: &Rc<Target>) -> anyhow::Result<()> {
    while target.is_running() {
        let sated = Instant::now() + Duration::from_millis(1);
        while Instant::now() < sated {
            std::hint::spin_loop();
        }
        target.throttle().await?;
    }
    Ok(())
}

/// One connection after the other, as soon as the one before is cut.
async fn again<F>(target: &Rc<Target>, attack: F) -> anyhow::Result<()>
where
    F: AsyncFn(&Rc<Target>) -> Result<(), Ended>,
{
    while target.is_running() {
        let _cut = attack(target).await;
        target.throttle().await?;
    }
    Ok(())
}
