//! What an author typed on in the box that their mail program keeps the signature in: it is where the cursor stands. Sentences are
//! theirs and stay, also where a company may have put them there; the card goes.

use super::attribution;
use super::contact::{contact, titled};
use super::inside::says_you;
use super::itself::{one_speaks, tells_who_said};
use super::legal::{legal, notice, of_a_person};
use super::seen::{Seen, has_word};
use super::sign_off::closing;
use super::signature::delimiter;
use super::told::{
    apologises, foot, institutional, of_the_house, paragraph, postscript, prose, saying, sentence, tells, told,
};

/// Words of a longest line of a card that shows no way to its owner: `Youth worker`, `Leeds`.
const OF_A_CARD: usize = 5;

/// What a line in the box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Blank,
    /// The author's sentence.
    Typed,
    /// A number, an address, a line drawn, a footer: a signature's.
    Card,
    /// A name, a town: what its neighbours are.
    Either,
}

/// Whether the author typed on in the box `lines`.
pub(super) fn some(lines: &[Seen]) -> bool {
    classes(lines).contains(&Is::Typed)
}

/// Which lines of the box go, where the author typed on in it.
pub(super) fn cards(lines: &[Seen]) -> Option<Vec<bool>> {
    let mut classes = classes(lines);
    if !classes.contains(&Is::Typed) {
        return None;
    }
    let mut first = 0;
    for shown in lines.split(|l| l.blank()) {
        let end = first + shown.len();
        join_the_card(&lines[first..end], &mut classes[first..end]);
        first = end + 1;
    }
    Some(classes.iter().map(|class| *class == Is::Card).collect())
}

/// Gives a paragraph's card the lines of which it cannot be told by themselves.
fn join_the_card(lines: &[Seen], classes: &mut [Is]) {
    if !classes.contains(&Is::Typed) && classes.contains(&Is::Card) {
        classes.fill(Is::Card);
        return;
    }
    let short =
        |l: &Seen| l.words() <= OF_A_CARD && !l.text.starts_with(char::is_lowercase) && closing(&l.text).is_none();
    let join = |at: usize, beside: usize, classes: &mut [Is]| {
        if classes[at] == Is::Either && classes[beside] == Is::Card && short(&lines[at]) {
            classes[at] = Is::Card;
        }
    };
    for at in 1..lines.len() {
        join(at, at - 1, classes);
    }
    for at in (1..lines.len()).rev() {
        join(at - 1, at, classes);
    }
}

fn classes(lines: &[Seen]) -> Vec<Is> {
    let mut out = Vec::with_capacity(lines.len());
    let mut noticed = false;
    // a card begins with a name: sentences above it are no part of it
    let mut on_top = true;
    for shown in lines.split(|l| l.blank()) {
        let text = paragraph(shown);
        noticed |= legal(&text) >= 2 && notice(&text);
        let whole = !noticed && told(shown) && !foot(shown) && !motto(shown);
        let whole = whole || shown.first().is_some_and(|l| postscript(&l.fold));
        let sayings = motto(shown);
        for line in shown {
            let own = || addressed(line) || wide_sentence(line) || on_top && goes_on(line);
            let class = match () {
                () if whole || own() && !(sayings || noticed) || own_wish(line) => Is::Typed,
                () if noticed || of_a_card(line) => Is::Card,
                () => Is::Either,
            };
            on_top &= class == Is::Typed;
            out.push(class);
        }
        out.push(Is::Blank);
    }
    out.truncate(lines.len());
    out
}

fn of_a_card(line: &Seen) -> bool {
    let footer = line.footer().is_some() || always(&line.fold) || institutional(line);
    footer || contact(line) || titled(&line.fold) || line.image || delimiter(line).is_some()
}

/// Whether somebody says something in it, and it is no program's footer and nothing that people say under all of their mails.
fn says(line: &Seen) -> bool {
    let footer = line.footer().is_some() || closing(&line.text).is_some();
    !footer && !always(&line.fold) && (prose(line) || tells(line) || sentence(line))
}

/// Whether it is what people have under all of their mails, in sentences.
fn always(fold: &str) -> bool {
    apologises(fold) || of_the_house(fold) || works(fold) || follow(fold)
}

/// Words of an invitation to pages elsewhere.
const FOLLOW: usize = 10;

/// `Find us on Facebook`, `My pronouns are she and her`.
fn follow(fold: &str) -> bool {
    #[rustfmt::skip]
    const PAGES: &[&str] = &[
        "facebook", "twitter", "instagram", "linkedin", "youtube", "tiktok", "bluesky", "mastodon", "newsletter", "pronoun",
    ];
    PAGES.iter().any(|page| fold.contains(page)) && fold.split(' ').count() <= FOLLOW
}

/// Signs of a sentence in a script without blanks between words.
const WIDE_SENTENCE: usize = 10;

/// Whether it is a sentence in such a script, and no program's.
fn wide_sentence(line: &Seen) -> bool {
    let wide = line.text.chars().filter(|c| *c as u32 > 0x2e80).count();
    wide >= WIDE_SENTENCE && line.text.ends_with(['。', '！', '？']) && plain(line)
}

/// Whether a line is a sentence in which somebody speaks, or speaks to somebody.
fn addressed(line: &Seen) -> bool {
    let question = line.words() >= GOES_ON && line.text.ends_with('?');
    let speaks = || attribution::tells(&line.text) || says_you(&line.fold) || asks(&line.fold);
    (says(line) && speaks() || question) && plain(line)
}

/// Words of a line without its stop that the author goes on with: `and the dog came too`.
const GOES_ON: usize = 4;

