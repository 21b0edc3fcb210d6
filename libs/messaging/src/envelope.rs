//! What travels around a payload: CloudEvents 1.0 attributes as AMQP 0-9-1 headers.
//!
//! RabbitMQ 3.10 speaks AMQP 0-9-1, for which CloudEvents has no binding: names follow the binary mode of its AMQP 1.0
//! binding (`cloudEvents:` before each attribute). `organization`, `aggregate` and `actor` are extension attributes.

use std::str::FromStr;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};
use muster_database::origin::Origin;
use muster_ids::{EventId, OrganizationId};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::{Event, EventType, HandlingError};

const PREFIX: &str = "cloudEvents:";
const SEQUENCE: &str = "muster-sequence";
const TRACEPARENT: &str = "traceparent";
const CONTENT_TYPE: &str = "application/protobuf";
/// RabbitMQ writes the message to disk.
const PERSISTENT: u8 = 2;

/// An event as a consumer gets it.
#[derive(Debug, Clone)]
pub struct Received {
    /// Id of the event; the key of the inbox.
    pub id: EventId,
    /// Its type.
    pub event_type: EventType,
    /// The organization it belongs to.
    pub organization: OrganizationId,
    /// The thing that it tells of.
    pub aggregate: Uuid,
    /// The version of that thing after the fact.
    pub sequence: i64,
    /// Domain time of the fact.
    pub time: OffsetDateTime,
    /// Who caused it: `person:<uuid>`, `workload:<name>` or `service:<name>`.
    pub actor: String,
    /// W3C trace context of its publisher.
    pub traceparent: Option<String>,
    /// The protobuf message.
    pub payload: Bytes,
}

impl Received {
    /// The payload as the message of its type.
    ///
    /// # Errors
    /// [`HandlingError::Permanent`] when it is an event of another type, or not that message.
    pub fn decode<E: Event>(&self) -> Result<E, HandlingError> {
        if self.event_type != E::TYPE {
            let text = format!("expected {}, got {}", E::TYPE, self.event_type);
            return Err(HandlingError::Permanent(text));
        }
        E::decode(self.payload.clone())
            .map_err(|_| HandlingError::Permanent(format!("the payload is not a {}", E::TYPE.spec().message)))
    }

    /// Reads a field of the message. What cannot be read now cannot be read later.
    ///
    /// # Errors
    /// [`HandlingError::Permanent`], with the name of the field and without the text.
    pub fn field<T: FromStr>(&self, name: &str, text: &str) -> Result<T, HandlingError> {
        field(name, text)
    }

    /// An event tells of its own organization only: refuses a message that names another one.
    ///
    /// # Errors
    /// [`HandlingError::Permanent`].
    pub fn within(&self, named: OrganizationId) -> Result<OrganizationId, HandlingError> {
        if named == self.organization {
            Ok(named)
        } else {
            Err(HandlingError::Permanent(
                "the event names another organization".to_owned(),
            ))
        }
    }

    /// What a handler does is done because of this event. Whoever published it calls what it tells of as the first publisher of the
    /// table does: what several of them publish is about something else in each.
    pub(crate) fn origin(&self) -> Origin {
        let publisher = self.event_type.spec().publishers.first();
        let subject = publisher.map_or_else(String::new, |publisher| self.named(publisher.collection));
        let cause = format!(
            "event {} {} {subject} {}",
            self.event_type.spec().routing_key,
            self.id,
            self.actor
        );
        Origin {
            role: "",
            cause: cause.into(),
        }
    }

    pub(crate) fn of_delivery(delivery: &Delivery) -> Result<Self, EnvelopeProblem> {
        Self::parse(&delivery.properties, Bytes::copy_from_slice(&delivery.data))
    }

