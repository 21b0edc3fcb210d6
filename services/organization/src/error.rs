//! Everything that keeps this service from doing what it is asked, and what the caller is told of it.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, OrganizationName};
use muster_refusal::{ErrorReason, Refusal, Violations};
use muster_server::Failure;
use thiserror::Error;
use time::OffsetDateTime;

use crate::domain::{
    AccessRequestState, License, LicensingProblem, MAX_ACCESS_REQUESTS, MAX_GROUPS, MAX_LOCATIONS, MAX_SLUGS,
    Misplaced, Missing, Need, OrganizationNumber, OrganizationState, OwnershipOfferState, PictureProblem,
    SubscriptionProblem, WaitingClaims,
};

#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error("the organization is {0}")]
    OrganizationState(OrganizationState),
    #[error("an approved profile holds the license number")]
    LicenseNumberTaken(OrganizationNumber),
    #[error("nobody tells a verified address of the person")]
    AddressUnknown,
    #[error("the person has as many open profiles as they may have")]
    TooManyProfiles { used: i64, limit: i64 },
    #[error("the member of registry staff owns or administers the organization, or would own it")]
    OwnProfile,
    /// With the one that it has, if any.
    #[error("the profile has another license number than the caller says")]
    LicenseNumberNotCurrent(Option<License>),
    #[error("claims wait that the caller has not said to have seen")]
    ReviewClaimsPending(WaitingClaims),
    #[error("the organization has a group of that name")]
    GroupNameTaken,
    #[error("the organization has a location of that name")]
    LocationNameTaken,
    #[error("the organization has as many groups as it may have")]
    TooManyGroups { used: i64 },
    #[error("the organization has as many locations as it may have")]
    TooManyLocations { used: i64 },
    #[error("the shared catalog has no such training")]
    TrainingUnknown,
    /// Places in the list that was given.
    #[error("trainings are not in the organization's catalog")]
    TrainingsNotInCatalog(Vec<usize>),
    /// Places in the list that was given.
    #[error("trainings are inactive in the organization's catalog")]
    TrainingsInactive(Vec<usize>),
    #[error("the caller may not do this to what is not theirs")]
    NotTheirs,
    #[error("the person has no verified employment at the organization")]
    EmployeeNotVerified,
    /// With the organization whose ownership it is.
    #[error("it is the owner's access")]
    OwnerMustTransfer(OrganizationId),
    #[error("the person is a profile user already")]
    ProfileUserExists,
    #[error("the organization is not active")]
    OrganizationNotActive,
    #[error("the request for access is {0}")]
    AccessRequestState(AccessRequestState),
    #[error("the organization has denied access until {0}")]
    AccessRequestDenied(OffsetDateTime),
    #[error("the person has asked as often as they may")]
    TooManyAccessRequests { used: i64 },
    #[error("the offer of the ownership is {0}")]
    OwnershipOfferState(OwnershipOfferState),
    #[error("the ownership is offered to somebody else")]
    OwnershipOfferOpen,
    #[error("the person cannot act as the owner: {0} is missing")]
    SuccessorCannotAct(Missing),
    #[error("these are not the next rows of the load: {0:?}")]
    ProgrammeRows(Misplaced),
    #[error("the load was begun with another number of rows")]
    ProgrammeLoadReused,
    #[error("somebody else has claimed the programme")]
    ProgrammeClaimed,
    #[error("an authority tells name, type and license of the profile")]
    ProgrammeReadOnly,
    #[error("the profile is a start-up's, which has no license")]
    NoLicense,
    #[error("another organization has or had that slug")]
    JoinPageSlugTaken,
    #[error("the organization has had as many slugs as it may have")]
    TooManyJoinPageSlugs { used: i64 },
    #[error("the join page misses something")]
    JoinPageIncomplete(Vec<Need>),
    #[error("no logo can be made of the picture: it {0}")]
    Picture(PictureProblem),
    #[error("the feature needs a subscription")]
    SubscriptionRequired,
    #[error("access is to end before it begins")]
    EndsInThePast,
    /// Every problem with the field of the request that it belongs to.
    #[error("the subscription makes no sense")]
    Subscription(Vec<(&'static str, SubscriptionProblem)>),
    /// With what stands before the field in the request.
    #[error("{0}")]
    Licensing(LicensingProblem, &'static str),
    #[error(transparent)]
    Failure(#[from] Failure),
}

muster_server::shared_failures!(Error);

impl Error {
    /// The same, where the request itself has the fields of the license, and not a profile in it.
    pub(crate) fn of_request(self) -> Self {
        match self {
            Self::Licensing(problem, _) => Self::Licensing(problem, ""),
            other => other,
        }
    }

    /// `taken` when a constraint of that name refused the row.
    pub(crate) fn taken(error: DatabaseError, constraint: &str, taken: Self) -> Self {
        if error.constraint() == Some(constraint) {
            taken
        } else {
            error.into()
        }
    }
}

impl From<LicensingProblem> for Error {
    fn from(problem: LicensingProblem) -> Self {
        Self::Licensing(problem, "organization.")
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        use ErrorReason as R;
        match error {
            Error::OrganizationState(state) => organization_state(state),
            Error::LicenseNumberTaken(holder) => license_number_taken(&holder),
            Error::AddressUnknown => {
                let text =
                    "this is done by somebody with a verified address; confirm yours where you sign in";
                Refusal::new(R::AddressUnknown, text)
            }
            Error::TooManyProfiles { used, limit } => {
                let text = "as many profiles of yours wait for their approval as may; go on with one of them";
                Refusal::new(R::TooManyProfiles, text).quota("open_profiles", used, limit)
            }
            Error::OwnProfile => {
                let text = "registry staff decide on no organization that they own or administer, nor make themselves its owner; a colleague has to do this";
                Refusal::new(R::OwnProfile, text)
            }
            Error::LicenseNumberNotCurrent(held) => {
                let text = "the profile has another license number by now; look at it again";
                let refusal = Refusal::new(R::LicenseNumberNotCurrent, text);
                match held {
                    Some(held) => refusal.metadata("license_number", held.as_given()),
                    None => refusal,
                }
            }
            Error::ReviewClaimsPending(claims) => review_claims_pending(claims),
            Error::GroupNameTaken => {
                let text =
                    "the organization has a group of that name; choose another name, or use that group";
                Refusal::new(R::GroupNameTaken, text)
            }
            Error::LocationNameTaken => {
                let text =
                    "the organization has a location of that name; choose another name, or use that location";
                Refusal::new(R::LocationNameTaken, text)
            }
            Error::TooManyGroups { used } => {
                let text = "the organization has as many groups as it may have; use one of them";
                Refusal::new(R::TooManyGroups, text).quota("groups", used, MAX_GROUPS)
            }
            Error::TooManyLocations { used } => {
                let text = "the organization has as many locations as it may have; use one of them";
                Refusal::new(R::TooManyLocations, text).quota("locations", used, MAX_LOCATIONS)
            }
            Error::TrainingUnknown => {
                let text = "the shared catalog has no such training; choose one from the list of trainings";
                Refusal::new(R::TrainingUnknown, text)
            }
            Error::TrainingsNotInCatalog(places) => trainings_not_in_catalog(&places),
            Error::TrainingsInactive(places) => trainings_inactive(&places),
            Error::NotTheirs => Self::permission_denied(),
            Error::EmployeeNotVerified => {
                let text = "no employment of the person here is verified; verify it first, or let them ask for access";
                Refusal::new(R::EmployeeNotVerified, text)
            }
            Error::OwnerMustTransfer(organization) => {
                let text = "the owner's access is theirs until they transfer the ownership to an administrator, or close the organization";
                Refusal::new(R::OwnerMustTransfer, text)
                    .metadata("organization", OrganizationName { organization }.to_string())
                    .metadata("next_step", "offer_ownership")
            }
            Error::ProfileUserExists => {
                let text = "you are a profile user of the organization already; its list of profile users says what you may do";
                Refusal::new(R::ProfileUserExists, text)
            }
            Error::OrganizationNotActive => {
                let text = "only an active organization lets people in; registry staff know why it is not";
                Refusal::new(R::OrganizationNotActive, text)
            }
            Error::AccessRequestState(state) => {
                let text =
                    format!("the request for access is {state}, and stays so; the person may ask anew");
                Refusal::new(R::AccessRequestState, text).metadata("state", state.as_str())
            }
            Error::AccessRequestDenied(until) => access_request_denied(until),
            Error::TooManyAccessRequests { used } => {
                let text =
                    "you have asked for access as often as anybody may in 30 days; wait for the answers";
                let refusal = Refusal::new(R::TooManyAccessRequests, text);
                refusal.quota("access_requests", used, MAX_ACCESS_REQUESTS)
            }
            Error::OwnershipOfferState(state) => {
                let text =
                    format!("the offer of the ownership is {state}, and stays so; it needs a new offer");
                Refusal::new(R::OwnershipOfferState, text).metadata("state", state.as_str())
            }
            Error::OwnershipOfferOpen => {
                let text = "the ownership is offered to somebody else; withdraw that offer first";
                Refusal::new(R::OwnershipOfferOpen, text)
            }
            Error::SuccessorCannotAct(missing) => successor_cannot_act(missing),
            Error::ProgrammeRows(misplaced) => programme_rows(misplaced),
            Error::ProgrammeLoadReused => {
                let text = "a load of this name was begun with another row_count; choose a new name for another load";
                Refusal::new(R::RequestIdReused, text)
            }
            Error::ProgrammeClaimed => {
                let text = "somebody else has claimed the programme, and registry staff have not decided yet; if it is yours, create a profile with its license number by hand: they see both";
                Refusal::new(R::ProgrammeClaimed, text).metadata("next_step", "create_organization")
            }
            Error::ProgrammeReadOnly => {
                let text = "name, type and license of the profile are as its authority tells them; have them corrected there";
                Refusal::new(R::ProgrammeReadOnly, text)
            }
            Error::NoLicense => {
                let mut violations = Violations::new();
                violations.add(
                    "name",
                    "must be a profile with a license: a start-up has none yet",
                );
                violations.into_refusal()
            }
            Error::JoinPageSlugTaken => {
                let text =
                    "another organization has this address for its page, or had it once; choose another one";
                Refusal::new(R::JoinPageSlugTaken, text)
                    .violation("join_page.slug", "belongs to another organization")
            }
            Error::TooManyJoinPageSlugs { used } => {
                let text = "the organization has had as many addresses for its page as it may have; take one of these again";
                Refusal::new(R::TooManyJoinPageSlugs, text).quota("join_page_slugs", used, MAX_SLUGS)
            }
            Error::JoinPageIncomplete(missing) => join_page_incomplete(&missing),
            Error::Picture(problem) => {
                let text = "no logo can be made of the picture";
                Refusal::new(R::InvalidRequest, text).violation("picture", problem.to_string())
            }
            Error::SubscriptionRequired => {
                let text = "a join page needs an active premium subscription; its settings are kept until there is one";
                Refusal::new(R::SubscriptionRequired, text).precondition(
                    "SUBSCRIPTION",
                    "plan",
                    "must be premium",
                )
            }
            Error::EndsInThePast => ends_in_the_past(),
            Error::Subscription(problems) => subscription(problems),
            Error::Licensing(problem, before) => {
                let mut violations = Violations::new();
                violations.add(format!("{before}{}", problem.field()), problem.to_string());
                violations.into_refusal()
            }
            Error::Failure(failure) => failure.into(),
        }
    }
}

fn organization_state(state: OrganizationState) -> Refusal {
    let text = format!("the organization is {state}, which does not allow this");
    Refusal::new(ErrorReason::OrganizationState, text).metadata("state", state.as_str())
}

fn license_number_taken(holder: &OrganizationNumber) -> Refusal {
    let text = format!(
        "another profile holds this license number; request access to organization {} instead of a profile of your own",
        holder.as_str()
    );
    Refusal::new(ErrorReason::LicenseNumberTaken, text)
        .metadata("organization_number", holder.as_str())
        .metadata("next_step", "request_access")
}

fn review_claims_pending(claims: WaitingClaims) -> Refusal {
    let WaitingClaims { count, oldest } = claims;
    let text = format!(
        "{count} people say that they work here and wait to be verified; verify or reject them, or confirm with acknowledged_claims {count}"
    );
    let refusal =
        Refusal::new(ErrorReason::ReviewClaimsPending, text).metadata("pending_claims", count.to_string());
    match oldest {
        Some(since) => refusal.metadata("oldest_time", whole_seconds(since)),
        None => refusal,
    }
}

/// Of UTC, as RFC 3339 writes them.
fn whole_seconds(time: OffsetDateTime) -> String {
    let (date, (hour, minute, second)) = (time.date(), time.to_hms());
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}

fn access_request_denied(until: OffsetDateTime) -> Refusal {
    let time = whole_seconds(until);
    let text = format!("the organization has denied you access; you may ask again at {time}");
    Refusal::new(ErrorReason::AccessRequestDenied, text).metadata("retry_time", time)
}

fn successor_cannot_act(missing: Missing) -> Refusal {
    let text = match missing {
        Missing::ProfileUser => "the person is no profile user of the organization; let them in first",
        Missing::Admin => "the ownership goes to an ADMIN; make the person one first",
        Missing::Active => {
            "the person's access does not count at the moment; verify their employment or extend it first"
        }
        Missing::Address => {
            "no verified address of the person is known here, so that mail for the owner would reach nobody; let them ask for access first, which tells it"
        }
    };
    Refusal::new(ErrorReason::SuccessorCannotAct, text).metadata("missing", missing.as_str())
}

fn programme_rows(misplaced: Misplaced) -> Refusal {
    match misplaced {
        Misplaced::Missing(next) => {
            let text = format!("rows of the load are missing before these; it goes on with row {next}");
            Refusal::new(ErrorReason::ProgrammeRowsMissing, text).metadata("next_row", next.to_string())
        }
        Misplaced::TooMany(count) => {
            let mut violations = Violations::new();
            violations.add("rows", format!("must end with row {count}: row_count says so"));
            violations.into_refusal()
        }
    }
}

fn join_page_incomplete(missing: &[Need]) -> Refusal {
    let text = "the page lets people choose a group and a location, at an address of its own; set up what is missing first";
    let refusal = Refusal::new(ErrorReason::JoinPageIncomplete, text);
    missing.iter().fold(refusal, |refusal, need| {
        refusal.precondition("JOIN_PAGE", need.as_str(), "is missing")
    })
}

fn ends_in_the_past() -> Refusal {
    let mut violations = Violations::new();
    violations.add("profile_user.expire_time", "must be in the future");
    violations.into_refusal()
}

fn trainings_not_in_catalog(places: &[usize]) -> Refusal {
    let text = "a group may require only trainings of the organization's catalog; add them there first";
    let refusal = Refusal::new(ErrorReason::TrainingNotInCatalog, text);
    places.iter().fold(refusal, |refusal, place| {
        refusal.violation(
            format!("group.trainings[{place}]"),
            "must be in the organization's catalog",
        )
    })
}

fn trainings_inactive(places: &[usize]) -> Refusal {
    let text = "a group comes to require only active trainings of the organization's catalog; reactivate them there first";
    let refusal = Refusal::new(ErrorReason::TrainingInactive, text);
    places.iter().fold(refusal, |refusal, place| {
        refusal.violation(
            format!("group.trainings[{place}]"),
            "must be active in the organization's catalog",
        )
    })
}

fn subscription(problems: Vec<(&'static str, SubscriptionProblem)>) -> Refusal {
    let mut violations = Violations::new();
    for (field, problem) in problems {
        violations.add(field, problem.to_string());
    }
    violations.into_refusal()
}
