//! Attachments that may hold the story and are no mail text: what they are, by their bytes, and what a person can do.

use crate::story::submission::{Attachment, Note};

/// Whether an attachment is a Word document of today's kind, by its name or declared type; its bytes are read for proof.
pub(super) fn is_docx(attachment: &Attachment) -> bool {
    let name = attachment.name.as_deref().unwrap_or_default().to_ascii_lowercase();
    name.ends_with(".docx") || name.ends_with(".docm") || attachment.media_type.contains("wordprocessingml.document")
}

/// A note about an attachment whose text cannot be read here; `None` for pictures, .docx and what holds no text.
pub(super) fn unread(attachment: &Attachment) -> Option<Note> {
    let bytes = &attachment.bytes;
    let name = attachment.name.clone().unwrap_or_else(|| attachment.media_type.clone());
    let lower = name.to_ascii_lowercase();
    let ends = |list: &[&str]| list.iter().any(|e| lower.ends_with(e));
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    // TNEF's signature, 0x223E9F78, little endian
    if starts(&[0x78, 0x9f, 0x3e, 0x22]) {
        return Some(Note::Winmail);
    }
    let ask = "ask the author for the text in a mail or as .docx";
    if is_docx(attachment) {
        return None;
    }
    let why = if starts(b"%PDF") {
        format!("the text of a PDF is not read; {ask}")
    } else if starts(b"{\\rtf") {
        format!("a rich text file is not read; {ask}")
    } else if starts(&[0xd0, 0xcf, 0x11, 0xe0]) && !ends(&[".msg", ".xls", ".ppt"]) {
        format!("an old Word document is not read; {ask}")
    } else if ends(&[".odt", ".ott"]) || attachment.media_type.contains("opendocument.text") {
        format!("an OpenDocument text is not read; {ask}")
    } else if ends(&[".pages", ".wps", ".wpd"]) {
        format!("this kind of document is not read; {ask}")
    } else if ends(&[".msg"]) {
        "an Outlook message file is not read; ask for the mail to be forwarded".to_owned()
    } else if is_archive(bytes, &lower) {
        "an archive is never opened; ask the author to attach what is in it".to_owned()
    } else {
        return None;
    };
    Some(Note::AttachmentKept { name, why })
}

fn is_archive(bytes: &[u8], name: &str) -> bool {
    const MAGIC: [&[u8]; 6] = [
        b"Rar!",
        b"7z\xbc\xaf\x27\x1c",
        &[0x1f, 0x8b],
        b"BZh",
        &[0xfd, b'7', b'z', b'X', b'Z'],
        b"LZIP",
    ];
    // Office's own files are archives too
    let office = [
        ".docx", ".docm", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".pages", ".numbers", ".key", ".epub", ".dotx",
    ];
    MAGIC.iter().any(|m| bytes.starts_with(m))
        || (bytes.starts_with(b"PK\x03\x04") && !office.iter().any(|e| name.ends_with(e)))
        || name.ends_with(".tar")
}
