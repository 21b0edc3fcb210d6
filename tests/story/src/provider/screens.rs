//! The screens of an invitee, to share.

use std::fs;

use anyhow::{Context, ensure};

use super::Provider;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Attached below are 6 screenshots that display ALL the screens your learners should see when accepting an invite. Feel free to download them and share them with your learners.";
pub(super) const TITLE: &str = "The six screens that a learner sees are there as pictures of these very pages, to share, in each language";

const FOLDER: &str = "docs/invitee";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let folder = provider.scenario.sources().join(FOLDER);
    for language in ["en", "es"] {
        let pictures = fs::read_dir(folder.join(language)).context("there are no pictures")?;
        let mut names = Vec::new();
        for picture in pictures {
            let picture = picture?;
            let bytes = fs::read(picture.path())?;
            ensure!(
                bytes.starts_with(b"\x89PNG"),
                "{:?} is no picture",
                picture.path()
            );
            names.push(picture.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        ensure!(names.len() == 6, "{} pictures are there, not six", names.len());
        report.line(format!("{FOLDER}/{language}: {}", names.join(", ")));
    }
    report.line(format!(
        "{FOLDER}/README.md shows them in their order; `cargo dev pictures` takes them anew"
    ));
    Ok(report)
}
