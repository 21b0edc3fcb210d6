//! What the service does, one verb a file: `prepare` asks others (no transaction is open), `apply` writes.

pub(crate) mod assignment;
pub(crate) mod certificate;
pub(crate) mod grant;
pub(crate) mod learner;
pub(crate) mod learning_record;
pub(crate) mod staff_report;
pub(crate) mod training;
