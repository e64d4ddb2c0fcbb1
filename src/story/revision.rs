//! A later mail of the author: is it the story again with corrections, or words to the team? And the sentences of a text, so that
//! two people's changes of one paragraph can be put together.

use std::collections::HashSet;

use super::markdown::{pictures, without_picture};

/// A corrected text, found in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    /// Markdown, without pictures.
    pub text: String,
    /// What stood around it and was taken for words to the team.
    pub left_out: Vec<String>,
}

/// How much of the known text must be in a mail, in hundredths of its runs of three words, to be that text again ...
const MOST: usize = 50;
/// ... and where the mail says that it is one.
const SOME: usize = 25;
/// A shorter text has too few runs of three words to tell.
const FEWEST: usize = 12;

/// The corrected text in a mail, where it is one. `known` are the wordings that the author may have had before them: their own, and
/// ours. In doubt it is none, and a person may say otherwise: a question taken for a new text would confuse everybody.
pub fn corrected(known: &[&str], mail: &str) -> Option<Corrected> {
    let said = says_so(mail);
    let mail = without_pictures(mail);
    let quoted = |text: &str| text.lines().filter(|line| line.starts_with('>')).count();
    // answers between quoted passages
    if known.iter().all(|text| quoted(&mail) > quoted(text)) {
        return None;
    }
    let enough = known.iter().any(|text| {
        let runs = runs(text);
        runs.len() + 2 >= FEWEST && shared(&runs, &mail) * 100 >= runs.len() * if said { SOME } else { MOST }
    });
    if !enough {
        return None;
    }
    let found = without_cover(known, &mail);
    // the same words once more are nothing new, whatever stands before them
    let same = |text: &&str| words(&bare(known, &mail)) == words(&without_pictures(text));
    (!known.iter().any(same) && !known.contains(&found.text.as_str())).then_some(found)
}

/// A mail without the paragraphs at its beginning and end of which nothing is in a known wording.
fn bare(known: &[&str], mail: &str) -> String {
    let known = Known::of(known);
    let paragraphs = paragraphs(mail);
    let first = paragraphs.iter().position(|p| known.has(p)).unwrap_or(0);
    let last = paragraphs
        .iter()
        .rposition(|p| known.has(p))
        .map_or(paragraphs.len(), |at| at + 1);
    paragraphs[first..last].join("\n\n")
}

fn paragraphs(text: &str) -> Vec<&str> {
    let paragraphs = text.split("\n\n").map(|p| p.trim_matches('\n'));
    paragraphs.filter(|p| !p.is_empty()).collect()
}

/// What is known of a story's words.
struct Known {
    runs: HashSet<[String; 3]>,
    lines: HashSet<Vec<String>>,
}

impl Known {
    fn of(texts: &[&str]) -> Known {
        Known {
            runs: texts.iter().flat_map(|text| runs(text)).collect(),
            lines: texts.iter().flat_map(|text| text.lines().map(words)).collect(),
        }
    }

    /// Whether a paragraph has words of it.
    fn has(&self, paragraph: &str) -> bool {
        shared(&self.runs, paragraph) > 0 || self.lines.contains(&words(paragraph))
    }
}

/// The wording that a text was made from: the one with which it shares most; the first where they are alike.
pub fn nearest<'a>(wordings: &[&'a str], text: &str) -> &'a str {
    let of = |wording: &str| {
        let (a, b) = (runs(wording), runs(text));
        // what one has and the other has not
        let both = a.intersection(&b).count();
        a.len() + b.len() - 2 * both
    };
    wordings
        .iter()
        .min_by_key(|wording| of(wording))
        .copied()
        .unwrap_or_default()
}

