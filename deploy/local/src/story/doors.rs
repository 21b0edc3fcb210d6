//! Before anything else: every door is open.

use anyhow::bail;

use super::world::World;
use super::{Step, Told};
use crate::status::answers;

pub(super) const STEP: Step = Step {
    title: "Every door is open",
    services: &[
        "gateway",
        "organization",
        "employment",
        "invitation",
        "notification",
        "records",
    ],
    tell,
};

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        for (name, service) in &world.addresses.services {
            if !answers(&format!("{}/readyz", service.admin)).await {
                bail!("{name} is not ready");
            }
        }
        let issuer = &world.addresses.issuer;
        let discovery = format!("{issuer}/.well-known/openid-configuration");
        let document: serde_json::Value = world.http.get(&discovery).send().await?.json().await?;
        if document["issuer"].as_str() != Some(issuer) {
            bail!("the issuer does not tell its own name at {discovery}");
        }
        Ok(vec![format!(
            "{} services are ready; people sign in at {issuer}",
            world.addresses.services.len()
        )])
    })
}
