//! Whether an invitation says anything beside what the calendar program wrote: somebody may send a story with a date.

use crate::story::passage::Line;

/// Words of a person's own that make a mail more than an invitation.
const OWN: usize = 8;
/// Lines that are looked at, and bytes of the calendar's text.
const LINES: usize = 200;
const TEXT: usize = 64 << 10;

/// Whether the text of the mail is more than its calendar part says, too. Outlook and Google put the appointment's description
/// beside it; `When: ...` and a link to the calendar are of a program's making.
pub(super) fn has_own_words(lines: &[Line], calendar: &[u8]) -> bool {
    let calendar = String::from_utf8_lossy(&calendar[..calendar.len().min(TEXT)]);
    let said = bare(&unfolded(&calendar));
    let mut own = 0;
    for line in lines.iter().take(LINES) {
        let words = line.words();
        // Google says in its own words, in any language, who invites whom
        if words.contains("://") && words.to_lowercase().contains("calendar") {
            return false;
        }
        let plain = bare(&words);
        if !labelled(&words) && !words.contains("://") && !said.contains(plain.trim()) {
            own += plain.split(' ').filter(|word| !word.is_empty()).count();
        }
    }
    own >= OWN
}

/// Folded lines are put together (RFC 5545, section 3.1), and `\n`, `\,` and their like undone.
fn unfolded(calendar: &str) -> String {
    let text = calendar.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    text.replace("\\n", " ").replace("\\N", " ").replace('\\', "")
}

/// Words in small letters, a blank between, and nothing else.
fn bare(text: &str) -> String {
    let small = text.to_lowercase();
    let words = small
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// `When: Tuesday`, `Meeting ID: 123`.
fn labelled(words: &str) -> bool {
    let label = words.split_once([':', '：']).map(|(label, _)| label.trim());
    label.is_some_and(|label| (1..=3).contains(&label.split(' ').count()) && label.len() <= 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALENDAR: &[u8] = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Plan the march\r\nDESCRIPTION:Dear all\\, let us meet on \r\n Monday and plan the march. Bring a friend.\\nMarion\r\nEND:VCALENDAR\r\n";

    fn own(text: &str) -> bool {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        has_own_words(&lines, CALENDAR)
    }

    #[test]
    fn what_the_program_wrote_is_nobodys_own() {
        for text in [
            "",
            "Dear all, let us meet on Monday and plan the march.\nBring a friend.\nMarion",
            "When: Monday, 4 December 2010 10:00 to 11:00 in the morning, London time\nWhere: The town hall\n*~*~*~*~*\n\nBring a friend.",
            "You have been invited to the following event.\nPlan the march\nInvitation from Google Calendar: https://www.google.com/calendar/",
            "Sorry, I am in Leeds.",
        ] {
            assert!(!own(text), "{text}");
        }
    }

    #[test]
    fn a_story_with_a_date_is_a_story() {
        assert!(own(
            "The night school lost its teacher. I can add up, so I taught adding up.\n\nOtis"
        ));
    }
}
