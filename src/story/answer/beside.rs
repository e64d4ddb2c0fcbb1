//! What stands beside an author's answer: what was cut from it as a signature, a notice or a program's line, and is no quotation. Any of
//! it may be their word on it ("please leave out my surname", in the box of a signature), unless it is known where it comes from.

use std::collections::HashSet;

use super::wish::{denies, says_nothing_of_it};
use crate::story::cut::{self, Rule, by_a_program};
use crate::story::draft::CutPiece;

/// A piece that was cut from an answer, as far as nothing says where its lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The lines, as Markdown.
    pub words: String,
    /// It was cut as what companies, lists and scanners put under a mail, and not as its author's signature.
    pub as_notice: bool,
}

/// What was cut from the mail that began a story: who puts a signature or a notice under each mail says nothing about this one.
#[derive(Debug, Clone, Default)]
pub struct Before {
    notices: HashSet<String>,
    others: HashSet<String>,
}

impl Before {
    pub fn of(cuts: &[CutPiece]) -> Before {
        let mut before = Before::default();
        for piece in cuts {
            for line in piece.text.lines().map(plain).filter(|line| !line.is_empty()) {
                if is_notice(piece) || cut::is_notice(&line) {
                    before.notices.insert(line);
                // a wish in a signature is a wish, however often it stands there
                } else if says_nothing_of_it(&line) {
                    before.others.insert(line);
                }
            }
        }
        before
    }

    fn has(&self, plain: &str) -> bool {
        self.notices.contains(plain) || self.others.contains(plain)
    }

    /// Whether all that the lines say is a notice's that stood under the first mail, too.
    pub fn is_notice(&self, lines: &[impl AsRef<str>]) -> bool {
        let stood = |line: &str| {
            let plain = plain(line);
            plain.is_empty() || self.notices.contains(&plain)
        };
        !lines.is_empty() && lines.iter().all(|line| stood(line.as_ref()))
    }
}

/// What stands beside an answer. `name` is its author's.
///
/// Known are a program's line in its own words alone, a line that was cut from the first mail word for word, and a line of nothing but
/// the author's name, an address of a mailbox or a page, and numbers.
pub fn beside<'c>(cuts: impl IntoIterator<Item = &'c CutPiece>, name: &str, before: &Before) -> Vec<Beside> {
    let name: HashSet<String> = super::words(name).into_iter().collect();
    let known = |line: &str| {
        let plain = plain(line);
        before.has(&plain) || by_a_program(&plain) || is_bare(&plain, &name)
    };
    let unknown = |piece: &'c CutPiece| {
        let lines: Vec<&str> = piece.text.lines().filter(|line| !known(line)).collect();
        (!lines.is_empty()).then(|| Beside {
            words: lines.join("\n"),
            as_notice: is_notice(piece),
        })
    };
    cuts.into_iter()
        .filter(|piece| !is_quotation(piece))
        .filter_map(unknown)
        .collect()
}

fn is_quotation(piece: &CutPiece) -> bool {
    QUOTATIONS.iter().any(|rule| rule.name() == piece.rule)
}

fn is_notice(piece: &CutPiece) -> bool {
    NOTICES.iter().any(|rule| rule.name() == piece.rule)
}

