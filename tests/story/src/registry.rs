//! Step 0: registry staff fill the shared catalog; the learning system is there.
//!
//! Staff also set a premium plan. A plan belongs to an organization, and none has been created yet: that comes where they
//! approve one, in step 1.

use muster_client::acts::training;
use muster_proto::records::v1::Training;
use muster_refusal::ErrorReason;

use super::expect::expect_refusal;
use super::report::StepReport;
use super::scenario::Scenario;

pub(super) const TITLE: &str =
    "Registry staff put trainings into the catalog; a learning system will report progress";

const TRAININGS: [(&str, &str); 2] = [
    ("MR", "Mandated Reporter Training"),
    ("FA", "Pediatric First Aid"),
];
/// An assignment of nobody.
const NOBODYS: &str =
    "persons/00000000-0000-7000-8000-000000000000/assignments/00000000-0000-7000-8000-000000000000";

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let staff = scenario.sign_in("staff").await?;
    report.line("registry staff signed in at the issuer");
    report.link("the issuer and its people", &scenario.addresses.issuer);
    for (code, display_name) in TRAININGS {
        let wanted = of_catalog(&format!("{code}-{}", scenario.run), display_name);
        let training = training::create(&staff, wanted, "asked for by the authority").await?;
        report.line(format!(
            "{} {} is {}",
            training.code, training.display_name, training.name
        ));
        if scenario.training.is_empty() {
            scenario.training = training.name;
        }
    }
    report.link_call("the training being created", scenario, &staff);

    let learning_system = scenario.mount_learning_system()?;
    let reported = training::report_progress(&learning_system, NOBODYS, 1).await;
    expect_refusal("progress of nobody's assignment", ErrorReason::NotFound, reported)?;
    report.line("the learning system is let in with its workload token (it has nothing to report yet)");
    report.link_call("the learning system's first call", scenario, &learning_system);
    Ok(report)
}

fn of_catalog(code: &str, display_name: &str) -> Training {
    Training {
        code: code.to_owned(),
        display_name: display_name.to_owned(),
        description: format!("{display_name}, as the authority requires it."),
        ..Training::default()
    }
}
