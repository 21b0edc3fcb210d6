//! Locations.

mod convert;
mod parse;

use muster_ids::LocationName;
use muster_proto::answer;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::location_service_server::LocationService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::{Location, LocationState, Place, PlaceUsage};
use crate::error::Error;
use crate::ops::location::{create, switch, update};
use crate::ops::usage;
use crate::store::location;

#[tonic::async_trait]
impl LocationService for Rpc {
    async fn create_location(
        &self,
        request: Request<pb::CreateLocationRequest>,
    ) -> Result<Response<pb::CreateLocationResponse>, Status> {
        let context = &self.context;
        let (call, new) = Call::read(request, parse::new)?;
        let work = async |tx: &mut _| create::apply(tx, context, new).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn get_location(
        &self,
        request: Request<pb::GetLocationRequest>,
    ) -> Result<Response<pb::GetLocationResponse>, Status> {
        let (_, name) = Call::read(request, parse::named)?;
        let LocationName {
            organization,
            location,
        } = name;
        let find = async |db: &mut _| {
            let found = location::find_all(db, organization, &[location]).await;
            found.map_err(Error::from)
        };
        let found = self.context.database.read(find).await?.pop();
        let location = found.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(answer(location)))
    }

    async fn list_locations(
        &self,
        request: Request<pb::ListLocationsRequest>,
    ) -> Result<Response<pb::ListLocationsResponse>, Status> {
        let (call, organization) = Call::read(request, parse::list)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| location::list(db, organization, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let position = |last: &Location| last.display_name.as_str().to_owned();
        call.page(&self.context.page_key, list, position).await
    }

    async fn update_location(
        &self,
        request: Request<pb::UpdateLocationRequest>,
    ) -> Result<Response<pb::UpdateLocationResponse>, Status> {
        let context = &self.context;
        let (call, (name, changes)) = Call::read(request, parse::update)?;
        let work = async |tx: &mut _| update::apply(tx, name, changes, &call.if_match()).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn deactivate_location(
        &self,
        request: Request<pb::DeactivateLocationRequest>,
    ) -> Result<Response<pb::DeactivateLocationResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, parse::named)?;
        let key = call.key();
        let prepare = async || Ok(usage::ask(context, Place::Location(name)).await);
        let apply = async |tx: &mut _, usage: PlaceUsage| {
            let location = switch::apply(tx, name, LocationState::Inactive).await?;
            let (location, usage) = (Some(location.into()), Some(usage.into()));
            Ok::<_, Error>(pb::DeactivateLocationResponse { location, usage })
        };
        let (database, now) = (&context.database, context.clock.now());
        let done = database.once_prepared(&key, now, prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn reactivate_location(
        &self,
        request: Request<pb::ReactivateLocationRequest>,
    ) -> Result<Response<pb::ReactivateLocationResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, parse::named)?;
        let work = async |tx: &mut _| switch::apply(tx, name, LocationState::Active).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
