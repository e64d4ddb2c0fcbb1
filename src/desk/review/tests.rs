use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::desk::{edit, takedown};
use crate::story::check::Wanted;
use crate::story::draft::CutPiece;
use crate::story::event::{Actor, EventId, Role};
use crate::story::id::MailId;
use crate::story::page::{Front, INDEX, Page};
use crate::story::policy::Member;
use crate::story::record::Files;
use crate::story::state::{Cell, cell};

static DRAWN: AtomicU64 = AtomicU64::new(1);
fn draw() -> EventId {
    EventId::from_random(DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes())
}

fn clerk(name: &str) -> Clerk {
    let second = DRAWN.fetch_add(1, Ordering::Relaxed) as i64;
    Clerk {
        actor: Actor {
            name: name.into(),
            role: Role::Reviewer,
        },
        email: format!("{name}@team.example"),
        now: jiff::Timestamp::from_second(1_790_000_000 + second).unwrap(),
        draw,
        mail: None,
    }
}

fn policy(approvals: usize) -> Policy {
    let member = |n: &str| Member {
        name: n.into(),
        email: format!("{n}@team.example"),
        also: Vec::new(),
        roles: vec![Role::Reviewer],
        keys: Vec::new(),
    };
    let members = ["ann", "ben", "cat"].map(member).to_vec();
    Policy {
        members,
        approvals,
        own_text: false,
        minor_keeps: false,
        consent_required: true,
        checks: Wanted::default(),
        signed: false,
        robot_keys: Vec::new(),
    }
}

fn files(change: &Change, old: &Files) -> Files {
    let mut files = old.clone();
    for (name, bytes) in &change.files {
        match bytes {
            Some(bytes) => drop(files.insert(name.clone(), bytes.clone())),
            None => drop(files.remove(name)),
        }
    }
    files
}

fn made(story: &Story, planned: Planned) -> Story {
    let change = planned.expect("allowed").expect("a step");
    Story::load(&story.id, files(&change, &story.files)).unwrap()
}

fn draft() -> Story {
    let mail = MailId::of("a", "b", "c", "d", &[]);
    let id = "2010/12/marion-maxwell-0123456789".parse().unwrap();
    let front = Front {
        title: "T".into(),
        author: "Marion".into(),
        draft: true,
        ..Front::default()
    };
    let received = What::Received {
        mail,
        mail_version: 1,
        notes: vec![],
        auth: vec![],
        no_answer: None,
    };
    let page = Page::new(&front, "Words.");
    let change = crate::story::step::begin(
        &id,
        &page,
        Files::new(),
        vec![received],
        "Take in",
        Files::new(),
        &clerk("robot"),
    );
    Story::load(&id, files(&change, &Files::new())).unwrap()
}

fn with(story: &Story, who: &str, events: Vec<What>) -> Story {
    made(story, Ok(Some(story.change(Step::of("Do", "", events), &clerk(who)))))
}

fn published(story: &Story) -> Story {
    let who = clerk("cat");
    let mut page = story.page.clone();
    page.set_front(&Front {
        draft: false,
        date: Some(who.now),
        ..story.front()
    });
    let events = vec![
        What::PublishBegun {
            targets: vec!["site".into()],
            slug: "m".into(),
            policy: serde_json::Value::Null,
        },
        What::Receipt {
            target: "site".into(),
            done: true,
            place: None,
            id: None,
            error: None,
            unknown: false,
            removed: false,
        },
        What::Published {},
    ];
    let files = [(INDEX.to_owned(), Some(page.render()))].into();
    made(
        story,
        Ok(Some(story.change(
            Step {
                events,
                files,
                ..Step::default()
            },
            &who,
        ))),
    )
}

fn edited(story: &Story, who: &str, words: &str) -> Planned {
    let mut page = story.page.clone();
    page.set_body(words);
    edit::edit(story, &policy(1), &clerk(who), &page.render(), false, "")
}

fn put_back(story: &Story, who: &str) -> Planned {
    let piece = CutPiece {
        n: 1,
        rule: "signature-delimiter".into(),
        why: String::new(),
        text: "Marion\nSteward, Unit 7".into(),
        before: String::new(),
    };
    edit::restore(story, &policy(1), &clerk(who), &[&piece])
}

