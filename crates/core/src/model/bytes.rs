//! How a model is kept: little-endian numbers, closed with a hash of all that stands before.

use super::{MOST_CATEGORIES, Model, hash::Hash, stride, table::Table, wide};
use crate::CategoryId;

/// The last byte is the version of the format, and of the features and hashes behind the keys.
const MARK: &[u8; 8] = b"wl-mdl\x00\x01";
const FOREIGN: &str = "these bytes are not a model of this version of Waterline; train the model afresh";
const DAMAGED: &str = "the bytes of the model are damaged; train the model afresh";

impl Model {
    /// What the database keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        bytes.push(self.categories.len() as u8);
        for category in &self.categories {
            bytes.extend((category.as_str().len() as u32).to_le_bytes());
            bytes.extend(category.as_str().as_bytes());
        }
        bytes.extend(self.slope.to_le_bytes());
        let numbers = self.intercepts.iter().chain(&self.thresholds);
        bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
        bytes.extend((self.table.keys().len() as u32).to_le_bytes());
        bytes.extend(self.table.keys().iter().flat_map(|key| key.to_le_bytes()));
        bytes.extend(self.rows.iter().flat_map(|half| half.to_le_bytes()));
        let closing = Hash::new(0).with_all(&bytes).finish();
        bytes.extend(closing.to_le_bytes());
        bytes
    }

    /// Reads what the database kept. The error is a sentence.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let Some(rest) = bytes.strip_prefix(MARK) else {
            return Err(FOREIGN.to_owned());
        };
        let closing = bytes.len().saturating_sub(8).max(MARK.len());
        let (kept, closed) = (&bytes[..closing], &bytes[closing..]);
        if Hash::new(0).with_all(kept).finish().to_le_bytes() != *closed {
            return Err(DAMAGED.to_owned());
        }
        read(&rest[..closing - MARK.len()]).ok_or_else(|| DAMAGED.to_owned())
    }
}

/// `None` where anything is missing, left over, or not what [`Model::to_bytes`] writes.
fn read(mut bytes: &[u8]) -> Option<Model> {
    let count = usize::from(take(&mut bytes, 1)?[0]);
    if !(2..=MOST_CATEGORIES).contains(&count) {
        return None;
    }
    let mut categories = Vec::with_capacity(count);
    for _ in 0..count {
        let length = u32::from_le_bytes(array(&mut bytes)?) as usize;
        categories.push(CategoryId::new(std::str::from_utf8(take(&mut bytes, length)?).ok()?));
    }
    let slope = f32::from_le_bytes(array(&mut bytes)?);
    let intercepts = numbers(&mut bytes, count)?;
    let thresholds = numbers(&mut bytes, count)?;
    let features = u32::from_le_bytes(array(&mut bytes)?) as usize;
    let mut table = Table::new();
    for (row, key) in take(&mut bytes, features.checked_mul(8)?)?.chunks_exact(8).enumerate() {
        if table.row_or_new(u64::from_le_bytes(key.try_into().ok()?)) != row {
            return None;
        }
    }
    let halves = take(&mut bytes, features.checked_mul(stride(count) * 2)?)?.chunks_exact(2);
    let rows: Vec<u16> = halves.map(|half| u16::from_le_bytes([half[0], half[1]])).collect();
    let few = intercepts.iter().chain(&thresholds).chain([&slope]);
    let finite = few.copied().chain(rows.iter().copied().map(wide)).all(f32::is_finite);
    (finite && bytes.is_empty()).then_some(Model { categories, table, rows, slope, intercepts, thresholds })
}

fn numbers(bytes: &mut &[u8], count: usize) -> Option<Vec<f32>> {
    (0..count).map(|_| Some(f32::from_le_bytes(array(bytes)?))).collect()
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    take(bytes, N)?.try_into().ok()
}
