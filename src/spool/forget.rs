//! What is taken out of the spool for good: what an erasure or the retention clock ends.

use std::fs;

use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::letters::{since, without_address};
use super::{Aside, AsideEntry, INCOMING, QUARANTINE, Shelf, Shelves, Spool, SpoolError};

/// What an erasure under way is about, so that the next run can finish it.
const ERASING: &str = "erasing";
/// What another desk's erasure takes out here, from before it goes until all of it is gone.
const OBEYING: &str = "obeying";
/// Made anew whenever they are not there.
const CACHES: [&str; 2] = ["stories.cache", "threads.cache"];
/// Folders of the same kind: pages that were looked at, the words of all stories, and copies of public branches.
const FOLDERS: [&str; 3] = [PREVIEWS, "words", "targets"];
const PREVIEWS: &str = "preview";
const LEDGER: &str = "ledger";

/// A mail that lies in the quarantine, also one of which nothing can be read but its bytes.
#[derive(Debug)]
pub struct AnyAside {
    /// What it is called here.
    pub id: String,
    pub known: Option<Aside>,
    /// Empty where it was never downloaded.
    pub raw: Vec<u8>,
}

impl Spool {
    /// Keeps what an erasure is about, before anything is erased.
    pub fn put_erasing(&mut self, plan: &impl Serialize) -> Result<(), SpoolError> {
        self.put_plan(ERASING, plan)
    }

    /// It is done.
    pub fn end_erasing(&mut self) -> Result<(), SpoolError> {
        self.end_plan(ERASING)
    }

    /// Keeps what is known of stories that another desk erased, before they go out of the history here.
    pub fn put_obeying(&mut self, known: &impl Serialize) -> Result<(), SpoolError> {
        self.put_plan(OBEYING, known)
    }

    /// Nothing of them is left here.
    pub fn end_obeying(&mut self) -> Result<(), SpoolError> {
        self.end_plan(OBEYING)
    }

    fn put_plan(&mut self, name: &str, plan: &impl Serialize) -> Result<(), SpoolError> {
        let text = serde_json::to_vec(plan).expect("plain data is JSON");
        Shelf::at(&self.path).write(name, &text)
    }

    fn end_plan(&mut self, name: &str) -> Result<(), SpoolError> {
        let root = Shelf::at(&self.path);
        root.remove(name)?;
        root.sync()
    }

    /// Forgets that automatic letters went to an address.
    pub fn forget_sent(&mut self, address: &str) -> Result<(), SpoolError> {
        let root = Shelf::at(&self.path);
        let Some(ledger) = root.read(LEDGER)? else {
            return Ok(());
        };
        match without_address(&ledger, address) {
            Some(rest) => root.write(LEDGER, &rest),
            None => Ok(()),
        }
    }

    /// Forgets which automatic letters went before that day.
    pub fn forget_sent_before(&mut self, day: Date) -> Result<(), SpoolError> {
        let root = Shelf::at(&self.path);
        let Some(ledger) = root.read(LEDGER)? else {
            return Ok(());
        };
        match since(&ledger, day) {
            Some(rest) => root.write(LEDGER, &rest),
            None => Ok(()),
        }
    }

    /// Forgets the notes of earlier runs that tell of something; damaged ones with them. How many.
    pub fn forget_notes(&mut self, tells: impl Fn(&str) -> bool) -> Result<usize, SpoolError> {
        let keys: Vec<String> = match self.notes_of("") {
            Ok(notes) => notes
                .into_iter()
                .filter(|(key, value)| tells(key) || tells(value))
                .map(|(key, _)| key)
                .collect(),
            Err(SpoolError::Damaged { .. }) => Vec::new(),
            Err(e) => return Err(e),
        };
        for key in &keys {
            self.put_note(key, None)?;
        }
        Shelf::at(&self.path).remove("notes.toml.damaged")?;
        Ok(keys.len())
    }

    /// Removes what is only remembered, and pages that were looked at: all of it is made anew when it is asked for.
    pub fn clear_caches(&mut self) -> Result<(), SpoolError> {
        let root = Shelf::at(&self.path);
        for name in CACHES {
            root.remove(name)?;
        }
        for name in FOLDERS {
            let path = self.path.join(name);
            match fs::remove_dir_all(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(SpoolError::io("remove", &path, e)),
                _ => {}
            }
        }
        self.end_reading()?;
        root.sync()
    }
}

impl Shelves {
    /// What an erasure that was not finished is about; `None` where there is none.
    pub fn erasing<T: DeserializeOwned>(&self) -> Result<Option<T>, SpoolError> {
        self.plan(ERASING)
    }

    /// What is known of stories that another desk erased and of which something may be left here; `None` where there are none.
    pub fn obeying<T: DeserializeOwned>(&self) -> Result<Option<T>, SpoolError> {
        self.plan(OBEYING)
    }

    fn plan<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SpoolError> {
        let Some(bytes) = Shelf::at(&self.path).read(name)? else {
            return Ok(None);
        };
        let plan = serde_json::from_slice(&bytes).map_err(|error| SpoolError::Damaged {
            path: self.path.join(name),
            why: error.to_string(),
        })?;
        Ok(Some(plan))
    }

    /// Every mail that lies in the quarantine.
    pub fn all_asides(&self) -> Result<Vec<AnyAside>, SpoolError> {
        let shelf = self.shelf(QUARANTINE);
        let mut ids = shelf.names(".eml")?;
        ids.extend(shelf.names(".toml")?);
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_hexdigit()));
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let raw = shelf.read(&format!("{id}.eml"))?.unwrap_or_default();
            let known = self
                .aside_entry(&id)
                .ok()
                .flatten()
                .map(|AsideEntry { aside, .. }| aside);
            all.push(AnyAside { id, known, raw });
        }
        Ok(all)
    }

    /// Every mail that waits to be read: its id here, and its bytes.
    pub fn waiting_mails(&self) -> Result<Vec<(String, Vec<u8>)>, SpoolError> {
        let shelf = self.shelf(INCOMING);
        let mut all = Vec::new();
        for id in self.incoming()? {
            let raw = shelf.read(&format!("{id}.eml"))?.unwrap_or_default();
            all.push((id, raw));
        }
        Ok(all)
    }

    /// How many pages lie here that were only looked at.
    pub fn previews(&self) -> usize {
        fs::read_dir(self.path.join(PREVIEWS)).map_or(0, Iterator::count)
    }
}
