//! What should be looked at before a story goes out: safeguarding first, then form. Each rule stands in [`RULES`] beside its
//! English. A finding is mended in the text, or waived with a reason that stands in the record.
//!
//! A waiver is of words, not of a rule: other words of the same rule are a new finding, and open.

mod contact;
mod country;
mod form;
mod given_names;
mod hits;
mod names;
mod people;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::event::What;
use super::page::{Front, INDEX};
use super::plain::Plain;
use super::state::Waiver;
use super::step::Story;
use super::submission::Note;

pub use country::{COUNTRIES, Country};
pub use form::same_name;
use hits::Hits;

/// One thing that is looked for.
pub struct Rule {
    /// As it is typed and stands in the record.
    pub name: &'static str,
    /// Whether an open finding keeps the story from being approved; else it is only told.
    pub blocks: bool,
    /// What it finds, and why that matters.
    pub english: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    look: fn(&Text, &mut Hits),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! rules {
    ($($name:literal $weight:ident $look:path: $english:literal; $fix:literal)*) => {
        &[$(Rule { name: $name, blocks: $weight, english: $english, fix: $fix, look: $look }),*]
    };
}
const BLOCKS: bool = true;
const TOLD: bool = false;

/// Every rule, in the order in which findings of one place are told.
pub const RULES: &[Rule] = rules! {
    "child-age" BLOCKS people::child_age:
        "A child's age, or school year, with a name: together they say which child it is.";
        "take the name or the age out, or ask a parent"
    "third-person" BLOCKS people::third_person:
        "The full name of somebody who is not the storyteller.";
        "make sure that they know and agree, or leave only the first name"
    "sensitive" BLOCKS people::sensitive:
        "A word of health, immigration or crime beside a name (UK GDPR, articles 9 and 10).";
        "leave the name out, or make sure that this person wants it told"
    "accused" BLOCKS people::accused:
        "A named organisation is accused of something: that can be libel.";
        "say what happened and who saw it, or leave the name out"
    "phone" BLOCKS contact::phone:
        "A telephone number.";
        "take it out, unless it is meant for the public"
    "email" BLOCKS contact::email:
        "An e-mail address.";
        "take it out, unless it is meant for the public"
    "postcode" BLOCKS contact::postcode:
        "A postcode: in the UK it is a few houses.";
        "take it out, unless it is of a public place"
    "street" BLOCKS contact::street:
        "A street with a house number.";
        "take the number out, unless it is of a public place"
    "number" BLOCKS contact::number:
        "A bank account, card, National Insurance or passport number.";
        "take it out"
    "forward" BLOCKS form::forward:
        "Somebody outside the team forwarded it, or header lines of another mail (From:, To:, Sent:) are in the text.";
        "see whose story it is (`edit STORY --author NAME`), and take such lines out"
    "odd-link" BLOCKS form::odd_link:
        "A link that shows one address and goes to another, or goes where no page is.";
        "put the right address there, or take the link out"
    "mixed-script" BLOCKS form::mixed_script:
        "A name with letters of several alphabets, or characters that cannot be seen (UTS #39).";
        "type the name anew"
    "no-byline" BLOCKS form::no_byline:
        "There is no byline.";
        "give it one: `edit STORY --author NAME`"
    "alt" BLOCKS form::alt:
        "A photo without a text for those who cannot see it.";
        "say what it shows: `edit STORY --alt FILE=TEXT`"
    "no-photo" BLOCKS form::no_photo:
        "The text names a photo that is not there: readers would see its marks.";
        "take it out of the text, or bring it: `media STORY add FILE`"
    "link" TOLD form::link:
        "A link to another site.";
        "follow it, and see that it is what the author means"
    "photo-location" TOLD form::photo_location:
        "A photo came with the place where it was taken. The place was removed; the picture may still show it.";
        "look whether it shows somebody's home"
    "parts-differ" TOLD form::parts_differ:
        "The mail's plain text and its HTML are not the same: its author may mean the other.";
        "compare: `show STORY --raw`"
    "another-mail" TOLD form::taken_for_another:
        "What may be the author's was taken for somebody else's, or what looks like another's was kept.";
        "read what was cut: `show STORY --cut`, and `restore STORY` brings it back"
    "short" TOLD form::short:
        "It is very short.";
        "ask the author whether something is missing"
    "long" TOLD form::long:
        "It is very long.";
        "see whether it can be shorter, or is several stories"
    "shouting" TOLD form::shouting:
        "Words in capitals, or a row of exclamation marks.";
        "write it as it would be said"
};

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.name == name)
}

