//! Who administers an organization.

mod convert;
mod internal;
mod parse;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::profile_user_service_server::ProfileUserService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::SeenProfileUser;
use crate::error::Error;
use crate::ops::profile_user::{create, remove, update};
use crate::store::profile_user;

#[tonic::async_trait]
impl ProfileUserService for Rpc {
    async fn list_profile_users(
        &self,
        request: Request<pb::ListProfileUsersRequest>,
    ) -> Result<Response<pb::ListProfileUsersResponse>, Status> {
        let now = self.context.clock.now();
        let (call, organization) = Call::read(request, parse::list)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| profile_user::list(db, organization, after, limit).await;
            let page = self.context.database.read(list).await.map_err(Error::from)?;
            let seen = page.into_iter().map(|user| user.seen(now));
            Ok::<_, Error>(seen.collect::<Vec<_>>())
        };
        call.page(&self.context.page_key, list, |last: &SeenProfileUser| {
            last.user.person
        })
        .await
    }

    async fn create_profile_user(
        &self,
        request: Request<pb::CreateProfileUserRequest>,
    ) -> Result<Response<pb::CreateProfileUserResponse>, Status> {
        let (context, now) = (&self.context, self.context.clock.now());
        let (call, new) = Call::read(request, parse::new)?;
        let prepare = async || {
            create::prepare(context, &new).await?;
            Ok(new)
        };
        let work = async |tx: &mut _, new| Ok::<_, Error>(create::apply(tx, context, new).await?.seen(now));
        call.once_prepared(&context.database, now, prepare, work).await
    }

    async fn update_profile_user(
        &self,
        request: Request<pb::UpdateProfileUserRequest>,
    ) -> Result<Response<pb::UpdateProfileUserResponse>, Status> {
        let (context, now) = (&self.context, self.context.clock.now());
        let (call, change) = Call::read(request, parse::update)?;
        let work = async |tx: &mut _| {
            let changed = update::apply(tx, context, change, &call.if_match()).await?;
            Ok::<_, Error>(changed.seen(now))
        };
        call.once(&context.database, now, work).await
    }

    async fn remove_profile_user(
        &self,
        request: Request<pb::RemoveProfileUserRequest>,
    ) -> Result<Response<pb::RemoveProfileUserResponse>, Status> {
        let (context, now) = (&self.context, self.context.clock.now());
        let (call, removal) = Call::read(request, parse::remove)?;
        let work = async |tx: &mut _| Ok::<_, Error>(remove::apply(tx, context, removal).await?.seen(now));
        call.once(&context.database, now, work).await
    }
}
