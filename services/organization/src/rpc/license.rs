//! License numbers of approved profiles.

use muster_ids::{OrganizationId, OrganizationName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::license_service_server::LicenseService;
use muster_server::Call;
use muster_server::convert::timestamp;
use tonic::{Request, Response, Status};

use super::Rpc;
use super::organization::parse::decision;
use crate::domain::{DatedLicense, LicenseNumber, LicenseStatus, OrganizationType, Renewal};
use crate::error::Error;
use crate::ops::organization::set_license_status::Standing;
use crate::ops::organization::{renew, set_license_status};
use crate::store::license_number;

#[tonic::async_trait]
impl LicenseService for Rpc {
    async fn renew_license(
        &self,
        request: Request<pb::RenewLicenseRequest>,
    ) -> Result<Response<pb::RenewLicenseResponse>, Status> {
        let context = &self.context;
        let (call, (decision, renewal)) = Call::read(request, |call, violations| {
            let decision = decision(call, violations, &call.message.reason)?;
            let number = LicenseNumber::parse(&call.message.license_number);
            let number = violations.check("license_number", number);
            // The field rule knows every type that there is.
            let kind = OrganizationType::try_from(call.message.r#type()).ok();
            if kind == Some(OrganizationType::StartUp) {
                violations.add("type", "must be one that has a license");
            }
            let renewal = number.map(|number| Renewal {
                number,
                kind: kind.and_then(OrganizationType::licensed),
            });
            Ok(decision.zip(renewal))
        })?;
        let work = async |tx: &mut _| {
            let renewed = renew::apply(tx, context, decision, renewal).await;
            renewed.map_err(Error::of_request)
        };
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn set_license_status(
        &self,
        request: Request<pb::SetLicenseStatusRequest>,
    ) -> Result<Response<pb::SetLicenseStatusResponse>, Status> {
        let context = &self.context;
        let (call, (decision, standing)) = Call::read(request, |call, violations| {
            let decision = decision(call, violations, &call.message.reason)?;
            // The field rule knows every status that there is.
            let status = LicenseStatus::try_from(call.message.license_status()).ok();
            let number = match call.message.license_number.as_str() {
                "" => Some(None),
                number => violations
                    .check("license_number", LicenseNumber::parse(number))
                    .map(Some),
            };
            let standing = status
                .zip(number)
                .map(|(status, number)| Standing { status, number });
            Ok(decision.zip(standing))
        })?;
        let work = async |tx: &mut _| set_license_status::apply(tx, context, decision, standing).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn list_license_numbers(
        &self,
        request: Request<pb::ListLicenseNumbersRequest>,
    ) -> Result<Response<pb::ListLicenseNumbersResponse>, Status> {
        let (call, id): (_, OrganizationId) = Call::read(request, |call, violations| {
            let name = call.name::<OrganizationName>(violations);
            Ok(name.map(|name| name.organization))
        })?;
        let list = async |before, limit| {
            let list = async |db: &mut _| license_number::list(db, id, before, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &DatedLicense| last.number)
            .await
    }
}

impl From<DatedLicense> for pb::LicenseNumber {
    fn from(dated: DatedLicense) -> Self {
        let DatedLicense {
            number: _,
            license,
            begin_time,
            end_time,
        } = dated;
        Self {
            licensing_authority: license.authority().as_str().to_owned(),
            license_number: license.as_given().to_owned(),
            begin_time: Some(timestamp(begin_time)),
            end_time: end_time.map(timestamp),
        }
    }
}
