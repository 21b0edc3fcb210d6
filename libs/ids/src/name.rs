//! The resource names.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{
    AcceptanceNoticeId, AccessId, AccessNoticeId, AccessRequestId, AssignmentId, CertificateId, DeliveryId,
    EmploymentId, GrantId, GroupId, HistoryEntryId, ImportId, InvitationId, JoinRequestId, LocationId,
    OrganizationId, OwnershipOfferId, PersonId, ProgrammeId, ProgrammeLoadId, StaffReadId, TrainingId,
    VerificationNoticeId,
};

/// The text is not a resource name of the expected form. Says the form, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be a resource name of the form {form}, with ids as lower-case UUIDs")]
pub struct NameProblem {
    form: &'static str,
}

impl NameProblem {
    pub(crate) const fn new(form: &'static str) -> Self {
        Self { form }
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $form:literal { $($collection:literal / $field:ident : $id:ident),+ $(; $tail:literal)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            $(#[doc = concat!("The id below `", $collection, "/`.")] pub $field: $id,)+
        }

        impl $name {
            /// Reads a resource name.
            ///
            /// # Errors
            ///
            /// The form that the text should have; the text itself is not repeated.
            pub fn parse(text: &str) -> Result<Self, NameProblem> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut separator = "";
                $(write!(f, "{separator}{}/{}", $collection, self.$field)?; separator = "/";)+
                let _ = separator;
                $(write!(f, "/{}", $tail)?;)?
                Ok(())
            }
        }

        impl FromStr for $name {
            type Err = NameProblem;

            fn from_str(text: &str) -> Result<Self, NameProblem> {
                let problem = NameProblem::new($form);
                let mut parts = text.split('/');
                $(
                    if parts.next() != Some($collection) {
                        return Err(problem);
                    }
                    let $field = parts.next().ok_or(problem)?.parse().map_err(|_| problem)?;
                )+
                $(if parts.next() != Some($tail) { return Err(problem); })?
                if parts.next().is_some() {
                    return Err(problem);
                }
                Ok(Self { $($field),+ })
            }
        }
    )*};
}