/// A story in each state, under a policy of one approval.
fn in_state(state: State) -> Story {
    let p = policy(1);
    let story = draft();
    let approved = || made(&story, approve(&story, &p, &clerk("ann"), "", None));
    match state {
        State::Draft => story,
        State::ChangesRequested => made(&story, request_changes(&story, &p, &clerk("ann"), "Which year?")),
        State::Approved => approved(),
        State::Scheduled => {
            let for_time = "2030-01-01T00:00:00Z".parse().unwrap();
            with(&approved(), "cat", vec![What::Scheduled { for_time }])
        }
        State::Published => published(&approved()),
        State::TakenDown => {
            let story = published(&approved());
            let down = made(&story, takedown::take_down(&story, &p, &clerk("cat"), ""));
            with(&down, "cat", vec![takedown::removed("site")])
        }
        State::Rejected => made(&story, reject(&story, &p, &clerk("ann"), "no", false)),
        State::Joined => with(
            &story,
            "ann",
            vec![What::Joined {
                with: None,
                into: Some("2010/11/marion-maxwell-9876543210".into()),
                mail: None,
                lines: None,
                of: None,
                consent_ends: false,
                notes: Vec::new(),
            }],
        ),
        State::Withdrawn => with(
            &story,
            "ann",
            vec![What::Withdrawn {
                note: "her wish".into(),
            }],
        ),
        State::Conflict => {
            let here = approve(&story, &p, &clerk("ann"), "", None).unwrap().unwrap();
            let there = reject(&story, &p, &clerk("ben"), "no", false).unwrap().unwrap();
            apart(&story, &here, &there)
        }
    }
}

/// The story after two steps that two desks took without knowing of each other.
fn apart(story: &Story, here: &Change, there: &Change) -> Story {
    let name = crate::story::page::RECORD;
    let mut lines = here.files[name].clone().unwrap();
    lines.extend_from_slice(&there.files[name].as_ref().unwrap()[story.files[name].len()..]);
    let mut files = story.files.clone();
    files.insert(name.into(), lines);
    Story::load(&story.id, files).unwrap()
}

#[test]
fn a_publication_that_was_begun_while_another_desk_rejected_does_not_go_on() {
    let p = policy(1);
    let approved = in_state(State::Approved);
    let at = |who: &str, second: i64| {
        let mut clerk = clerk(who);
        clerk.now += jiff::SignedDuration::from_secs(second);
        clerk
    };
    for (begins, rejects) in [(1, 2), (2, 1)] {
        let begun = What::PublishBegun {
            targets: vec!["site".into()],
            slug: "m".into(),
            policy: p.stamp(),
        };
        let begun = approved.change(Step::of("Begin to publish", "", vec![begun]), &at("cat", begins));
        let rejected = reject(&approved, &p, &at("ben", rejects), "no", false)
            .unwrap()
            .unwrap();
        let story = apart(&approved, &begun, &rejected);
        assert_eq!(story.state(&p), State::Conflict);
        let refused = p.allows(Verb::Publish, &clerk("cat").actor, &story.life, story.text, "T");
        assert_eq!(refused.map_err(|r| r.exit), Err(6));
        let settled: [(&str, Planned); 5] = [
            ("reject", reject(&story, &p, &at("ben", 3), "no", false)),
            ("reopen", reopen(&story, &p, &at("ben", 3), "")),
            ("edit", edited(&story, "ben", "Other words.")),
            ("takedown", takedown::take_down(&story, &p, &at("cat", 3), "")),
            ("withdraw", takedown::withdraw(&story, &p, &at("ben", 3), "her wish")),
        ];
        for (verb, planned) in settled {
            let then = made(&story, planned);
            assert_ne!(then.state(&p), State::Conflict, "{verb}");
            let publication = then.life.publication.expect("it was begun");
            assert!(!publication.is_under_way(), "{verb} lets it go on");
        }
    }
}

