//! `export` and `prune`: what is held about a person, and what is kept no longer.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::{Value, json};

use crate::desk::export::{self, Export as Answer};
use crate::desk::retention::{self, Old};
use crate::desk::{Desk, Trouble};

use super::global::Global;
use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Export {
    /// Whose: an e-mail address
    #[arg(long, value_name = "ADDRESS")]
    person: String,
    /// A folder to write it into, which must not be there yet; `-`: one JSON object with the files in it
    #[arg(long, value_name = "DIR|-")]
    out: Option<PathBuf>,
}

pub fn export(desk: &Desk, global: &Global, args: &Export, report: &Report) -> Outcome {
    let address = args.person.trim();
    if !address.contains('@') {
        return Err(Failure::usage(
            format!("{address:?} is no address"),
            "a person is known by an e-mail address here",
            "write it as it stands in `show`",
        ));
    }
    let repo = desk.repo()?;
    let answer = export::export(desk, &repo, address)?;
    match &args.out {
        Some(out) if out == Path::new("-") => {
            let mut told = answer.told;
            let files = answer.files.iter().map(|(name, bytes)| (name.clone(), in_json(bytes)));
            told["contents"] = Value::Object(files.collect());
            report.bytes(format!("{told}\n").as_bytes());
        }
        Some(out) if !global.dry_run => {
            let written = write(out, &answer);
            written.map_err(|(path, source)| Trouble::Writing { path, source })?;
            report.answer(
                &format!(
                    "Written to {}: person.json and {} files",
                    out.display(),
                    answer.files.len()
                ),
                &json!({"person": address, "out": out, "files": answer.files.len()}),
            );
        }
        _ if report.json => report.object(&answer.told),
        _ => {
            let many = |name: &str| answer.told[name].as_array().map_or(0, Vec::len);
            report.line(&format!(
                "Held about {address}: {} stories, {} mails beside them, {} letters",
                many("stories"),
                many("mails"),
                many("letters")
            ));
            answer
                .files
                .iter()
                .for_each(|(name, bytes)| report.line(&format!("  {name}  {} bytes", bytes.len())));
            report.remark("`--out DIR` writes it into a folder, `--out -` as one JSON object.");
        }
    }
    Ok(0)
}

/// Text as it is, all else in base64.
fn in_json(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({"text": text}),
        Err(_) => json!({"base64": STANDARD.encode(bytes)}),
    }
}

/// For its owner alone; a folder that is there is not written into.
fn write(out: &Path, answer: &Answer) -> Result<(), (PathBuf, std::io::Error)> {
    let folder = |path: &Path, all: bool| {
        let made = std::fs::DirBuilder::new().recursive(all).mode(0o700).create(path);
        made.map_err(|e| (path.to_owned(), e))
    };
    folder(out, false)?;
    let told = format!("{:#}\n", answer.told).into_bytes();
    let files = answer.files.iter().map(|(name, bytes)| (name.as_str(), bytes));
    for (name, bytes) in files.chain([("person.json", &told)]) {
        let path = out.join(name);
        folder(path.parent().unwrap_or(out), true)?;
        let open = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let written = open.and_then(|mut file| file.write_all(bytes));
        written.map_err(|e| (path.clone(), e))?;
    }
    Ok(())
}

pub fn prune(desk: &Desk, global: &Global, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let (all, objects) = match global.dry_run {
        true => (retention::due(desk, &repo, desk.look_at_spool().as_ref())?, 0),
        false => retention::apply(desk, repo, &mut desk.spool()?)?,
    };
    let words = |old: &Old| match old {
        Old::Quarantine(id) => ("quarantine", id.clone()),
        Old::SetAside(id) => ("set-aside", id.clone()),
        Old::Rejected(id) => ("rejected", id.to_string()),
        Old::Letter(path) => ("letter", path.display().to_string()),
    };
    if report.json {
        let each = all.iter().map(|(old, since)| {
            let (kind, what) = words(old);
            json!({"kind": kind, "what": what, "since": since})
        });
        report.object(&json!({"dry_run": global.dry_run, "old": each.collect::<Vec<_>>(), "objects_removed": objects}));
        return Ok(0);
    }
    for (old, since) in &all {
        let (kind, what) = words(old);
        let day = super::fetch::day(*since, desk);
        report.line(&format!("{day}  {kind:<11} {what}"));
    }
    report.line(&match (all.len(), global.dry_run) {
        (0, _) => "Nothing is older than [retention] allows.".to_owned(),
        (many, true) => format!("Would let {many} go"),
        (many, false) => format!("Let {many} go, and {objects} objects"),
    });
    Ok(0)
}
