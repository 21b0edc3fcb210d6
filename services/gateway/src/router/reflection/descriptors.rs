//! The files that describe what can be called from outside, by name, symbol and extension.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use muster_proto::DOCUMENTED_DESCRIPTORS;
use prost::{DecodeError, Message};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// A `google.protobuf.FileDescriptorSet` whose files are left as they are: decoding them would lose the custom options,
/// which tell clients the rules.
#[derive(Message)]
struct RawFiles {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// The files and what they declare.
#[derive(Debug, Default)]
pub(in crate::router) struct Descriptors {
    files: HashMap<String, Bytes>,
    /// The file of each symbol, by its full name.
    symbols: HashMap<String, Bytes>,
    /// By the full name of the message that is extended, and the number; of a message that is not, none.
    extensions: HashMap<String, BTreeMap<i32, Bytes>>,
    services: Vec<String>,
}

impl Descriptors {
    /// Everything that can be called from outside, and what its refusals say: clients that learn everything from here could
    /// not read otherwise why they are refused. Internal services do not exist here.
    ///
    /// # Errors
    /// Descriptors that cannot be read; never, if the tests passed.
    pub(in crate::router) fn exposed() -> Result<Self, DecodeError> {
        let mut all = Self::default();
        for set in [
            DOCUMENTED_DESCRIPTORS,
            muster_refusal::DETAILS,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            all.add_set(set)?;
        }
        all.services.sort_unstable();
        Ok(all)
    }

    fn add_set(&mut self, set: &'static [u8]) -> Result<(), DecodeError> {
        for bytes in RawFiles::decode(Bytes::from_static(set))?.file {
            let file = FileDescriptorProto::decode(bytes.clone())?;
            if !is_internal(&file) && !self.files.contains_key(file.name()) {
                self.add(&file, &bytes);
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &FileDescriptorProto, bytes: &Bytes) {
        self.files.insert(file.name().to_owned(), bytes.clone());
        let package = file.package();
        for message in &file.message_type {
            self.add_message(package, message, bytes);
        }
        for one in &file.enum_type {
            self.add_enum(package, one, bytes);
        }
        for extension in &file.extension {
            self.add_extension(package, extension, bytes);
        }
        for service in &file.service {
            let name = self.add_symbol(package, service.name(), bytes);
            for method in &service.method {
                self.add_symbol(&name, method.name(), bytes);
            }
            self.services.push(name);
        }
    }

    fn add_message(&mut self, scope: &str, message: &DescriptorProto, bytes: &Bytes) {
        let name = self.add_symbol(scope, message.name(), bytes);
        self.extensions.entry(name.clone()).or_default();
        for field in &message.field {
            self.add_symbol(&name, field.name(), bytes);
        }
        for oneof in &message.oneof_decl {
            self.add_symbol(&name, oneof.name(), bytes);
        }
        for nested in &message.nested_type {
            self.add_message(&name, nested, bytes);
        }
        for one in &message.enum_type {
            self.add_enum(&name, one, bytes);
        }
        for extension in &message.extension {
            self.add_extension(&name, extension, bytes);
        }
    }

    /// Values of an enum stand beside it, not within.
    fn add_enum(&mut self, scope: &str, one: &EnumDescriptorProto, bytes: &Bytes) {
        self.add_symbol(scope, one.name(), bytes);
        for value in &one.value {
            self.add_symbol(scope, value.name(), bytes);
        }
    }

    fn add_extension(&mut self, scope: &str, extension: &FieldDescriptorProto, bytes: &Bytes) {
        self.add_symbol(scope, extension.name(), bytes);
        let extended = extension.extendee().trim_start_matches('.').to_owned();
        let known = self.extensions.entry(extended).or_default();
        known.insert(extension.number(), bytes.clone());
    }

    fn add_symbol(&mut self, scope: &str, name: &str, bytes: &Bytes) -> String {
        let full = if scope.is_empty() {
            name.to_owned()
        } else {
            format!("{scope}.{name}")
        };
        self.symbols.insert(full.clone(), bytes.clone());
        full
    }

    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Bytes::as_ref)
    }

    pub(super) fn file_of_symbol(&self, name: &str) -> Option<&[u8]> {
        self.symbols.get(name).map(Bytes::as_ref)
    }

    pub(super) fn file_of_extension(&self, extended: &str, number: i32) -> Option<&[u8]> {
        self.extensions.get(extended)?.get(&number).map(Bytes::as_ref)
    }

    /// The numbers of the extensions of a message; `None` if there is no such message.
    pub(super) fn extension_numbers(&self, extended: &str) -> Option<Vec<i32>> {
        Some(self.extensions.get(extended)?.keys().copied().collect())
    }

    /// The full names of all services, in order.
    pub(super) fn services(&self) -> &[String] {
        &self.services
    }
}

/// Whether a file declares services that are called by services only.
fn is_internal(file: &FileDescriptorProto) -> bool {
    file.service
        .iter()
        .any(|service| service.name().ends_with("InternalService"))
}

#[cfg(test)]
mod tests {
    use muster_access::Rules;
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn exactly_what_is_exposed_is_described() {
        let all = Rules::load(muster_proto::pool()).unwrap_or_default();
        let descriptors = Descriptors::exposed().unwrap();
        // What remains still holds together, with its options.
        let files = RawFiles {
            file: descriptors.files.values().cloned().collect(),
        };
        let described = DescriptorPool::decode(files.encode_to_vec().as_slice()).unwrap();
        let described = Rules::load(&described).unwrap_or_default();
        let paths = |rules: &Rules| {
            let exposed = rules.iter().filter(|rule| !rule.is_internal());
            exposed.map(|rule| rule.path.clone()).collect::<Vec<_>>()
        };
        let ours: Vec<_> = paths(&described);
        assert_eq!(ours, paths(&all));
        assert!(!ours.is_empty());
        assert!(described.iter().all(|rule| !rule.is_internal()));
    }

    #[test]
    fn every_extension_is_found_by_what_it_extends() {
        let descriptors = Descriptors::exposed().unwrap();
        let rule = muster_proto::pool()
            .get_extension_by_name("muster.access.v1.rule")
            .unwrap();
        for extension in muster_proto::pool().all_extensions() {
            let (extended, number) = (extension.containing_message(), extension.number() as i32);
            let found = descriptors.file_of_extension(extended.full_name(), number);
            assert!(found.is_some(), "{}", extension.full_name());
            let numbers = descriptors.extension_numbers(extended.full_name()).unwrap();
            assert!(numbers.contains(&number), "{}", extension.full_name());
        }
        assert_eq!(
            rule.containing_message().full_name(),
            "google.protobuf.MethodOptions"
        );
        assert_eq!(descriptors.extension_numbers("no.such.Message"), None);
    }
}