#[test]
fn every_cell_of_the_state_table_is_what_the_steps_do() {
    let p = policy(1);
    for state in State::ALL {
        let story = in_state(state);
        assert_eq!(story.state(&p), state);
        type Do = fn(&Story, &Policy) -> Planned;
        let verbs: [(Verb, Do); 8] = [
            (Verb::Approve, |s, p| approve(s, p, &clerk("ben"), "", None)),
            (Verb::RequestChanges, |s, p| {
                request_changes(s, p, &clerk("ben"), "Why?")
            }),
            (Verb::Reject, |s, p| reject(s, p, &clerk("ben"), "no", false)),
            (Verb::Reopen, |s, p| reopen(s, p, &clerk("ben"), "")),
            (Verb::Edit, |s, _| edited(s, "ben", "Other words.")),
            (Verb::Edit, |s, _| put_back(s, "ben")),
            (Verb::Takedown, |s, p| takedown::take_down(s, p, &clerk("ben"), "")),
            (Verb::Withdraw, |s, p| {
                takedown::withdraw(s, p, &clerk("ben"), "her wish")
            }),
        ];
        for (verb, act) in verbs {
            let name = format!("{} on {state}", verb.name());
            match (cell(state, verb), act(&story, &p)) {
                (Cell::Becomes(next), planned) => assert_eq!(made(&story, planned).state(&p), next, "{name}"),
                (Cell::Counts, planned) => assert_eq!(made(&story, planned).state(&p), State::Approved, "{name}"),
                (Cell::Stays, planned) => assert_eq!(made(&story, planned).state(&p), state, "{name}"),
                (Cell::Nothing, planned) => assert_eq!(planned, Ok(None), "{name}"),
                (Cell::Refused | Cell::CountsForTheAsker, planned) => {
                    let refusal = planned.expect_err(&name);
                    assert_eq!(refusal.exit, 5, "{name}");
                    assert!(!refusal.why.is_empty() && !refusal.hint.is_empty(), "{name}");
                }
                (Cell::Unsettled, planned) => assert_eq!(planned.expect_err(&name).exit, 6, "{name}"),
            }
        }
        for verb in [Verb::Publish, Verb::Schedule] {
            let granted = with(
                &story,
                "ann",
                vec![What::Consent {
                    grant: true,
                    scope: vec![],
                    targets: vec![],
                    until: None,
                    evidence: "x".into(),
                    mail: None,
                }],
            );
            let allowed = p.allows(verb, &clerk("ben").actor, &granted.life, granted.text, "T");
            match cell(state, verb) {
                Cell::Becomes(_) | Cell::Stays => assert_eq!(allowed, Ok(true), "{verb:?} on {state}"),
                Cell::Nothing => assert_eq!(allowed, Ok(false), "{verb:?} on {state}"),
                Cell::Unsettled => assert_eq!(allowed.unwrap_err().exit, 6),
                _ => assert_eq!(allowed.unwrap_err().exit, 5, "{verb:?} on {state}"),
            }
        }
    }
}

#[test]
fn a_piece_that_was_edited_out_goes_back_again_and_nothing_else_comes_back_with_it() {
    let p = policy(1);
    let scheduled = in_state(State::Scheduled);
    let back = made(&scheduled, put_back(&scheduled, "ben"));
    assert_eq!(put_back(&back, "ben"), Ok(None), "it is there");
    let tidied = back.page.body().replace("Unit 7", "Unit 9");
    let tidied = made(&back, edited(&back, "ben", &tidied));
    assert_eq!(put_back(&tidied, "ben"), Ok(None), "it is there, but for a word");
    let out = made(&tidied, edited(&tidied, "ben", scheduled.page.body()));
    assert_eq!(out.text, scheduled.text);
    let approved = match out.state(&p) {
        State::Draft => made(&out, approve(&out, &p, &clerk("ann"), "", None)),
        _ => out.clone(),
    };
    assert_eq!(approved.state(&p), State::Approved, "nobody scheduled it again");
    let again = made(&out, put_back(&out, "ben"));
    assert_eq!(again.page.body(), back.page.body());
}

