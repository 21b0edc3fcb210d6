//! What changes nothing is no change: the same etag, no event, nothing in the history. What may be left out is cleared, and cleared again.

use muster_proto::employment::v1::{Employment, EmploymentState as S};

use crate::fixture::Fixture;
use crate::positions::position;

impl Fixture {
    /// How much is written down, and told.
    async fn told(&self) -> [i64; 2] {
        let database = &self.service.database;
        [
            database.count("SELECT count(*) FROM outbox").await,
            database.count("SELECT count(*) FROM history_entries").await,
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_with_the_values_that_it_has_stays_as_it_is_and_what_may_be_left_out_is_cleared() {
    let fixture = Fixture::start().await;
    let location = fixture.new_location().await.to_string();
    let own = fixture.employed("learner-1").await;
    let paths = ["start_date", "positions"];
    let said = Employment {
        start_date: "2025-09-01".to_owned(),
        positions: vec![position("Cook", "")],
        ..own
    };
    let said = fixture.update("learner-1", said, &paths).await.unwrap();
    let verified = fixture.verify(&said.name).await;
    assert_eq!(
        (verified.state(), &verified.positions),
        (S::Verified, &said.positions)
    );
    let placed = Employment { location, ..verified };
    let placed = fixture.place(placed, &["groups", "location"]).await.unwrap();

    let stood = fixture.told().await;
    assert_eq!(
        fixture.update("learner-1", placed.clone(), &paths).await.unwrap(),
        placed
    );
    let same = fixture.place(placed.clone(), &["groups", "location"]).await;
    assert_eq!(same.unwrap(), placed);
    assert_eq!(fixture.told().await, stood);

    let bare = Employment {
        location: String::new(),
        ..placed
    };
    let bare = fixture.place(bare, &["location"]).await.unwrap();
    assert_eq!((bare.location.as_str(), bare.state()), ("", S::Verified));
    let empty = Employment {
        start_date: String::new(),
        positions: Vec::new(),
        ..bare
    };
    let empty = fixture.update("learner-1", empty, &paths).await.unwrap();
    assert!(empty.start_date.is_empty() && empty.positions.is_empty());
    let stood = fixture.told().await;
    assert_eq!(
        fixture.update("learner-1", empty.clone(), &paths).await.unwrap(),
        empty
    );
    assert_eq!(fixture.place(empty.clone(), &["location"]).await.unwrap(), empty);
    assert_eq!(fixture.told().await, stood);
}
