//! Random tokens and the hashes under which secrets are kept.

use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};

use crate::StoreError;

/// 32 random bytes from the operating system, in hexadecimal.
pub(crate) fn random() -> Result<String, StoreError> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| {
        StoreError::Refused(format!("the operating system gives no random numbers: {error}"))
    })?;
    Ok(hex(&bytes))
}

/// The SHA-256 of a text, in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_published_one_and_no_token_comes_twice() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let token = random().unwrap();
        assert_eq!(token.len(), 64);
        assert_ne!(token, random().unwrap());
    }
}
