//! The story: one run through the whole suite from outside, each step with what happened, where to look, and its time.
//!
//! It uses only what a customer has: public RPCs and pages, and tokens that people get by signing in at the issuer.

mod blame;
mod browser;
mod consent;
mod doors;
mod invite;
mod join;
mod mail;
mod organization;
mod patience;
mod plan;
mod registry;
mod sheet;
mod sign_in;
mod told;
mod trace;
mod world;

use std::future::Future;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use self::browser::Browser;
use self::told::Told;
use self::world::World;
use crate::place::Place;
use crate::say::say;

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
    match steps(&mut world).await {
        Ok(pages) => {
            let took = begun.elapsed().as_secs_f64();
            say!("The story is told: {took:.1} s. Each of its {pages} pages opens.");
            Ok(true)
        }
        Err(error) => {
            blame::explain(place, &world, &error).await;
            Ok(false)
        }
    }
}

/// Every step in its turn; how many pages there are to look at.
async fn steps(world: &mut World) -> anyhow::Result<usize> {
    doors::open(world).await?;
    say!("The edge answers, and the pages of the issuer, the inbox and the traces open.\n");
    let mut pages = Vec::new();
    step(&mut pages, 0, registry::TITLE, "records", registry::tell(world)).await?;
    step(
        &mut pages,
        1,
        organization::TITLE,
        "organization",
        organization::tell(world),
    )
    .await?;
    step(&mut pages, 2, plan::TITLE, "organization", plan::tell(world)).await?;
    step(&mut pages, 3, invite::TITLE, "invitation", invite::tell(world)).await?;
    step(&mut pages, 4, mail::TITLE, "notification", mail::tell(world)).await?;
    step(&mut pages, 5, join::TITLE, "employment", join::tell(world)).await?;
    step(&mut pages, 6, consent::TITLE, "records", consent::tell(world)).await?;
    step(&mut pages, 7, trace::TITLE, "traces", trace::tell(world)).await?;
    for page in &pages {
        opens(world, page).await?;
    }
    Ok(pages.len())
}

/// Tells one step, and what to look at. A failure that says no more is the `part`'s.
async fn step(
    pages: &mut Vec<String>,
    number: usize,
    title: &str,
    part: &str,
    telling: impl Future<Output = anyhow::Result<Told>>,
) -> anyhow::Result<()> {
    say!("{number}. {title}");
    let begun = Instant::now();
    let told = telling.await.map_err(|error| blame::known(error, part))?;
    let took = begun.elapsed().as_secs_f64();
    for line in told.lines {
        say!("   {line}");
    }
    for (what, url) in told.pages {
        say!("   → {what:32} {url}");
        pages.push(url);
    }
    say!("   took {took:.2} s\n");
    Ok(())
}

/// A page that was shown opens. Spans come in batches: the page of a trace may be a moment late.
async fn opens(world: &World, page: &str) -> anyhow::Result<()> {
    let limit = Duration::from_secs(10);
    let begun = Instant::now();
    loop {
        match Browser::open(&world.addresses, page).await {
            Ok(_) => return Ok(()),
            Err(error) if begun.elapsed() > limit => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
