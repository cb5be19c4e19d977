//! Images that could not be read: which, why, and who has been told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Images that cannot be read: number, and what is wrong.
pub(super) type Unreadable = Vec<(usize, String)>;

/// The broken images of a set. Which are found does not depend on the number of workers,
/// nor does their order here: they are sorted by their numbers.
#[derive(Debug, Default)]
pub(super) struct Broken {
    /// Whether the first one ends the run.
    pub strict: bool,
    found: Mutex<BTreeMap<usize, Found>>,
}

#[derive(Debug)]
struct Found {
    text: String,
    told: bool,
}

impl Broken {
    /// No image is broken so far.
    pub fn new(strict: bool) -> Broken {
        Broken {
            strict,
            ..Broken::default()
        }
    }

    /// Notes image `index`; `text` names it and says what is wrong.
    pub fn note(&self, index: usize, text: String) {
        self.lock()
            .entry(index)
            .or_insert(Found { text, told: false });
    }

    /// Every known one: its number, and what is wrong, in the order of the numbers.
    pub fn all(&self) -> Vec<(usize, String)> {
        let found = self.lock();
        let all = found
            .iter()
            .map(|(&index, found)| (index, found.text.clone()));
        all.collect()
    }

    /// Notes an image that was known, and told of, before the run was ended.
    pub fn recall(&self, index: usize, text: String) {
        self.lock()
            .entry(index)
            .or_insert(Found { text, told: true });
    }

    /// Those that were found since the last call.
    pub fn news(&self) -> Vec<(usize, String)> {
        let mut found = self.lock();
        let untold = found.iter_mut().filter(|(_, found)| !found.told);
        untold
            .map(|(&index, found)| {
                found.told = true;
                (index, found.text.clone())
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Found>> {
        // A worker that panicked while it held the lock left a whole map behind.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_broken_image_is_news_once_in_the_order_of_numbers() {
        let broken = Broken::new(false);
        for index in [7, 2, 7] {
            broken.note(index, format!("image {index}"));
        }
        let named = |index| (index, format!("image {index}"));
        assert_eq!(broken.news(), [2, 7].map(named));
        broken.note(2, "image 2".to_owned());
        broken.note(1, "image 1".to_owned());
        assert_eq!((broken.all().len(), broken.news()), (3, vec![named(1)]));
        broken.recall(0, "image 0".to_owned());
        assert!(broken.news().is_empty(), "it was told before");
        assert_eq!(broken.all()[0], (0, "image 0".to_owned()));
    }
}