/// What the team looks for: from the local configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whether open findings keep a story from being approved.
    pub block: bool,
    /// Whose telephone numbers, postcodes and streets.
    pub country: &'static Country,
    /// Names of rules that are not looked for.
    pub off: Vec<String>,
    /// The team's own: links and addresses there are no findings.
    pub domains: Vec<String>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            block: true,
            country: &COUNTRIES[0],
            off: Vec::new(),
            domains: Vec::new(),
        }
    }
}

/// Where in `index.md`; line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// The same words, found once or more.
#[derive(Debug, Clone)]
pub struct Finding {
    pub rule: &'static Rule,
    /// From 1 among the rule's findings in this text: `phone:2`.
    pub n: usize,
    /// Where, at most [`hits::PLACES`] of them.
    pub places: Vec<Place>,
    /// What was found, on one line and not too long.
    pub words: String,
    /// By which a waiver knows these words again: 16 hex digits.
    pub key: String,
    pub waived: Option<Waiver>,
}

impl Finding {
    pub fn blocks(&self) -> bool {
        self.rule.blocks && self.waived.is_none()
    }
}

/// What is found in a story, waived or not, in the order of the text.
pub fn check(story: &Story, wanted: &Wanted) -> Vec<Finding> {
    let index = story.files.get(INDEX).map_or(&[][..], Vec::as_slice);
    let Ok(index) = std::str::from_utf8(index) else {
        return Vec::new();
    };
    let notes: Vec<&str> = story
        .record
        .events
        .iter()
        .flat_map(|e| match &e.what {
            What::Received { notes, .. } | What::Joined { notes, .. } => notes.iter().collect(),
            // whose story it is, its first mail says
            What::FollowUp { notes, .. } => notes.iter().filter(|n| Note::forwarded(n).is_none()).collect(),
            _ => Vec::new(),
        })
        .map(String::as_str)
        .collect();
    let mut found = look(
        index,
        &story.front(),
        &notes,
        Some(&story.photos),
        wanted,
        story.id.as_str(),
    );
    for finding in &mut found {
        let of_these = |w: &&Waiver| w.rule == finding.rule.name && w.covers(&finding.key, story.text);
        finding.waived = story.life.waived.iter().rev().find(of_these).cloned();
    }
    found
}

/// What is found in a page, before any waiver. `photos`: the names of those that lie beside it, where that is known. `salt` keeps the keys of two stories
/// apart.
pub fn look(
    index: &str,
    front: &Front,
    notes: &[&str],
    photos: Option<&[String]>,
    wanted: &Wanted,
    salt: &str,
) -> Vec<Finding> {
    let text = Text {
        photos,
        ..Text::new(index, front, notes, wanted)
    };
    let mut all: Vec<(Vec<usize>, Finding)> = Vec::new();
    for rule in RULES.iter().filter(|r| !wanted.off.iter().any(|off| off == r.name)) {
        let mut hits = Hits::default();
        (rule.look)(&text, &mut hits);
        for hit in hits.into_list() {
            let key = hex::encode(Sha256::digest(format!("{}\0{salt}\0{}", rule.name, hit.norm)));
            let finding = Finding {
                rule,
                n: 0,
                places: Vec::new(),
                words: hit.words,
                key: key[..16].to_owned(),
                waived: None,
            };
            all.push((hit.offsets, finding));
        }
    }
    // stable: at one place the order of the table
    all.sort_by_key(|(offsets, _)| offsets[0]);
    let places = places(index, all.iter().flat_map(|(offsets, _)| offsets).copied());
    let mut many: HashMap<&str, usize> = HashMap::new();
    let told = |(offsets, mut finding): (Vec<usize>, Finding)| {
        let n = many.entry(finding.rule.name).or_default();
        *n += 1;
        finding.n = *n;
        finding.places = offsets.iter().filter_map(|at| places.get(at).copied()).collect();
        finding
    };
    all.into_iter().map(told).collect()
}

