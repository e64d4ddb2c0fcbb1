//! Photos that only another program can open: the team's own converter, given files in a private folder.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::hands;

/// How long a converter may take for one photo.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest JPEG that is taken from it.
const LARGEST: u64 = 64 << 20;

/// A JPEG made of a HEIC photo by `command`, in whose words `{in}` and `{out}` stand for the files. What it makes is cleaned
/// like any photo.
///
/// # Errors
/// Why there is none, in words for the reviewer.
pub fn heic(command: &[String], photo: &[u8]) -> Result<Vec<u8>, String> {
    let failed = |what: &str| format!("the converter for HEIC photos {what}: please send it again as a JPEG");
    let folder = tempfile::tempdir().map_err(|_| failed("has no room to work in"))?;
    let (from, to) = (folder.path().join("photo.heic"), folder.path().join("photo.jpg"));
    fs::write(&from, photo).map_err(|_| failed("has no room to work in"))?;
    let word = |w: &String| {
        w.replace("{in}", &from.to_string_lossy())
            .replace("{out}", &to.to_string_lossy())
    };
    let words: Vec<String> = command.iter().map(word).collect();
    let (program, arguments) = words.split_first().ok_or_else(|| failed("is not named"))?;
    let mut converter = hands::program(program);
    converter
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut running = converter.spawn().map_err(|_| failed("cannot be started"))?;
    let began = Instant::now();
    let ended = loop {
        match running.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < PATIENCE => sleep(Duration::from_millis(20)),
            _ => {
                let _ = running.kill();
                let _ = running.wait();
                return Err(failed("took too long"));
            }
        }
    };
    let size = fs::metadata(&to).map_or(0, |m| m.len());
    match ended.success() && (1..=LARGEST).contains(&size) {
        true => fs::read(&to).map_err(|_| failed("left nothing")),
        false => Err(failed("could not read it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_converter_that_fails_is_told_and_one_that_leaves_nothing_too() {
        let words = |w: &[&str]| w.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        for (command, what) in [
            (words(&["false"]), "could not read it"),
            (words(&["true"]), "could not read it"),
            (words(&["/nowhere/converter"]), "cannot be started"),
        ] {
            let why = heic(&command, b"photo").unwrap_err();
            assert!(why.contains(what) && why.contains("JPEG"), "{why}");
        }
        assert_eq!(
            heic(&words(&["cp", "{in}", "{out}"]), b"photo").as_deref(),
            Ok(&b"photo"[..])
        );
    }
}
