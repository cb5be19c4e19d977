//! The prioritised paths of a search, best first.
//!
//! Source: the paper, section 3.2; its code keeps a list that can hold a path
//! twice and ranks the dearer of two equally good paths first. Here the order is
//! total and the cheaper path wins a tie; [`Rules::Released`] is theirs, to compare with.

use std::cmp::{Ordering, Reverse};

use crate::ir::Path;

/// How good a path is; larger is better, any number but NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score(f64);

impl Score {
    /// `None` for NaN, which cannot be ranked.
    pub fn new(score: f64) -> Option<Score> {
        // Adding zero makes one zero of the two.
        (!score.is_nan()).then_some(Score(score + 0.0))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Score) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Score) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// A path on the board.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<P> {
    /// The path.
    pub path: Path,
    /// Its newest score.
    pub score: Score,
    /// What it costs.
    pub flops: u64,
    /// When it came: entries count up as they are added.
    pub added: u64,
    /// What the search keeps with it.
    pub payload: P,
}

impl<P> Entry<P> {
    /// Smaller is better: score down, then flops as the rules say, then the earlier first.
    fn rank(&self, rules: Rules) -> (Reverse<Score>, u64, u64) {
        let flops = match rules {
            Rules::Paper => self.flops,
            Rules::Released => u64::MAX - self.flops,
        };
        (Reverse(self.score), flops, self.added)
    }
}

/// What happens to a path that is there already, and which of two equally good ones is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// No path twice: it takes its newest score. The cheaper first.
    #[default]
    Paper,
    /// As the authors' code has it: a path may be there twice. The dearer first.
    Released,
}

/// What became of a path offered to a [`Board`].
#[derive(Debug, Clone, PartialEq)]
pub enum Admission<P> {
    /// It was there already and has its newest score and payload now.
    Updated,
    /// The board was not full.
    Added,
    /// It took the place of the worst entry.
    Replaced(Entry<P>),
    /// Not good enough for a full board.
    Refused,
}

/// At most a fixed number of paths, never two equal ones, best first: score
/// down, then flops up, then the earlier one. (With [`Rules::Released`] otherwise.)
#[derive(Debug, Clone, PartialEq)]
pub struct Board<P> {
    rules: Rules,
    size: usize,
    gap: f64,
    entries: Vec<Entry<P>>,
    added: u64,
}

impl<P> Board<P> {
    /// An empty board for `size` paths. When it is full, a dearer path must beat the worst
    /// entry by more than `gap` points, a cheaper one by any amount.
    pub fn new(size: usize, gap: f64) -> Board<P> {
        Board::with_rules(Rules::Paper, size, gap)
    }

    /// An empty board that follows `rules`.
    pub fn with_rules(rules: Rules, size: usize, gap: f64) -> Board<P> {
        Board {
            rules,
            size,
            gap,
            entries: Vec::new(),
            added: 0,
        }
    }

    /// Puts back `entries`, as [`Board::entries`] gave them, in any order, instead of its own,
    /// after `added` additions in all.
    ///
    /// `None`, and nothing changed, when they are too many, two have the same path or number, or
    /// a number is not below `added`.
    #[must_use]
    pub fn restore(&mut self, entries: Vec<Entry<P>>, added: u64) -> Option<()> {
        let alike = |a: &Entry<P>, b: &Entry<P>| {
            a.added == b.added || (self.rules == Rules::Paper && a.path == b.path)
        };
        let doubles = (0..entries.len())
            .any(|at| entries[..at].iter().any(|other| alike(other, &entries[at])));
        let late = entries.iter().any(|entry| entry.added >= added);
        if doubles || late || entries.len() > self.size {
            return None;
        }
        self.added = added;
        self.entries = entries;
        self.sort();
        Some(())
    }

    /// Every entry, best first.
    pub fn entries(&self) -> &[Entry<P>] {
        &self.entries
    }

