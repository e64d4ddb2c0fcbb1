//! Which images of a mail are photos of the story, what they are called, and where they stand.

use std::collections::{HashMap, HashSet};

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
    let mut known: HashSet<[u8; 32]> = HashSet::new();
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
                sha256,
                bytes,
                had_location,
                width,
                height,
            }) => {
                if !stands.contains(&place) && (in_signature.contains(&place) || in_cut.contains(&place)) {
                    leave("it stood in what was cut, or in the signature");
                    continue;
                }
                let small = *bytes < 10_000 && (*width).max(*height) <= 200;
                if (*width).min(*height) < ICON || small {
                    leave("it is as small as a logo");
                    continue;
                }
                if !known.insert(*sha256) {
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

/// Whether an alternative text tells what is in the picture, rather than what its file is called.
fn says_something(alt: &str) -> bool {
    let lower = alt.trim().to_lowercase();
    let file = [
        ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".bmp", ".tif", ".tiff",
    ]
    .iter()
    .any(|e| lower.ends_with(e));
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
/// Such a line becomes the picture.
pub fn find_placeholders(lines: &mut [Line], source: &Submission) {
    for line in lines
        .iter_mut()
        .filter(|l| l.spans.len() == 1 && l.spans[0].image.is_none())
    {
        let text = line.spans[0].text.trim();
        let bracketed = |open: char, close: char| text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
        let Some(inner) = bracketed('[', ']').or_else(|| bracketed('<', '>')) else {
            continue;
        };
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
            line.spans = vec![Span {
                image: Some(Image::Part(place)),
                ..Span::default()
            }];
        }
    }
}
