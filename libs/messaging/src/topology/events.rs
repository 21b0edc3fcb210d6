//! The rows.

use super::{Event, EventSpec, Publisher, QueueSpec};

macro_rules! queues {
    ($($name:ident = $service:literal),* $(,)?) => {
        $(
            #[doc = concat!("The queue of the ", $service, " service.")]
            pub static $name: QueueSpec = QueueSpec {
                service: $service,
                name: concat!("muster.", $service),
                parked: concat!("muster.", $service, ".parked"),
            };
        )*
        /// All queues.
        pub static QUEUES: &[&QueueSpec] = &[$(&$name),*];
    };
}

macro_rules! events {
    ($($variant:ident: $key:literal = $area:ident.$message:ident of $($publisher:ident/$collection:literal)+ -> $($queue:ident)*;)*) => {
        /// Everything that is published.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType {
            $(#[doc = concat!("`", $key, "`")] $variant,)*
        }

        impl EventType {
            /// Every type, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its row.
            #[must_use]
            pub fn spec(self) -> &'static EventSpec {
                match self {
                    $(Self::$variant => {
                        static SPEC: EventSpec = EventSpec {
                            event_type: EventType::$variant,
                            routing_key: $key,
                            cloud_type: concat!("dev.muster.", $key, ".v1"),
                            message: concat!("muster.", stringify!($area), ".v1.", stringify!($message)),
                            publishers: &[$(Publisher {
                                service: stringify!($publisher),
                                collection: $collection,
                            }),+],
                            consumers: &[$(&$queue),*],
                        };
                        &SPEC
                    })*
                }
            }
        }

        $(
            impl Event for muster_proto::$area::v1::$message {
                const TYPE: EventType = EventType::$variant;
            }
        )*
    };
}

queues! {
    ORGANIZATION = "organization",
    EMPLOYMENT = "employment",
    INVITATION = "invitation",
    NOTIFICATION = "notification",
    RECORDS = "records",
}

// type: routing key = package.message of its publishers/their resource collections -> the queues that it is bound to
events! {
    OrganizationApproved: "organization.approved" = organization.OrganizationApprovedEvent of organization/"organizations" -> EMPLOYMENT;
    OrganizationClosed: "organization.closed" = organization.OrganizationClosedEvent of organization/"organizations" -> EMPLOYMENT INVITATION;
    GroupChanged: "group.changed" = organization.GroupChangedEvent of organization/"groups" -> RECORDS;
    MailRequested: "mail.requested" = notification.MailRequestedEvent of invitation/"invitations" invitation/"joinRequests" invitation/"acceptanceNotices" employment/"verificationNotices" organization/"accessNotices" -> NOTIFICATION;
    InvitationAccepted: "invitation.accepted" = invitation.InvitationAcceptedEvent of invitation/"invitations" -> EMPLOYMENT;
    DeliveryChanged: "delivery.changed" = notification.DeliveryChangedEvent of notification/"deliveries" -> INVITATION;
    EmploymentVerified: "employment.verified" = employment.EmploymentVerifiedEvent of employment/"employments" -> ORGANIZATION RECORDS INVITATION;
    EmploymentChanged: "employment.changed" = employment.EmploymentChangedEvent of employment/"employments" -> ORGANIZATION RECORDS INVITATION;
    EmploymentEnded: "employment.ended" = employment.EmploymentEndedEvent of employment/"employments" -> ORGANIZATION RECORDS INVITATION;
    EmploymentRestored: "employment.restored" = employment.EmploymentRestoredEvent of employment/"employments" -> ORGANIZATION RECORDS INVITATION;
}
