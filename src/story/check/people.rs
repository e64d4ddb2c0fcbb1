//! What could hurt somebody: a child who can be known, a third person's name, their health, a body accused.

use std::sync::LazyLock;

use regex::Regex;

use super::contact::pattern;
use super::names::{Person, could_be_name, organisation};
use super::words::{Sentence, Word};
use super::{Hits, Text};

/// Somebody under this age is a child.
const GROWN: u32 = 18;

/// A number in digits or in words, up to twenty.
fn number(word: &str) -> Option<u32> {
    const WORDS: [&str; 21] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    let lower = word.to_lowercase();
    match WORDS.iter().position(|w| *w == lower) {
        Some(n) => Some(n as u32),
        None if word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()) => word.parse().ok(),
        None => None,
    }
}

fn is_age(word: &str) -> bool {
    number(word).is_some_and(|n| n < GROWN)
}

/// `6-year-old`, `six-year-olds`, `18-month-old`, `6yo`.
fn is_year_old(word: &str) -> bool {
    let lower = word.to_lowercase();
    let mut parts = lower.splitn(2, '-');
    let (first, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match rest {
        "year-old" | "yr-old" | "year" | "years-old" => is_age(first),
        "month-old" | "week-old" | "months-old" => number(first).is_some(),
        "" => first
            .strip_suffix("yo")
            .or_else(|| first.strip_suffix("yrs"))
            .is_some_and(is_age),
        _ => false,
    }
}

/// Whether the words from `i` on say an age under 18, whoever's it is.
fn says_age(words: &[Word], i: usize) -> bool {
    let at = |n: usize| words.get(i + n).map_or("", |w| w.text);
    let lower = at(0).to_lowercase();
    let years = |w: &str| ["years", "year", "yrs", "yr", "year-old", "years-old"].contains(&w);
    let months = |w: &str| ["months", "month", "weeks", "week", "month-old"].contains(&w);
    is_year_old(at(0))
        || is_age(at(0)) && years(at(1)) && (at(1).ends_with("old") || at(2) == "old" || at(2) == "of")
        || number(at(0)).is_some() && months(at(1)) && (at(1).ends_with("old") || at(2) == "old")
        || (lower == "aged" || lower == "age") && (is_age(at(1)) || at(1) == "of" && is_age(at(2)))
        || lower == "year"
            && at(1).len() <= 2
            && is_age(at(1))
            && !years(at(2))
            && i > 0
            && words[i - 1].text.eq_ignore_ascii_case("in")
}

pub(super) fn child_age(text: &Text, hits: &mut Hits) {
    for (sentence, people) in text.sentences.iter().zip(&text.people) {
        let words = &sentence.words;
        for i in 0..words.len() {
            // "When I was 12", "I am 17"
            let from = i.saturating_sub(3);
            let own = words[from..i]
                .iter()
                .any(|w| matches!(w.text, "I" | "I'm" | "I’m" | "me"));
            let tight = tight(sentence, i);
            if !own && says_age(words, i) && !people.is_empty() {
                let nearest = |p: &&Person| p.first.abs_diff(i).min(p.last.abs_diff(i));
                let person = people.iter().min_by_key(nearest).unwrap_or(&people[0]);
                report(text, words, person.first.min(i), person.last.max(i + 1), hits);
            } else if let Some(name) = tight {
                let author = text.front.author.split_whitespace().any(|n| n == words[name].bare());
                if !author {
                    report(text, words, name.min(i), name.max(i), hits);
                }
            }
        }
    }
}

/// The name that an age at `i` belongs to by the way it is written: `Amara, 6,` and `Amara (6)` and `Amara is 6.` and `6-year-old Amara`.
fn tight(sentence: &Sentence, i: usize) -> Option<usize> {
    let words = &sentence.words;
    if is_year_old(words[i].text) {
        let child = |w: &&Word| ["boy", "girl", "twin", "twins", "son", "daughter"].contains(&w.text);
        let skip = usize::from(words.get(i + 1).filter(child).is_some());
        return words
            .get(i + 1 + skip)
            .filter(|w| could_be_name(w) && w.gap == " ")
            .map(|_| i + 1 + skip);
    }
    if !is_age(words[i].text) || i == 0 {
        return None;
    }
    let gap = words[i].gap;
    let after = words.get(i + 1).map_or(sentence.after, |w| w.gap);
    let next = words.get(i + 1).map_or("", |w| w.text);
    let before = &words[i - 1];
    let named = |w: &Word, at: usize| {
        could_be_name(w) && (at > 0 || super::names::people(sentence, "").iter().any(|p| p.first == at))
    };
    let closed = after.starts_with([',', '.', ';', ')', '!', '?'])
        || after.is_empty()
        || after.starts_with(" –")
        || after.starts_with(" -");
    let joined = gap == ", " && closed && !after.starts_with(", 0") || gap == " (" && after.starts_with(')');
    if joined && named(before, i - 1) {
        return Some(i - 1);
    }
    // "Amara is just 6 now"
    let mut at = i - 1;
    while at > 0 && ["only", "just", "now", "nearly", "almost", "about", "still"].contains(&words[at].text) {
        at -= 1;
    }
    let verb = ["is", "was", "turned", "turns", "turning", "who's", "who’s"].contains(&words[at].text);
    let ends = closed || ["and", "now", "when", "then", "but", "years", "next", "last", "this"].contains(&next);
    if !(verb && ends && words[i].gap == " ") {
        return None;
    }
    let at = at - usize::from(at > 0 && words[at - 1].text == "who");
    (at > 0 && named(&words[at - 1], at - 1)).then(|| at - 1)
}

fn report(text: &Text, words: &[Word], from: usize, mut to: usize, hits: &mut Hits) {
    let of_age = |w: &Word| ["years", "year", "yrs", "months", "weeks", "old", "of", "age"].contains(&w.text);
    to = to.min(words.len() - 1);
    while words.get(to + 1).is_some_and(of_age) {
        to += 1;
    }
    let (from, mut end) = (words[from].at, words[to].end());
    if text.all[end..].starts_with(')') && words[to].gap.ends_with('(') {
        end += 1;
    }
    hits.add(from, &text.all[from..end]);
}

pub(super) fn third_person(text: &Text, hits: &mut Hits) {
    for (sentence, people) in text.sentences.iter().zip(&text.people) {
        for person in people.iter().filter(|p| p.full) {
            let place = sentence.name(person.first, person.last);
            hits.add(place.start, &text.all[place]);
        }
    }
}

pub(super) fn sensitive(text: &Text, hits: &mut Hits) {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:cancer|leukaemia|tumou?r|hiv|aids|hepatitis|epilep(?:sy|tic)|diabet(?:es|ic)|dementia|alzheimer'?s|autis(?:m|tic)|adhd|dyslexi[ac]|down'?s syndrome|schizophreni[ac]|bipolar|psychosis|psychotic|anorexi[ac]|bulimi[ac]|depress(?:ion|ed)|anxiety disorder|panic attacks?|ptsd|nervous breakdown|mental(?:ly)? (?:ill|illness|breakdown|health (?:problems?|issues?|crisis|condition|ward))|sectioned|suicid(?:e|al)|self-harm(?:ed|s|ing)?|overdosed?|stroke|heart attack|miscarriage|miscarried|stillbirth|stillborn|abortion|pregnant|diagnos(?:ed|is)|disabled|wheelchair|learning disabilit(?:y|ies)|terminally ill|addict(?:ed|ion)?|alcoholic|heroin|cocaine|drug (?:user|habit|problem)s?|rehab|asylum|refugee|undocumented|illegal immigrant|deport(?:ed|ation)|visa|overstay(?:ed|er)?|leave to remain|immigration (?:status|detention|removal)|detention centre|trafficked|home office|no recourse to public funds|arrested|convicted|conviction|charged with|criminal record|prison|jail(?:ed)?|on probation|on bail|sentenced|community service order|offender|asbo|gang|stabbed|stabbing|drug deal(?:er|ing)|shoplift(?:ed|ing|er)|burgl(?:ar|ary|ed)|murder(?:ed|er)?|manslaughter|raped?|rapist|paedophile|sexual(?:ly)? (?:abused?|assault(?:ed)?)|domestic (?:violence|abuse)|beat(?:s|en)? (?:her|him) up|abused by|in care|foster(?:ed| care)|social services|child protection)\b",
        )
    });
    for (sentence, people) in text.sentences.iter().zip(&text.people) {
        let Some(word) = WORDS.find(sentence.text) else {
            continue;
        };
        // whoever stands nearest
        let at = sentence.words[0].at + word.start();
        let Some(person) = people.iter().min_by_key(|p| sentence.words[p.first].at.abs_diff(at)) else {
            continue;
        };
        let place = sentence.name(person.first, person.last);
        let (from, name) = (place.start.min(at), &text.all[place]);
        hits.add_as(from, &format!("{name}: {}", word.as_str()), sentence.text);
    }
}

