//! What a model may have become by acts that were done at the same moment.

/// In which states a model may be after `count` acts at once, each once: from every state that was possible, and in every order in which
/// the acts may have been heard, `explains` answers the state that this leads to, if it explains what was seen.
pub fn explained<T: PartialEq>(
    possible: &[T],
    count: usize,
    explains: impl Fn(&T, &[usize]) -> Option<T>,
) -> Vec<T> {
    let orders = orders(count);
    let mut explained = Vec::new();
    for state in possible {
        for next in orders.iter().filter_map(|order| explains(state, order)) {
            if !explained.contains(&next) {
                explained.push(next);
            }
        }
    }
    explained
}

/// All orders of so many acts, by their places.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let with_last = |order: Vec<usize>| {
        (0..=last).rev().map(move |place| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        })
    };
    orders(last).into_iter().flat_map(with_last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_there_once() {
        assert_eq!(orders(0), [Vec::<usize>::new()]);
        assert_eq!(orders(2), [[0, 1], [1, 0]]);
        let mut three = orders(3);
        three.sort();
        let all = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        assert_eq!(three, all);
    }

    #[test]
    fn only_what_explains_it_is_possible_and_each_once() {
        let ends_in = |state: &usize, order: &[usize]| Some(order.last()? + state).filter(|next| *next > 0);
        assert_eq!(explained(&[0, 1], 2, ends_in), [1, 2]);
        assert!(explained(&[0], 0, ends_in).is_empty());
    }
}
