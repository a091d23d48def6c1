//! Text in whatever encoding the export has, as UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::mapping::EncodingChoice;

const CHUNK: usize = 64 * 1024;

/// Settles the encoding of a file. Reads it to its end where only that tells UTF-8 from windows-1252,
/// so damaged compressed data comes to light here, before anything is stored.
pub(super) fn settle(choice: EncodingChoice, file: impl Read) -> io::Result<&'static Encoding> {
    match choice {
        EncodingChoice::Auto => detect(file),
        EncodingChoice::Utf8 => Ok(UTF_8),
        EncodingChoice::Utf16Le => Ok(UTF_16LE),
        EncodingChoice::Utf16Be => Ok(UTF_16BE),
        EncodingChoice::Windows1252 => Ok(WINDOWS_1252),
    }
}

fn detect(mut file: impl Read) -> io::Result<&'static Encoding> {
    let mut start = Vec::new();
    file.by_ref().take(CHUNK as u64).read_to_end(&mut start)?;
    if let Some((encoding, _)) = Encoding::for_bom(&start)
        && encoding != UTF_8
    {
        return Ok(encoding);
    }
    if let Some(encoding) = unmarked_utf_16(&start) {
        return Ok(encoding);
    }
    let mut all = Utf8Reader::new(io::Cursor::new(start).chain(file), UTF_8);
    match io::copy(&mut all, &mut io::sink()) {
        Ok(_) => Ok(UTF_8),
        Err(_) if all.malformed => Ok(WINDOWS_1252),
        Err(error) => Err(error),
    }
}

/// Column names are mostly ASCII, so every other byte of UTF-16 is nought at the start of an export.
fn unmarked_utf_16(start: &[u8]) -> Option<&'static Encoding> {
    let start = &start[..start.len().min(64)];
    let noughts = |odd: usize| start.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let most = start.len() / 2 * 3 / 4;
    match (noughts(0), noughts(1)) {
        _ if start.len() < 4 => None,
        (0, little) if little > most => Some(UTF_16LE),
        (big, 0) if big > most => Some(UTF_16BE),
        _ => None,
    }
}

/// Decodes as it reads, without its byte order mark. Text that is not in the encoding ends it with an
/// error of kind `InvalidData` whose message ends a sentence about the file.
pub(super) struct Utf8Reader<R> {
    inner: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    input: Vec<u8>,
    consumed: usize,
    ended: bool,
    output: Vec<u8>,
    given: usize,
    malformed: bool,
}

impl<R: Read> Utf8Reader<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            input: Vec::new(),
            consumed: 0,
            ended: false,
            output: Vec::new(),
            given: 0,
            malformed: false,
        }
    }

    /// Puts the next decoded bytes into `output`; none at the end.
    fn decode(&mut self) -> io::Result<()> {
        self.given = 0;
        self.output.clear();
        while self.output.is_empty() && !self.ended {
            if self.consumed == self.input.len() {
                self.consumed = 0;
                self.input.clear();
                self.inner.by_ref().take(CHUNK as u64).read_to_end(&mut self.input)?;
            }
            let last = self.input.is_empty();
            self.output.resize(CHUNK, 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.input[self.consumed..],
                &mut self.output,
                last,
            );
            self.consumed += read;
            self.output.truncate(written);
            if let DecoderResult::Malformed(..) = result {
                self.malformed = true;
                let message = format!(
                    "is not {} throughout; set file.encoding in the mapping to what it is",
                    self.encoding.name()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            self.ended = last && result == DecoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.output.len() {
            self.decode()?;
        }
        let waiting = &self.output[self.given..];
        let count = waiting.len().min(into.len());
        into[..count].copy_from_slice(&waiting[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], choice: EncodingChoice) -> Result<String, String> {
        let encoding = settle(choice, bytes).map_err(|error| error.to_string())?;
        let mut text = String::new();
        Utf8Reader::new(bytes, encoding).read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    fn utf_16_le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        let text = "Nummer,Café\r\n1,Entrée\r\n";
        let marked = [b"\xff\xfe".to_vec(), utf_16_le(text)].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            b"Nummer,Caf\xe9\r\n1,Entr\xe9e\r\n".to_vec(),
            utf_16_le(text),
            marked,
        ] {
            assert_eq!(read(&bytes, EncodingChoice::Auto).unwrap(), text, "{bytes:?}");
        }
    }

    #[test]
    fn a_wrong_encoding_is_refused_in_a_sentence() {
        insta::assert_snapshot!(read(b"caf\xe9", EncodingChoice::Utf8).unwrap_err(), @"is not UTF-8 throughout; set file.encoding in the mapping to what it is");
        assert!(read(b"\xff\xfea\0b", EncodingChoice::Auto).is_err());
    }

    proptest::proptest! {
        #[test]
        fn utf_8_comes_out_as_it_went_in(text in "[a-zé€𝄞]{0,400}") {
            proptest::prop_assert_eq!(read(text.as_bytes(), EncodingChoice::Utf8).unwrap(), text);
        }

        #[test]
        fn any_bytes_are_text_or_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = read(&bytes, EncodingChoice::Auto);
        }
    }
}
