//! Choosing so that nobody is left out.

use anyhow::Context;
use rand::seq::SliceRandom as _;

/// Cards that are drawn in an order that nobody knows, each once before any comes again.
#[derive(Debug)]
pub(crate) struct Deck<T> {
    all: Vec<T>,
    left: Vec<T>,
}

impl<T: Clone> Deck<T> {
    /// Of these cards.
    pub(crate) fn of(all: impl IntoIterator<Item = T>) -> Self {
        Self {
            all: all.into_iter().collect(),
            left: Vec::new(),
        }
    }

    /// The next one.
    ///
    /// # Errors
    /// There is none at all.
    pub(crate) fn draw(&mut self) -> anyhow::Result<T> {
        if self.left.is_empty() {
            self.left.clone_from(&self.all);
            self.left.shuffle(&mut rand::rng());
        }
        self.left.pop().context("there is nothing to choose from")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_drawn_before_any_comes_again() {
        let mut deck = Deck::of(0..7);
        for _ in 0..3 {
            let mut drawn: Vec<i32> = (0..7).map(|_| deck.draw().unwrap()).collect();
            drawn.sort_unstable();
            assert_eq!(drawn, (0..7).collect::<Vec<_>>());
        }
        assert!(Deck::<i32>::of([]).draw().is_err());
    }
}
