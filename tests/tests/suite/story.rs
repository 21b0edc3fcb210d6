//! The main job, from outside, as `cargo dev story` tells it.

use crate::support::{Suite, with_others};

#[tokio::test]
async fn the_registrys_guide_is_walked_to_its_end() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let told = tokio::task::spawn_blocking(move || suite.dev(&["story", "registry"]))
        .await
        .unwrap();
    assert!(told.contains("The story is told"), "{told}");
    assert!(!told.contains("FAILED"), "{told}");
}

#[tokio::test]
async fn the_story_is_told_to_its_end_again_and_again() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let told = tokio::task::spawn_blocking(move || suite.dev(&["story"]))
        .await
        .unwrap();
    assert!(told.contains("The story is told"), "{told}");
    assert!(told.contains("496 of 500 rows became invitations"), "{told}");
    assert!(!told.contains("FAILED"), "{told}");
}