/// Where these bytes of a page stand, in one pass over it.
fn places(index: &str, offsets: impl Iterator<Item = usize>) -> HashMap<usize, Place> {
    let mut offsets: Vec<usize> = offsets.collect();
    offsets.sort_unstable();
    let mut offsets = offsets.into_iter().peekable();
    let mut places = HashMap::new();
    let (mut line, mut column) = (1, 1);
    for (at, c) in index.char_indices() {
        while let Some(offset) = offsets.next_if(|offset| *offset <= at) {
            places.insert(offset, Place { line, column });
        }
        (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    places.extend(offsets.map(|offset| (offset, Place { line, column })));
    places
}

/// A page as the rules see it.
struct Text<'a> {
    /// The whole of `index.md`.
    all: &'a str,
    /// Where the Markdown begins.
    body_at: usize,
    front: &'a Front,
    notes: &'a [&'a str],
    /// What lies beside it, where that is known.
    photos: Option<&'a [String]>,
    wanted: &'a Wanted,
    /// The whole of it again, whatever its letters and digits were written in.
    plain: Plain<'a>,
    sentences: Vec<words::Sentence<'a>>,
    /// By sentence: whom it names, beside the author.
    people: Vec<Vec<names::Person>>,
}

impl<'a> Text<'a> {
    fn new(all: &'a str, front: &'a Front, notes: &'a [&'a str], wanted: &'a Wanted) -> Text<'a> {
        let body_at = body_at(all);
        let mut sentences = Vec::new();
        // what readers see of the front matter, but for title and byline
        let mut in_alt = false;
        let mut at = 0;
        for line in all[..body_at].split_inclusive('\n') {
            if line.starts_with('[') {
                in_alt = line.trim_end() == "[extra.alt]";
            } else if let Some((key, value)) = line.split_once('=') {
                let told = in_alt || ["subtitle", "description"].contains(&key.trim());
                if told {
                    sentences.extend(words::sentences(value, at + key.len() + 1));
                }
            }
            at += line.len();
        }
        sentences.extend(words::sentences(&all[body_at..], body_at));
        let people = sentences.iter().map(|s| names::people(s, &front.author)).collect();
        Text {
            all,
            body_at,
            front,
            notes,
            photos: None,
            wanted,
            plain: Plain::of_markdown(all),
            sentences,
            people,
        }
    }

    fn body(&self) -> &'a str {
        &self.all[self.body_at..]
    }

    /// Where the body's first word stands.
    fn first_word(&self) -> usize {
        let blank = self.body().len() - self.body().trim_start().len();
        self.body_at + blank
    }

    /// Where the value of a key of the front matter begins; the top where it is not there.
    fn key(&self, name: &str) -> usize {
        let mut at = 0;
        for line in self.all[..self.body_at].split_inclusive('\n') {
            if let Some((key, value)) = line.split_once('=')
                && key.trim() == name
            {
                return at + line.len() - value.trim_start_matches([' ', '"', '\'']).len();
            }
            at += line.len();
        }
        0
    }

    /// Whether this domain is the team's own, or below it.
    fn own(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        let below = |own: &String| {
            let own = own.to_ascii_lowercase();
            domain == own || domain.strip_suffix(&own).is_some_and(|d| d.ends_with('.'))
        };
        self.wanted.domains.iter().any(below)
    }
}

fn body_at(all: &str) -> usize {
    let mut at = 0;
    for (n, line) in all.split_inclusive('\n').enumerate() {
        at += line.len();
        if n > 0 && line.trim_end() == "+++" {
            return at;
        }
    }
    0
}