names! {
    /// `organizations/{organization}`.
    OrganizationName = "organizations/{organization}" { "organizations"/organization: OrganizationId }
    /// `organizations/{organization}/locations/{location}`.
    LocationName = "organizations/{organization}/locations/{location}" { "organizations"/organization: OrganizationId, "locations"/location: LocationId }
    /// `organizations/{organization}/groups/{group}`.
    GroupName = "organizations/{organization}/groups/{group}" { "organizations"/organization: OrganizationId, "groups"/group: GroupId }
    /// `organizations/{organization}/catalogTrainings/{training}`.
    CatalogTrainingName = "organizations/{organization}/catalogTrainings/{training}" { "organizations"/organization: OrganizationId, "catalogTrainings"/training: TrainingId }
    /// `organizations/{organization}/joinPage`.
    JoinPageName = "organizations/{organization}/joinPage" { "organizations"/organization: OrganizationId; "joinPage" }
    /// `organizations/{organization}/joinRequests/{request}`.
    JoinRequestName = "organizations/{organization}/joinRequests/{request}" { "organizations"/organization: OrganizationId, "joinRequests"/join_request: JoinRequestId }
    /// `organizations/{organization}/subscription`.
    SubscriptionName = "organizations/{organization}/subscription" { "organizations"/organization: OrganizationId; "subscription" }
    /// `organizations/{organization}/review`.
    ReviewName = "organizations/{organization}/review" { "organizations"/organization: OrganizationId; "review" }
    /// `organizations/{organization}/invitations/{invitation}`.
    InvitationName = "organizations/{organization}/invitations/{invitation}" { "organizations"/organization: OrganizationId, "invitations"/invitation: InvitationId }
    /// `organizations/{organization}/imports/{import}`.
    ImportName = "organizations/{organization}/imports/{import}" { "organizations"/organization: OrganizationId, "imports"/import: ImportId }
    /// `organizations/{organization}/employments/{employment}`.
    EmploymentName = "organizations/{organization}/employments/{employment}" { "organizations"/organization: OrganizationId, "employments"/employment: EmploymentId }
    /// `organizations/{organization}/verificationNotices/{notice}`.
    VerificationNoticeName = "organizations/{organization}/verificationNotices/{notice}" { "organizations"/organization: OrganizationId, "verificationNotices"/notice: VerificationNoticeId }
    /// `organizations/{organization}/accessNotices/{notice}`.
    AccessNoticeName = "organizations/{organization}/accessNotices/{notice}" { "organizations"/organization: OrganizationId, "accessNotices"/notice: AccessNoticeId }
    /// `organizations/{organization}/acceptanceNotices/{notice}`.
    AcceptanceNoticeName = "organizations/{organization}/acceptanceNotices/{notice}" { "organizations"/organization: OrganizationId, "acceptanceNotices"/notice: AcceptanceNoticeId }
    /// `organizations/{organization}/deliveries/{delivery}`.
    DeliveryName = "organizations/{organization}/deliveries/{delivery}" { "organizations"/organization: OrganizationId, "deliveries"/delivery: DeliveryId }
    /// `organizations/{organization}/learners/{person}`.
    LearnerName = "organizations/{organization}/learners/{person}" { "organizations"/organization: OrganizationId, "learners"/person: PersonId }
    /// `organizations/{organization}/learners/{person}/learningRecord`.
    LearningRecordName = "organizations/{organization}/learners/{person}/learningRecord" { "organizations"/organization: OrganizationId, "learners"/person: PersonId; "learningRecord" }
    /// `organizations/{organization}/learners/{person}/assignments/{assignment}`.
    LearnerAssignmentName = "organizations/{organization}/learners/{person}/assignments/{assignment}" { "organizations"/organization: OrganizationId, "learners"/person: PersonId, "assignments"/assignment: AssignmentId }
    /// `organizations/{organization}/learners/{person}/grants/{grant}`.
    LearnerGrantName = "organizations/{organization}/learners/{person}/grants/{grant}" { "organizations"/organization: OrganizationId, "learners"/person: PersonId, "grants"/grant: GrantId }
    /// `organizations/{organization}/staffReads/{staff_read}`.
    StaffReadName = "organizations/{organization}/staffReads/{staff_read}" { "organizations"/organization: OrganizationId, "staffReads"/staff_read: StaffReadId }
    /// `organizations/{organization}/historyEntries/{history_entry}`.
    HistoryEntryName = "organizations/{organization}/historyEntries/{history_entry}" { "organizations"/organization: OrganizationId, "historyEntries"/history_entry: HistoryEntryId }
    /// `organizations/{organization}/employmentHistoryEntries/{history_entry}`.
    EmploymentHistoryEntryName = "organizations/{organization}/employmentHistoryEntries/{history_entry}" { "organizations"/organization: OrganizationId, "employmentHistoryEntries"/history_entry: HistoryEntryId }
    /// `organizations/{organization}/recordHistoryEntries/{history_entry}`.
    RecordHistoryEntryName = "organizations/{organization}/recordHistoryEntries/{history_entry}" { "organizations"/organization: OrganizationId, "recordHistoryEntries"/history_entry: HistoryEntryId }
    /// `organizations/{organization}/profileUsers/{person}`.
    ProfileUserName = "organizations/{organization}/profileUsers/{person}" { "organizations"/organization: OrganizationId, "profileUsers"/person: PersonId }
    /// `organizations/{organization}/accessRequests/{access_request}`.
    AccessRequestName = "organizations/{organization}/accessRequests/{access_request}" { "organizations"/organization: OrganizationId, "accessRequests"/access_request: AccessRequestId }
    /// `organizations/{organization}/ownershipOffers/{ownership_offer}`.
    OwnershipOfferName = "organizations/{organization}/ownershipOffers/{ownership_offer}" { "organizations"/organization: OrganizationId, "ownershipOffers"/ownership_offer: OwnershipOfferId }
    /// `programmeLoads/{programme_load}`.
    ProgrammeLoadName = "programmeLoads/{programme_load}" { "programmeLoads"/programme_load: ProgrammeLoadId }
    /// `programmes/{programme}`.
    ProgrammeName = "programmes/{programme}" { "programmes"/programme: ProgrammeId }
    /// `trainings/{training}`.
    TrainingName = "trainings/{training}" { "trainings"/training: TrainingId }
    /// `persons/{person}`.
    PersonName = "persons/{person}" { "persons"/person: PersonId }
    /// `persons/{person}/assignments/{assignment}`.
    PersonAssignmentName = "persons/{person}/assignments/{assignment}" { "persons"/person: PersonId, "assignments"/assignment: AssignmentId }
    /// `persons/{person}/certificates/{certificate}`.
    CertificateName = "persons/{person}/certificates/{certificate}" { "persons"/person: PersonId, "certificates"/certificate: CertificateId }
    /// `persons/{person}/grants/{grant}`.
    GrantName = "persons/{person}/grants/{grant}" { "persons"/person: PersonId, "grants"/grant: GrantId }
    /// `persons/{person}/recordAccesses/{access}`.
    RecordAccessName = "persons/{person}/recordAccesses/{access}" { "persons"/person: PersonId, "recordAccesses"/access: AccessId }
}

