//! Which letters a story's events call for, who is never written to, and by what id a letter is known when it comes back.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, EventId, LetterKind, LetterStatus, What};
use super::id::NotAName;
use super::submission::{AuthResult, Signals};

/// What the team wants written: `[letters]` of the config.
#[derive(Debug, Clone, PartialEq)]
pub struct LetterPolicy {
    pub send: Vec<LetterKind>,
    /// What happened longer ago calls for no letter.
    pub max_age: SignedDuration,
}

/// A letter still to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct DueLetter {
    pub kind: LetterKind,
    /// The event that calls for it.
    pub about: EventId,
    /// The machine's own answer: capped per address and day, and bound by RFC 3834. The others carry a person's decision.
    pub automatic: bool,
    /// The claim on it, where there is one; the first, where two desks claimed it. Only the desk whose spool holds the letter
    /// of this claim may send it; to all others it is not theirs to write.
    pub claim: Option<EventId>,
}

/// Whom a letter goes to, and whom its failure comes back to: what SMTP is told (RFC 5321, section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `None` is the null return path, as an automatic answer has it: nothing comes back, so nothing can loop.
    pub sender: Option<String>,
    /// One: nobody sees who else is written to. Its domain is ASCII; its local part need not be.
    pub recipient: String,
}

/// A letter that is written and ready to leave: what an outbox is given.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    pub kind: LetterKind,
    pub id: &'a LetterId,
    /// The letter's own `Date`.
    pub date: Timestamp,
    pub envelope: &'a Envelope,
    /// RFC 5322, lines ending with CRLF.
    pub bytes: &'a [u8],
}

/// The letters that a story's record calls for at `now`, in the order of their events. `record` is in the order of the fold.
///
/// Due = an event with a kind of letter on the list, with no word yet that the letter was sent, failed or was dropped, not
/// overtaken by a later event, and young enough. Never "everything but a ledger": a fresh machine writes to nobody.
/// A story in conflict is not to be asked about: its decisions wait to be settled.
pub fn due(record: &[Event], sending: &LetterPolicy, now: Timestamp) -> Vec<DueLetter> {
    let mut letters = Vec::new();
    for (place, event) in record.iter().enumerate() {
        let Some(kind) = called_for(&event.what) else { continue };
        let old = now.duration_since(event.at) > sending.max_age;
        if old || !sending.send.contains(&kind) || is_overtaken(kind, &record[..place], event, &record[place + 1..]) {
            continue;
        }
        let mut claim = None;
        let mut closed = false;
        for later in record {
            if let What::Letter {
                letter, about, status, ..
            } = &later.what
                && *letter == kind
                && *about == event.id
            {
                match status {
                    LetterStatus::Claimed => claim = claim.or_else(|| Some(later.id.clone())),
                    LetterStatus::Sent | LetterStatus::Failed | LetterStatus::Dropped => closed = true,
                }
            }
        }
        if !closed {
            letters.push(DueLetter {
                kind,
                about: event.id.clone(),
                automatic: kind == LetterKind::Received,
                claim,
            });
        }
    }
    letters
}

/// The kind of letter an event calls for. A mail that must not be answered, and a rejection as spam, call for none.
fn called_for(what: &What) -> Option<LetterKind> {
    match what {
        What::Received { no_answer: None, .. } => Some(LetterKind::Received),
        What::ChangesRequested { .. } => Some(LetterKind::ChangesRequested),
        What::Rejected { spam: false, .. } => Some(LetterKind::Rejected),
        What::Published {} => Some(LetterKind::Published),
        What::Withdrawn { .. } => Some(LetterKind::Withdrawn),
        _ => None,
    }
}

