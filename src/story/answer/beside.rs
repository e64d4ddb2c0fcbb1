//! What stands beside an author's answer: what was cut from it as a signature, a notice or a program's line, and is no quotation. Any of
//! it may be their word on it ("please leave out my surname", in the box of a signature), unless it is known where it comes from.

use std::collections::HashSet;

use crate::story::cut::{Rule, by_a_program};
use crate::story::draft::CutPiece;

/// A piece that was cut from an answer, as far as nothing says where its lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The lines, as Markdown.
    pub words: String,
    /// It was cut as what companies, lists and scanners put under a mail, and not as its author's signature.
    pub as_notice: bool,
}

/// What stands beside an answer. `names` are its author's; `before` is what was cut from the mail that began the story: who puts a signature
/// or a notice under each mail says nothing about this one.
///
/// Known are a program's line in its own words alone, a line that was cut from the first mail word for word, and a line of nothing but
/// the author's name, an address of a mailbox or a page, and numbers.
pub fn beside<'c>(cuts: impl IntoIterator<Item = &'c CutPiece>, names: &[&str], before: &[CutPiece]) -> Vec<Beside> {
    let before: HashSet<String> = lines_of(before).map(plain).collect();
    let names: HashSet<String> = names.iter().flat_map(|name| super::words(name)).collect();
    let known = |line: &str| {
        let plain = plain(line);
        before.contains(&plain) || by_a_program(&plain) || is_bare(&plain, &names)
    };
    let unknown = |piece: &'c CutPiece| {
        let lines: Vec<&str> = piece.text.lines().filter(|line| !known(line)).collect();
        (!lines.is_empty()).then(|| Beside {
            words: lines.join("\n"),
            as_notice: NOTICES.iter().any(|rule| rule.name() == piece.rule),
        })
    };
    cuts.into_iter()
        .filter(|piece| !QUOTATIONS.iter().any(|rule| rule.name() == piece.rule))
        .filter_map(unknown)
        .collect()
}

/// Whether each of the lines was cut from the first mail, too, or says nothing.
pub fn stood_before(lines: &[impl AsRef<str>], before: &[CutPiece]) -> bool {
    let before: HashSet<String> = lines_of(before).map(plain).collect();
    let stood = |line: &str| {
        let plain = plain(line);
        plain.is_empty() || before.contains(&plain)
    };
    !lines.is_empty() && lines.iter().all(|line| stood(line.as_ref()))
}

/// Others' words, which are held against the letter.
const QUOTATIONS: [Rule; 7] = [
    Rule::QuoteAttribution,
    Rule::AttributionAddress,
    Rule::QuoteMarks,
    Rule::QuoteOnTop,
    Rule::OriginalMessage,
    Rule::OutlookHeaderBlock,
    Rule::ReplyAboveLine,
];

const NOTICES: [Rule; 5] = [
    Rule::LegalNotice,
    Rule::EnvironmentNotice,
    Rule::VirusScanner,
    Rule::ListFooter,
    Rule::GatewayWarning,
];

fn lines_of(pieces: &[CutPiece]) -> impl Iterator<Item = &str> {
    pieces.iter().flat_map(|piece| piece.text.lines())
}

/// A line of Markdown without its marks, on single spaces.
fn plain(line: &str) -> String {
    let line = line
        .replace("&lt;", "<")
        .replace("&amp;", "&")
        .replace(['\\', '*', '_'], "");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands before a number or an address.
const LABELS: [&str; 16] = [
    "t", "tel", "m", "mob", "mobile", "phone", "p", "e", "email", "mail", "w", "web", "website", "fax", "f", "h",
];

/// Whether the line has nothing but the author's name, addresses, numbers, and what stands before these.
fn is_bare(line: &str, names: &HashSet<String>) -> bool {
    let address = |word: &str| word.contains('@') || word.starts_with("http") || word.starts_with("www.");
    let number = |word: &str| word.chars().all(|c| c.is_ascii_digit() || !c.is_alphanumeric());
    line.split([' ', '|', '<', '>', '[', ']', '(', ')', ',', '\u{2022}', '\u{b7}'])
        .filter(|word| !number(word) && !address(word))
        .flat_map(super::words)
        .all(|word| names.contains(&word) || LABELS.contains(&&*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(rule: Rule, text: &str) -> CutPiece {
        CutPiece {
            n: 1,
            rule: rule.name().to_owned(),
            why: String::new(),
            text: text.to_owned(),
            before: String::new(),
        }
    }

    fn words(rule: Rule, text: &str, before: &[CutPiece]) -> Vec<String> {
        let cuts = [cut(rule, text)];
        let found = beside(&cuts, &["Marion Maxwell", "M. Maxwell"], before);
        found.into_iter().map(|beside| beside.words).collect()
    }

    #[test]
    fn a_name_a_number_an_address_and_a_programs_line_say_nothing() {
        for (rule, text) in [
            (Rule::SignatureDelimiter, "\\--\\\nMarion Maxwell\\\n07700 900111"),
            (
                Rule::SignatureBlock,
                "M. Maxwell | marion@author.example | https://marion.example/page",
            ),
            (Rule::ContactBlock, "Tel: +44 7700 900111\\\nM: (07700) 900 112"),
            (Rule::SentFrom, "Sent from my iPhone"),
            (Rule::SentFrom, "Get Outlook for Android &lt;https://aka.ms/AAb9ysg>"),
            (Rule::VirusScanner, "Virus-free. www.avast.com"),
            (Rule::QuoteMarks, "On Friday Cath wrote:\n> May we publish it?"),
        ] {
            assert_eq!(words(rule, text, &[]), [""; 0], "{text}");
        }
    }

    #[test]
    fn any_other_line_may_be_the_authors_word() {
        for (rule, text, left) in [
            (
                Rule::SignatureDelimiter,
                "\\--\\\nMarion Maxwell\\\nPlease leave out the surname.",
                "Please leave out the surname.",
            ),
            (
                Rule::ContactBlock,
                "Publish as: Rosa Elm\\\n07700 900111",
                "Publish as: Rosa Elm\\",
            ),
            (
                Rule::SentFrom,
                "Sent from my iPhone\\\nPlease put the spelling right first.",
                "Please put the spelling right first.",
            ),
            (
                Rule::EnvironmentNotice,
                "Please don't print the photos.",
                "Please don't print the photos.",
            ),
            (
                Rule::LegalNotice,
                "This message is confidential.",
                "This message is confidential.",
            ),
            (Rule::SignatureBlock, "Rosa", "Rosa"),
        ] {
            assert_eq!(words(rule, text, &[]), [left], "{text}");
        }
    }

    #[test]
    fn what_was_cut_from_the_first_mail_as_well_says_nothing_about_the_answer() {
        let notice = "This email is confidential.\nIf it is not for you, delete it.";
        let before = [
            cut(Rule::LegalNotice, notice),
            cut(Rule::SignatureBlock, "Cleaner\\\nElm Hospital"),
        ];
        assert_eq!(words(Rule::LegalNotice, notice, &before), [""; 0]);
        assert_eq!(
            words(Rule::ContactBlock, "Cleaner\\\nElm Hospital\\\n07700 900111", &before),
            [""; 0]
        );
        let more = format!("{notice} Please do not publish it.");
        assert_eq!(
            words(Rule::LegalNotice, &more, &before),
            ["If it is not for you, delete it. Please do not publish it."]
        );
        assert!(stood_before(&["If it is not  for you, delete it.", ""], &before));
        assert!(!stood_before(&["If it is not for you, delete it.", "No."], &before));
        assert!(!stood_before(&[""; 0], &before));
    }
}
