//! The measurements of each method, found once instead of by their labels at every call.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use metrics::{Gauge, Histogram};
use muster_access::{MethodRule, Rules};
use muster_telemetry::code_name;
use tonic::Code;

use super::{Decision, OTHER};

const CODES: usize = 17;
const DECISIONS: usize = 3;

/// Of all methods.
pub(super) struct Meters {
    by_path: HashMap<&'static str, Arc<Meter>>,
    other: Arc<Meter>,
}

/// Of one method.
pub(super) struct Meter {
    method: &'static str,
    /// Calls that run.
    pub(super) active: Gauge,
    /// How long they took, by how they ended and by what was decided; made when the first ends so.
    ended: [[OnceLock<Histogram>; CODES]; DECISIONS],
}

impl Meters {
    pub(super) fn new(rules: &'static Rules) -> Self {
        let exposed = rules.iter().filter(|rule| !rule.is_internal());
        let meter = |rule: &'static MethodRule| {
            let method = rule.path.trim_start_matches('/');
            (rule.path.as_str(), Arc::new(Meter::new(method)))
        };
        Self {
            by_path: exposed.map(meter).collect(),
            other: Arc::new(Meter::new(OTHER)),
        }
    }

    pub(super) fn of(&self, rule: Option<&MethodRule>) -> Arc<Meter> {
        let known = rule.and_then(|rule| self.by_path.get(rule.path.as_str()));
        Arc::clone(known.unwrap_or(&self.other))
    }
}

impl Meter {
    fn new(method: &'static str) -> Self {
        Self {
            method,
            active: metrics::gauge!("edge_active_calls", "method" => method),
            ended: [const { [const { OnceLock::new() }; CODES] }; DECISIONS],
        }
    }

    pub(super) fn ended(&self, code: Code, decision: Decision) -> Histogram {
        let make = || {
            metrics::histogram!(
                "edge_call_duration_seconds",
                "method" => self.method,
                "code" => code_name(code),
                "decision" => decision.as_str()
            )
        };
        // gRPC numbers its codes from 0 to 16.
        let made = self
            .ended
            .get(decision as usize)
            .and_then(|codes| codes.get(code as usize));
        made.map_or_else(make, |made| made.get_or_init(make).clone())
    }
}
