//! How far something long is, for whoever watches; and what git says of it on its way.

use std::fs::File;
use std::io::Read;

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// The other side puts together what it sends.
    Packing,
    Receiving,
    /// What came is put together from its differences and looked at.
    Checking,
    /// Files of the work tree.
    Writing,
    Sending,
}

/// So many are done of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Far {
    pub doing: Doing,
    pub done: u64,
    pub all: u64,
}

/// Is told how far it is, often, by whichever thread is at it.
pub type Watch<'a> = &'a (dyn Fn(Far) + Sync);

/// How git calls it with `--progress`, here and on the other side.
const CALLED: [(&str, Doing); 5] = [
    ("remote: Counting objects:", Doing::Packing),
    ("remote: Compressing objects:", Doing::Packing),
    ("Receiving objects:", Doing::Receiving),
    ("Resolving deltas:", Doing::Checking),
    ("Writing objects:", Doing::Sending),
];

/// What git says besides, with `--progress`, that tells nobody anything.
const CHATTER: [&str; 8] = [
    "remote: Enumerating objects:",
    "remote: Total ",
    "Enumerating objects:",
    "Counting objects:",
    "Compressing objects:",
    "Delta compression using ",
    "Total ",
    "From ",
];

/// git's words, read from the file that they are written to, while it writes.
pub(super) struct Words {
    file: File,
    /// The line that is not at its end yet.
    line: Vec<u8>,
    /// Whether what counts only for a moment was said, which is left out; without `--progress` there is none.
    counted: bool,
    /// All other lines, as far as they are kept.
    kept: Vec<u8>,
    most: usize,
}

impl Words {
    /// Of what else git says so many bytes are kept.
    pub fn new(file: File, counted: bool, most: usize) -> Words {
        Words {
            file,
            line: Vec::new(),
            counted,
            kept: Vec::new(),
            most,
        }
    }

    /// Reads what was written since the last time, and tells how far it is by now.
    pub fn look(&mut self, watch: Watch) {
        let mut bytes = [0; 8192];
        let mut far = None;
        while let Ok(n @ 1..) = self.file.read(&mut bytes) {
            for byte in &bytes[..n] {
                if self.line.len() < self.most {
                    self.line.push(*byte);
                }
                if matches!(byte, b'\r' | b'\n')
                    && let Some(new) = self.end_line()
                {
                    // of each thing how far it came
                    far.replace(new).filter(|far: &Far| far.doing != new.doing).map(watch);
                }
            }
        }
        far.map(watch);
    }

    fn end_line(&mut self) -> Option<Far> {
        let line = std::mem::take(&mut self.line);
        let said = String::from_utf8_lossy(&line);
        let said = said.trim();
        if self.counted {
            if let Some(far) = far(said) {
                return Some(far);
            }
            if CHATTER.iter().any(|begin| said.starts_with(begin)) {
                return None;
            }
        }
        let room = self.most.saturating_sub(self.kept.len());
        self.kept.extend(line.iter().take(room));
        None
    }

    /// All that it said in the end, but for how far it was.
    pub fn end(mut self, watch: Watch) -> String {
        self.look(watch);
        self.end_line();
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}

/// What a line like `Receiving objects:  45% (450/1000), 1.21 MiB | 1.10 MiB/s` tells.
fn far(line: &str) -> Option<Far> {
    let (rest, doing) = CALLED
        .iter()
        .find_map(|(called, doing)| Some((line.strip_prefix(called)?, *doing)))?;
    let (_, numbers) = rest.split_once('(')?;
    let (numbers, _) = numbers.split_once(')')?;
    let (done, all) = numbers.split_once('/')?;
    let (done, all): (u64, u64) = (done.parse().ok()?, all.parse().ok()?);
    let done = done.min(all);
    Some(Far { doing, done, all })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;

    use super::*;

    fn say(chunks: &[&str], counted: bool, most: usize) -> (Vec<Far>, String) {
        let told = Mutex::new(Vec::new());
        let watch = |far| told.lock().unwrap().push(far);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut words = Words::new(File::open(file.path()).unwrap(), counted, most);
        for chunk in chunks {
            file.write_all(chunk.as_bytes()).unwrap();
            words.look(&watch);
        }
        let kept = words.end(&watch);
        (told.into_inner().unwrap(), kept)
    }

    #[test]
    fn how_far_git_is_is_told_and_left_out_of_what_it_said() {
        let (told, kept) = say(
            &[
                "remote: Enumerating objects: 1234, done.        \nremote: Counting objects:  50% (617/1234)        \r",
                "remote: Total 1234 (delta 0), reused 0 (delta 0), pack-reused 0        \nReceiving obj",
                "ects:  45% (450/1000), 1.21 MiB | 1.10 MiB/s\rReceiving objects:  46% (460/1000), 1.3 MiB | 1.10 MiB/s\r",
                "Receiving objects: 100% (1000/1000), done.\nerror: object 0123: zeroPaddedFilemode\nResolving deltas: 100% (7/7), done.\n",
                "fatal: it broke",
            ],
            true,
            1000,
        );
        let far = |doing, done, all| Far { doing, done, all };
        assert_eq!(
            told,
            [
                far(Doing::Packing, 617, 1234),
                far(Doing::Receiving, 460, 1000),
                far(Doing::Receiving, 1000, 1000),
                far(Doing::Checking, 7, 7),
            ]
        );
        assert_eq!(kept, "error: object 0123: zeroPaddedFilemode\nfatal: it broke");
    }

    #[test]
    fn what_the_other_side_makes_up_is_no_more_than_numbers_and_words_to_be_escaped() {
        for line in [
            "remote: Counting objects: \u{1b}[31m(1/x)\n",
            "Receiving objects: (99999999999999999999999/1)\n",
            "Receiving objects: 5% 1/2\n",
        ] {
            assert_eq!(say(&[line], true, 1000), (vec![], line.to_owned()));
        }
        let more_than_all = say(&["Receiving objects: (9/3) \u{1b}[2J\r"], true, 1000);
        assert_eq!(more_than_all.1, "");
        assert_eq!((more_than_all.0[0].done, more_than_all.0[0].all), (3, 3));
        let long = "x".repeat(5000);
        assert_eq!(say(&[&long, "\n", &long], true, 100).1.len(), 100);
    }

    #[test]
    fn without_progress_every_word_of_git_is_kept() {
        let (told, kept) = say(&["From here\n", "Receiving objects: 1% (1/100)\n"], false, 1000);
        assert_eq!((told, kept.lines().count()), (vec![], 2));
    }
}
