//! What is done to mails whose outcome is on disk.

use super::answer::Status;
use super::name::{mailbox, quoted};
use super::session::{Session, time_for};
use super::{Fate, InboxError, KEYWORD};

pub(super) const NO_LABELS: &str = "only Gmail has labels; use `move:FOLDER`, `flag` or `leave`";

/// Does to a set of UIDs what their fate wants. Nothing is deleted but what was copied first.
pub(super) fn mark_set(session: &mut Session, inbox: &str, set: &str, fate: &Fate) -> Result<(), InboxError> {
    let keyword = if session.selected.keywords {
        format!(" {KEYWORD}")
    } else {
        String::new()
    };
    let flag = format!("UID STORE {set} +FLAGS.SILENT (\\Seen{keyword})");
    match fate {
        Fate::Leave => Ok(()),
        Fate::Flag => session.run(&flag, time_for(0)),
        Fate::Label(label) => {
            let label = quoted(label).filter(|_| session.can("X-GM-EXT-1"));
            let Some(label) = label else {
                return Err(InboxError::NoSuchFate {
                    inbox: inbox.to_owned(),
                    fate: fate.clone(),
                    why: NO_LABELS,
                });
            };
            session.run(&format!("UID STORE {set} +X-GM-LABELS.SILENT ({label})"), time_for(0))?;
            session.run(&flag, time_for(0))
        }
        Fate::Move(folder) => {
            let folder = mailbox(folder);
            session.run(&format!("UID STORE {set} +FLAGS.SILENT (\\Seen)"), time_for(0))?;
            if session.can("MOVE") {
                return into_folder(session, &format!("UID MOVE {set} {folder}"), &folder);
            }
            into_folder(session, &format!("UID COPY {set} {folder}"), &folder)?;
            session.run(
                &format!("UID STORE {set} +FLAGS.SILENT (\\Deleted{keyword})"),
                time_for(0),
            )?;
            // Without UIDPLUS an EXPUNGE would take what others marked as deleted, too: then ours stay so marked.
            match session.can("UIDPLUS") {
                true => session.run(&format!("UID EXPUNGE {set}"), time_for(0)),
                false => Ok(()),
            }
        }
    }
}

/// A MOVE or COPY; the folder is made if the server says that it is missing.
fn into_folder(session: &mut Session, command: &str, folder: &str) -> Result<(), InboxError> {
    let said = session.talk(command, time_for(0), &mut |_| Ok(()))?;
    match said.status {
        Status::Ok => Ok(()),
        Status::No if said.has_code("TRYCREATE") => {
            session.run(&format!("CREATE {folder}"), time_for(0))?;
            session.run(command, time_for(0))
        }
        _ => Err(session.refused(command, said)),
    }
}
