//! Which images of a mail are photos of the story, what they are called, and where they stand.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::markdown::ImageRef;
use super::super::passage::{Image, Kind, Line, Span};
use super::super::submission::{Note, Submission};
use super::{MediaFate, Photo};

/// The photos of a story, and their files by attachment.
pub struct Placed {
    pub media: Vec<Photo>,
    pub names: HashMap<usize, ImageRef>,
}

/// A side shorter than this is an icon's.
const ICON: u32 = 64;

/// Chooses and names the photos: those in the text in their order, then those that were only attached. Images that are
/// no photos are taken out of `lines`, and told.
pub fn place(
    lines: &mut [Line],
    in_cut: &HashSet<usize>,
    source: &Submission,
    fates: &[MediaFate],
    notes: &mut Vec<Note>,
) -> Placed {
    let in_signature = parts(lines.iter().filter(|l| l.hints.signature));
    let in_text: Vec<(usize, String)> = lines.iter().filter(|l| !l.hints.signature).flat_map(images).collect();
    let stands: HashSet<usize> = in_text.iter().map(|(place, _)| *place).collect();
    let attached = (0..source.attachments.len())
        .filter(|p| !stands.contains(p))
        .map(|p| (p, String::new()));

    let mut placed = Placed {
        media: Vec::new(),
        names: HashMap::new(),
    };
    // compared, not hashed: two pictures differ early
    let mut known: BTreeSet<&[u8]> = BTreeSet::new();
    let wanted: Vec<(usize, String)> = in_text.into_iter().chain(attached).collect();
    for (place, alt) in wanted {
        if placed.names.contains_key(&place) {
            continue;
        }
        let shown = || {
            source
                .attachments
                .get(place)
                .and_then(|a| a.name.clone())
                .unwrap_or_else(|| "without a name".to_owned())
        };
        let mut leave = |why: &str| {
            notes.push(Note::AttachmentKept {
                name: shown(),
                why: why.to_owned(),
            })
        };
        match fates.get(place) {
            Some(MediaFate::Photo {
                ext,
                bytes,
                had_location,
                width,
                height,
            }) => {
                if !stands.contains(&place) && (in_signature.contains(&place) || in_cut.contains(&place)) {
                    leave("it stood in what was cut, or in the signature");
                    continue;
                }
                let small = bytes.len() < 10_000 && (*width).max(*height) <= 200;
                if (*width).min(*height) < ICON || small {
                    leave("it is as small as a logo");
                    continue;
                }
                if !known.insert(bytes) {
                    leave("the same picture is in the story already");
                    continue;
                }
                let file = format!("photo-{}.{ext}", placed.media.len() + 1);
                let alt = if says_something(&alt) { alt } else { String::new() };
                placed.names.insert(
                    place,
                    ImageRef {
                        file: file.clone(),
                        alt: alt.clone(),
                    },
                );
                placed.media.push(Photo {
                    attachment: place,
                    file,
                    alt,
                });
                if *had_location {
                    notes.push(Note::HadLocation);
                }
            }
            Some(MediaFate::Left { why }) if !why.is_empty() => leave(why),
            _ => {}
        }
    }
    // pictures in a signature, left out ones and doubles do not stand in the text
    let mut shown: HashSet<usize> = HashSet::new();
    for line in lines.iter_mut() {
        let signature = line.hints.signature;
        line.spans.retain_mut(|span| match span.image {
            Some(Image::Part(place)) => {
                let keep = !signature && placed.names.contains_key(&place) && shown.insert(place);
                // a name of a file is no description
                if !says_something(&span.text) {
                    span.text.clear();
                }
                keep
            }
            Some(Image::Missing(_)) => false,
            None => true,
        });
        if line.spans.is_empty() && !matches!(line.kind, Kind::Row { .. } | Kind::Rule) {
            line.kind = Kind::Blank;
        }
    }
    placed
}

/// The attachments whose pictures stand in `lines`.
pub fn parts<'a>(lines: impl Iterator<Item = &'a Line>) -> HashSet<usize> {
    lines.flat_map(images).map(|(place, _)| place).collect()
}

/// The pictures in a line, with their alternative texts.
fn images(line: &Line) -> Vec<(usize, String)> {
    let cells = match &line.kind {
        Kind::Row { cells, .. } => cells.as_slice(),
        _ => &[],
    };
    let part = |s: &Span| match s.image {
        Some(Image::Part(place)) => Some((place, s.text.clone())),
        _ => None,
    };
    line.spans
        .iter()
        .chain(cells.iter().flatten())
        .filter_map(part)
        .collect()
}

/// Whether a picture's name, in small letters, is that of a file.
fn is_file(name: &str) -> bool {
    [
        ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".bmp", ".tif", ".tiff",
    ]
    .iter()
    .any(|e| name.ends_with(e))
}

/// Whether an alternative text tells what is in the picture, rather than what its file is called.
pub fn says_something(alt: &str) -> bool {
    let lower = alt.trim().to_lowercase();
    let file = is_file(&lower);
    let words = lower
        .split(|c: char| !c.is_alphabetic())
        .filter(|w| w.chars().count() > 1);
    let empty = [
        "image",
        "img",
        "photo",
        "picture",
        "pic",
        "inline",
        "bild",
        "foto",
        "attachment",
        "logo",
        "cid",
        "png",
        "jpeg",
        "jpg",
        "screenshot",
        "dsc",
        "dscn",
        "pastedgraphic",
        "the",
        "no",
        "description",
        "available",
    ];
    !file && !lower.starts_with("cid:") && words.into_iter().any(|w| !empty.contains(&w))
}