/// Writes `persons/me` out as the caller: `persons/me/grants/x` becomes `persons/{caller}/grants/x`. Other texts stay
/// as they are.
pub fn resolve_me(text: &str, caller: PersonId) -> String {
    match text.strip_prefix("persons/me") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("persons/{caller}{rest}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";
    const B: &str = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c89";

    #[test]
    fn a_name_comes_back_as_it_was_written() {
        let text = format!("organizations/{A}/groups/{B}");
        let group = text.parse::<GroupName>().unwrap();
        assert_eq!(
            (group.organization.to_string(), group.group.to_string()),
            (A.into(), B.into())
        );
        assert_eq!(group.to_string(), text);
    }

    /// A name of the form that `N` asks for, with ids in it, and back.
    fn as_told<N: FromStr<Err = NameProblem> + fmt::Display>() {
        let Err(problem) = "".parse::<N>() else {
            panic!("nothing is a name")
        };
        let parts = problem.form.split('/');
        let parts: Vec<&str> = parts
            .map(|part| if part.starts_with('{') { A } else { part })
            .collect();
        let text = parts.join("/");
        let name = text
            .parse::<N>()
            .unwrap_or_else(|problem| panic!("{text}: {problem}"));
        assert_eq!(name.to_string(), text);
    }

    #[test]
    fn every_name_has_the_form_that_its_refusal_tells() {
        as_told::<OrganizationName>();
        as_told::<LocationName>();
        as_told::<GroupName>();
        as_told::<CatalogTrainingName>();
        as_told::<SubscriptionName>();
        as_told::<InvitationName>();
        as_told::<ImportName>();
        as_told::<EmploymentName>();
        as_told::<DeliveryName>();
        as_told::<LearnerName>();
        as_told::<LearningRecordName>();
        as_told::<LearnerAssignmentName>();
        as_told::<StaffReadName>();
        as_told::<HistoryEntryName>();
        as_told::<EmploymentHistoryEntryName>();
        as_told::<RecordHistoryEntryName>();
        as_told::<ProfileUserName>();
        as_told::<AccessRequestName>();
        as_told::<OwnershipOfferName>();
        as_told::<ProgrammeLoadName>();
        as_told::<ProgrammeName>();
        as_told::<TrainingName>();
        as_told::<PersonName>();
        as_told::<PersonAssignmentName>();
        as_told::<CertificateName>();
        as_told::<GrantName>();
        as_told::<RecordAccessName>();
    }

    #[test]
    fn anything_else_is_refused_with_the_form_and_without_the_text() {
        for text in [
            String::new(),
            "organizations".to_owned(),
            format!("organizations/{A}/groups"),
            format!("organizations/{A}/groups/{B}/"),
            format!("organizations/-/groups/{B}"),
            format!("/organizations/{A}/groups/{B}"),
            format!("organizations/{A}/locations/{B}"),
        ] {
            let problem = text.parse::<GroupName>().unwrap_err().to_string();
            assert!(
                problem.contains("organizations/{organization}/groups/{group}"),
                "{problem}"
            );
            assert!(!problem.contains(A));
        }
    }

    #[test]
    fn me_is_the_caller() {
        let caller = A.parse().unwrap();
        assert_eq!(resolve_me("persons/me", caller), format!("persons/{A}"));
        assert_eq!(
            resolve_me("persons/me/grants/x", caller),
            format!("persons/{A}/grants/x")
        );
        assert_eq!(resolve_me("persons/mean", caller), "persons/mean");
    }
}