    pub(crate) fn parse(properties: &BasicProperties, payload: Bytes) -> Result<Self, EnvelopeProblem> {
        let headers = Headers(
            properties
                .headers()
                .as_ref()
                .ok_or(EnvelopeProblem::Malformed("headers"))?,
        );
        if headers.cloud("specversion")? != "1.0" {
            return Err(EnvelopeProblem::Malformed("cloudEvents:specversion"));
        }
        let event_type =
            EventType::of_cloud_type(headers.cloud("type")?).ok_or(EnvelopeProblem::UnknownType)?;
        Ok(Self {
            id: EventId::from_uuid(headers.uuid("id")?),
            event_type,
            organization: OrganizationId::from_uuid(headers.uuid("organization")?),
            aggregate: headers.uuid("aggregate")?,
            sequence: headers.sequence()?,
            time: OffsetDateTime::parse(headers.cloud("time")?, &Rfc3339)
                .map_err(|_| EnvelopeProblem::Malformed("cloudEvents:time"))?,
            actor: headers.cloud("actor")?.to_owned(),
            traceparent: headers.text(TRACEPARENT).map(str::to_owned),
            payload,
        })
    }

    /// The AMQP properties and headers of this event, as `publisher` sends it.
    pub(crate) fn properties(&self, publisher: &str) -> BasicProperties {
        let spec = self.event_type.spec();
        let id = self.id.to_string();
        let time = self.time.format(&Rfc3339).unwrap_or_default();
        let mut headers = FieldTable::default();
        let mut cloud = |name: &str, value: &str| {
            headers.insert(
                format!("{PREFIX}{name}").into(),
                AMQPValue::LongString(value.into()),
            );
        };
        cloud("specversion", "1.0");
        cloud("id", &id);
        cloud("source", &format!("/muster/{publisher}"));
        if let Some(subject) = self.subject(publisher) {
            cloud("subject", &subject);
        }
        cloud("type", spec.cloud_type);
        cloud("time", &time);
        cloud("organization", &self.organization.to_string());
        cloud("aggregate", &self.aggregate.to_string());
        cloud("actor", &self.actor);
        headers.insert(SEQUENCE.into(), AMQPValue::LongLongInt(self.sequence));
        if let Some(traceparent) = &self.traceparent {
            headers.insert(
                TRACEPARENT.into(),
                AMQPValue::LongString(traceparent.as_str().into()),
            );
        }
        BasicProperties::default()
            .with_content_type(CONTENT_TYPE.into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(id.into())
            .with_type(spec.cloud_type.into())
            .with_app_id(format!("muster-{publisher}").into())
            .with_headers(headers)
    }

    /// The resource name of the aggregate; `None` when the publisher is not in the table.
    fn subject(&self, publisher: &str) -> Option<String> {
        let mut publishers = self.event_type.spec().publishers.iter();
        let publisher = publishers.find(|known| known.service == publisher)?;
        Some(self.named(publisher.collection))
    }

    fn named(&self, collection: &str) -> String {
        let organization = self.organization;
        if collection == "organizations" {
            format!("organizations/{organization}")
        } else {
            format!("organizations/{organization}/{collection}/{}", self.aggregate)
        }
    }
}

/// A message that this version cannot make an event of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeProblem {
    /// An attribute, named here, cannot be read: nobody ever will.
    #[error("the message's {0} is missing or malformed")]
    Malformed(&'static str),
    /// The event has a type that this version does not know. A newer one may.
    #[error("this version knows no event of the message's type")]
    UnknownType,
}

struct Headers<'a>(&'a FieldTable);

