//! Lines that a program wrote, and nobody's own words are in: each word of them is known.

use super::phone;
use super::seen::Seen;
use crate::story::passage::Line;

/// What scanners say of a clean mail, and mail programs of paper.
#[rustfmt::skip]
const SETTLED: [&[&str]; 2] = [
    &[
        "this", "email", "e", "message", "mail", "has", "been", "was", "is", "checked", "scanned", "for", "viruses", "virus", "free", "by", "using",
        "with", "avast", "avg", "eset", "mcafee", "antivirus", "anti", "software", "security", "the",
    ],
    &[
        "p", "e", "please", "consider", "think", "of", "about", "the", "environment", "environmental", "planet", "trees", "impact", "before",
        "printing", "you", "print", "this", "email", "message", "mail", "save", "paper", "a", "tree", "our",
    ],
];

/// What is said of paper has to name the mail: "Please print" is a wish.
const OF_PAPER: [&str; 4] = ["environment", "environmental", "trees", "planet"];

/// Whether a program wrote the line for sure: `Sent from my iPhone`, `Virus-free. www.avast.com`, `Please consider the environment before
/// printing this email`. A line with one word more may be its author's.
pub fn by_a_program(line: &str) -> bool {
    let line = Line::plain(line);
    let seen = Seen::of(&line);
    if seen.text.is_empty() {
        return true;
    }
    let fold = unlinked(&seen.fold);
    let marks = [' ', '.', ',', '!', ':', '*', '_', '\u{2013}', '\u{2014}', '-'];
    let whole = fold.trim_matches(marks);
    let words: Vec<&str> = fold.split(marks).filter(|word| !word.is_empty()).collect();
    let known = |list: &[&str]| words.iter().all(|word| list.contains(word));
    let [scanner, paper] = SETTLED;
    let scanned = || words.is_empty() && seen.fold.contains("www.av");
    EXCUSES.contains(&whole)
        || !words.is_empty() && phone::says_no_more(whole)
        || scanned()
        || known(scanner) && fold.contains("virus")
        || known(paper) && words.iter().any(|word| OF_PAPER.contains(word))
}

/// A line without its addresses on the network; what stands in brackets and is none stays.
fn unlinked(fold: &str) -> String {
    let fold = fold
        .replace("](", " (")
        .replace("www.", " www.")
        .replace("://", "\u{1}");
    let is_link = |word: &str| {
        let word = word.trim_matches(['<', '>', '(', ')', '[', ']']);
        word.starts_with("www.") || word.contains('\u{1}')
    };
    let words: Vec<&str> = fold.split_whitespace().filter(|word| !is_link(word)).collect();
    words.join(" ")
}

/// What programs and people write under a phone's line, whole.
const EXCUSES: [&str; 9] = [
    "please excuse my brevity",
    "please excuse brevity",
    "please excuse typos",
    "please excuse any typos",
    "please excuse typos and brevity",
    "excuse typos",
    "excuse my brevity",
    "please excuse my typos",
    "yahoo mail: search, organize, conquer",
];

#[cfg(test)]
mod tests {
    use super::by_a_program;

    #[test]
    fn a_line_of_a_program_has_no_word_that_may_be_its_authors() {
        for line in [
            "",
            "Sent from my iPhone",
            "Sent from my iPhone 15 Pro",
            "Get Outlook for Android <https://aka.ms/AAb9ysg>",
            "Get [Outlook for iOS](https://aka.ms/o0ukef)",
            "Von meinem iPhone gesendet",
            "Envoyé de mon iPhone",
            "Enviado desde mi iPhone",
            "Sent from Yahoo Mail on Android",
            "Sent from my Samsung Galaxy smartphone.",
            "Virus-free. www.avast.com",
            "www.avast.com",
            "Virus-free.www.avast.com <https://www.avast.com/sig-email?utm_medium=email&utm_source=link>",
            "Sent with Proton Mail secure email.",
            "Gesendet mit der WEB.DE Mail App",
            "Sent from my HUAWEI P30 lite",
            "Please excuse my brevity.",
            "This email has been checked for viruses by Avast antivirus software.",
            "Please consider the environment before printing this email.",
        ] {
            assert!(by_a_program(line), "{line}");
        }
        for line in [
            "Sent from my iPhone - please don't publish my surname",
            "Sent from my Galaxy, not my surname please",
            "Get Outlook for iOS but leave out my surname",
            "Von meinem iPhone gesendet, bitte ohne Nachnamen",
            "Von meinem iPhone gesendet (bitte ohne meinen Nachnamen)",
            "Sent from my iPhone <please leave out my surname>",
            "Sent from my phone, no Bell",
            "Get Outlook for Android (do not publish the photos)",
            "Please don't print the photos.",
            "Please don't print it.",
            "Please print this message.",
            "Please do not print this message.",
            "This message is confidential.",
            "Marion",
            "N'imprimez pas les photos, merci.",
            "Please put the spelling right first.",
            "This email is for the team.",
        ] {
            assert!(!by_a_program(line), "{line}");
        }
    }
}
