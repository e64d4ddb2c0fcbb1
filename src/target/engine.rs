//! A story as a page bundle of a site generator: one folder with a page and its photos.

use std::collections::BTreeMap;

use super::front::{Switch, toml, yaml};
use super::{Bundle, TargetError};
use crate::story::markdown::{tame, web};

/// Who reads the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    #[default]
    Hugo,
    Zola,
    /// Pages are HTML: kramdown and CommonMark disagree about too much to promise that a page reads as it was previewed.
    Jekyll,
    Eleventy,
}

impl Engine {
    /// The bundle's files by name; `folder` is the name of the one that it is put in. Template codes in the text are text: they are written so that no engine knows them, and
    /// those engines that run whole pages as templates are told not to.
    pub(super) fn files<'a>(
        self,
        bundle: &Bundle<'a>,
        folder: &str,
    ) -> Result<BTreeMap<String, std::borrow::Cow<'a, [u8]>>, TargetError> {
        for name in bundle.media.keys() {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
            let page = name.ends_with(".md") || name.ends_with(".html") || name.ends_with(".htm");
            if name.is_empty() || name.starts_with(['.', '-', '_']) || page || !name.bytes().all(fits) {
                return Err(TargetError::FileName { name: name.clone() });
            }
        }
        let ours = |file: &str| bundle.media.contains_key(file);
        let (front, slug, date) = (bundle.front, bundle.slug, bundle.date);
        let markdown = || tame(bundle.body, &ours).trim_matches('\n').to_owned();
        let (name, head, body) = match self {
            Engine::Hugo | Engine::Zola => ("index.md", toml(front, slug, date), markdown()),
            Engine::Jekyll => {
                let mut switches = vec![("published", Switch::On), ("render_with_liquid", Switch::Off)];
                if folder.starts_with('_') {
                    // a collection: at the address where its photos are, whatever style of links the site has
                    switches.push(("permalink", Switch::Text(format!("/:collection/{slug}/"))));
                }
                ("index.html", yaml(front, slug, date, &switches), html(bundle, ""))
            }
            Engine::Eleventy => {
                let switches = [
                    ("draft", Switch::Off),
                    ("templateEngineOverride", Switch::Text("md".to_owned())),
                ];
                ("index.md", yaml(front, slug, date, &switches), markdown())
            }
        };
        let page = format!("{head}\n{}\n", body.trim_end());
        let media = bundle
            .media
            .iter()
            .map(|(name, bytes)| (name.clone(), bytes.as_slice().into()));
        Ok([(name.to_owned(), page.into_bytes().into())]
            .into_iter()
            .chain(media)
            .collect())
    }
}

/// A story as HTML that stands alone, for a place without front matter: subtitle and byline above the text. No shortcode of WordPress is
/// left in it either. Pictures are found under `at`.
pub fn posted(bundle: &Bundle, at: &str) -> String {
    let extra = |key: &str| super::front::text(bundle.front.get("extra").and_then(|extra| extra.get(key)));
    let mut head = String::new();
    if let Some(subtitle) = extra("subtitle") {
        head.push_str(&format!("<p><em>{}</em></p>\n\n", web::escape(&subtitle)));
    }
    if let Some(author) = extra("author") {
        head.push_str(&format!("<p>By {}</p>\n\n", web::escape(&author)));
    }
    format!("{head}{}", html(bundle, at))
        .replace('{', "&#123;")
        .replace('[', "&#91;")
}

/// The text as HTML in which no template code is left; pictures are found under `at`.
pub(super) fn html(bundle: &Bundle, at: &str) -> String {
    let mut picture = |file: &str, alt: &str| {
        let said = |table: &str| {
            let extra = bundle.front.get("extra")?.get(table)?.get(file)?.as_str()?;
            (!extra.trim().is_empty()).then(|| web::escape(extra))
        };
        if !bundle.media.contains_key(file) {
            return format!("<span>{}</span>", web::escape(alt));
        }
        let alt = if alt.trim().is_empty() {
            said("alt").unwrap_or_default()
        } else {
            web::escape(alt)
        };
        let credit = said("credits")
            .map(|credit| format!("<br><small>{credit}</small>"))
            .unwrap_or_default();
        format!("<img src=\"{at}{file}\" alt=\"{alt}\">{credit}")
    };
    let manner = web::Manner {
        picture: &mut picture,
        dead_link: "<span>",
    };
    web::html(bundle.body, manner).replace('{', "&#123;")
}
