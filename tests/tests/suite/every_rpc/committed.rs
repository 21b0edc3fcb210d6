//! The committed table of who may call what, as people read it.

use std::collections::{BTreeMap, BTreeSet};

use muster_access::MethodRule;

const TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../deploy/policies/matrix.md"
));
const COLUMNS: [&str; 7] = [
    "nobody",
    "person",
    "VIEWER",
    "ADMIN",
    "OWNER",
    "staff",
    "workloads",
];
const NO: &str = "–";

/// All rows, by the path of the RPC.
pub(super) struct Committed(BTreeMap<String, Row>);

/// What is said of one RPC, by column.
pub(super) struct Row(BTreeMap<&'static str, &'static str>);

impl Committed {
    pub(super) fn read() -> Self {
        let mut rows = BTreeMap::new();
        let mut service = "";
        for line in TABLE.lines().take_while(|line| *line != "# Who calls whom") {
            if let Some(name) = line.strip_prefix("## ") {
                service = name;
            } else if let Some(row) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) {
                let cells: Vec<_> = row.split(" | ").collect();
                let [method, _rule, columns @ ..] = &*cells else {
                    panic!("{line} is no row");
                };
                if *method == "RPC" {
                    assert_eq!(columns, COLUMNS, "the columns have changed");
                    continue;
                }
                assert_eq!(columns.len(), COLUMNS.len(), "{line}");
                let row = COLUMNS.into_iter().zip(columns.iter().copied()).collect();
                rows.insert(format!("/{service}/{method}"), Row(row));
            }
        }
        Self(rows)
    }

    /// `None`: the RPC does not exist for those outside.
    pub(super) fn row(&self, rule: &MethodRule) -> Option<&Row> {
        self.0.get(&rule.path)
    }

    pub(super) fn paths(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }
}

impl Row {
    /// Whether the column lets this caller through; that of workloads names them.
    pub(super) fn grants(&self, column: &str, who: &str) -> bool {
        match (column, self.0[column]) {
            (_, NO) => false,
            ("workloads", "yes") => true,
            ("workloads", names) => names.split(", ").any(|name| name == who),
            (_, "yes" | "own" | "link" | "with a reason") => true,
            (_, other) => panic!("nobody knows what `{other}` means"),
        }
    }

    /// No person may call it, whoever they are.
    pub(super) fn is_for_workloads(&self) -> bool {
        self.0["workloads"] != NO
    }
}
