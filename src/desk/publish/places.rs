//! The targets of config.toml, opened, and what they say in the record's words.

use std::path::Path;

use crate::config;
use crate::desk::Desk;
use crate::target::{FolderTarget, Target, TargetError};

use super::NotPut;

/// The target of that name.
pub(super) fn named(desk: &Desk, name: &str) -> Result<Box<dyn Target>, NotPut> {
    let configured = desk.config.targets.iter().find(|t| t.name == name);
    configured.map(open).ok_or_else(|| NotPut {
        why: "config.toml has no such target any more".to_owned(),
        hint: "name it under [[target]] again",
    })
}

/// Why a target did not do it, as the record may have it.
pub(super) fn told(desk: &Desk, error: &TargetError) -> NotPut {
    NotPut {
        why: from_config(desk.config.folder(), &explain(error)),
        hint: error.hint(),
    }
}

/// A path as config.toml would name it: the record says nothing of the machine it was made on. An address stays as it is.
pub(super) fn from_config(folder: &Path, place: &str) -> String {
    match Path::new(place).strip_prefix(folder) {
        Ok(path) if !place.contains("://") => path.display().to_string(),
        _ => place.to_owned(),
    }
}

fn open(configured: &config::Target) -> Box<dyn Target> {
    match configured.kind {
        config::TargetKind::Folder => Box::new(FolderTarget::new(
            &configured.name,
            &configured.path,
            configured.url.clone(),
        )),
    }
}

fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_names_no_folder_of_this_machine() {
        for (folder, place, expected) in [
            (".", "./site/content/marion", "site/content/marion"),
            ("/home/cath/desk", "/home/cath/desk/site/marion", "site/marion"),
            ("/home/cath/desk", "/srv/www/marion", "/srv/www/marion"),
            ("", "site/marion", "site/marion"),
            (
                ".",
                "https://blog.example.org/marion/",
                "https://blog.example.org/marion/",
            ),
        ] {
            assert_eq!(from_config(Path::new(folder), place), expected);
        }
    }
}
