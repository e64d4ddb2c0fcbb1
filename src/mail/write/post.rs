//! A story as a mail that becomes a post: subject, HTML with its photos in it, and the same as plain text.

use std::borrow::Cow;

use super::*;
use crate::story::passage::Line;
use lettre::message::Attachment;

/// A story to be posted by mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Post<'a> {
    pub id: LetterId,
    pub from: Mailbox,
    /// The secret address.
    pub to: Mailbox,
    pub subject: String,
    /// Pictures in it are `cid:` and their file's name.
    pub html: String,
    pub photos: Vec<Picture<'a>>,
    pub date: Timestamp,
}

/// A photo of a post.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture<'a> {
    pub file: &'a str,
    pub bytes: &'a [u8],
}

/// Writes it: alternative(text, related(HTML, photos)), RFC 2387 and RFC 2392.
pub fn post(post: &Post) -> Result<Written, WriteError> {
    let (from, to) = (mailbox(&post.from)?, mailbox(&post.to)?);
    let envelope = Envelope::to(to.email.as_ref(), Some(from.email.to_string()));
    let seconds = post.date.as_second().try_into().unwrap_or(0);
    let message = Message::builder()
        .from(from)
        .to(to.clone())
        .subject(one_line(&post.subject, LONGEST_SUBJECT))
        .date(UNIX_EPOCH + Duration::from_secs(seconds))
        .raw_header(plain("Message-ID", format!("<{}>", post.id)))
        .envelope(lettre::address::Envelope::new(None, vec![to.email])?);
    let boundary = |part: &str| format!("m4c-{part}-{}", post.id.mark());
    let part = |content_type, text: &str| SinglePart::builder().header(content_type).body(clean(text));
    let named = |html: String, photo: &Picture| {
        html.replace(
            &format!("\"cid:{}\"", photo.file),
            &format!("\"cid:{}\"", content_id(post, photo.file)),
        )
    };
    let html = post.photos.iter().fold(post.html.clone(), named);
    let mut related = MultiPart::related()
        .boundary(boundary("related"))
        .singlepart(part(ContentType::TEXT_HTML, &html));
    for photo in &post.photos {
        let inline = Attachment::new_inline_with_name(content_id(post, photo.file), photo.file.to_owned());
        related = related.singlepart(inline.body(photo.bytes.to_vec(), image_type(photo.bytes)));
    }
    let parts = MultiPart::alternative()
        .boundary(boundary("alternative"))
        .singlepart(part(ContentType::TEXT_PLAIN, &in_words(&post.html)))
        .multipart(related);
    let bytes = message.multipart(parts)?.formatted();
    Ok(Written { envelope, bytes })
}

/// The same nowhere else in the world (RFC 2392).
fn content_id(post: &Post, file: &str) -> String {
    format!("{file}.{}", post.id)
}

/// By what its bytes are, not by its name.
fn image_type(bytes: &[u8]) -> ContentType {
    let kind = match bytes {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => "application/octet-stream",
    };
    ContentType::parse(kind).expect("these are media types")
}

/// The words of our own HTML.
fn in_words(html: &str) -> String {
    let read = crate::mail::html::lines(html, &crate::mail::html::PartMap::default());
    let lines = read.map(|read| read.lines).unwrap_or_default();
    let lines: Vec<Cow<str>> = lines.iter().map(Line::words).collect();
    format!("{}\n", lines.join("\n").trim())
}