pub(super) fn accused(text: &Text, hits: &mut Hits) {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:fraud(?:ulent|ulently)?|corrupt(?:ion|ed)?|brib(?:e|es|ed|ery)|embezzl\w{1,6}|steal(?:s|ing)?|stole|stolen|theft|thieves|thief|rob(?:bed|bing)|cheat(?:s|ed|ing)?|scam(?:s|med|mers?)?|con(?:ned|ning| men| artists?)|crooks?|crooked|lied|liars?|lying to|illegal(?:ly)?|unlawful(?:ly)?|broke the law|breaking the law|criminal(?:s|ly)?|negligen(?:t|ce)|cover(?:ed)?[ -](?:it )?up|racist|racism|sexist|discriminat\w{1,6}|harass(?:ed|es|ing|ment)?|bull(?:y|ies|ied|ying)|abus(?:e|ed|es|ing|ive)|assault(?:ed)?|slave(?:ry|s)?|exploit(?:s|ed|ing|ation)?|blackmail(?:ed|s)?|extort\w{1,6}|money launder\w{1,6}|tax (?:evasion|dodg\w{1,4})|killed|poison(?:ed|ing|s)?|falsif\w{1,5}|forged?|rigged|sacked (?:her|him|me|us|them) for|rogue|slum landlords?)\b",
        )
    });
    for sentence in &text.sentences {
        let Some(word) = WORDS.find(sentence.text) else {
            continue;
        };
        let Some((first, last)) = organisation(sentence) else {
            continue;
        };
        let place = sentence.name(first, last);
        let from = place.start.min(sentence.words[0].at + word.start());
        let name = &text.all[place];
        hits.add_as(from, &format!("{name}: {}", word.as_str()), sentence.text);
    }
}
