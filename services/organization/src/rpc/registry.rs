//! The public side of the registry: find a site, and claim it.

mod convert;
mod parse;

use muster_proto::answer;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::registry_service_server::RegistryService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::{FoundPlace, RegistryEntry, RegistryQuery};
use crate::error::Error;
use crate::ops::organization::claim;
use crate::store::registry;

#[tonic::async_trait]
impl RegistryService for Rpc {
    async fn search_registry(
        &self,
        request: Request<pb::SearchRegistryRequest>,
    ) -> Result<Response<pb::SearchRegistryResponse>, Status> {
        let (call, (text, types)) = Call::read(request, parse::wanted)?;
        call.person()?;
        // A page is a part of what was found, behind the last one of the page before.
        let search = async |before: Option<FoundPlace>, limit: i64| {
            let search = async |db: &mut _| {
                let wanted = RegistryQuery::new(&text, registry::meant(db, &text).await?).of(types.clone());
                let found = registry::search(db, &wanted).await?;
                Ok::<_, Error>(wanted.rank(found))
            };
            let ranked = self.context.database.read(search).await?;
            let limit = usize::try_from(limit).unwrap_or_default();
            let behind = |place: &FoundPlace| before.as_ref().is_none_or(|before| place > before);
            let page = ranked.into_iter().filter(|(place, _)| behind(place));
            Ok::<Vec<(FoundPlace, RegistryEntry)>, Error>(page.take(limit).collect())
        };
        let page = call
            .page_with(
                &self.context.page_key,
                search,
                |(place, _)| place.clone(),
                |(_, entry)| entry.into(),
            )
            .await?;
        Ok(Response::new(pb::SearchRegistryResponse {
            entries: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn get_programme(
        &self,
        request: Request<pb::GetProgrammeRequest>,
    ) -> Result<Response<pb::GetProgrammeResponse>, Status> {
        let (call, id) = Call::read(request, |call, violations| {
            Ok(parse::named(violations, &call.message.name))
        })?;
        call.person()?;
        let find = async |db: &mut _| registry::find_programme(db, id).await.map_err(Error::from);
        let found = self.context.database.read(find).await?;
        let entry = found.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(answer(entry)))
    }

    async fn batch_get_public_organizations(
        &self,
        request: Request<pb::BatchGetPublicOrganizationsRequest>,
    ) -> Result<Response<pb::BatchGetPublicOrganizationsResponse>, Status> {
        let (call, wanted) = Call::read(request, parse::organizations)?;
        let caller = call.person()?.id;
        let list = async |db: &mut _| {
            let found = registry::list_public(db, &wanted, caller).await;
            found.map_err(Error::from)
        };
        let found = self.context.database.read(list).await?.into_iter();
        let public = |one| convert::public(one, &self.context.time_zones);
        Ok(Response::new(pb::BatchGetPublicOrganizationsResponse {
            organizations: found.map(public).collect(),
        }))
    }

    async fn claim_programme(
        &self,
        request: Request<pb::ClaimProgrammeRequest>,
    ) -> Result<Response<pb::ClaimProgrammeResponse>, Status> {
        let context = &self.context;
        let (call, claimed) = Call::read(request, parse::claim)?;
        let work = async |tx: &mut _| claim::apply(tx, context, claimed).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
