//! Tagged work as a sparse matrix: a row for each item, a column for each feature, TF-IDF in the cells.

use super::{
    features::{Feature, pieces, read},
    table::Table,
};
use crate::WorkItem;

/// What the pieces of a word count for beside the word itself. Measured on public texts: more blurs
/// words that are spelt alike, less leaves misspelt ones alone.
const PIECE_SHARE: f32 = 0.5;

/// In how many items a pair or a piece stands before a model keeps it. Those that stand in one are most
/// of all, and hardly ever seen again.
const LEAST_ITEMS: u32 = 2;

/// The features that occur in the items, and how much each counts.
pub(super) struct Vocabulary {
    words: Words,
    /// Inverse document frequency; zero where a feature tells nothing.
    feature_weights: Vec<f32>,
    piece_weights: Vec<f32>,
    feature_items: Vec<u32>,
    piece_items: Vec<u32>,
}

/// A sparse matrix, a row for each item. Its columns are the features, then the pieces.
pub(super) struct Matrix {
    pub(super) columns: usize,
    starts: Vec<usize>,
    cells: Vec<(u32, f32)>,
    /// Columns that a model would not know had it never seen one of the items in which they stand.
    seldom: Vec<bool>,
    /// By how much each row's values grow without those columns.
    growths: Vec<f32>,
}

impl Matrix {
    /// An item as it is learned from.
    pub(super) fn row(&self, row: usize) -> &[(u32, f32)] {
        &self.cells[self.starts[row]..self.starts[row + 1]]
    }

    /// An item as a model sees it that did not learn from it. Confidence that is calibrated on anything
    /// else promises too much.
    pub(super) fn unlearned_row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> {
        let known = self.row(row).iter().filter(|(column, _)| !self.seldom[*column as usize]);
        known.map(move |(column, value)| (*column, value * self.growths[row]))
    }
}

/// Repetition counts by its logarithm.
#[inline]
pub(super) fn damped(count: usize) -> f32 {
    if count == 1 { 1.0 } else { 1.0 + (count as f32).ln() }
}

/// All features and pieces by key, and which pieces a word has.
struct Words {
    features: Table,
    pieces: Table,
    /// The pieces of feature `f` are at `piece_starts[f]..piece_starts[f + 1]`; only words have any.
    piece_starts: Vec<usize>,
    piece_rows: Vec<u32>,
    sorts: Vec<Sort>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Word,
    Pair,
    Value,
}

/// Which features each item has, and how often: `features[starts[i]..starts[i + 1]]` are those of item `i`.
struct Counts {
    starts: Vec<usize>,
    features: Vec<(u32, u32)>,
}

impl Counts {
    fn items(&self) -> impl Iterator<Item = &[(u32, u32)]> {
        self.starts.windows(2).map(|ends| &self.features[ends[0]..ends[1]])
    }
}

impl Words {
    fn pieces_of(&self, feature: usize) -> &[u32] {
        &self.piece_rows[self.piece_starts[feature]..self.piece_starts[feature + 1]]
    }

    /// Reads all items.
    fn gather(items: &[&WorkItem]) -> (Self, Counts) {
        let mut words = Self {
            features: Table::new(),
            pieces: Table::new(),
            piece_starts: vec![0],
            piece_rows: Vec::new(),
            sorts: Vec::new(),
        };
        let mut counts = Counts { starts: vec![0], features: Vec::new() };
        let mut found = Vec::new();
        for item in items {
            found.clear();
            read(item, |feature| found.push(words.row(&feature)));
            found.sort_unstable();
            for same in found.chunk_by(|one, next| one == next) {
                counts.features.push((same[0] as u32, same.len() as u32));
            }
            counts.starts.push(counts.features.len());
        }
        (words, counts)
    }

    fn row(&mut self, feature: &Feature<'_>) -> usize {
        let (key, sort) = match feature {
            Feature::Word { key, .. } => (*key, Sort::Word),
            Feature::Pair { key } => (*key, Sort::Pair),
            Feature::Value { key, .. } => (*key, Sort::Value),
        };
        let row = self.features.row_or_new(key);
        if row == self.sorts.len() {
            self.sorts.push(sort);
            if let Feature::Word { letters, .. } = feature {
                pieces(letters, |key| self.piece_rows.push(self.pieces.row_or_new(key) as u32));
            }
            self.piece_starts.push(self.piece_rows.len());
        }
        row
    }

    /// In how many items each feature and each piece stands.
    fn spread(&self, counts: &Counts) -> (Vec<u32>, Vec<u32>) {
        let mut features = vec![0; self.features.keys().len()];
        let mut pieces = vec![0; self.pieces.keys().len()];
        let mut counted_for = vec![usize::MAX; pieces.len()];
        for (item, found) in counts.items().enumerate() {
            for &(feature, _) in found {
                features[feature as usize] += 1;
                for &piece in self.pieces_of(feature as usize) {
                    if counted_for[piece as usize] != item {
                        counted_for[piece as usize] = item;
                        pieces[piece as usize] += 1;
                    }
                }
            }
        }
        (features, pieces)
    }
}

