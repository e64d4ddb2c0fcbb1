//! Files that stand in a text as uuencode writes them (POSIX.1-2017): `begin 644 gate.txt`, lines of signs, `end`.

use std::ops::Range;

/// More than any person puts into one text.
const MOST: usize = 50;

/// A file that stood in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl File {
    /// What its name says it is; uuencode itself does not say.
    pub fn media_type(&self) -> &'static str {
        let lower = self.name.to_ascii_lowercase();
        match lower.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "txt" => "text/plain",
            "jpg" | "jpeg" => "image/jpeg",
            "png" => "image/png",
            "gif" => "image/gif",
            "bmp" => "image/bmp",
            "tif" | "tiff" => "image/tiff",
            _ => "application/octet-stream",
        }
    }
}

/// Takes the files out of a text. What is no whole file stays as it is.
pub(super) fn take_out(text: &[u8]) -> Option<(Vec<u8>, Vec<File>)> {
    // nearly no text has one
    memchr::memmem::find(text, b"begin ")?;
    let mut files = Vec::new();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = line(text, at);
        match file(text, &line).filter(|_| files.len() < MOST) {
            Some((file, end)) => {
                files.push(file);
                at = end;
            }
            None => {
                kept.extend_from_slice(&text[line.clone()]);
                at = line.end;
            }
        }
    }
    (!files.is_empty()).then_some((kept, files))
}

/// The line that begins there, with its end.
fn line(text: &[u8], at: usize) -> Range<usize> {
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end + 1);
    at..end
}

/// The file that begins with this line, and where the text goes on.
fn file(text: &[u8], head: &Range<usize>) -> Option<(File, usize)> {
    let begin = str::from_utf8(&text[head.clone()]).ok()?.strip_prefix("begin ")?;
    let (mode, name) = begin.trim_end().split_once(' ')?;
    if !(3..=4).contains(&mode.len()) || !mode.bytes().all(|b| matches!(b, b'0'..=b'7')) || name.trim().is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    let mut at = head.end;
    while at < text.len() {
        let row = line(text, at);
        let signs = text[row.clone()].trim_ascii_end();
        at = row.end;
        if signs == b"end" && !bytes.is_empty() {
            let name = name.trim().to_owned();
            return Some((File { name, bytes }, at));
        }
        decode(signs, &mut bytes)?;
    }
    None
}

/// One line: how many bytes it stands for, and four signs for three of them. Blanks at its end may be lost, and a sign may stand
/// behind as a check.
fn decode(signs: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    let value = |sign: u8| (0x20..=0x60).contains(&sign).then(|| (sign - 0x20) & 0x3f);
    let (first, signs) = signs.split_first().unwrap_or((&b' ', &[]));
    let count = usize::from(value(*first)?);
    let groups = count.div_ceil(3);
    if signs.len() > groups * 4 + 1 || signs.len() + 4 < groups * 4 {
        return None;
    }
    for n in 0..groups {
        let mut four = [0u8; 4];
        for (i, place) in four.iter_mut().enumerate() {
            *place = value(*signs.get(n * 4 + i).unwrap_or(&b' '))?;
        }
        let [a, b, c, d] = four;
        let three = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        bytes.extend_from_slice(&three[..(count - n * 3).min(3)]);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_out_and_the_words_around_it_stay() {
        for end in ["\n", "\r\n"] {
            let text = "We won.\n\nbegin 644 my gate.txt\n#0V%T\n`\nend\n\nPat\n".replace('\n', end);
            let (kept, files) = take_out(text.as_bytes()).expect("a file");
            assert_eq!(
                String::from_utf8(kept).unwrap(),
                "We won.\n\n\nPat\n".replace('\n', end)
            );
            let cat = File {
                name: "my gate.txt".into(),
                bytes: b"Cat".to_vec(),
            };
            assert_eq!(files, [cat]);
        }
    }

    #[test]
    fn the_name_says_what_a_file_is() {
        for (name, kind) in [
            ("STORY.TXT", "text/plain"),
            ("us.Jpg", "image/jpeg"),
            ("txt", "application/octet-stream"),
            ("story.doc", "application/octet-stream"),
        ] {
            let file = File {
                name: name.into(),
                bytes: Vec::new(),
            };
            assert_eq!(file.media_type(), kind, "{name}");
        }
    }

    #[test]
    fn what_is_no_whole_file_stays() {
        for text in [
            "We begin 644 times.",
            "begin 644 gate.txt\nWe opened it.\nend\n",
            "begin 644 gate.txt\n#0V%T\n",
            "begin 644 gate.txt\nend\n",
            "begin at the gate\n#0V%T\n`\nend\n",
        ] {
            assert_eq!(take_out(text.as_bytes()), None, "{text}");
        }
    }
}