/// Whether it is a sentence, or the rest of one, that names nobody and speaks to nobody.
fn goes_on(line: &Seen) -> bool {
    let rest = line.text.starts_with(char::is_lowercase) && line.words() >= GOES_ON && !of_a_card(line);
    (says(line) || rest) && plain(line)
}

/// Whether it is nothing that programs and organisations write.
fn plain(line: &Seen) -> bool {
    let alone = std::slice::from_ref(line);
    !foot(alone) && !motto(alone) && !always(&line.fold) && line.footer().is_none() && !contact(line)
}

/// Words of a longest saying.
const MOTTO: usize = 40;

/// Whether it is a saying of somebody else's. `"Not today," said the man at the desk` is the author's.
fn motto(paragraph: &[Seen]) -> bool {
    let words: usize = paragraph.iter().map(Seen::words).sum();
    saying(paragraph) && words <= MOTTO && !tells_who_said(&self::paragraph(paragraph))
}

/// `Please print only my first name`.
pub(super) fn wishes(line: &Seen) -> bool {
    asks(&line.fold) && own_wish(line)
}

/// Whether one person says something in it, of this mail or under a notice: `Please leave my name out of this email.`
fn own_wish(line: &Seen) -> bool {
    let speaks = || one_speaks(&line.fold) && legal(&line.fold) < 2 && !motto(std::slice::from_ref(line));
    says(line) && (speaks() || of_a_person(&line.fold))
}

/// Words of a line that says when somebody works.
const WORKING_DAYS: usize = 16;

/// `I work Monday to Wednesday and read my mail on those days`.
fn works(fold: &str) -> bool {
    #[rustfmt::skip]
    const DAYS: &[&str] = &[
        "mon", "tue", "wed", "thu", "fri", "dienstag", "mittwoch", "donnerstag", "freitag", "lundi", "mardi", "mercredi", "jeudi", "vendredi",
    ];
    let begins = [
        "i work ",
        "i usually work ",
        "i am in the office ",
        "ich arbeite ",
        "je travaille ",
    ];
    let day = |word: &&str| DAYS.iter().any(|day| word.starts_with(day));
    let days = || fold.split(' ').filter(day).count();
    begins.iter().any(|begin| fold.starts_with(begin)) && fold.split(' ').count() <= WORKING_DAYS && days() >= 2
}

/// Whether the reader is asked for something.
fn asks(fold: &str) -> bool {
    #[rustfmt::skip]
    const ASKS: &[&str] = &[
        "please", "don't", "don’t", "do not", "bitte", "merci de", "s'il vous plaît", "s’il vous plaît", "por favor", "per favore", "graag",
        "alstublieft", "venligst", "vennligst", "snälla", "proszę", "prosím", "пожалуйста", "请", "請", "ください",
    ];
    ASKS.iter().any(|word| has_word(fold, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::passage::Line;

    /// The lines of the box that go; `None` where all of it does.
    fn go(text: &str) -> Option<String> {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
        let gone = cards(&seen)?;
        let shown = seen.iter().zip(gone).filter(|(_, gone)| *gone);
        Some(shown.map(|(line, _)| line.text.as_ref()).collect::<Vec<_>>().join("/"))
    }

    #[test]
    fn what_its_author_says_in_the_box_stays_and_its_card_goes() {
        for (text, gone) in [
            (
                "Four families went together on a Tuesday. Now everybody swims.\n\nBo",
                "",
            ),
            ("Bo Lind\nPlease use only my first name.", ""),
            (
                "Bitte meinen Namen nicht nennen.\n\nBo Lind\nTel. 0113 496 0177",
                "Bo Lind/Tel. 0113 496 0177",
            ),
            (
                "Bo Lind\nYouth worker\n0113 496 0177\n\nP.S. It was hers.",
                "Bo Lind/Youth worker/0113 496 0177",
            ),
            ("We won.\nSent from my Galaxy", "Sent from my Galaxy"),
            ("and the dog came too\nBo", ""),
            ("\"Not today,\" said the man at the desk.\n\nBo", ""),
            (
                "Bo\nThis message is confidential until May, please do not print it.",
                "",
            ),
            ("The dog came too.\nBo Lind\n0113 496 0177", "Bo Lind/0113 496 0177"),
            ("Could the photo go at the top?\nBo", ""),
            (
                "On Friday we won, and you may print this.\nBo Lind\nLeeds\n0113 496 0177",
                "Bo Lind/Leeds/0113 496 0177",
            ),
            (
                "我们修好了电梯，大家都很高兴。\n\n林小雨\n电话：0113 496 0177",
                "林小雨/电话：0113 496 0177",
            ),
            (
                "This message is confidential. If you are not the intended recipient, delete it.\n\nPlease leave my surname out.",
                "This message is confidential. If you are not the intended recipient, delete it.",
            ),
        ] {
            assert_eq!(go(text).as_deref(), Some(gone), "{text}");
        }
    }

    #[test]
    fn what_stands_under_every_mail_goes_whole() {
        for text in [
            "Bo Lind\nYouth worker\n0113 496 0177",
            "Thank you!\nBo Lind",
            "Bo Lind\nI work Monday to Wednesday and read my mail on those days",
            "Bo Lind\nFind us on Facebook\nMy pronouns are he and him",
            "Bo Lind\n\"Be the change that you want to see in the world.\"",
            "Be the change that you want to see in the world.\n- Anon",
            "Sent from my iPhone, please excuse my typos",
            "This email is confidential. If you are not the intended recipient, delete it.\n\nWe regret any inconvenience to you.",
            "Elm Trust is a registered charity (no. 1234567).",
            "Please note that I do not expect you to answer outside of your working hours.",
        ] {
            assert_eq!(go(text), None, "{text}");
        }
    }
}