/// Whether the head of a quotation, in which a program says whose mail it is and when it came, has a word by which a yes may be limited: that
/// is held against no letter. `subject` is the letter's own.
pub fn head_limits(cuts: &[CutPiece], subject: &str) -> bool {
    let own = super::words(subject);
    cuts.iter().filter(|piece| is_quotation(piece)).any(|piece| {
        let lines: Vec<&str> = piece
            .text
            .lines()
            .map(|line| line.trim_end_matches('\\').trim())
            .collect();
        let lines = &lines[lines.iter().take_while(|line| line.is_empty()).count()..];
        let marked = lines.iter().position(|line| line.starts_with('>'));
        let head = match marked {
            Some(at) => &lines[..at],
            None => &lines[..lines.iter().take_while(|line| !line.is_empty()).count()],
        };
        // "... wrote:" is the last of it
        let ends = head.iter().position(|line| line.ends_with([':', '\u{ff1a}']));
        let below = ends.filter(|_| marked.is_some()).map_or(&[][..], |at| &head[at + 1..]);
        let says = |line: &&str| {
            let words = super::words(line);
            let names_it = !own.is_empty() && own.iter().all(|word| words.contains(word));
            words
                .iter()
                .any(|word| denies(word) && !(names_it && own.contains(word)))
        };
        below.iter().any(|line| !line.is_empty()) || head.iter().any(says)
    })
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

/// Whether the line has nothing but the author's name, addresses, numbers, and what stands before these. A thumb, a question mark or
/// words struck out say something.
fn is_bare(line: &str, name: &HashSet<String>) -> bool {
    let address = |word: &str| word.contains('@') || word.starts_with("http") || word.starts_with("www.");
    // a telephone's has more digits than a mark out of ten
    let digits = line.chars().filter(char::is_ascii_digit).count();
    let number = |word: &str| match word.contains(|c: char| c.is_ascii_digit()) {
        true => digits >= 6 && word.chars().all(|c| c.is_ascii_digit() || "+-.:/()#".contains(c)),
        false => word.chars().all(|c| "-_".contains(c)),
    };
    let separators = [
        ' ', '|', '<', '>', '[', ']', '(', ')', ',', '\u{2022}', '\u{b7}', '\u{2013}', '\u{2014}',
    ];
    let words: Vec<&str> = line.split(separators).filter(|word| !word.is_empty()).collect();
    let labelled = words
        .iter()
        .any(|word| address(word) || number(word) && word.contains(|c: char| c.is_ascii_digit()));
    words.iter().filter(|word| !number(word) && !address(word)).all(|word| {
        let parts = super::words(word);
        let known = |part: &String| name.contains(part) || labelled && LABELS.contains(&&**part);
        !parts.is_empty()
            && parts.iter().all(known)
            && word.chars().all(|c| c.is_alphanumeric() || ".:-'\u{2019}".contains(c))
    })
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
        let found = beside(&cuts, "Marion Maxwell", &Before::of(before));
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
            (Rule::SignatureBlock, "Marion ~~Maxwell~~", "Marion ~~Maxwell~~"),
            (Rule::SignatureDelimiter, "Marion \u{1f44e}", "Marion \u{1f44e}"),
            (Rule::SignatureDelimiter, "Marion ???", "Marion ???"),
            (Rule::SignatureDelimiter, "T. W.", "T. W."),
            (Rule::SignatureDelimiter, "Marion :-(", "Marion :-("),
            (Rule::SignatureDelimiter, "Marion -1", "Marion -1"),
            (
                Rule::SentFrom,
                "Sent from my iPhone (leave out my surname)",
                "Sent from my iPhone (leave out my surname)",
            ),
        ] {
            assert_eq!(words(rule, text, &[]), [left], "{text}");
        }
    }

    #[test]
    fn the_head_of_a_quotation_says_whose_it_is_and_no_more() {
        let limits = |rule: Rule, text: &str| head_limits(&[cut(rule, text)], "Re: Not alone");
        for text in [
            "On Friday Cath Lee &lt;cath@example.org> wrote:\n\n> May we publish it? Please say so.",
            "From: M4C\\\nSent: Sunday\\\nTo: Marion\\\nSubject: Re: Not alone\n\nIf it is right, please",
            "> May we publish it? Not before you say so",
        ] {
            assert!(!limits(Rule::QuoteAttribution, text), "{text}");
        }
        for text in [
            "On Friday Cath Lee &lt;cath@example.org> wrote:\\\nbut leave out my surname\n\n> May we publish it?",
            "Please leave out my surname. On Friday Cath Lee wrote:\n\n> May we publish it?",
            "On Friday Cath Lee wrote: without my surname\n> May we publish it?",
            "On Friday Cath Lee wrote: nicht meinen Nachnamen\n> May we publish it?",
            "On Friday Cath Lee wrote:\n\nNo, please do not publish it\n\n> May we publish it?",
            "On Friday Cath Lee wrote:\n\nRosa Elm\n\n> May we publish it?",
            "From: M4C\\\nImportance: without my surname\n\nMay we publish it?",
        ] {
            assert!(limits(Rule::QuoteMarks, text), "{text}");
        }
        assert!(
            !limits(Rule::SignatureBlock, "Please do not"),
            "it is looked at as a whole"
        );
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
        for wish in [
            "Bitte meinen Nachnamen nicht nennen",
            "Publish as: Rosa Elm",
            "Name withheld",
            "Senza cognome",
        ] {
            assert_eq!(
                words(Rule::SignatureBlock, wish, &[cut(Rule::SignatureBlock, wish)]),
                [wish]
            );
        }
        let wish = [cut(Rule::SignatureBlock, "Please do not publish my surname.")];
        assert_eq!(
            words(Rule::SignatureBlock, "Please do not publish my surname.", &wish),
            ["Please do not publish my surname."]
        );
        let before = Before::of(&before);
        assert!(before.is_notice(&["If it is not  for you, delete it.", ""]));
        assert!(!before.is_notice(&["If it is not for you, delete it.", "No."]));
        assert!(!before.is_notice(&["Cleaner"]), "a signature is no notice");
        assert!(!before.is_notice(&[""; 0]));
    }
}
