//! Join pages: their settings, and what they show.

mod convert;
pub(super) mod open;
mod parse;

pub(super) use convert::rules;
use muster_ids::OrganizationId;
use muster_language::Language;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::join_page_service_server::JoinPageService;
use muster_server::settings::PublicUrl;
use muster_server::{Call, Failure};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::context::Context;
use crate::domain::{Ground, GroupState, JoinPage, LocationState, Logo};
use crate::error::Error;
use crate::ops::join_page::{remove_logo, set_logo, update};
use crate::store::{group, join_page, location, logo, organization};

/// All groups, and all locations, that an organization can have: as many as a page of a list.
const ALL: i64 = 1000;

/// The settings, what the organization has of what a page needs, and how they are told.
struct Settings {
    page: JoinPage,
    ground: Ground,
    language: Language,
    public_url: Option<PublicUrl>,
    logo: Option<Logo>,
}

#[tonic::async_trait]
impl JoinPageService for Rpc {
    async fn get_join_page(
        &self,
        request: Request<pb::GetJoinPageRequest>,
    ) -> Result<Response<pb::GetJoinPageResponse>, Status> {
        let (_, organization) = Call::read(request, parse::get)?;
        let read = async |db: &mut _| settings(db, &self.context, organization).await;
        let join_page = Some(self.context.database.read(read).await?.into());
        Ok(Response::new(pb::GetJoinPageResponse { join_page }))
    }

    async fn update_join_page(
        &self,
        request: Request<pb::UpdateJoinPageRequest>,
    ) -> Result<Response<pb::UpdateJoinPageResponse>, Status> {
        let (call, (organization, changes)) = Call::read(request, parse::update)?;
        let by = call.person()?.id;
        let context = &self.context;
        let key = call.key();
        let done = context.database.once(&key, context.clock.now(), async |tx| {
            let change = update::Change {
                organization,
                by,
                update: changes.clone(),
                if_match: call.if_match(),
            };
            let (page, ground) = update::apply(tx, context, change).await?;
            let language = language(tx, organization).await?;
            let logo = logo::describe(tx, organization).await?;
            let public_url = context.public_url.clone();
            let settings = Settings {
                page,
                ground,
                language,
                public_url,
                logo,
            };
            let join_page = Some(settings.into());
            Ok::<_, Error>(pb::UpdateJoinPageResponse { join_page })
        });
        Ok(Response::new(done.await?))
    }

    async fn lookup_join_page(
        &self,
        request: Request<pb::LookupJoinPageRequest>,
    ) -> Result<Response<pb::LookupJoinPageResponse>, Status> {
        let call = Call::accept(request)?;
        let look = async |db: &mut PgConnection| {
            let now = self.context.clock.now();
            let found = join_page::organization_of(db, &call.message.slug, now).await?;
            let organization = found.ok_or(Failure::NotFound)?;
            shown(db, &self.context, organization).await
        };
        Ok(Response::new(self.context.database.read(look).await?))
    }

    async fn set_join_page_logo(
        &self,
        request: Request<pb::SetJoinPageLogoRequest>,
    ) -> Result<Response<pb::SetJoinPageLogoResponse>, Status> {
        let (call, (organization, picture)) = Call::read(request, parse::set_logo)?;
        let by = call.person()?.id;
        let (context, key) = (&self.context, call.key());
        let prepare = async || set_logo::prepare(picture).await;
        let apply = async |tx: &mut _, picture| {
            let logo = set_logo::apply(tx, context, (organization, by), picture).await?;
            let logo = Some(logo.into());
            Ok::<_, Error>(pb::SetJoinPageLogoResponse { logo })
        };
        let done = context
            .database
            .once_prepared(&key, context.clock.now(), prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn remove_join_page_logo(
        &self,
        request: Request<pb::RemoveJoinPageLogoRequest>,
    ) -> Result<Response<pb::RemoveJoinPageLogoResponse>, Status> {
        let (call, organization) = Call::read(request, parse::remove_logo)?;
        let (context, key) = (&self.context, call.key());
        let done = context.database.once(&key, context.clock.now(), async |tx| {
            remove_logo::apply(tx, organization).await?;
            Ok::<_, Error>(pb::RemoveJoinPageLogoResponse {})
        });
        Ok(Response::new(done.await?))
    }

    async fn lookup_join_page_logo(
        &self,
        request: Request<pb::LookupJoinPageLogoRequest>,
    ) -> Result<Response<pb::LookupJoinPageLogoResponse>, Status> {
        let call = Call::accept(request)?;
        let look = async |db: &mut PgConnection| {
            let now = self.context.clock.now();
            let found = join_page::organization_of(db, &call.message.slug, now).await?;
            let organization = found.ok_or(Failure::NotFound)?;
            let open = open::page(db, &self.context, organization).await?;
            open.ok_or(Failure::NotFound)?;
            let found = logo::find(db, organization).await?;
            Ok::<_, Error>(found.ok_or(Failure::NotFound)?)
        };
        let picture = self.context.database.read(look).await?.picture;
        Ok(Response::new(picture.into()))
    }
}

async fn settings(
    db: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
) -> Result<Settings, Error> {
    let found = join_page::find(db, organization).await?;
    let page = found.unwrap_or_else(|| JoinPage::unset(organization));
    let ground = join_page::ground(db, organization, context.clock.now(), context.basic).await?;
    Ok(Settings {
        page,
        ground,
        language: language(db, organization).await?,
        public_url: context.public_url.clone(),
        logo: logo::describe(db, organization).await?,
    })
}

async fn language(db: &mut PgConnection, organization: OrganizationId) -> Result<Language, Error> {
    let found = organization::find(db, organization).await?;
    Ok(found.ok_or(Failure::NotFound)?.language)
}

async fn shown(
    db: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
) -> Result<pb::LookupJoinPageResponse, Error> {
    let open = open::page(db, context, organization)
        .await?
        .ok_or(Failure::NotFound)?;
    let groups = group::list(db, organization, None, ALL).await?;
    let groups = groups
        .into_iter()
        .filter(|group| group.state == GroupState::Active);
    let locations = location::list(db, organization, None, ALL).await?;
    let locations = locations
        .into_iter()
        .filter(|location| location.state == LocationState::Active);
    let group = |group: crate::domain::Group| pb::JoinPageChoice {
        name: group.name().to_string(),
        display_name: group.display_name.as_str().to_owned(),
    };
    let location = |location: crate::domain::Location| pb::JoinPageChoice {
        name: location.name().to_string(),
        display_name: location.display_name.as_str().to_owned(),
    };
    Ok(pb::LookupJoinPageResponse {
        slug: open.slug.as_str().to_owned(),
        organization_display_name: open.organization_display_name,
        groups: groups.map(group).collect(),
        locations: locations.map(location).collect(),
        allowed_domains: rules(&open.allowed_domains),
        logo: logo::describe(db, organization).await?.map(Into::into),
    })
}