/// Reads all items into a matrix.
pub(super) fn read_all(items: &[&WorkItem]) -> (Vocabulary, Matrix) {
    let (words, counts) = Words::gather(items);
    let (feature_items, piece_items) = words.spread(&counts);
    let all = items.len() as u32;
    let rarity = |items: u32| ((1 + all) as f32 / (1 + items) as f32).ln() + 1.0;
    let feature_weights = feature_items.iter().zip(&words.sorts).map(|(&items, &sort)| {
        // A value that every item has, such as the kind where there is but one, tells nothing.
        if sort == Sort::Value && items == all { 0.0 } else { rarity(items) }
    });
    let piece_weights =
        piece_items.iter().map(|&items| if items < LEAST_ITEMS { 0.0 } else { rarity(items) * PIECE_SHARE });
    let vocabulary = Vocabulary {
        feature_weights: feature_weights.collect(),
        piece_weights: piece_weights.collect(),
        feature_items,
        piece_items,
        words,
    };
    let matrix = vocabulary.weigh(&counts);
    (vocabulary, matrix)
}

impl Vocabulary {
    fn weigh(&self, counts: &Counts) -> Matrix {
        let features = self.feature_weights.len();
        let seldom_features = (0..features).map(|feature| !self.keeps_feature(feature, 1));
        let seldom_pieces = (0..self.piece_weights.len()).map(|piece| !self.keeps_piece(piece, 1));
        let mut matrix = Matrix {
            columns: features + self.piece_weights.len(),
            starts: vec![0],
            cells: Vec::new(),
            seldom: seldom_features.chain(seldom_pieces).collect(),
            growths: Vec::new(),
        };
        let mut sums = vec![0.0_f32; self.piece_weights.len()];
        let mut summed: Vec<u32> = Vec::new();
        for found in counts.items() {
            let begin = matrix.cells.len();
            let (mut length, mut unlearned) = (0.0, 0.0);
            for &(feature, count) in found {
                let times = damped(count as usize);
                length += times * times * self.length(feature as usize, 0);
                unlearned += times * times * self.length(feature as usize, 1);
                let weight = self.feature_weights[feature as usize];
                if weight > 0.0 {
                    matrix.cells.push((feature, times * weight));
                }
                for &piece in self.words.pieces_of(feature as usize) {
                    let weight = self.piece_weights[piece as usize];
                    if weight > 0.0 {
                        if sums[piece as usize] == 0.0 {
                            summed.push(piece);
                        }
                        sums[piece as usize] += times * weight;
                    }
                }
            }
            for piece in summed.drain(..) {
                matrix.cells.push((features as u32 + piece, sums[piece as usize]));
                sums[piece as usize] = 0.0;
            }
            for (_, value) in &mut matrix.cells[begin..] {
                *value /= length.sqrt();
            }
            matrix.growths.push(if unlearned > 0.0 { (length / unlearned).sqrt() } else { 0.0 });
            matrix.starts.push(matrix.cells.len());
        }
        matrix
    }

    /// Whether a model keeps a feature of its own, if that stood in so many items fewer.
    fn keeps_feature(&self, feature: usize, fewer: u32) -> bool {
        let least = if self.words.sorts[feature] == Sort::Pair { LEAST_ITEMS } else { 1 };
        self.feature_weights[feature] > 0.0 && self.feature_items[feature] - fewer >= least
    }

    /// Whether a model keeps a piece, if that stood in so many items fewer.
    fn keeps_piece(&self, piece: usize, fewer: u32) -> bool {
        self.piece_items[piece] - fewer >= LEAST_ITEMS
    }

    /// What one occurrence of a feature adds to the square of an item's length, its own share and that
    /// of its pieces, where all of them stood in so many items fewer. Being a sum over words, the length
    /// needs no look at pieces when a word is known.
    fn length(&self, feature: usize, fewer: u32) -> f32 {
        let kept = |&piece: &usize| fewer == 0 || self.keeps_piece(piece, fewer);
        let pieces = self.words.pieces_of(feature).iter().map(|&piece| piece as usize).filter(kept);
        let own = if fewer == 0 || self.keeps_feature(feature, fewer) {
            self.feature_weights[feature]
        } else {
            0.0
        };
        own * own + pieces.map(|piece| self.piece_weights[piece].powi(2)).sum::<f32>()
    }

    /// Hands out what a finished model keeps of every feature and piece: its key, what one occurrence
    /// adds to the square of an item's length, and which columns it takes in, each with its weight. A
    /// word takes its pieces in, so that one look-up answers for both.
    pub(super) fn compile(&self, mut keep: impl FnMut(u64, f32, &[(usize, f32)])) {
        let features = self.feature_weights.len();
        let mut columns = Vec::new();
        for (feature, &key) in self.words.features.keys().iter().enumerate() {
            if !self.keeps_feature(feature, 0) {
                continue;
            }
            columns.clear();
            columns.push((feature, self.feature_weights[feature]));
            for &piece in self.words.pieces_of(feature) {
                columns.push((features + piece as usize, self.piece_weights[piece as usize]));
            }
            keep(key, self.length(feature, 0), &columns);
        }
        for (piece, &key) in self.words.pieces.keys().iter().enumerate() {
            if self.keeps_piece(piece, 0) {
                let weight = self.piece_weights[piece];
                keep(key, weight * weight, &[(features + piece, weight)]);
            }
        }
    }
}
