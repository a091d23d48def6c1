//! Which row belongs to a key: open addressing in one flat array. Most look-ups ask for pairs of words
//! that nobody ever saw; they touch one line of the cache and nothing else.

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The upper half of the key. Keys alike in it that meet in one place are taken for each other,
    /// which with a million keys happens to one look-up in some thousand millions.
    tag: u32,
    row: u32,
}

const FREE: Slot = Slot { tag: 0, row: u32::MAX };

impl Slot {
    fn is_free(self) -> bool {
        self.row == FREE.row
    }
}

/// Keys in the order in which they came. The place of a key is its row.
#[derive(Clone, Debug)]
pub(super) struct Table {
    keys: Vec<u64>,
    /// At least twice as many as keys, and a power of two.
    slots: Vec<Slot>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { keys: Vec::new(), slots: vec![FREE; 64] }
    }

    /// All keys, by row.
    pub(super) fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// The row of a key that is there.
    #[inline]
    pub(super) fn row(&self, key: u64) -> Option<usize> {
        let slot = self.slots[self.place(key)];
        (!slot.is_free()).then_some(slot.row as usize)
    }

    /// The row of a key; a key that is not there is put at the end.
    pub(super) fn row_or_new(&mut self, key: u64) -> usize {
        if let Some(row) = self.row(key) {
            return row;
        }
        self.keys.push(key);
        if self.keys.len() * 2 > self.slots.len() {
            self.slots = vec![FREE; self.slots.len() * 2];
            for row in 0..self.keys.len() {
                self.put(row);
            }
        } else {
            self.put(self.keys.len() - 1);
        }
        self.keys.len() - 1
    }

    fn put(&mut self, row: usize) {
        let key = self.keys[row];
        let place = self.place(key);
        self.slots[place] = Slot { tag: tag(key), row: row as u32 };
    }

    /// Where the key is, or would be.
    #[inline]
    fn place(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = key as usize & mask;
        loop {
            let slot = self.slots[place];
            if slot.is_free() || slot.tag == tag(key) {
                return place;
            }
            place = (place + 1) & mask;
        }
    }
}

#[inline]
fn tag(key: u64) -> u32 {
    (key >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::hash::scatter;

    proptest! {
        #[test]
        fn every_key_keeps_its_row_and_no_other_is_found(numbers in prop::collection::vec(0_u64..400, 0..300)) {
            let mut table = Table::new();
            for number in &numbers {
                let row = table.row_or_new(scatter(*number));
                prop_assert_eq!(table.keys()[row], scatter(*number));
            }
            for number in 0..400 {
                let row = table.keys().iter().position(|key| *key == scatter(number));
                prop_assert_eq!(table.row(scatter(number)), row);
            }
        }
    }
}