#[test]
fn each_role_does_what_is_its_own_and_nothing_else() {
    use crate::story::policy::Task;
    use Role::{Editor, Publisher, Reviewer};
    let tasks = [Task::Decide, Task::Edit, Task::Publish, Task::Erase, Task::Note];
    // every set of roles; whether it does each task
    let table: [(&[Role], [bool; 5]); 8] = [
        (&[], [false, false, false, false, false]),
        (&[Reviewer], [true, true, false, false, true]),
        (&[Editor], [false, true, false, false, true]),
        (&[Publisher], [false, false, true, true, true]),
        (&[Reviewer, Editor], [true, true, false, false, true]),
        (&[Reviewer, Publisher], [true, true, true, true, true]),
        (&[Editor, Publisher], [false, true, true, true, true]),
        (&[Reviewer, Editor, Publisher], [true, true, true, true, true]),
    ];
    let mut p = policy(1);
    p.members[0].also = vec!["ann@home.example".to_owned()];
    for (roles, does) in table {
        p.members[0].roles = roles.to_vec();
        for (task, does) in tasks.into_iter().zip(does) {
            for address in ["ann@team.example", "Ann@Home.Example"] {
                let name = format!("{roles:?} {task:?} {address}");
                match p.may("whoever", address, task) {
                    Ok(actor) => {
                        assert!(does && roles.contains(&actor.role), "{name}");
                        assert_eq!(actor.name, "ann", "one person by every address");
                    }
                    Err(refusal) => {
                        assert!(!does, "{name}");
                        assert_eq!((refusal.code, refusal.exit), ("policy.role", 5), "{name}");
                    }
                }
            }
            let stranger = p.may("ann", "ann@elsewhere.example", task).unwrap_err();
            assert_eq!(stranger.code, "policy.not_a_member", "a name is no proof");
        }
    }
}

#[test]
fn what_each_verb_comes_to_by_policy_role_and_state() {
    type Bend = fn(&mut Policy);
    // what keeps a story from going out: in a draft, when approved or scheduled, when published
    let few = Some("policy.too_few_approvals");
    let silent = Some("policy.no_consent");
    let table: [(&str, Bend, bool, Option<&str>); 6] = [
        ("one approval", |_| {}, true, None),
        ("two approvals", |p| p.approvals = 2, false, few),
        ("consent required", |p| p.consent_required = true, true, silent),
        ("both", |p| (p.approvals, p.consent_required) = (2, true), false, few),
        (
            "who approved reviews no more",
            |p| p.members[0].roles = vec![Role::Editor, Role::Publisher],
            false,
            few,
        ),
        ("who approved has left", |p| drop(p.members.remove(0)), false, few),
    ];
    let roles = [Role::Reviewer, Role::Editor, Role::Publisher];
    for (name, bend, approved, kept_back) in table {
        for set in 1..8_usize {
            let roles: Vec<Role> = (0..3).filter(|i| set >> i & 1 == 1).map(|i| roles[i]).collect();
            let mut p = Policy {
                consent_required: false,
                ..policy(1)
            };
            bend(&mut p);
            let cat = p.members.iter_mut().find(|m| m.name == "cat").expect("cat");
            cat.roles = roles.clone();
            for from in State::ALL {
                let story = in_state(from);
                // an approval that does not count leaves a draft; a time stays set only for what is approved
                let now = match from {
                    State::Approved | State::Scheduled if !approved => State::Draft,
                    other => other,
                };
                for verb in Verb::ALL {
                    let case = format!("{name}: {} by {roles:?} on {from}", verb.name());
                    let task = match verb {
                        Verb::Publish | Verb::Schedule | Verb::Takedown => crate::story::policy::Task::Publish,
                        Verb::Edit => crate::story::policy::Task::Edit,
                        _ => crate::story::policy::Task::Decide,
                    };
                    let found = p
                        .may("cat", "cat@team.example", task)
                        .and_then(|actor| p.allows(verb, &actor, &story.life, story.text, "T").map(|_| ()));
                    let found = found.err().map(|refusal| refusal.code);
                    let may = match task {
                        crate::story::policy::Task::Publish => roles.contains(&Role::Publisher),
                        crate::story::policy::Task::Edit => roles != [Role::Publisher],
                        _ => roles.contains(&Role::Reviewer),
                    };
                    let goes_out = matches!(verb, Verb::Publish | Verb::Schedule);
                    let expected = match (cell(now, verb), now) {
                        _ if !may => Some("policy.role"),
                        (Cell::Refused, State::Draft) if goes_out => few,
                        (Cell::Refused, _) => Some("story.state"),
                        (Cell::Unsettled, _) => Some("story.conflict"),
                        (Cell::CountsForTheAsker, _) => Some("policy.changes_requested"),
                        (Cell::Becomes(_), _) if goes_out => kept_back,
                        _ => None,
                    };
                    assert_eq!(found, expected, "{case}");
                }
            }
        }
    }
}

