//! Walking through a list, page by page, while it changes.

/// Something changes behind so many pages; then it is left alone, and the walk has to end.
const CHANGES: usize = 8;
const MAX_PAGES: usize = 100;

/// Walks through a list while it changes: `page` answers what stands on the page of a token and the token of the next one, empty on the
/// last; `change` does what it does behind each of the first pages, told how many there have been. Answers all that was seen, in order.
///
/// # Panics
/// When one of those that `stay` where they are is not seen exactly once, when there is one page alone, and when it does not end.
pub async fn walk(
    stay: &[String],
    mut page: impl AsyncFnMut(String) -> (Vec<String>, String),
    mut change: impl AsyncFnMut(usize),
) -> Vec<String> {
    let (mut seen, mut token) = (Vec::new(), String::new());
    for number in 0..MAX_PAGES {
        let (names, next) = page(token).await;
        seen.extend(names);
        if next.is_empty() {
            assert!(number > 0, "there is one page, and nothing has changed: {seen:?}");
            for one in stay {
                let times = seen.iter().filter(|name| *name == one).count();
                assert_eq!(times, 1, "{one} in {seen:?}");
            }
            return seen;
        }
        token = next;
        if number < CHANGES {
            change(number).await;
        }
    }
    panic!("it never ends: {seen:?}");
}
