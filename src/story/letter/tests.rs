use super::*;
use crate::story::event::{Actor, Role};
use crate::story::id::MailId;
use crate::story::submission::{AuthResult, Signals};

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
        remind_after: SignedDuration::from_hours(7 * 24),
    }
}

/// The letters due of a story that is a draft.
fn due(record: &[Event], policy: &LetterPolicy, now: Timestamp) -> Vec<OpenLetter> {
    let standing = Standing {
        state: State::Draft,
        reviewers: vec![],
        lacks_consent: true,
        still_out: false,
    };
    super::due(&story(), record, &standing, policy, now)
}

fn story() -> StoryId {
    "2026/03/marion-maxwell-3f9a2c41b0".parse().unwrap()
}

fn erased() -> What {
    What::Erased {
        salt: String::new(),
        stories: vec![],
        mails: vec![],
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
        mail: None,
    }
}
fn rejected(spam: bool) -> What {
    What::Rejected {
        note: String::new(),
        spam,
        mail: None,
    }
}
fn reopened() -> What {
    What::Reopened { note: String::new() }
}
fn approved() -> What {
    What::Approved {
        note: String::new(),
        mail: None,
    }
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
        to: None,
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
        (vec![received(), withdrawn(), erased()], vec![]),
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
    assert!(letters[0].is_automatic() && !letters[1].is_automatic());
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

#[test]
fn a_mail_of_long_ago_is_answered_no_more() {
    let two_weeks = policy().max_age;
    assert_eq!(too_late(None, at(0), two_weeks), None);
    assert_eq!(too_late(Some(at(0)), at(14), two_weeks), None);
    let reason = too_late(Some(at(0)), at(15), two_weeks).unwrap();
    assert_eq!(reason, "it is of 1 March 2026, too long ago for an automatic answer");
}

#[test]
fn a_letter_that_is_to_go_again_is_as_young_as_that_step() {
    let letter = |status| What::Letter {
        letter: LetterKind::Published,
        about: id(0),
        to: None,
        status,
        reason: None,
    };
    let mut events = vec![What::Published {}];
    events.extend(std::iter::repeat_n(letter(LetterStatus::Failed), 19));
    assert_eq!(due(&record(events.clone()), &policy(), at(20)), []);
    events.push(letter(LetterStatus::Again));
    let record = record(events);
    for (day, many) in [(20, 1), (34, 1), (35, 0)] {
        assert_eq!(due(&record, &policy(), at(day)).len(), many, "day {day}");
    }
}

#[test]
fn an_envelope_has_an_ascii_domain_where_it_can() {
    for (address, recipient) in [
        ("marion@example.com", "marion@example.com"),
        (" jm@bücher.example ", "jm@xn--bcher-kva.example"),
        ("дарья@почта.example", "дарья@xn--80a1acny.example"),
        ("nobody", "nobody"),
    ] {
        assert_eq!(Envelope::to(address, None).recipient, recipient);
    }
}
