//! Every service's first migration is the tables of the libraries, copied: a migration never changes once it landed.

use std::path::Path;

#[test]
fn every_first_migration_is_what_the_libraries_say() {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut seen = 0;
    for service in std::fs::read_dir(services).unwrap() {
        let migrations = service.unwrap().path().join("migrations");
        // The gateway owns no data.
        let Ok(entries) = std::fs::read_dir(&migrations) else {
            continue;
        };
        let first = entries
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("0001_"))
            })
            .unwrap_or_else(|| panic!("no first migration in {}", migrations.display()));
        let text = std::fs::read_to_string(&first).unwrap();
        assert_eq!(
            text.trim_end(),
            muster_testkit::first_migration().trim_end(),
            "{}",
            first.display()
        );
        seen += 1;
    }
    assert!(seen >= 5, "only {seen} services have migrations");
}
