//! The main job, from outside, as `cargo dev story` tells it.

use crate::support::{Suite, with_others};

/// What a story tells that comes to its end.
async fn told(story: &'static [&str]) -> String {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let told = tokio::task::spawn_blocking(move || suite.dev(story))
        .await
        .unwrap();
    assert!(told.contains("The story is told"), "{told}");
    assert!(!told.contains("FAILED"), "{told}");
    told
}

#[tokio::test]
async fn the_registrys_guide_is_walked_to_its_end() {
    told(&["story", "registry"]).await;
}

#[tokio::test]
async fn the_training_providers_guide_is_walked_to_its_end() {
    told(&["story", "training"]).await;
}

#[tokio::test]
async fn the_story_is_told_to_its_end_again_and_again() {
    let told = told(&["story"]).await;
    assert!(told.contains("496 of 500 rows became invitations"), "{told}");
}