/// Whether what happened before or after makes the letter untrue or needless.
fn is_overtaken(kind: LetterKind, before: &[Event], event: &Event, after: &[Event]) -> bool {
    let later = |test: &dyn Fn(&Event) -> bool| after.iter().any(test);
    if later(&|e| matches!(e.what, What::Erased {})) {
        return true;
    }
    match kind {
        // the letter of the decision says more than a receipt does; a reopened story is open again
        LetterKind::Received => {
            let closing = after.iter().rposition(|e| {
                matches!(
                    e.what,
                    What::Rejected { .. } | What::Withdrawn { .. } | What::Published {}
                )
            });
            let reopening = after.iter().rposition(|e| matches!(e.what, What::Reopened { .. }));
            closing.is_some() && closing > reopening
        }
        LetterKind::ChangesRequested => later(&|e| match &e.what {
            What::Reopened { .. } | What::Rejected { .. } | What::Withdrawn { .. } | What::Published {} => true,
            // the one who asked is content
            What::Approved { .. } => e.by.name == event.by.name,
            _ => false,
        }),
        LetterKind::Rejected => later(&|e| {
            matches!(
                e.what,
                What::Reopened { .. } | What::Withdrawn { .. } | What::Rejected { spam: true, .. }
            )
        }),
        // an update of what is on the site already is no news
        LetterKind::Published => {
            let off = |e: &Event| matches!(e.what, What::TakenDown { .. } | What::Withdrawn { .. });
            let since = before.iter().rposition(off).map_or(0, |i| i + 1);
            let again = before[since..].iter().any(|e| matches!(e.what, What::Published {}));
            again || later(&off)
        }
        LetterKind::Withdrawn => later(&|e| matches!(e.what, What::Reopened { .. })),
    }
}

/// Why a mail must not be answered by a machine (RFC 3834, section 2), or `None` where it may be. `to` is the address the answer
/// would go to, `own` are the addresses of this desk.
pub fn never_answer(signals: &Signals, to: Option<&str>, own: &[String]) -> Option<String> {
    let Some(to) = to.map(str::trim).filter(|to| !to.is_empty()) else {
        return Some("the mail has no address to answer to".to_owned());
    };
    let because = |reason: &str| Some(reason.to_owned());
    if let Some(reason) = no_person_at(to) {
        return Some(reason);
    }
    if is_own(to, own) {
        return because("the address is our own");
    }
    if signals.our_mark.is_some() {
        return because("it is one of our own letters");
    }
    if signals.delivery_report {
        return because("it is a delivery report");
    }
    if signals.null_return_path {
        return because("its return path is empty");
    }
    if let Some(value) = signals.auto_submitted.as_deref().filter(|value| *value != "no") {
        return Some(format!("it is automatic (Auto-Submitted: {value})"));
    }
    if let Some(list) = &signals.list {
        return Some(format!("it came over a mailing list ({list})"));
    }
    if let Some(value) = signals.precedence.as_deref().filter(|value| !is_ordinary(value)) {
        return Some(format!("it is bulk mail (Precedence: {value})"));
    }
    if let Some(name) = signals.machine_headers.first() {
        return Some(format!("it asks for no automatic answer ({name})"));
    }
    if signals.calendar_only {
        return because("it is an invitation");
    }
    let verdict = signals.spam.as_ref()?;
    Some(format!("the receiving server calls it spam ({verdict})"))
}

/// Whether a letter goes out by itself, or waits until a person sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    Goes,
    /// Why it waits.
    Waits(&'static str),
}

/// Whether a due letter may leave without a person's word. A decision may: a person made it. An automatic answer goes to whoever the
/// mail says it is from, so it leaves by itself only where our own server (`trusted_authserv`) has found that to be true:
/// otherwise we would write to people who never wrote to us. `auth` are that server's findings, `to` is where the letter goes.
pub fn leaving(automatic: bool, auth: &[AuthResult], to: &str, trusted_authserv: bool) -> Leaving {
    if !automatic {
        return Leaving::Goes;
    }
    if !trusted_authserv {
        return Leaving::Waits(
            "no server is trusted to say who mail is from (trusted_authserv): `letters send` sends it",
        );
    }
    let domain = to.rsplit('@').next().unwrap_or_default();
    let aligned = |found: &AuthResult| found.domain.as_deref().is_some_and(|found| is_same_site(found, domain));
    match auth.iter().any(|found| {
        found.result == "pass" && matches!(found.method.as_str(), "dmarc" | "dkim" | "spf") && aligned(found)
    }) {
        true => Leaving::Goes,
        false => Leaving::Waits("the sender's address is not proven: `letters send` sends it all the same"),
    }
}

