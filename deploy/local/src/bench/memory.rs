//! Resident memory of each service, as it stands now.

use super::Figure;
use crate::addresses::Addresses;
use crate::place::Place;
use crate::settings::is_service;
use crate::status;

/// A bare tonic service with sqlx, lapin and OTLP, idle, was measured at 20 MB.
const YARDSTICK: (&str, f64) = ("bare service with the same libraries", 20.0);

/// One figure a service that runs.
pub(super) async fn measure(place: &Place, addresses: &Addresses) -> anyhow::Result<Vec<Figure>> {
    let parts = status::parts(place, addresses).await?;
    let services = parts.into_iter().filter(|part| is_service(part.name));
    let figures = services.filter_map(|part| {
        let megabytes = part.memory_kb? as f64 / 1024.0;
        Some(Figure::new(
            format!("memory of {}", part.name),
            megabytes,
            "MB",
            YARDSTICK,
        ))
    });
    Ok(figures.collect())
}
