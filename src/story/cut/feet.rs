//! The feet of a mail, under the author's last word and signature: footers of lists and help desks, of phones and scanners. Legal notices
//! have a room of their own, [`super::notice`].

use super::Rule;
use super::contact::contact;
use super::footer::{Footer, advert, advert_goes_on, list_info, list_way, newsletter, scanner_goes_on};
use super::mark::drawn_line;
use super::seen::Seen;
use super::sign_off::name_like;
use super::signature::{Piece, delimiter, piece, reach};
use super::told::{apologises, leads_up, prose, tells};

/// Footers of lists and help desks: from their first line on.
pub(super) fn list_footer(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = reach(from, end);
    let next = |i: usize| lines[i + 1..end].iter().find(|l| !l.blank()).map_or("", |l| &*l.fold);
    let mut shown = 0;
    let mut first = None;
    for i in (low..end).rev() {
        if lines[i].blank() {
            continue;
        }
        shown += 1;
        if shown > 16 {
            break;
        }
        // A list named in the text is not yet its footer.
        let far = shown > 6 && list_info(&lines[i].fold);
        let told = || newsletter(&lines[i].fold, || next(i)) || list_way(&lines[i].fold, || next(i));
        if lines[i].footer() == Some(Footer::List) && !far || told() {
            first = Some(i);
        }
    }
    let mut start = first?;
    // `To unsubscribe from this, click on your neighbours' doorbells. We laughed, and did it.`: a program says where
    let leads = |l: &Seen| ["http", "www.", "@"].iter().any(|sign| l.fold.contains(sign));
    let footer = &lines[start..end];
    let other = |i: usize| {
        let line = &lines[i];
        let footer = line.footer().is_some() || newsletter(&line.fold, || "") || list_way(&line.fold, || next(i));
        !footer && (prose(line) || tells(line))
    };
    if (start..end).any(other) && !footer.iter().any(leads) {
        return None;
    }
    // The line drawn above, blanks between.
    for i in (low..start).rev() {
        if drawn_line(&lines[i].text) || delimiter(&lines[i]).is_some() {
            start = i;
        } else if !lines[i].blank() {
            break;
        }
    }
    piece(start, end, Rule::ListFooter, false)
}

/// One-line footers at the very end: `Sent from my iPhone`, a virus scanner, the environment.
pub(super) fn small_footer(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = reach(from, end);
    let last = end - 1;
    if let Some(start) = advert_under_a_line(lines, low, end).or_else(|| over_a_card(lines, low, end)) {
        return piece(start, end, Rule::SentFrom, false);
    }
    // Apologies for typing errors stand under "Sent from my ...".
    let mut seen = 0;
    for i in (low..end).rev() {
        if lines[i].blank() {
            continue;
        }
        seen += 1;
        match lines[i].footer() {
            // The wrapped end of a sentence: "... the letters that were / sent from my phone".
            Some(Footer::SentFrom)
                if in_small_letters(&lines[i].text) && i > from && !lines[i - 1].blank() && !ended(&lines[i - 1]) =>
            {
                return None;
            }
            Some(Footer::SentFrom) => {
                let mut start = i;
                // A `--` or `____` of its own above it.
                let above = (low..i).rev().find(|a| !lines[*a].blank());
                if let Some(above) = above
                    && delimiter(&lines[above]).is_some()
                {
                    start = above;
                }
                return piece(cells(lines, low, start), end, Rule::SentFrom, false);
            }
            Some(Footer::Scanner) => {
                let mut start = i;
                for above in (low..i).rev().filter(|a| !lines[*a].blank()) {
                    let line = &lines[above];
                    let more = line.footer() == Some(Footer::Scanner) || scanner_goes_on(&line.fold) && above + 4 > i;
                    if more || drawn_line(&line.text) || delimiter(line).is_some() {
                        start = above;
                        if !more {
                            break;
                        }
                    } else {
                        break;
                    }
                }
                return piece(start, end, Rule::VirusScanner, false);
            }
            Some(Footer::Calendar) => return piece(i, end, Rule::ContactBlock, false),
            // `The leaflet we made said:`
            Some(Footer::Environment) if lines[low..i].iter().rfind(|l| !l.blank()).is_some_and(leads_up) => {
                return None;
            }
            Some(Footer::Environment) if seen <= 3 => {
                let alone = |a: usize| matches!(lines[a].text.as_ref(), "P" | "p" | "*" | "♻" | "🌳");
                let start = if i > low && alone(i - 1) { i - 1 } else { i };
                return piece(start, end, Rule::EnvironmentNotice, false);
            }
            _ => {}
        }
        let fold = &lines[i].fold;
        let apology = lines[i].words() <= 12 && apologises(fold);
        if !(apology
            || scanner_goes_on(fold)
            || advert_goes_on(fold)
            || (i == last && drawn_line(&lines[i].text))
            || lines[i].image)
            || seen > 5
        {
            return None;
        }
    }
    None
}

/// Columns of the line that MSN and Hotmail drew over what they sold.
const ADVERT: usize = 60;

/// That line, where the mail ends with what is sold below it.
fn advert_under_a_line(lines: &[Seen], low: usize, end: usize) -> Option<usize> {
    let drawn = |l: &Seen| l.text.len() >= ADVERT && l.text.bytes().all(|b| b == b'_');
    let start = (low..end).rev().take(4).find(|i| drawn(&lines[*i]))?;
    let sold = start + 1 < end && lines[start + 1..end].iter().all(|l| !l.blank()) && advert(&lines[start + 1].fold);
    sold.then_some(start)
}

/// Lines of a card that stands under a phone's line.
const PHONE_CARD: usize = 5;

/// A phone's line right over the sender's card: their name, and numbers or addresses.
fn over_a_card(lines: &[Seen], low: usize, end: usize) -> Option<usize> {
    let start = (low..end)
        .rev()
        .take(PHONE_CARD)
        .find(|i| lines[*i].footer() == Some(Footer::SentFrom))?;
    let apart = start == low || lines[start - 1].blank();
    let (name, rest) = lines.get(start + 1..end)?.split_first()?;
    let card = name.own_name && name_like(&name.text, false) && !rest.is_empty() && rest.iter().all(contact);
    (apart && card).then_some(start)
}

/// Where the cells begin that end right above `end`: NetEase writes the table of its card as `| |`, the name, `|`, the
/// address, `|`.
fn cells(lines: &[Seen], low: usize, end: usize) -> usize {
    let bar = |l: &Seen| !l.text.is_empty() && l.text.chars().all(|c| matches!(c, '|' | ' '));
    let mut start = end;
    let mut last = end;
    for i in (low..end).rev().take(12).filter(|i| !lines[*i].blank()) {
        if bar(&lines[i]) {
            start = i;
            last = i;
        } else if last == end || last > i + 2 || lines[i].words() > 6 {
            break;
        }
    }
    start
}

/// Whether a line goes on in small letters; a name as `iPhone` is none.
fn in_small_letters(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_lowercase) && !letters.next().is_some_and(char::is_uppercase)
}

/// A line that a sentence or a name ends on, so that the next begins something new.
fn ended(line: &Seen) -> bool {
    line.text.ends_with(['.', '!', '?', ',', ':']) || delimiter(line).is_some() || line.words() <= 3
}