/// Relaxed alignment (RFC 7489, section 3.1), without a list of public suffixes: one is the other, or a host of it. A suffix that others
/// share passes nothing, because nobody can sign for it.
fn is_same_site(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_start_matches('@').to_lowercase(), other.to_lowercase());
    let host_of = |host: &str, site: &str| host.strip_suffix(site).is_some_and(|rest| rest.ends_with('.'));
    let whole = |name: &str| name.contains('.') && !name.starts_with('.');
    whole(&one) && whole(&other) && (one == other || host_of(&one, &other) || host_of(&other, &one))
}

/// Values of `Precedence` that say nothing about a machine.
pub(super) fn is_ordinary(precedence: &str) -> bool {
    matches!(
        precedence,
        "first-class" | "special-delivery" | "normal" | "urgent" | "non-urgent" | ""
    )
}

/// Why nobody reads what is sent to this address.
pub(super) fn no_person_at(address: &str) -> Option<String> {
    let lower = address.to_lowercase();
    let Some((local, domain)) = lower
        .rsplit_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
    else {
        return Some("its address is not one that can be answered".to_owned());
    };
    if domain == "invalid" || domain.ends_with(".invalid") {
        return Some(format!("there is no domain {domain}"));
    }
    let local = local.trim_matches('"');
    let unmarked: String = local.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    let machine = [
        "mailerdaemon",
        "postmaster",
        "listserv",
        "majordomo",
        "mailman",
        "nobody",
        "autoreply",
        "autoresponder",
    ];
    let silent = [
        "noreply",
        "donotreply",
        "noresponse",
        "neantworten",
        "nepasrepondre",
        "nichtantworten",
    ];
    let robot = machine.contains(&unmarked.as_str())
        || silent
            .iter()
            .any(|word| unmarked.starts_with(word) || unmarked.ends_with(word))
        || ["owner-", "bounce-", "bounces-", "bounce+", "bounces+"]
            .iter()
            .any(|start| local.starts_with(start))
        || ["-request", "-owner", "-bounce", "-bounces", "-errors"]
            .iter()
            .any(|end| local.ends_with(end))
        || ["bounce", "bounces"].contains(&local);
    robot.then(|| format!("nobody reads what is sent to {local}@..."))
}

/// Whether an address is one of ours; case and `+tag` do not matter.
pub(super) fn is_own(address: &str, own: &[String]) -> bool {
    fn plain(address: &str) -> String {
        let lower = address.trim().to_lowercase();
        match lower.rsplit_once('@') {
            Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
            None => lower,
        }
    }
    own.iter().any(|one| plain(one) == plain(address))
}

/// The Message-ID of a letter, `m4c.3f9a2c41b0.<32 hex digits>@example.org`, without angle brackets: a reply names it, and so finds
/// its story by the ten digits. The random part is kept in the private part: only an id that is kept there is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterId {
    digits: String,
    random: String,
    domain: String,
}

impl LetterId {
    /// `digits` is the end of the story's folder name, `random` are bytes the caller draws, `domain` is that of the letters'
    /// From address.
    pub fn new(digits: &str, random: [u8; 16], domain: &str) -> LetterId {
        LetterId {
            digits: digits.to_owned(),
            random: hex::encode(random),
            domain: ascii_domain(domain),
        }
    }

    /// The story's ten digits.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// What `X-M4C-Stories` carries, so that a letter is known even where its Message-ID was replaced on the way.
    pub fn mark(&self) -> &str {
        &self.random
    }
}

/// A Message-ID is ASCII, and nothing in it may end the header.
fn ascii_domain(domain: &str) -> String {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    match !domain.is_empty() && domain.chars().all(good) {
        true => domain.to_ascii_lowercase(),
        false => "m4c-stories.invalid".to_owned(),
    }
}

