//! The targets of config.toml, opened, and what they say in the record's words.

mod by_mail;

use std::cell::{OnceCell, RefCell};
use std::path::Path;

use crate::config::{self, SecretSource};
use crate::outbox::FolderOutbox;
use crate::target::{BloggerTarget, Engine, Feed, FolderTarget, GitTarget, HookTarget, Target, TargetError};

use super::Desk;
use by_mail::{ByMail, Way};

/// Why a target has no page of a story, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPut {
    pub why: String,
    pub hint: String,
    /// It was handed over and may have arrived: nothing but a person sends it again.
    pub unknown: bool,
}

impl NotPut {
    pub(super) fn new(why: impl Into<String>, hint: impl Into<String>) -> NotPut {
        NotPut {
            why: why.into(),
            hint: hint.into(),
            unknown: false,
        }
    }
}

/// The target of that name.
pub(super) fn named(desk: &Desk, name: &str) -> Result<Box<dyn Target>, NotPut> {
    let configured = desk.config.targets.iter().find(|t| t.name == name);
    configured.map(|configured| open(desk, configured)).ok_or_else(|| {
        NotPut::new(
            "config.toml has no such target any more",
            "name it under [[target]] again",
        )
    })
}

/// Why a target did not do it, as the record may have it.
pub(super) fn told(desk: &Desk, error: &TargetError) -> NotPut {
    NotPut {
        why: from_config(desk.config.folder(), &explain(error)),
        hint: error.hint().to_owned(),
        unknown: matches!(error, TargetError::Unknown { .. }),
    }
}

/// A path as config.toml would name it: the record says nothing of the machine it was made on. An address stays as it is.
pub(super) fn from_config(folder: &Path, place: &str) -> String {
    match Path::new(place).strip_prefix(folder) {
        Ok(path) if !place.contains("://") => path.display().to_string(),
        _ => place.to_owned(),
    }
}

/// Tries a target without putting anything there.
pub fn try_out(desk: &Desk, name: &str) -> Result<String, NotPut> {
    let said = named(desk, name)?.try_out().map_err(|error| told(desk, &error))?;
    Ok(from_config(desk.config.folder(), &said))
}

fn open(desk: &Desk, configured: &config::Target) -> Box<dyn Target> {
    let (name, url) = (configured.name.clone(), configured.url.clone());
    let team = desk.config.team.name.clone();
    let feed = |pages: &config::Pages| {
        let path = pages.feed.as_ref()?.to_str()?.to_owned();
        Some(Feed {
            title: team.clone(),
            path,
        })
    };
    match &configured.kind {
        config::TargetKind::Folder { path, pages } => {
            Box::new(FolderTarget::new(name, path, engine(pages), url).with_feed(feed(pages)))
        }
        config::TargetKind::Git {
            remote,
            branch,
            path,
            pages,
            most,
        } => {
            let robot = desk.robot();
            let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
            let is_path = !remote.split('/').next().unwrap_or_default().contains(':');
            let store = desk.config.spool_folder().join("targets").join(format!("{name}.git"));
            Box::new(GitTarget {
                store: whole(&store),
                address: match is_path {
                    true => whole(Path::new(remote)).to_string_lossy().into_owned(),
                    false => remote.clone(),
                },
                name,
                remote: from_config(desk.config.folder(), remote),
                branch: branch.clone(),
                path: path.clone(),
                engine: engine(pages),
                url,
                feed: feed(pages),
                robot: (robot.actor.name, robot.email),
                most: *most,
                now: desk.now,
            })
        }
        config::TargetKind::Blogger {
            blog,
            client_id,
            client_secret,
            token,
            endpoint,
            token_endpoint,
        } => {
            let ask = |source: &SecretSource| -> Box<dyn Fn() -> Result<String, String>> {
                let source = source.clone();
                Box::new(move || match source.secret() {
                    Ok(secret) => Ok(secret.expose().to_owned()),
                    Err(error) => Err(error.to_string()),
                })
            };
            Box::new(BloggerTarget {
                name,
                blog: blog.clone(),
                client_id: client_id.clone(),
                client_secret: ask(client_secret),
                token: ask(token),
                endpoint: endpoint.clone(),
                token_endpoint: token_endpoint.clone(),
                session: RefCell::default(),
            })
        }
        config::TargetKind::Email { address } => Box::new(ByMail {
            name,
            to: address.clone(),
            from: desk.config.outbox.from.clone(),
            way: RefCell::new(match &desk.config.outbox.way {
                config::Way::Folder(path) => Way::Folder(FolderOutbox::new(path)),
                config::Way::Smtp(server) => Way::Smtp(Box::new(super::post::smtp(server))),
            }),
            url,
            now: desk.now,
            address: OnceCell::new(),
        }),
        config::TargetKind::Hook { command, repeat } => Box::new(HookTarget {
            name,
            command: command.clone(),
            repeat: *repeat,
            url,
        }),
    }
}

fn engine(pages: &config::Pages) -> Engine {
    match pages.engine {
        config::Engine::Hugo => Engine::Hugo,
        config::Engine::Zola => Engine::Zola,
        config::Engine::Jekyll => Engine::Jekyll,
        config::Engine::Eleventy => Engine::Eleventy,
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