/// Plain text names its pictures: `[image: us.jpg]` (Gmail), `[cid:image001.png@01D0]` (Outlook), `<us.jpeg>` (Apple).
/// Such a line becomes the picture. Where the mail does not have it, the line goes as it does in HTML, and is told where
/// the picture may have been a photo; `[image: our hall]` are words, and stay, as do those behind Outlook's `Image removed by sender.`
pub fn find_placeholders(lines: &mut [Line], source: &Submission, notes: &mut Vec<Note>) {
    let held: HashSet<&str> = source
        .attachments
        .iter()
        .filter_map(|a| a.content_id.as_deref())
        .collect();
    let mut gone = Vec::new();
    for line in lines {
        let [span] = &mut line.spans[..] else { continue };
        if span.image.is_some() {
            continue;
        }
        span.text = without_cids(&span.text, &held, &mut gone);
        match stands_for(span.text.trim(), source) {
            Some(Stands::Picture(place)) => {
                line.spans = vec![Span {
                    image: Some(Image::Part(place)),
                    ..Span::default()
                }];
            }
            Some(Stands::Gone(name)) => {
                tell(name, &mut gone);
                line.spans.clear();
                line.kind = Kind::Blank;
            }
            Some(Stands::Words(words)) => span.text = words,
            None => {}
        }
    }
    notes.extend(gone.into_iter().map(|name| {
        Note::Other(format!(
            "the picture {name} stood in the text and is not in the mail: ask the author to send it"
        ))
    }));
}

/// Pictures that are told of one mail: nobody asks for more.
const MOST_TOLD: usize = 20;

/// Adds the name of a picture to those that are told, once.
fn tell(name: Option<String>, gone: &mut Vec<String>) {
    gone.extend(name.filter(|name| gone.len() < MOST_TOLD && !gone.contains(name)));
}

/// What a line is in the place of.
enum Stands {
    /// The attachment.
    Picture(usize),
    /// A picture that is not in the mail, by its name where it had one of its own.
    Gone(Option<String>),
    /// A picture that is not in the mail, told in words.
    Words(String),
}

fn stands_for(text: &str, source: &Submission) -> Option<Stands> {
    let bracketed = |open: char, close: char| text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
    let inner = bracketed('[', ']').or_else(|| bracketed('<', '>'))?;
    // Outlook's words for a picture on the network that it did not load
    if let Some(behind) = inner
        .strip_prefix("Image removed by sender.")
        .filter(|b| !b.contains(']'))
    {
        let behind = behind.trim();
        return Some(match behind.is_empty() || is_file(&behind.to_lowercase()) {
            true => Stands::Gone(photo_name(behind)),
            false => Stands::Words(behind.to_owned()),
        });
    }
    let (cid, name) = match inner.split_once(':') {
        Some((kind, rest)) if kind.eq_ignore_ascii_case("cid") => (Some(rest.trim()), None),
        Some((kind, rest))
            if ["image", "bild", "imagen", "imagem", "immagine"].contains(&kind.to_lowercase().as_str()) =>
        {
            (None, Some(rest.trim()))
        }
        _ => (None, Some(inner.trim())),
    };
    let found = source.attachments.iter().position(|a| {
        a.media_type.starts_with("image/")
            && (cid.is_some_and(|c| a.content_id.as_deref() == Some(c))
                || name.is_some_and(|n| a.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(n))))
    });
    if let Some(place) = found {
        return Some(Stands::Picture(place));
    }
    match (cid, name) {
        (Some(cid), _) => is_cid(cid).then(|| {
            let held = || source.attachments.iter().any(|a| a.content_id.as_deref() == Some(cid));
            Stands::Gone(photo_name(cid).filter(|_| !held()))
        }),
        (_, Some(name)) if is_file(&name.to_lowercase()) && !name.contains(['[', ']', '<', '>', '/']) => {
            Some(Stands::Gone(Some(name.to_owned())))
        }
        _ => None,
    }
}

/// No program's Content-ID is longer.
const LONGEST_CID: usize = 300;

/// A Content-ID (RFC 2392), as no word of an author's looks.
fn is_cid(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, '[' | ']'))
}

/// The name of a file that a person may have given, before the `@` of a Content-ID: `our-hall.jpg`, not `image001.png` or `~WRD0.jpg`.
fn photo_name(cid: &str) -> Option<String> {
    let name = cid.split('@').next().unwrap_or_default();
    let lower = name.to_lowercase();
    let counted = lower.strip_prefix("image").and_then(|rest| rest.split_once('.'));
    let counted = counted.is_some_and(|(digits, _)| digits.bytes().all(|b| b.is_ascii_digit()));
    let fit = is_file(&lower) && !counted && !lower.starts_with('~') && !lower.contains(['[', ']', '<', '>', '/']);
    fit.then(|| name.to_owned())
}

/// A line's words without the pictures that Outlook names among them; those that the mail does not have and that may have been photos
/// are told. A line of its own is its picture's place.
fn without_cids(text: &str, held: &HashSet<&str>, gone: &mut Vec<String>) -> String {
    let whole = text.trim();
    if !text.contains("[cid:") || whole.starts_with("[cid:") && whole.find(']') == Some(whole.len() - 1) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[cid:") {
        out.push_str(before);
        let near = &after[..after.floor_char_boundary(LONGEST_CID)];
        match near.find(']').filter(|&end| is_cid(&near[..end])) {
            Some(end) => {
                let cid = &near[..end];
                if !held.contains(cid) {
                    tell(photo_name(cid), gone);
                }
                rest = &after[end + 1..];
            }
            None => {
                out.push_str("[cid:");
                rest = after;
            }
        }
    }
    out + rest
}