impl FromStr for LetterId {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<LetterId, NotAName> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        let hex =
            |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let parts = text.strip_prefix("m4c.").and_then(|rest| rest.split_once('@'));
        match parts.and_then(|(left, domain)| left.split_once('.').map(|(digits, random)| (digits, random, domain))) {
            Some((digits, random, domain)) if hex(digits, 10) && hex(random, 32) && !domain.is_empty() => {
                Ok(LetterId {
                    digits: digits.to_owned(),
                    random: random.to_owned(),
                    domain: domain.to_owned(),
                })
            }
            _ => Err(NotAName("a letter's id is m4c.DIGITS.RANDOM@DOMAIN")),
        }
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "m4c.{}.{}@{}", self.digits, self.random, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::event::{Actor, Role};
    use crate::story::id::MailId;

    fn at(day: i64) -> Timestamp {
        "2026-03-01T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
    }

    /// Events a day apart; their ids are their places: `id(0)` is the first.
    fn record(events: Vec<What>) -> Vec<Event> {
        let line = |(place, what): (usize, What)| Event {
            id: id(place),
            after: place.checked_sub(1).map(id).into_iter().collect(),
            at: at(place as i64),
            by: Actor {
                name: "Cath Lee".into(),
                role: Role::Reviewer,
            },
            text: None,
            what,
            sig: None,
        };
        events.into_iter().enumerate().map(line).collect()
    }

    fn id(place: usize) -> EventId {
        EventId::from_random((place as u64).to_be_bytes())
    }

    fn policy() -> LetterPolicy {
        use LetterKind::{ChangesRequested, Published, Received, Rejected, Withdrawn};
        LetterPolicy {
            send: vec![Received, ChangesRequested, Rejected, Published, Withdrawn],
            max_age: SignedDuration::from_hours(14 * 24),
        }
    }

    fn received() -> What {
        What::Received {
            mail: MailId::of("", "", "", "", &[]),
            mail_version: 1,
            notes: vec![],
            auth: vec![],
            no_answer: None,
        }
    }
    fn changes() -> What {
        What::ChangesRequested {
            note: "Which street?".into(),
        }
    }
    fn rejected(spam: bool) -> What {
        What::Rejected {
            note: String::new(),
            spam,
        }
    }
    fn reopened() -> What {
        What::Reopened { note: String::new() }
    }
    fn approved() -> What {
        What::Approved { note: String::new() }
    }
    fn withdrawn() -> What {
        What::Withdrawn { note: String::new() }
    }
    fn down() -> What {
        What::TakenDown { note: String::new() }
    }
    fn letter(kind: LetterKind, about: usize, status: LetterStatus) -> What {
        What::Letter {
            letter: kind,
            about: id(about),
            status,
            reason: None,
        }
    }

    /// The letters due the day after the last event, as kind and place of the event.
    fn due_after(events: Vec<What>) -> Vec<(LetterKind, usize)> {
        let now = at(events.len() as i64);
        let place = |about: &EventId| (0..100).find(|&p| id(p) == *about).unwrap();
        due(&record(events), &policy(), now)
            .iter()
            .map(|d| (d.kind, place(&d.about)))
            .collect()
    }

