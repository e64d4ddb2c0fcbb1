//! Mails that did not become a story: quarantined, because they need a person, or set aside by a rule. Each keeps its raw
//! bytes and its reason, and can be brought back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{KeptMail, QUARANTINE, Shelves, Spool, SpoolError, Stock};

/// Why a mail lies here. `<id>.toml` beside the mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// 16 to 64 hex digits: the mail id, or where a mail could not be read, a hash that stands for it.
    pub mail_id: String,
    pub kind: AsideKind,
    /// The rule's name, `auto-reply`.
    pub rule: String,
    /// For a person.
    pub reason: String,
    /// The inbox and the place in it.
    pub source: String,
    pub subject: String,
    pub from: String,
    /// When it was put here.
    pub at: Timestamp,
    /// The id of the story that it answers a letter of ours about, where its code says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tells_of: Option<String>,
    /// Nobody was told of it yet: the run that put it here has not come to its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AsideKind {
    Quarantined,
    SetAside,
}

/// A mail that lies here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsideEntry {
    /// What it is called here: the first 16 digits of its mail id (all of them, if two mails share those).
    pub id: String,
    pub aside: Aside,
    /// The mail's size; `None` if it was never downloaded, being over the limit.
    pub bytes: Option<u64>,
}

/// How many lie here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AsideCounts {
    pub quarantined: usize,
    pub set_aside: usize,
    /// Of those: what would have decided something by mail.
    pub decisions: usize,
    /// Entries that cannot be read.
    pub damaged: usize,
}

impl Spool {
    /// Puts a mail aside; the id it has here. The same mail twice is there once, as it was first put. Without `raw` there
    /// is only the entry: a mail over the limit stays in its inbox.
    pub fn put_aside(&mut self, aside: &Aside, raw: Option<&[u8]>) -> Result<String, SpoolError> {
        let mut ids = self.put_all_aside(&[(aside, raw)])?;
        Ok(ids.remove(0))
    }

    /// [`Spool::put_aside`] of many, with few syncs.
    pub fn put_all_aside(&mut self, mails: &[(&Aside, Option<&[u8]>)]) -> Result<Vec<String>, SpoolError> {
        let mut ids: Vec<String> = Vec::with_capacity(mails.len());
        let mut files: Vec<(String, std::borrow::Cow<[u8]>)> = Vec::new();
        let mut new: std::collections::BTreeMap<String, &Aside> = std::collections::BTreeMap::new();
        for (aside, raw) in mails {
            if !(16..=64).contains(&aside.mail_id.len()) || !is_hex(&aside.mail_id) {
                return Err(SpoolError::BadId(aside.mail_id.clone()));
            }
            // Somebody may make mails whose ids begin alike: then the second is known by all its digits.
            let short = aside.mail_id[..16].to_owned();
            let other_before = new.get(&short).is_some_and(|first| first.mail_id != aside.mail_id);
            let id = match self.aside_entry(&short) {
                Ok(Some(entry)) if entry.aside.mail_id != aside.mail_id => aside.mail_id.clone(),
                _ if other_before => aside.mail_id.clone(),
                _ => short,
            };
            let there = matches!(self.aside_entry(&id), Ok(Some(entry)) if entry.bytes.is_some() || raw.is_none());
            if !there && !new.contains_key(&id) {
                // The mail first: an entry is a promise that it can be brought back.
                if let Some(raw) = raw {
                    files.push((format!("{id}.eml"), (*raw).into()));
                }
                let note = toml::to_string(aside).expect("plain data is TOML");
                files.push((format!("{id}.toml"), note.into_bytes().into()));
                new.insert(id.clone(), aside);
            }
            ids.push(id);
        }
        if !files.is_empty() {
            let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
            self.shelf(QUARANTINE).write_all(&files)?;
        }
        Ok(ids)
    }

    /// Notes that these entries were told of; one that is gone meanwhile, or damaged, is left alone.
    pub fn told_of_asides(&mut self, ids: &[String]) -> Result<(), SpoolError> {
        let mut files = Vec::new();
        for id in ids {
            let Ok(Some(AsideEntry { aside, .. })) = self.aside_entry(id) else {
                continue;
            };
            let told = Aside { untold: false, ..aside };
            let note = toml::to_string(&told).expect("plain data is TOML");
            files.push((format!("{id}.toml"), note.into_bytes()));
        }
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (&name[..], &bytes[..])).collect();
        match files.is_empty() {
            true => Ok(()),
            false => self.shelf(QUARANTINE).write_all(&files),
        }
    }

    /// Removes an entry and its mail for good, once it is a story or a person dropped it; `id` as [`AsideEntry::id`].
    /// Works for damaged entries too.
    pub fn drop_aside(&mut self, id: &str) -> Result<(), SpoolError> {
        if !is_hex(id) {
            return Err(SpoolError::BadId(id.to_owned()));
        }
        let shelf = self.shelf(QUARANTINE);
        let mail = shelf.remove(&format!("{id}.eml"))?;
        let note = shelf.remove(&format!("{id}.toml"))?;
        match mail || note {
            true => shelf.sync(),
            false => Err(SpoolError::NoSuch(id.to_owned())),
        }
    }
}

