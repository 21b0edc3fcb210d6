//! The story: one run through the whole suite from outside, each step with what happened, where to look, and its time.
//!
//! It uses only what a customer has: public RPCs and pages, and tokens of the issuer.

mod browser;
mod catalog;
mod consent;
mod doors;
mod invite;
mod join;
mod mail;
mod organization;
mod plan;
mod sheet;
mod trace;
mod world;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Instant;

use self::world::World;
use crate::place::Place;
use crate::say::say;

/// What a step has to say: lines to print.
type Told<'w> = Pin<Box<dyn Future<Output = anyhow::Result<Vec<String>>> + 'w>>;

/// One step.
struct Step {
    title: &'static str,
    /// Whose logs to read when it fails.
    services: &'static [&'static str],
    tell: for<'w> fn(&'w mut World) -> Told<'w>,
}

const STEPS: &[Step] = &[
    doors::STEP,
    catalog::STEP,
    organization::STEP,
    plan::STEP,
    invite::STEP,
    mail::STEP,
    join::STEP,
    consent::STEP,
    trace::STEP,
];

/// `cargo dev story`.
pub(crate) async fn run(place: &Place) -> anyhow::Result<ExitCode> {
    Ok(if tell(place).await? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Tells the story to its end, or to the first step that fails: `false`.
pub(crate) async fn tell(place: &Place) -> anyhow::Result<bool> {
    let mut world = World::new(place)?;
    let begun = Instant::now();
    for (number, step) in STEPS.iter().enumerate() {
        let step_begun = Instant::now();
        say!("{number}. {}", step.title);
        match (step.tell)(&mut world).await {
            Ok(lines) => {
                for line in lines {
                    say!("   {line}");
                }
                say!("   {:.2} s", step_begun.elapsed().as_secs_f64());
            }
            Err(error) => {
                say!("   FAILED: {error:#}");
                for service in step.services {
                    say!("   see {}", place.log(service).display());
                }
                return Ok(false);
            }
        }
    }
    say!("The story is told: {:.1} s.", begun.elapsed().as_secs_f64());
    Ok(true)
}