    #[test]
    fn events_call_for_letters_until_they_are_answered_or_overtaken() {
        use LetterKind::{ChangesRequested, Published, Received, Rejected, Withdrawn};
        use LetterStatus::{Claimed, Dropped, Failed, Sent};
        let said = |status| letter(Received, 0, status);
        for (events, expected) in [
            (vec![], vec![]),
            (vec![received()], vec![(Received, 0)]),
            (vec![received(), said(Claimed)], vec![(Received, 0)]),
            (vec![received(), said(Claimed), said(Sent)], vec![]),
            (vec![received(), said(Failed)], vec![]),
            (vec![received(), said(Dropped)], vec![]),
            (vec![received(), approved()], vec![(Received, 0)]),
            (vec![received(), changes()], vec![(Received, 0), (ChangesRequested, 1)]),
            (vec![received(), changes(), approved()], vec![(Received, 0)]),
            (
                vec![received(), changes(), changes()],
                vec![(Received, 0), (ChangesRequested, 1), (ChangesRequested, 2)],
            ),
            (vec![received(), changes(), reopened()], vec![(Received, 0)]),
            (vec![received(), rejected(false)], vec![(Rejected, 1)]),
            (vec![received(), rejected(true)], vec![]),
            (vec![received(), rejected(false), reopened()], vec![(Received, 0)]),
            (
                vec![received(), rejected(false), reopened(), rejected(false)],
                vec![(Rejected, 3)],
            ),
            (
                vec![
                    received(),
                    rejected(false),
                    letter(Rejected, 1, Sent),
                    reopened(),
                    rejected(false),
                ],
                vec![(Rejected, 4)],
            ),
            (vec![received(), What::Published {}], vec![(Published, 1)]),
            (
                vec![received(), What::Published {}, What::Published {}],
                vec![(Published, 1)],
            ),
            (
                vec![
                    received(),
                    What::Published {},
                    letter(Published, 1, Sent),
                    What::Published {},
                ],
                vec![],
            ),
            (vec![received(), What::Published {}, down()], vec![]),
            (
                vec![received(), What::Published {}, down(), reopened(), What::Published {}],
                vec![(Published, 4)],
            ),
            (vec![received(), What::Published {}, withdrawn()], vec![(Withdrawn, 2)]),
            (vec![received(), withdrawn(), reopened()], vec![(Received, 0)]),
            (vec![received(), withdrawn(), What::Erased {}], vec![]),
            // a letter about another event closes nothing
            (
                vec![received(), letter(Received, 7, Sent), letter(Rejected, 0, Sent)],
                vec![(Received, 0)],
            ),
        ] {
            assert_eq!(due_after(events.clone()), expected, "{events:?}");
        }
    }

    #[test]
    fn old_events_unlisted_kinds_and_mail_that_must_not_be_answered_call_for_none() {
        let events = record(vec![received(), changes()]);
        assert_eq!(due(&events, &policy(), at(14)).len(), 2);
        assert_eq!(due(&events, &policy(), at(15)).len(), 1);
        assert_eq!(due(&events, &policy(), at(16)).len(), 0);
        let few = LetterPolicy {
            send: vec![LetterKind::Rejected],
            ..policy()
        };
        assert!(due(&events, &few, at(2)).is_empty());
        let mut robot = received();
        if let What::Received { no_answer, .. } = &mut robot {
            *no_answer = Some("it came over a mailing list".into());
        }
        assert!(due(&record(vec![robot]), &policy(), at(1)).is_empty());
    }

    #[test]
    fn only_a_receipt_is_automatic_and_the_first_claim_counts() {
        let claimed = letter(LetterKind::Received, 0, LetterStatus::Claimed);
        let events = record(vec![received(), changes(), claimed.clone(), claimed]);
        let letters = due(&events, &policy(), at(4));
        assert!(letters[0].automatic && !letters[1].automatic);
        assert_eq!((&letters[0].claim, &letters[1].claim), (&Some(id(2)), &None));
    }