/// A text without its pictures: whoever sends the words again does not send the photos again.
pub fn without_pictures(text: &str) -> String {
    pictures(text)
        .iter()
        .fold(text.to_owned(), |text, file| without_picture(&text, file))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// Every three words that follow each other.
fn runs(text: &str) -> HashSet<[String; 3]> {
    words(text)
        .windows(3)
        .map(|w| [w[0].clone(), w[1].clone(), w[2].clone()])
        .collect()
}

fn shared(runs: &HashSet<[String; 3]>, text: &str) -> usize {
    self::runs(text).intersection(runs).count()
}

/// Words of a mail that has a new version in it.
const SAYS: [&str; 16] = [
    "corrected",
    "correction",
    "revised",
    "updated",
    "amended",
    "version",
    "rewritten",
    "rewrote",
    "instead",
    "mistake",
    "mistakes",
    "typo",
    "typos",
    "replace",
    "redraft",
    "edited",
];

fn says_so(mail: &str) -> bool {
    words(mail).iter().take(60).any(|word| SAYS.contains(&word.as_str()))
}

/// How long a paragraph before the text, or after it, is no part of it.
const COVER: usize = 40;
const CLOSE: usize = 12;

/// Takes "Hello Cath, here is a corrected version:" off the beginning, and thanks off the end: only short paragraphs of which nothing
/// is in a known wording, and that read like it.
fn without_cover(known: &[&str], mail: &str) -> Corrected {
    let known = Known::of(known);
    let paragraphs = paragraphs(mail);
    let opens = |paragraph: &&&str| {
        let words = words(paragraph);
        let greets = words
            .first()
            .is_some_and(|w| ["hi", "hello", "dear", "hey", "good"].contains(&w.as_str()))
            && words.len() <= 5;
        words.len() <= COVER
            && !known.has(paragraph)
            && (greets || says_so(paragraph) || paragraph.trim_end().ends_with(':'))
    };
    let closes = |paragraph: &&&str| {
        let words = words(paragraph);
        let thanks = [
            "thanks", "thank", "many", "best", "kind", "warm", "regards", "yours", "cheers", "sorry", "sent",
        ];
        words.len() <= CLOSE && !known.has(paragraph) && words.first().is_some_and(|w| thanks.contains(&w.as_str()))
    };
    let first = paragraphs.iter().take_while(opens).count();
    let last = paragraphs.len() - paragraphs[first..].iter().rev().take_while(closes).count();
    let out = paragraphs[..first].iter().chain(&paragraphs[last..]);
    Corrected {
        left_out: out.map(|p| (*p).to_owned()).collect(),
        text: format!("{}\n", paragraphs[first..last].join("\n\n")),
    }
}

/// Stands at the end of a sentence that is not the last of its line.
const GOES_ON: char = '\u{1}';

/// The text with each sentence on a line of its own; [`from_sentences`] undoes it.
pub fn sentences(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut ended = false;
    for c in text.chars().filter(|c| *c != GOES_ON) {
        out.push(c);
        match c {
            ' ' if ended => {
                // a line between them: changes of sentences that follow each other are no conflict
                out.extend([GOES_ON, '\n', GOES_ON, '\n']);
                ended = false;
            }
            '.' | '!' | '?' => ended = true,
            // a closing quotation mark or bracket belongs to the sentence
            '"' | '\'' | ')' | '\u{2019}' | '\u{201d}' => {}
            _ => ended = false,
        }
    }
    out
}

/// The text whose sentences these are.
pub fn from_sentences(lines: &str) -> String {
    lines.replace(&format!("{GOES_ON}\n"), "").replace(GOES_ON, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "I clean at the hospital, on nights, and so do about ninety others. I asked each of them one question.\n\n\
        In November the trust agreed that the next contract will pay the living wage.\n\nMarion\n";

    #[test]
    fn the_story_again_is_a_corrected_text_and_words_about_it_are_none() {
        let again = FIRST.replace("ninety", "sixty");
        for mail in [
            again.clone(),
            format!("Hi Cath,\n\nsorry, here is a corrected version:\n\n{again}\nThanks for your patience"),
            format!("Dear team, please use this instead:\n\n{again}"),
        ] {
            let found = corrected(&[FIRST], &mail).unwrap_or_else(|| panic!("{mail}"));
            assert_eq!(found.text, again, "{mail}");
        }
        let cover = corrected(
            &[FIRST],
            &format!("Hi Cath,\n\nhere is a corrected version:\n\n{again}"),
        )
        .unwrap();
        assert_eq!(cover.left_out, ["Hi Cath,", "here is a corrected version:"]);
        for note in [
            "Thank you! It was sixty and not ninety, could you correct that?\n",
            "I agree.\n\nMarion\n",
            "Please change \"about ninety others\" to \"about sixty others\".\n",
            // the same words once more
            FIRST,
            &format!("Did you get my mail?\n\n{FIRST}"),
            // answers between the quoted passages
            "> I clean at the hospital, on nights, and so do about ninety others. I asked each of them one question.\n\nSixty!\n\n\
             > In November the trust agreed that the next contract will pay the living wage.\n\nNo, December.\n",
            // another story of the same person
            "Last week we went to see the council about the lifts in the tower. They were out for the third time this year, and nobody came.\n",
        ] {
            assert_eq!(corrected(&[FIRST], note), None, "{note}");
        }
    }

    #[test]
    fn half_a_story_is_taken_for_it_only_where_the_mail_says_so() {
        let half = "I clean at the hospital, on nights, and so do about sixty others, whom I know by name and by their children's names. \
            We met in the canteen every Tuesday, and one by one they told me what they had never told anybody at work before.\n";
        assert_eq!(corrected(&[FIRST], half), None);
        assert!(corrected(&[FIRST], &format!("This is my revised text:\n\n{half}")).is_some());
    }

    #[test]
    fn pictures_say_nothing_about_the_words() {
        let mail = format!("![Us](photo-1.jpg)\n\n{}", FIRST.replace("ninety", "sixty"));
        assert_eq!(
            corrected(&[FIRST], &mail).unwrap().text,
            FIRST.replace("ninety", "sixty")
        );
        assert_eq!(corrected(&[&format!("{FIRST}\n![Us](photo-1.jpg)\n")], FIRST), None);
    }

    #[test]
    fn a_text_is_of_the_wording_with_which_it_shares_most() {
        let ours = FIRST.replace("In November", "In the autumn of 2010");
        assert_eq!(nearest(&[FIRST, &ours], &FIRST.replace("ninety", "sixty")), FIRST);
        assert_eq!(nearest(&[FIRST, &ours], &ours.replace("ninety", "sixty")), ours);
        assert_eq!(nearest(&[FIRST, FIRST], "x"), FIRST);
    }

    #[test]
    fn sentences_are_put_together_again_as_they_were() {
        for text in [
            FIRST,
            "",
            "One. Two! \"Three?\" Four\nfive.  six.\n",
            "a.b c",
            "no end",
            "odd \u{1} one. two",
        ] {
            assert_eq!(from_sentences(&sentences(text)), text.replace('\u{1}', ""), "{text:?}");
        }
        assert_eq!(sentences("One. Two.\nThree.").lines().count(), 4);
    }

    #[test]
    fn a_long_mail_is_judged_in_time() {
        let long = "we went on and on. ".repeat(50_000);
        assert_eq!(corrected(&[FIRST], &long), None);
    }
}
