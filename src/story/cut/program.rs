//! Lines that a program wrote, and nobody's own words are in: each word of them is known.

use super::phone;
use super::seen::Seen;
use crate::story::passage::Line;

/// What scanners say of a clean mail, and mail programs of paper.
const SETTLED: [&[&str]; 2] = [
    &[
        "this",
        "email",
        "e-mail",
        "message",
        "mail",
        "has",
        "been",
        "was",
        "is",
        "checked",
        "scanned",
        "for",
        "viruses",
        "virus",
        "virus-free",
        "by",
        "using",
        "with",
        "avast",
        "avg",
        "eset",
        "mcafee",
        "antivirus",
        "anti-virus",
        "software",
        "security",
        "the",
    ],
    &[
        "please",
        "consider",
        "think",
        "of",
        "about",
        "the",
        "environment",
        "environmental",
        "planet",
        "trees",
        "impact",
        "before",
        "printing",
        "you",
        "print",
        "this",
        "e-mail",
        "email",
        "message",
        "mail",
        "save",
        "paper",
        "a",
        "tree",
        "our",
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
    let words: Vec<&str> = seen
        .fold
        .split([' ', '.', ',', '!', ':', '<', '>', '(', ')', '*', '_'])
        .filter(|word| !(word.is_empty() || is_link(word)))
        .collect();
    let known = |list: &[&str]| !words.is_empty() && words.iter().all(|word| list.contains(word));
    let [scanner, paper] = SETTLED;
    phone::says_no_more(&seen.fold)
        || known(scanner) && (seen.fold.contains("virus") || seen.fold.starts_with("www."))
        || known(paper) && words.iter().any(|word| OF_PAPER.contains(word))
}

/// A part of an address on the network, cut at its dots.
fn is_link(word: &str) -> bool {
    word.contains("//") || ["www", "com", "org", "net", "http", "https"].contains(&word)
}

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