    #[test]
    fn machines_lists_and_ourselves_are_never_answered() {
        let own = ["m4cblog@example.org".to_owned()];
        let plain = Signals::default();
        assert_eq!(never_answer(&plain, Some("marion@example.com"), &own), None);
        for address in [
            "MAILER-DAEMON@example.com",
            "postmaster@example.com",
            "noreply@example.com",
            "No-Reply@example.com",
            "do_not_reply@example.com",
            "news-noreply@example.com",
            "noreply-story@example.com",
            "owner-leaders@example.com",
            "leaders-request@example.com",
            "leaders-bounces@example.com",
            "bounces+123@example.com",
            "m4cblog@example.org",
            "M4CBlog+story@Example.org",
            "marion@host.invalid",
            "marion",
            "@example.com",
            "",
        ] {
            assert!(never_answer(&plain, Some(address), &own).is_some(), "{address}");
        }
        for address in [
            "norah.eply@example.com",
            "owner@example.com",
            "bouncer@example.com",
            "jo-owners@example.com",
            "root@example.com",
        ] {
            assert_eq!(never_answer(&plain, Some(address), &own), None, "{address}");
        }
        let some = |s: &str| Some(s.to_owned());
        for signals in [
            Signals {
                auto_submitted: some("auto-replied"),
                ..Signals::default()
            },
            Signals {
                auto_submitted: some("auto-generated"),
                ..Signals::default()
            },
            Signals {
                precedence: some("bulk"),
                ..Signals::default()
            },
            Signals {
                precedence: some("list"),
                ..Signals::default()
            },
            Signals {
                list: some("<l.example.org>"),
                ..Signals::default()
            },
            Signals {
                null_return_path: true,
                ..Signals::default()
            },
            Signals {
                delivery_report: true,
                ..Signals::default()
            },
            Signals {
                our_mark: some("1"),
                ..Signals::default()
            },
            Signals {
                machine_headers: vec!["x-auto-response-suppress".into()],
                ..Signals::default()
            },
            Signals {
                spam: some("X-Spam-Flag: YES"),
                ..Signals::default()
            },
        ] {
            assert!(
                never_answer(&signals, Some("marion@example.com"), &own).is_some(),
                "{signals:?}"
            );
        }
        let no = Signals {
            auto_submitted: some("no"),
            precedence: some("first-class"),
            ..Signals::default()
        };
        assert_eq!(never_answer(&no, Some("marion@example.com"), &own), None);
    }

    #[test]
    fn an_automatic_answer_goes_by_itself_only_to_a_proven_sender() {
        let found = |method: &str, result: &str, domain: &str| AuthResult {
            method: method.into(),
            result: result.into(),
            domain: Some(domain.to_owned()).filter(|d| !d.is_empty()),
        };
        for (auth, goes) in [
            (vec![], false),
            (vec![found("dkim", "pass", "example.com")], true),
            (vec![found("dkim", "pass", "Mail.Example.com")], true),
            (
                vec![
                    found("dkim", "fail", "example.com"),
                    found("spf", "pass", "example.com"),
                ],
                true,
            ),
            (vec![found("dmarc", "pass", "example.com")], true),
            (vec![found("dkim", "pass", "evilexample.com")], false),
            (vec![found("dkim", "pass", "com")], false),
            (vec![found("dkim", "pass", "bulk.example.net")], false),
            (vec![found("dkim", "pass", "")], false),
            (vec![found("arc", "pass", "example.com")], false),
        ] {
            let now = leaving(true, &auth, "marion@example.com", true);
            assert_eq!(now == Leaving::Goes, goes, "{auth:?}");
            assert_ne!(leaving(true, &auth, "marion@example.com", false), Leaving::Goes);
            assert_eq!(leaving(false, &auth, "marion@example.com", false), Leaving::Goes);
        }
    }

    #[test]
    fn a_letters_id_is_read_back_from_a_reply() {
        let id = LetterId::new("3f9a2c41b0", [7; 16], "example.org");
        assert_eq!(
            id.to_string(),
            "m4c.3f9a2c41b0.07070707070707070707070707070707@example.org"
        );
        assert_eq!(format!("<{id}>").parse::<LetterId>().unwrap(), id);
        assert_eq!(id.digits(), "3f9a2c41b0");
        for junk in [
            "",
            "m4c.1.2@x",
            "m4c.3f9a2c41b0.0707@x",
            "x@example.org",
            "m4c.3f9a2c41b0.07070707070707070707070707070707@",
        ] {
            assert!(junk.parse::<LetterId>().is_err(), "{junk}");
        }
        assert!(
            LetterId::new("3f9a2c41b0", [7; 16], "x>\r\nBcc: y")
                .to_string()
                .ends_with("@m4c-stories.invalid")
        );
    }
}
