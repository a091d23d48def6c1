//! The hash by which features are known: 64-bit FNV-1a, closed with the last steps of MurmurHash3.
//!
//! Written down here because a model outlives the program that trained it: it must give the same answer
//! in the next version and on every machine, which the standard library's hashes do not promise.

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Takes bytes one by one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(u64);

impl Hash {
    /// A namespace keeps equal texts of different meaning apart.
    pub(super) fn new(namespace: u8) -> Self {
        Self(OFFSET).with(namespace)
    }

    /// The same with one more byte.
    #[inline]
    pub(super) fn with(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(PRIME))
    }

    /// The same with more bytes.
    pub(super) fn with_all(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |hash, byte| hash.with(*byte))
    }

    /// The hash of all bytes so far.
    #[inline]
    pub(super) fn finish(self) -> u64 {
        scatter(self.0)
    }
}

/// The hash of two hashes, in this order.
#[inline]
pub(super) fn join(namespace: u8, first: u64, second: u64) -> u64 {
    scatter(first.rotate_left(23) ^ second.wrapping_mul(PRIME) ^ u64::from(namespace))
}

/// Spreads every bit of a number over all of its bits, and never maps two numbers to one.
#[inline]
pub(super) fn scatter(mut bits: u64) -> u64 {
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_same_for_ever() {
        // Models in databases hold these numbers: a change of them needs a new format of models.
        assert_eq!(Hash::new(1).with_all(b"password").finish(), 0x0460_a25e_dbab_63a7);
        assert_eq!(join(2, 3, 4), 0xa84f_7bf2_e23b_b52f);
        assert_eq!(scatter(1), 0xb456_bcfc_34c2_cb2c);
    }
}