impl Shelves {
    /// All entries, by the time they were put here. A damaged one is reported and hides no other.
    pub fn asides(&self) -> Result<Stock<AsideEntry>, SpoolError> {
        let shelf = self.shelf(QUARANTINE);
        let mut stock = Stock::default();
        let notes = shelf.names(".toml")?;
        for id in notes.iter().filter(|id| is_hex(id)) {
            match self.aside_entry(id) {
                Ok(entry) => stock.items.extend(entry),
                Err(error) => stock.damaged.push(error),
            }
        }
        for id in shelf.names(".eml")? {
            if is_hex(&id) && notes.binary_search(&id).is_err() {
                stock.damaged.push(SpoolError::Damaged {
                    path: shelf.path_of(&format!("{id}.eml")),
                    why: "nothing says why it was put here".to_owned(),
                });
            }
        }
        stock
            .items
            .sort_by(|a, b| (a.aside.at, &a.id).cmp(&(b.aside.at, &b.id)));
        Ok(stock)
    }

    /// The id that begins with `prefix`, which is at least 4 digits.
    pub fn find_aside(&self, prefix: &str) -> Result<String, SpoolError> {
        if prefix.len() < 4 || !is_hex(prefix) {
            return Err(SpoolError::BadId(prefix.to_owned()));
        }
        let shelf = self.shelf(QUARANTINE);
        let mut found = shelf.names(".toml")?;
        found.extend(shelf.names(".eml")?);
        found.retain(|id| is_hex(id) && id.starts_with(prefix));
        found.sort_unstable();
        found.dedup();
        match &found[..] {
            [] => Err(SpoolError::NoSuch(prefix.to_owned())),
            [one] => Ok(one.clone()),
            // An id that is the beginning of another is itself.
            [first, ..] if first == prefix => Ok(first.clone()),
            _ => Err(SpoolError::Several {
                id: prefix.to_owned(),
                found,
            }),
        }
    }

    /// One entry, by its whole id; `None` if there is none.
    pub fn aside_entry(&self, id: &str) -> Result<Option<AsideEntry>, SpoolError> {
        if !is_hex(id) {
            return Err(SpoolError::BadId(id.to_owned()));
        }
        let shelf = self.shelf(QUARANTINE);
        let name = format!("{id}.toml");
        let Some(bytes) = shelf.read(&name)? else {
            return Ok(None);
        };
        let aside = toml::from_slice(&bytes).map_err(|error| SpoolError::Damaged {
            path: shelf.path_of(&name),
            why: error.message().to_owned(),
        })?;
        Ok(Some(AsideEntry {
            id: id.to_owned(),
            aside,
            bytes: shelf.size(&format!("{id}.eml")),
        }))
    }

    /// The mail of an entry, kept here as any other; `None` if it was never downloaded.
    pub fn aside_mail(&self, id: &str) -> Result<Option<KeptMail>, SpoolError> {
        if !is_hex(id) {
            return Err(SpoolError::BadId(id.to_owned()));
        }
        let raw = self.shelf(QUARANTINE).read(&format!("{id}.eml"))?;
        Ok(raw.map(|raw| KeptMail::new(id.to_owned(), raw)))
    }

    /// How many were put here since then.
    pub fn aside_counts(&self, since: Timestamp) -> Result<AsideCounts, SpoolError> {
        let stock = self.asides()?;
        let mut counts = AsideCounts {
            damaged: stock.damaged.len(),
            ..AsideCounts::default()
        };
        for entry in stock.items.iter().filter(|entry| entry.aside.at >= since) {
            match entry.aside.kind {
                AsideKind::Quarantined => counts.quarantined += 1,
                AsideKind::SetAside => counts.set_aside += 1,
            }
            counts.decisions += usize::from(entry.aside.rule.starts_with("decision-"));
        }
        Ok(counts)
    }
}

fn is_hex(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