    /// The best entry.
    pub fn best(&self) -> Option<&Entry<P>> {
        self.entries.first()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many were added in all; the next one's number.
    pub fn added(&self) -> u64 {
        self.added
    }

    /// The most entries it holds.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether [`Board::offer`] would not refuse the path.
    pub fn admits(&self, path: &Path, score: Score, flops: u64) -> bool {
        let known =
            self.rules == Rules::Paper && self.entries.iter().any(|entry| entry.path == *path);
        known || self.entries.len() < self.size || self.displaces_worst(score, flops)
    }

    /// Offers a path with its newest score.
    pub fn offer(&mut self, path: Path, score: Score, flops: u64, payload: P) -> Admission<P> {
        let known = self.entries.iter_mut().find(|entry| entry.path == path);
        if let Some(entry) = known.filter(|_| self.rules == Rules::Paper) {
            (entry.score, entry.flops, entry.payload) = (score, flops, payload);
            self.sort();
            return Admission::Updated;
        }
        if !self.admits(&path, score, flops) {
            return Admission::Refused;
        }
        let full = self.entries.len() >= self.size;
        let worst = if full { self.entries.pop() } else { None };
        self.add(path, score, flops, payload);
        worst.map_or(Admission::Added, Admission::Replaced)
    }

    /// Gives every entry a new score: `scores[i]` belongs to `entries()[i]` as it stood.
    ///
    /// # Panics
    /// When there are more or fewer scores than entries.
    pub fn rescore(&mut self, scores: &[Score]) {
        assert_eq!(scores.len(), self.entries.len(), "one score for each entry");
        for (entry, &score) in self.entries.iter_mut().zip(scores) {
            entry.score = score;
        }
        self.sort();
    }

    fn displaces_worst(&self, score: Score, flops: u64) -> bool {
        self.entries.last().is_some_and(|worst| {
            let clearly_better = score.get() > worst.score.get() + self.gap;
            clearly_better || (score > worst.score && flops < worst.flops)
        })
    }

    fn add(&mut self, path: Path, score: Score, flops: u64, payload: P) {
        let added = self.added;
        self.added += 1;
        self.entries.push(Entry {
            path,
            score,
            flops,
            added,
            payload,
        });
        self.sort();
    }

    fn sort(&mut self) {
        let rules = self.rules;
        self.entries.sort_by_key(|entry| entry.rank(rules));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(number: u16) -> Path {
        Path::new(vec![vec![number]])
    }

    fn score(points: f64) -> Score {
        Score::new(points).expect("not NaN")
    }

    /// Offers path `number`; its payload is its number.
    fn offer(board: &mut Board<u16>, number: u16, points: f64, flops: u64) -> Admission<u16> {
        board.offer(path(number), score(points), flops, number)
    }

    fn order(board: &Board<u16>) -> Vec<u16> {
        board.entries().iter().map(|entry| entry.payload).collect()
    }

    #[test]
    fn a_tie_in_score_keeps_the_cheaper_path_first_and_then_the_earlier() {
        let mut board = Board::new(4, 5.0);
        offer(&mut board, 0, 50.0, 200);
        offer(&mut board, 1, 50.0, 100);
        offer(&mut board, 2, 50.0, 200);
        offer(&mut board, 3, 60.0, 900);
        assert_eq!(order(&board), [3, 1, 0, 2]);
    }

    #[test]
    fn a_full_board_takes_a_dearer_path_only_beyond_the_gap() {
        let mut board = Board::new(1, 5.0);
        offer(&mut board, 0, 50.0, 100);
        assert_eq!(offer(&mut board, 1, 55.0, 100), Admission::Refused);
        let admission = offer(&mut board, 1, 55.5, 200);
        assert!(matches!(admission, Admission::Replaced(worst) if worst.payload == 0));
    }

    #[test]
    fn a_full_board_takes_a_cheaper_path_that_is_any_better() {
        let mut board = Board::new(1, 5.0);
        offer(&mut board, 0, 50.0, 100);
        assert_eq!(offer(&mut board, 1, 50.0, 99), Admission::Refused);
        let admission = offer(&mut board, 1, 50.1, 99);
        assert!(matches!(admission, Admission::Replaced(_)));
    }

    #[test]
    fn a_path_already_there_takes_a_worse_score_without_a_test() {
        let mut board = Board::new(2, 5.0);
        offer(&mut board, 0, 50.0, 100);
        offer(&mut board, 1, 40.0, 100);
        assert_eq!(offer(&mut board, 0, 10.0, 100), Admission::Updated);
        assert_eq!(order(&board), [1, 0]);
    }

    #[test]
    fn the_released_rules_keep_doubles_and_put_the_dearer_of_equals_first() {
        let mut board = Board::with_rules(Rules::Released, 4, 5.0);
        offer(&mut board, 0, 50.0, 100);
        offer(&mut board, 1, 50.0, 200);
        assert_eq!(offer(&mut board, 0, 40.0, 100), Admission::Added);
        assert_eq!(order(&board), [1, 0, 0]);
        let mut again = Board::with_rules(Rules::Released, 4, 5.0);
        assert_eq!(
            again.restore(board.entries().to_vec(), board.added()),
            Some(())
        );
        assert_eq!(again, board);
        assert_eq!(
            Board::new(4, 5.0).restore(board.entries().to_vec(), board.added()),
            None
        );
    }

    #[test]
    fn new_scores_for_all_entries_put_them_in_a_new_order() {
        let mut board = Board::new(3, 5.0);
        for (number, points) in [(0, 50.0), (1, 40.0), (2, 30.0)] {
            offer(&mut board, number, points, 100);
        }
        board.rescore(&[score(1.0), score(3.0), score(2.0)]);
        assert_eq!(order(&board), [1, 2, 0]);
    }

    #[test]
    fn nan_is_no_score_and_the_two_zeros_are_one() {
        assert_eq!(Score::new(f64::NAN), None);
        assert_eq!(score(-0.0).cmp(&score(0.0)), Ordering::Equal);
    }

    #[test]
    fn a_board_for_no_paths_refuses_all() {
        let mut board = Board::new(0, 5.0);
        assert_eq!(offer(&mut board, 0, 50.0, 100), Admission::Refused);
    }

    proptest! {
        #[test]
        fn whatever_is_offered_the_board_is_sorted_without_doubles_and_not_too_large(
            offers in prop::collection::vec((0u16..12, -3i8..4, 0u64..4), 0..60),
            size in 0usize..6,
        ) {
            let mut board = Board::new(size, 1.0);
            for (number, points, flops) in offers {
                offer(&mut board, number, f64::from(points), flops);
                let ranks: Vec<_> = board.entries().iter().map(|entry| entry.rank(Rules::Paper)).collect();
                prop_assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(board.len() <= size);
                let mut paths = order(&board);
                paths.sort_unstable();
                paths.dedup();
                prop_assert_eq!(paths.len(), board.len());
            }
            let mut again = Board::new(size, 1.0);
            let entries: Vec<_> = board.entries().iter().rev().cloned().collect();
            prop_assert!(board.is_empty() || again.restore(entries.clone(), 0).is_none());
            let restored = again.restore(entries, board.added());
            prop_assert_eq!((restored, &again), (Some(()), &board));
        }
    }
}