#[test]
fn nobodys_own_vote_puts_out_their_own_story() {
    use crate::story::Mailbox;
    use crate::story::people::People;
    let at = |name: &str, address: &str| Mailbox {
        name: Some(name.to_owned()).filter(|n| !n.is_empty()),
        address: Some(address.to_owned()).filter(|a| !a.is_empty()),
    };
    let told = |storyteller: Mailbox, sender: Mailbox, forwarder: Option<Mailbox>| People {
        storyteller,
        sender,
        forwarder,
        ..People::default()
    };
    let (ann, home) = (at("", "ann@team.example"), at("A.", "Ann@Home.Example"));
    let marion = at("Marion", "marion@example.org");
    let cases = [
        ("told", told(ann.clone(), marion.clone(), None), true),
        ("told from home", told(home.clone(), home.clone(), None), true),
        ("sent for another", told(marion.clone(), home, None), true),
        ("forwarded", told(marion.clone(), ann.clone(), Some(ann.clone())), false),
        (
            "told, forwarded",
            told(ann.clone(), marion.clone(), Some(marion.clone())),
            true,
        ),
        ("told by phone", told(at("ann", ""), at("ann", ""), None), true),
        (
            "a namesake's",
            told(at("ann", "ann@example.net"), marion.clone(), None),
            false,
        ),
        ("another's", told(marion.clone(), marion, None), false),
        ("nobody known", People::default(), false),
    ];
    let mut p = policy(1);
    p.members[0].also = vec!["ann@home.example".to_owned()];
    let story = in_state(State::Approved);
    let both = made(&story, approve(&story, &p, &clerk("ben"), "", None));
    for (name, people, own) in cases {
        let out = |p: &Policy, story: &Story| p.approved_by_others(&story.life, story.text, &people, "T");
        let code = out(&p, &story).err().map(|r| (r.code, r.exit));
        assert_eq!(code, own.then_some(("policy.too_few_approvals", 5)), "{name}");
        assert_eq!(out(&p, &both), Ok(()), "{name}: Ben's counts");
        let own_text = Policy {
            own_text: true,
            ..p.clone()
        };
        assert_eq!(out(&own_text, &story), Ok(()), "{name}: the team allows it");
    }
}

#[test]
fn the_table_in_the_documents_is_the_table_of_the_program() {
    let page = include_str!("../../../ARCHITECTURE.md");
    let head = page
        .lines()
        .position(|l| l.starts_with("| state |"))
        .expect("the table");
    let verbs: Vec<&str> = page
        .lines()
        .nth(head)
        .unwrap()
        .split('|')
        .map(str::trim)
        .skip(2)
        .collect();
    assert_eq!(&verbs[..9], Verb::ALL.map(Verb::name));
    let rows: Vec<&str> = page.lines().skip(head + 2).take_while(|l| l.starts_with('|')).collect();
    assert_eq!(rows.len(), State::ALL.len());
    for (state, row) in State::ALL.into_iter().zip(rows) {
        let cells: Vec<&str> = row.split('|').map(str::trim).skip(1).collect();
        assert_eq!(cells[0], state.name());
        for (verb, text) in Verb::ALL.into_iter().zip(&cells[1..]) {
            let expected = match cell(state, verb) {
                Cell::Becomes(next) => next.name().to_owned(),
                Cell::Counts => "counted".to_owned(),
                Cell::CountsForTheAsker => "asker: counted, else 5".to_owned(),
                Cell::Stays => "stays".to_owned(),
                Cell::Nothing => "0, nothing".to_owned(),
                Cell::Refused => "5".to_owned(),
                Cell::Unsettled => "6".to_owned(),
            };
            assert_eq!(*text, expected, "{} on {state}", verb.name());
        }
    }
}

#[test]
fn an_edit_after_approval_lapses_it_and_says_whose() {
    let p = policy(1);
    let story = in_state(State::Approved);
    let after = made(&story, edited(&story, "ben", "Other words."));
    assert_eq!(after.state(&p), State::Draft);
    let refusal = p.publishable(&after.life, after.text, "T").unwrap_err();
    assert_eq!((refusal.code, refusal.exit), ("policy.too_few_approvals", 5));
    assert!(
        refusal.why.contains("the approval by ann lapsed through ben"),
        "{}",
        refusal.why
    );
    let back = made(&after, edited(&after, "cat", "Words."));
    assert_eq!(back.text, story.text);
    assert_eq!(back.state(&p), State::Draft, "the same words again are not an approval");
}

