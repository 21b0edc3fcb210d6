//! All rules of a descriptor pool.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DescriptorPool, ExtensionDescriptor, MethodDescriptor, ServiceDescriptor};

use crate::{MethodRule, Problem, RuleProblem, Target, read};

const OPTION: &str = "muster.access.v1.rule";

/// The only services without rules, by package: they tell nothing about anybody.
const FREE_PACKAGES: [&str; 3] = ["grpc.health.v1", "grpc.reflection.v1", "grpc.reflection.v1alpha"];

/// Every RPC of the suite with its rule. What is not in here may not be called.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    by_path: BTreeMap<String, MethodRule>,
}

/// The permissions that policies know, by what they apply to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Permissions on an organization.
    pub organization: BTreeSet<String>,
    /// Permissions on the platform as a whole.
    pub platform: BTreeSet<String>,
}

impl Rules {
    /// Reads the rule of every RPC in the pool.
    ///
    /// # Errors
    /// Every problem of every rule, not only the first.
    pub fn load(pool: &DescriptorPool) -> Result<Rules, Vec<RuleProblem>> {
        let Some(option) = pool.get_extension_by_name(OPTION) else {
            return Err(vec![RuleProblem {
                method: "*".to_owned(),
                problem: Problem::NoOption,
            }]);
        };
        let mut by_path = BTreeMap::new();
        let mut problems = Vec::new();
        let guarded = pool
            .services()
            .filter(|service| !FREE_PACKAGES.contains(&service.package_name()));
        for method in guarded.flat_map(|service| service.methods().collect::<Vec<_>>()) {
            match method_rule(&method, &option) {
                Ok(rule) => {
                    by_path.insert(rule.path.clone(), rule);
                }
                Err(found) => {
                    let name = format!("{}/{}", method.parent_service().full_name(), method.name());
                    problems.extend(found.into_iter().map(|problem| RuleProblem {
                        method: name.clone(),
                        problem,
                    }));
                }
            }
        }
        if problems.is_empty() {
            Ok(Rules { by_path })
        } else {
            Err(problems)
        }
    }

    /// Checks every `require` against the permissions that the policies know.
    ///
    /// # Errors
    /// Every permission that is not in the catalogue of its target.
    pub fn check_permissions(&self, known: &Permissions) -> Result<(), Vec<RuleProblem>> {
        let unknown = |rule: &&MethodRule| match &rule.mode {
            crate::Mode::Require { permission, target } => !known.of(target).contains(permission),
            _ => false,
        };
        let problems: Vec<_> = self.iter().filter(unknown).map(unknown_permission).collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// The rule of a call by its path (`/package.Service/Method`), or nothing: then it may not be called.
    pub fn get(&self, path: &str) -> Option<&MethodRule> {
        self.by_path.get(path)
    }

    /// All rules, ordered by path.
    pub fn iter(&self) -> impl Iterator<Item = &MethodRule> {
        self.by_path.values()
    }
}

impl Permissions {
    fn of(&self, target: &Target) -> &BTreeSet<String> {
        match target {
            Target::Organization(_) => &self.organization,
            Target::Platform => &self.platform,
        }
    }
}

fn unknown_permission(rule: &MethodRule) -> RuleProblem {
    RuleProblem {
        method: format!("{}/{}", rule.service, rule.method),
        problem: Problem::UnknownPermission(rule.permission().unwrap_or_default().to_owned()),
    }
}

fn method_rule(method: &MethodDescriptor, option: &ExtensionDescriptor) -> Result<MethodRule, Vec<Problem>> {
    let service = method.parent_service();
    let area = area(service)?;
    let options = method.options();
    if !options.has_extension(option) {
        return Err(vec![Problem::NoRule]);
    }
    let value = options.get_extension(option);
    let rule = value.as_message().ok_or_else(|| vec![Problem::NoRule])?;
    let mode = read::mode(rule, &method.input())?;
    let served_by = read::served_by(rule).unwrap_or_else(|| vec![area.clone()]);
    let rule = MethodRule {
        path: format!("/{}/{}", service.full_name(), method.name()),
        service: service.full_name().to_owned(),
        method: method.name().to_owned(),
        area,
        served_by,
        client_streaming: method.is_client_streaming(),
        server_streaming: method.is_server_streaming(),
        is_watch: method.is_server_streaming() && !serves_file(method),
        retry_safe: retry_safe(method),
        reason_of_staff: read::is_required(rule, "reason_of_staff"),
        needs_address: read::is_required(rule, "address"),
        mode,
    };
    if rule.is_internal() != service.name().ends_with("InternalService") {
        return Err(vec![Problem::InternalName]);
    }
    Ok(rule)
}

/// `muster.<area>.v1` → `<area>`.
fn area(service: &ServiceDescriptor) -> Result<String, Vec<Problem>> {
    match service.package_name().split('.').collect::<Vec<_>>().as_slice() {
        ["muster", area, version] if version.starts_with('v') => Ok((*area).to_owned()),
        _ => Err(vec![Problem::Package]),
    }
}

/// Whether the answer is a file (`muster/file/v1/file.proto`), which ends by itself.
fn serves_file(method: &MethodDescriptor) -> bool {
    let serves = method
        .parent_pool()
        .get_extension_by_name("muster.file.v1.serves");
    serves.is_some_and(|serves| method.options().has_extension(&serves))
}

fn retry_safe(method: &MethodDescriptor) -> bool {
    use prost_reflect::prost_types::method_options::IdempotencyLevel;
    method
        .method_descriptor_proto()
        .options
        .as_ref()
        .is_some_and(|options| options.idempotency_level() != IdempotencyLevel::IdempotencyUnknown)
}
