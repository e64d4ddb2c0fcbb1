//! Posting by mail, as Blogger, WordPress, Tumblr and Posthaven take it: to a secret address, which nothing but the outbox is told.
//!
//! It brings three doors together, so it stands at the desk: `mail` writes the post, `outbox` sends it, and `target` is what it is.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::config::{Address, Secret, SecretSource};
use crate::mail::write::{self, Picture, Post as Mailed};
use crate::outbox::{FolderOutbox, Outbox, SmtpOutbox};
use crate::story::Mailbox;
use crate::story::letter::{LetterId, Outgoing};
use crate::target::{Bundle, Post, Receipt, Removal, Target, TargetError, posted};

/// Where mail is handed in.
pub(super) enum Way {
    Folder(FolderOutbox),
    Smtp(Box<SmtpOutbox>),
}

pub(super) struct ByMail {
    pub name: String,
    pub to: SecretSource,
    pub from: Address,
    pub way: RefCell<Way>,
    /// The blog.
    pub url: Option<String>,
    pub now: Timestamp,
    /// Asked for once in a run.
    pub address: OnceCell<Secret>,
}

impl ByMail {
    fn failed(&self, said: &str, hint: &'static str) -> TargetError {
        TargetError::Remote {
            what: "it could not be posted by mail".to_owned(),
            said: self.without_address(said),
            hint,
        }
    }

    /// What a server says, without the address, which it likes to repeat.
    fn without_address(&self, said: &str) -> String {
        let Some(address) = self
            .address
            .get()
            .map(|secret| secret.expose().trim().to_ascii_lowercase())
        else {
            return said.to_owned();
        };
        let local = address.split('@').next().unwrap_or_default().to_owned();
        [address, local]
            .iter()
            .filter(|part| part.len() > 2)
            .fold(said.to_owned(), |said, part| {
                let mut out = said;
                while let Some(at) = out.to_ascii_lowercase().find(part.as_str()) {
                    out.replace_range(at..at + part.len(), "(***)");
                }
                out
            })
    }

    fn address(&self) -> Result<&Secret, TargetError> {
        if let Some(known) = self.address.get() {
            return Ok(known);
        }
        let hint = "give this [[target]] its `address_command`, or the address in the environment";
        let secret = self
            .to
            .secret()
            .map_err(|error| self.failed(&error.to_string(), hint))?;
        Ok(self.address.get_or_init(|| secret))
    }

    fn mailed(&self, bundle: &Bundle) -> Result<(LetterId, write::Written), TargetError> {
        let title = bundle
            .front
            .get("title")
            .and_then(toml::Value::as_str)
            .unwrap_or(bundle.slug);
        let to = self.address()?.expose().trim().to_owned();
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| self.failed(&error.to_string(), "publish again"))?;
        let domain = self.from.email.rsplit('@').next().unwrap_or_default();
        let html = posted(bundle, "cid:");
        let shown = bundle
            .media
            .iter()
            .filter(|(file, _)| html.contains(&format!("\"cid:{file}\"")));
        let photos: BTreeMap<&str, &[u8]> = shown.map(|(file, bytes)| (file.as_str(), &bytes[..])).collect();
        let id = LetterId::new(bundle.story.digits(), random, domain);
        let post = Mailed {
            id: id.clone(),
            from: Mailbox {
                name: Some(self.from.name.clone()).filter(|name| !name.is_empty()),
                address: Some(self.from.email.clone()),
            },
            to: Mailbox {
                name: None,
                address: Some(to),
            },
            subject: title.to_owned(),
            html,
            photos: photos
                .into_iter()
                .map(|(file, bytes)| Picture { file, bytes })
                .collect(),
            date: self.now,
        };
        // an error of the writer's names the address
        let written = write::post(&post).map_err(|_| {
            self.failed(
                "the address or the sender is none that mail can be sent to",
                "check the address of this [[target]]",
            )
        })?;
        Ok((id, written))
    }
}

impl Target for ByMail {
    fn name(&self) -> &str {
        &self.name
    }

    fn try_out(&self) -> Result<String, TargetError> {
        self.ready()?;
        self.address()?;
        Ok("stories can be posted by mail".to_owned())
    }

    fn once(&self) -> bool {
        true
    }

    fn updates(&self) -> bool {
        false
    }

    fn ready(&self) -> Result<(), TargetError> {
        self.address()?;
        match &mut *self.way.borrow_mut() {
            Way::Folder(_) => Ok(()),
            Way::Smtp(outbox) => outbox
                .try_out()
                .map_err(|error| self.failed(&error.to_string(), error.hint())),
        }
    }

    fn put(&self, bundle: &Bundle) -> Result<Receipt, TargetError> {
        let (id, written) = self.mailed(bundle)?;
        let letter = Outgoing {
            kind: "post",
            digits: id.digits(),
            id: &id,
            date: self.now,
            envelope: &written.envelope,
            bytes: &written.bytes,
        };
        let mut way = self.way.borrow_mut();
        let outbox: &mut dyn Outbox = match &mut *way {
            Way::Folder(outbox) => outbox,
            Way::Smtp(outbox) => outbox.as_mut(),
        };
        match outbox.send(&letter) {
            Ok(_) => {
                outbox.close();
                Ok(Receipt {
                    place: self.url.clone().unwrap_or_else(|| "by mail".to_owned()),
                    // by which the mail server's log has it
                    id: Some(id.to_string()),
                })
            }
            Err(error) if outbox.in_doubt() => Err(TargetError::Unknown {
                said: self.without_address(&error.to_string()),
            }),
            Err(error) => Err(self.failed(&error.to_string(), error.hint())),
        }
    }

    fn remove(&self, _post: &Post) -> Result<Removal, TargetError> {
        let place = self.url.as_deref().unwrap_or(&self.name);
        Ok(Removal::CannotRecall(format!(
            "it was posted by mail: somebody who may edit {place} has to delete it there"
        )))
    }

    fn is_gone(&self, _post: &Post) -> Result<bool, TargetError> {
        Ok(false)
    }
}