#[test]
fn an_edit_by_hand_lapses_an_approval_too() {
    let p = policy(1);
    let story = in_state(State::Approved);
    let mut files = story.files.clone();
    files.get_mut(INDEX).unwrap().extend_from_slice(b"more\n");
    let after = Story::load(&story.id, files).unwrap();
    assert_eq!(after.state(&p), State::Draft);
    let refusal = p.publishable(&after.life, after.text, "T").unwrap_err();
    assert!(
        refusal.why.contains("ann lapsed through an edit outside the tool"),
        "{}",
        refusal.why
    );
}

#[test]
fn nobody_approves_their_own_edit_unless_the_team_allows_it() {
    let mut p = policy(1);
    let story = draft();
    let edited = made(&story, edited(&story, "ben", "Other words."));
    assert_eq!(
        approve(&edited, &p, &clerk("ben"), "", None).unwrap_err().code,
        "policy.own_text"
    );
    assert_eq!(
        made(&edited, approve(&edited, &p, &clerk("ann"), "", None)).state(&p),
        State::Approved
    );
    p.own_text = true;
    assert_eq!(
        made(&edited, approve(&edited, &p, &clerk("ben"), "", None)).state(&p),
        State::Approved
    );
}

#[test]
fn two_approvals_are_of_two_people() {
    let p = policy(2);
    let story = draft();
    let one = made(&story, approve(&story, &p, &clerk("ann"), "", None));
    assert_eq!(one.state(&p), State::Draft);
    assert_eq!(approve(&one, &p, &clerk("ann"), "", None), Ok(None));
    assert_eq!(
        made(&one, approve(&one, &p, &clerk("ben"), "", None)).state(&p),
        State::Approved
    );
}

#[test]
fn changes_asked_for_are_a_veto_until_the_asker_approves_or_the_text_changes() {
    let p = policy(1);
    let story = in_state(State::ChangesRequested);
    assert_eq!(
        made(&story, approve(&story, &p, &clerk("ann"), "", None)).state(&p),
        State::Approved
    );
    assert_eq!(
        approve(&story, &p, &clerk("ben"), "", None).unwrap_err().code,
        "policy.changes_requested"
    );
    let after = made(&story, edited(&story, "cat", "Other words."));
    assert_eq!(
        made(&after, approve(&after, &p, &clerk("ben"), "", None)).state(&p),
        State::Approved
    );
}

#[test]
fn a_withdrawn_story_needs_consent_anew() {
    let p = policy(1);
    let story = with(
        &draft(),
        "ann",
        vec![What::Consent {
            grant: true,
            scope: vec![],
            targets: vec![],
            until: None,
            evidence: "said so".into(),
            mail: None,
        }],
    );
    let gone = with(&story, "ann", vec![What::Withdrawn { note: String::new() }]);
    let back = made(&gone, reopen(&gone, &p, &clerk("ann"), ""));
    let ready = made(&back, approve(&back, &p, &clerk("ann"), "", None));
    assert_eq!(
        p.publishable(&ready.life, ready.text, "T").unwrap_err().code,
        "policy.no_consent"
    );
}

#[test]
fn front_matter_that_disagrees_with_the_record_stops_every_step() {
    let story = draft();
    let mut files = story.files.clone();
    let text = String::from_utf8(files[INDEX].clone())
        .unwrap()
        .replace("draft = true", "draft = false");
    files.insert(INDEX.into(), text.into_bytes());
    let bent = Story::load(&story.id, files).unwrap();
    assert_eq!(
        approve(&bent, &policy(1), &clerk("ann"), "", None).unwrap_err().code,
        "story.front_matter"
    );
}

#[test]
fn a_text_that_was_not_read_is_not_approved() {
    let story = draft();
    let refusal = approve(&story, &policy(1), &clerk("ann"), "", Some("0000000")).unwrap_err();
    assert_eq!((refusal.code, refusal.exit), ("story.moved", 6));
    let hash = story.text.to_string();
    assert!(
        approve(&story, &policy(1), &clerk("ann"), "", Some(&hash[..10]))
            .unwrap()
            .is_some()
    );
}
