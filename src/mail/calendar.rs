//! Whether an invitation says anything beside what the calendar program wrote: somebody may send a story with a date.

use std::collections::HashSet;

use crate::story::passage::Line;

/// Words of a person's own that make a mail more than an invitation.
const OWN: usize = 8;
/// The same where a program says more in its own words, in any language: above the link in an invitation by Google who invites whom and
/// when, in an answer who comes, or why nobody could be asked.
const OWN_BESIDE_WORDS: usize = 40;
/// Words without a digit in a line that a program labels: the longest are the cities of a time zone.
const LABELLED: usize = 15;
/// Lines that are looked at, and bytes of the calendar's text.
const LINES: usize = 200;
const TEXT: usize = 64 << 10;

/// Whether the text of the mail is more than its calendar part says, too. Outlook and Google put the appointment's description
/// beside it; `When: ...` and a link to the calendar are of a program's making.
pub(super) fn has_own_words(lines: &[Line], calendar: &[u8]) -> bool {
    let calendar = String::from_utf8_lossy(&calendar[..calendar.len().min(TEXT)]);
    let said = bare(&unfolded(&calendar));
    let of_google = said.contains("google calendar");
    let enough = match said.contains("method reply") {
        true => OWN_BESIDE_WORDS,
        false => OWN,
    };
    let mut labels = HashSet::new();
    let mut own = 0;
    for line in lines.iter().take(LINES) {
        let words = line.words();
        // what stands under it is Google's, too
        if of_google && is_googles(&words) {
            return own >= OWN_BESIDE_WORDS;
        }
        let plain = bare(&words);
        // a label that comes again is a speaker's
        let labelled = label(&words).is_some_and(|label| labels.insert(label.to_owned()));
        if !labelled && !words.contains("://") && !said.contains(plain.trim()) {
            own += plain.split(' ').filter(|word| !word.is_empty()).count();
        }
    }
    own >= enough
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

/// Whether a line has a link to Google's calendar, wherever in the world.
fn is_googles(words: &str) -> bool {
    let mut links = words
        .split("://")
        .skip(1)
        .filter_map(|link| link.split_whitespace().next());
    links.any(|link| {
        link.starts_with("calendar.google.") || link.starts_with("www.google.") && link.contains("/calendar")
    })
}

/// `When` of `When: Tuesday`, `Meeting ID` of `Meeting ID: 123`.
fn label(words: &str) -> Option<&str> {
    let (label, _) = words.split_once([':', '：'])?;
    let label = label.trim();
    let short = (1..=3).contains(&label.split(' ').count()) && label.len() <= 40;
    let said = words
        .split_whitespace()
        .filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
    (short && said.count() <= LABELLED).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALENDAR: &[u8] = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Plan the march\r\nDESCRIPTION:Dear all\\, let us meet on \r\n Monday and plan the march. Bring a friend.\\nMarion\r\nEND:VCALENDAR\r\n";

    fn own_beside(text: &str, calendar: &[u8]) -> bool {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        has_own_words(&lines, calendar)
    }

    fn own(text: &str) -> bool {
        own_beside(text, CALENDAR)
    }

    /// The calendar as Google makes it.
    fn googles() -> Vec<u8> {
        [
            &b"BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\n"[..],
            CALENDAR,
        ]
        .concat()
    }

    #[test]
    fn what_the_program_wrote_is_nobodys_own() {
        for text in [
            "",
            "Dear all, let us meet on Monday and plan the march.\nBring a friend.\nMarion",
            "When: Monday, 4 December 2010 10:00 to 11:00 in the morning, London time\nWhere: The town hall\n*~*~*~*~*\n\nBring a friend.",
            "When: Occurs every Monday effective 04/12/2010 from 10:00 AM to 11:00 AM (UTC+01:00) Amsterdam, Berlin, Bern, Rome, Vienna.",
            "Sorry, I am in Leeds.",
        ] {
            assert!(!own(text), "{text}");
        }
    }

    #[test]
    fn what_google_wrote_is_nobodys_own_in_any_language() {
        for text in [
            "You have been invited to the following event.\nPlan the march\nInvitation from Google Calendar: https://www.google.com/calendar/\n\nYou are receiving this email because you are an attendee on the event.\nForwarding this invitation could allow any recipient to send a response to the organiser, be added to the guest list, or modify your RSVP.",
            "Du wurdest zum folgenden Termin eingeladen.\nPlan the march\nMontag 4. Dez. 2010 ⋅ 10 bis 11 Uhr\nMitteleuropäische Zeit - Berlin\nAlle Gästeinformationen ansehen https://calendar.google.com/calendar/event?action=VIEW\nDu erhältst diese E-Mail, weil du als Gast an diesem Termin teilnimmst. Wenn du sie weiterleitest, kann jeder Empfänger antworten.",
        ] {
            assert!(!own_beside(text, &googles()), "{text}");
        }
        let story = "The night school lost its teacher. I can add up, so I taught adding up, and by spring there were thirty of us. ";
        let note = "Invitation from Google Calendar: https://calendar.google.com/calendar/";
        assert!(own_beside(&format!("{}\n{note}", story.repeat(2)), &googles()));
    }

    #[test]
    fn an_answer_to_an_invitation_is_a_programs_words() {
        let reply = b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nSUMMARY:Plan the march\r\nEND:VCALENDAR\r\n";
        let own = |text: &str| has_own_words(&text.lines().map(Line::plain).collect::<Vec<_>>(), reply);
        assert!(!own(
            "Cath Lee has accepted your invitation to the following event, and looks forward to it."
        ));
        assert!(!own(
            "Your request was accepted.\nSent by Microsoft Exchange Server 2016"
        ));
        let story = "The night school lost its teacher. I can add up, so I taught adding up. ".repeat(4);
        assert!(own(&story));
    }

    #[test]
    fn a_story_with_a_date_is_a_story() {
        assert!(own(
            "The night school lost its teacher. I can add up, so I taught adding up.\n\nOtis"
        ));
        let page = "See our page https://mill.example/calendar";
        let story = "We cleaned the mill, and on Sunday we opened the doors to everybody.";
        for text in [
            format!("{story}\n{page}"),
            format!("{page}\n{story}"),
            "Marion: We were nine in the first year, and nobody had told us that the roof was the first to go, or that it would cost so much."
                .to_owned(),
            "Tom: Who began?\nMarion: Nobody knows.\nTom: And then?\nMarion: Then we were nine, and after a year a hundred."
                .to_owned(),
        ] {
            assert!(own(&text), "{text}");
            assert!(own_beside(&text, &googles()), "{text}");
        }
    }
}