impl Headers<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        match self.0.inner().get(name)? {
            AMQPValue::LongString(value) => std::str::from_utf8(value.as_bytes()).ok(),
            AMQPValue::ShortString(value) => Some(value.as_str()),
            _ => None,
        }
    }

    fn cloud(&self, name: &'static str) -> Result<&str, EnvelopeProblem> {
        self.text(&format!("{PREFIX}{name}"))
            .ok_or(EnvelopeProblem::Malformed(name))
    }

    fn uuid(&self, name: &'static str) -> Result<Uuid, EnvelopeProblem> {
        Uuid::parse_str(self.cloud(name)?).map_err(|_| EnvelopeProblem::Malformed(name))
    }

    /// Any integer that a foreign publisher may have chosen; versions begin at 1.
    fn sequence(&self) -> Result<i64, EnvelopeProblem> {
        let value = match self.0.inner().get(SEQUENCE) {
            Some(AMQPValue::LongLongInt(value)) => *value,
            Some(AMQPValue::LongInt(value)) => i64::from(*value),
            Some(AMQPValue::LongUInt(value)) => i64::from(*value),
            _ => 0,
        };
        if value > 0 {
            Ok(value)
        } else {
            Err(EnvelopeProblem::Malformed(SEQUENCE))
        }
    }
}

/// What a field is the text form of; its refusal names the field, and not the text.
pub(crate) fn field<T: FromStr>(name: &str, text: &str) -> Result<T, HandlingError> {
    text.parse()
        .map_err(|_| HandlingError::Permanent(format!("{name} is not the name it should be")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn sample() -> Received {
        Received {
            id: EventId::from_uuid(Uuid::from_u128(1)),
            event_type: EventType::InvitationAccepted,
            organization: OrganizationId::from_uuid(Uuid::from_u128(2)),
            aggregate: Uuid::from_u128(3),
            sequence: 7,
            time: datetime!(2026-03-01 12:00:00.123456 UTC),
            actor: "service:invitation".to_owned(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            payload: Bytes::from_static(b"\x0a\x01x"),
        }
    }

    #[test]
    fn an_envelope_is_read_as_it_was_written() {
        let sent = sample();
        let properties = sent.properties("invitation");
        let got = Received::parse(&properties, sent.payload.clone()).unwrap();
        assert_eq!(format!("{got:?}"), format!("{sent:?}"));
        let headers = properties.headers().clone().unwrap();
        assert_eq!(Headers(&headers).cloud("source"), Ok("/muster/invitation"));
        let subject = Headers(&headers).cloud("subject").unwrap().to_owned();
        assert_eq!(
            subject,
            format!(
                "organizations/{}/invitations/{}",
                Uuid::from_u128(2),
                Uuid::from_u128(3)
            )
        );
    }

    #[test]
    fn what_follows_from_an_event_says_of_what_it_tells_and_who_caused_it() {
        let (event, organization) = (sample(), Uuid::from_u128(2));
        let told = format!(
            "event invitation.accepted {} organizations/{organization}/invitations/{} service:invitation",
            Uuid::from_u128(1),
            Uuid::from_u128(3)
        );
        assert_eq!(event.origin().cause, told);
    }

    #[test]
    fn every_missing_or_foreign_attribute_is_a_problem() {
        let properties = sample().properties("invitation");
        let headers = properties.headers().clone().unwrap();
        let optional = ["traceparent", "cloudEvents:source", "cloudEvents:subject"];
        for key in headers
            .inner()
            .keys()
            .filter(|key| !optional.contains(&key.as_str()))
        {
            let mut without = FieldTable::default();
            for (name, value) in headers.inner() {
                if name != key {
                    without.insert(name.clone(), value.clone());
                }
            }
            let parsed = Received::parse(&properties.clone().with_headers(without), Bytes::new());
            assert!(parsed.is_err(), "{key} was not missed");
        }
        assert!(Received::parse(&BasicProperties::default(), Bytes::new()).is_err());
    }

    #[test]
    fn a_payload_of_another_type_is_permanent() {
        let error = sample()
            .decode::<muster_proto::organization::v1::OrganizationApprovedEvent>()
            .unwrap_err();
        assert!(matches!(error, HandlingError::Permanent(_)));
        let broken = Received {
            payload: Bytes::from_static(&[0xff]),
            ..sample()
        };
        let error = broken
            .decode::<muster_proto::invitation::v1::InvitationAcceptedEvent>()
            .unwrap_err();
        assert!(matches!(error, HandlingError::Permanent(_)));
    }
}
