//! What an organization is, and how it may change. Pure: no gRPC, no SQL, no clock.

mod access_mail;
mod access_request;
mod catalog;
mod employment;
mod group;
mod inviting;
mod join_page;
mod license;
mod licensing;
mod location;
mod logo;
mod name;
mod organization;
mod owner;
mod ownership;
mod person_organization;
mod profile_user;
mod programme;
mod programme_load;
mod registry;
mod review;
mod session;
mod setup;
mod staff_act;
mod staff_read;
mod submission;
mod subscription;
mod usage;

pub(crate) use access_mail::{
    AccessNotice, AccessReminder, NoticedOwner, OwnershipNotice, ReminderRecipient, SuspensionNotice,
};
pub(crate) use access_request::{
    AccessRequest, AccessRequestState, Asker, COUNTED, MAX_ACCESS_REQUESTS, Wish,
};
pub(crate) use catalog::{CatalogTraining, CatalogTrainingState};
pub(crate) use employment::{EmploymentNews, EmploymentState, WaitingClaims};
pub(crate) use group::{Group, GroupState, GroupUpdate, InvitingGroup, MAX_GROUPS};
pub(crate) use inviting::InvitingOrganization;
pub(crate) use join_page::{Ground, JoinPage, JoinPageUpdate, MAX_SLUGS, Need, REDIRECTED, Slug};
pub use license::LicenseRules;
pub(crate) use license::{DatedLicense, License, LicenseNumber, LicensingAuthority, Misfit};
pub(crate) use licensing::{Licensing, LicensingProblem, LicensingUpdate, OrganizationType};
pub(crate) use location::{Location, LocationState, LocationUpdate, MAX_LOCATIONS};
pub(crate) use logo::{Logo, Picture, PictureProblem};
pub(crate) use name::{PublicName, ShortName};
pub(crate) use organization::{
    Organization, OrganizationNumber, OrganizationState, OrganizationUpdate, PublicFace, Renewal,
    ReturnReason,
};
pub(crate) use owner::Owner;
pub(crate) use ownership::{Missing, OwnershipOffer, OwnershipOfferState, Successor};
pub(crate) use person_organization::{PersonOrganization, SeenPersonOrganization};
pub(crate) use profile_user::{
    Access, AccessUpdate, End, GivenAccess, GivenRole, Origin, OwnersOwn, ProfileUser, ProfileUserContact,
    ProfileUserState, SeenProfileUser,
};
pub(crate) use programme::{
    LicenseStatus, Programme, ProgrammeAddress, ProgrammeType, RowProblem, ToldAddress, ToldProgramme,
};
pub(crate) use programme_load::{
    LoadRow, Misplaced, ProgrammeLoad, RefusedRow, RowCounts, RowOutcome, each_license_once,
};
pub(crate) use registry::{
    FoundPlace, Holder, MAX_FOUND, MAX_WORDS, Meant, PublicOrganization, RegistryEntry, RegistryEntryState,
    RegistryQuery, ToldEntry,
};
pub use review::ReviewDays;
pub(crate) use review::{Review, ReviewItem, ReviewPeriods, ReviewState, ReviewSubject};
pub(crate) use session::{EndedSession, SessionDigest};
pub(crate) use setup::{SetupFacts, SetupItem, SetupState, SetupStep};
pub(crate) use staff_act::{StaffAct, StaffAction};
pub(crate) use staff_read::{About, StaffRead};
pub(crate) use submission::{Rounds, Submission};
pub(crate) use subscription::{Entitlement, Limits, Plan, Subscription, SubscriptionProblem};
pub(crate) use usage::{Place, PlaceUsage};
