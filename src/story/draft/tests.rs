use super::*;
use crate::story::MailId;
use crate::story::passage::{Hints, Image};
use crate::story::submission::{Attachment, Document, Signals};

const NOW: &str = "2011-01-01T00:00:00Z";

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox {
        name: Some(name.to_owned()).filter(|n| !n.is_empty()),
        address: Some(address.to_owned()),
    }
}

fn mail(text: &str) -> Submission {
    Submission {
        mail: MailId::of("", "", "", text, &[]),
        message_id: String::new(),
        references: Vec::new(),
        date: Some("2010-12-13T09:00:00Z".parse().unwrap()),
        received: None,
        subject: "My story".to_owned(),
        from: mailbox("Marion Maxwell", "marion@example.org"),
        sender: None,
        reply_to: None,
        to: Vec::new(),
        lines: text.lines().map(Line::plain).collect(),
        attachments: Vec::new(),
        embedded: Vec::new(),
        documents: Vec::new(),
        codes: Vec::new(),
        signals: Signals::default(),
        auth: Vec::new(),
        notes: Vec::new(),
    }
}

fn attachment(name: &str) -> Attachment {
    Attachment {
        name: Some(name.to_owned()),
        media_type: "image/jpeg".to_owned(),
        content_id: None,
        inline: false,
        bytes: Vec::new(),
    }
}

fn photo(seed: u8) -> MediaFate<'static> {
    MediaFate::Photo {
        ext: "jpg",
        bytes: vec![seed; 200_000].leak(),
        had_location: false,
        width: 800,
        height: 600,
    }
}

fn of(submission: &Submission, fates: &[MediaFate]) -> Draft {
    let team = ["cath@team.example".to_owned()];
    let rules = DraftRules {
        title: "Future Leader Stories: {{ author }}",
        team: &team,
    };
    draft(submission, fates, &rules, NOW.parse().unwrap())
}

const PROSE: &str = "When I moved to Leeds there was no crossing on Mill Road, and two children had been hurt there that winter. \
    So I knocked on forty doors and asked who would come with me to the council.";

#[test]
fn a_plain_story_becomes_a_titled_draft() {
    let made = of(
        &mail(&format!(
            "{PROSE}\n\nThey said yes.\n\nMarion\n-- \nMarion Maxwell\n0113 496 0000"
        )),
        &[],
    );
    assert_eq!(made.title, "Future Leader Stories: Marion Maxwell");
    assert_eq!(
        (made.slug.as_str(), made.author.as_str(), made.subtitle),
        ("marion-maxwell", "Marion Maxwell", None)
    );
    assert_eq!(made.body, format!("{PROSE}\n\nThey said yes.\n\nMarion\n"));
    assert_eq!(made.date.to_string(), "2010-12-13T09:00:00Z");
    assert_eq!((made.forwarder, made.notes), (None, vec![]));
    assert_eq!(made.cuts.len(), 1);
    assert!(made.cuts[0].text.contains("0113 496 0000"), "{:?}", made.cuts);
    assert_eq!(made.cuts[0].before, "");
}

#[test]
fn a_closing_whose_name_went_with_the_signature_gets_it_back_once() {
    let made = of(
        &mail(&format!("{PROSE}\n\nBest wishes,\n-- \nMarion Maxwell\nLeeds")),
        &[],
    );
    assert!(made.body.ends_with("Best wishes,\\\nMarion Maxwell\n"), "{}", made.body);
}

#[test]
fn a_date_in_the_future_is_now_and_told() {
    let mut later = mail(PROSE);
    later.date = Some("2031-01-01T00:00:00Z".parse().unwrap());
    let made = of(&later, &[]);
    assert_eq!(made.date.to_string(), NOW);
    assert_eq!(made.notes, [Note::FutureDate("2031-01-01 00:00 UTC".into())]);
}

#[test]
fn only_a_forward_by_the_team_changes_whose_story_it_is() {
    let text = format!(
        "Please put this one up.\n\n---------- Forwarded message ----------\nFrom: Ama Boateng <ama@example.org>\n\
         Date: Mon, Dec 6, 2010 at 9:15 AM\nSubject: The crossing on Mill Road\nTo: Cath Lee <cath@team.example>\n\n{PROSE}\n\nAma"
    );
    let mut forward = mail(&text);
    forward.subject = "Fwd: The crossing on Mill Road".into();
    forward.from = mailbox("Cath Lee", "Cath@Team.example");
    let made = of(&forward, &[]);
    assert_eq!(made.author, "Ama Boateng");
    assert_eq!(made.subtitle.as_deref(), Some("The crossing on Mill Road"));
    assert_eq!(made.storyteller, mailbox("Ama Boateng", "ama@example.org"));
    assert_eq!(made.forwarder, Some(mailbox("Cath Lee", "Cath@Team.example")));
    assert_eq!(made.date.to_string(), "2010-12-06T09:15:00Z");
    assert_eq!(made.body, format!("{PROSE}\n\nAma\n"));
    assert_eq!(
        (made.cuts[0].rule.as_str(), made.cuts[0].text.as_str()),
        (COVER_NOTE, "Please put this one up.")
    );
    assert_eq!(made.notes, []);

    forward.from = mailbox("Tom Hill", "tom@example.org");
    let made = of(&forward, &[]);
    assert_eq!((made.author.as_str(), &made.forwarder), ("Tom Hill", &None));
    assert!(made.body.contains("Please put this one up."));
    assert_eq!(
        made.notes,
        [Note::MaybeForwarded {
            forwarder: "Tom Hill".into(),
            original: "Ama Boateng".into(),
            named: "Tom Hill".into(),
        }]
    );

    // with the header gone, and the address in it
    assert!(!made.body.contains("ama@example.org") && made.body.contains(PROSE));
    let cut: Vec<&str> = made.cuts.iter().map(|c| c.rule.as_str()).collect();
    assert_eq!(cut, ["forward-header"]);
    assert!(made.cuts[0].text.contains("ama@example.org"));

    // a header that names nobody goes as well, and says so
    let mut nameless = mail(&format!(
        "---------- Forwarded message ---------\nFrom: <>\nDate: Mon, 6 Dec 2010 09:15\nSubject: The crossing\n\n{PROSE}"
    ));
    nameless.from = mailbox("Hill, Tom (Leeds)", "tom@example.org");
    nameless.subject = "Fwd: The crossing".into();
    let made = of(&nameless, &[]);
    assert_eq!((made.author.as_str(), made.body.trim()), ("Tom Hill", PROSE));
    assert_eq!(
        made.notes,
        [Note::MaybeForwarded {
            forwarder: "Hill, Tom (Leeds)".into(),
            original: "someone".into(),
            named: "Tom Hill".into(),
        }]
    );

    // by the team, too: it is not the forwarder's, and nobody is written to
    nameless.from = mailbox("Cath Lee", "cath@team.example");
    let made = of(&nameless, &[]);
    assert_eq!((made.author.as_str(), made.body.trim()), ("A Future Leader", PROSE));
    assert_eq!(
        (made.storyteller, made.forwarder),
        (Mailbox::default(), Some(nameless.from.clone()))
    );
    assert_eq!(made.notes, [Note::NoByline]);

    // somebody's own mail, sent on: nobody else tells it
    forward.from = mailbox("Ama", "AMA@example.org");
    assert_eq!(of(&forward, &[]).notes, []);
}

#[test]
fn a_mail_attached_by_the_team_is_the_story() {
    let mut inner = mail(PROSE);
    inner.from = mailbox("BOATENG, AMA", "ama@example.org");
    let mut outer = mail("See attached, lovely one.");
    outer.from = mailbox("Cath Lee", "cath@team.example");
    outer.embedded = vec![inner];
    let made = of(&outer, &[]);
    assert_eq!((made.author.as_str(), made.body.trim()), ("Ama Boateng", PROSE));
    assert_eq!(made.cuts[0].text, "See attached, lovely one.");
    assert_eq!(made.forwarder, Some(outer.from.clone()));

    outer.from = mailbox("Tom Hill", "tom@example.org");
    let made = of(&outer, &[]);
    assert_eq!(made.author, "Tom Hill");
    assert!(made.notes.contains(&Note::MaybeForwarded {
        forwarder: "Tom Hill".into(),
        original: "BOATENG, AMA".into(),
        named: "Tom Hill".into(),
    }));
}

#[test]
fn photos_stand_where_they_stood_and_logos_do_not() {
    let mut story = mail(PROSE);
    story.attachments = ["us.jpg", "logo.png", "later.jpg", "again.jpg", "sig.png", "report.pdf"]
        .map(attachment)
        .into();
    let image = |place, alt: &str| Span {
        image: Some(Image::Part(place)),
        ..Span::text(alt)
    };
    story.lines.push(Line {
        spans: vec![image(2, "image001.jpg")],
        ..Line::default()
    });
    story.lines.push(Line::plain("And then we won."));
    story.lines.push(Line {
        spans: vec![image(4, "")],
        hints: Hints {
            signature: true,
            ..Hints::default()
        },
        ..Line::default()
    });
    let small = MediaFate::Photo {
        ext: "png",
        bytes: &[9; 3000],
        had_location: false,
        width: 120,
        height: 40,
    };
    let located = MediaFate::Photo {
        ext: "jpg",
        bytes: &[1; 90_000],
        had_location: true,
        width: 800,
        height: 600,
    };
    let left = MediaFate::Left {
        why: "PDF is not published".into(),
    };
    let made = of(&story, &[located, small, photo(2), photo(2), photo(5), left]);
    assert_eq!(
        made.body,
        format!("{PROSE}\n\n![](photo-1.jpg)\n\nAnd then we won.\n\n![](photo-2.jpg)\n")
    );
    let files: Vec<(usize, &str)> = made.media.iter().map(|p| (p.attachment, p.file.as_str())).collect();
    assert_eq!(files, [(2, "photo-1.jpg"), (0, "photo-2.jpg")]);
    assert!(made.notes.contains(&Note::HadLocation));
    let kept: Vec<&str> = made
        .notes
        .iter()
        .filter_map(|n| match n {
            Note::AttachmentKept { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(kept, ["logo.png", "again.jpg", "sig.png", "report.pdf"]);
}

#[test]
fn a_mail_attached_by_somebody_else_is_the_text_where_theirs_only_covers_it() {
    let mut inner = mail(&format!("{PROSE}\n\nMarion"));
    let picture = Span {
        image: Some(Image::Part(0)),
        ..Span::default()
    };
    inner.lines[0].spans.push(picture);
    inner.attachments = vec![attachment("us.jpg")];
    let mut outer = mail("Please read this.");
    outer.from = mailbox("Tom Hill", "tom@example.org");
    outer.attachments = vec![attachment("toms.jpg")];
    outer.embedded = vec![inner];
    let made = of(&outer, &[photo(1)]);
    assert!(made.body.starts_with(&format!("{PROSE}\n\nMarion")), "{}", made.body);
    assert_eq!(made.cuts[0].text, "Please read this.");
    assert!(
        made.passes_on() && made.author == "Tom Hill",
        "whose it is, a person says"
    );
    assert!(made.notes.contains(&Note::FromDocument("an attached mail".into())));
    assert!(
        made.notes
            .iter()
            .any(|note| matches!(note, Note::MaybeForwarded { .. }))
    );
    let left = |note: &Note| matches!(note, Note::AttachmentKept { name, .. } if name == "us.jpg");
    assert!(made.notes.iter().any(left), "{:?}", made.notes);

    // their own mail attached, in which they pass on another's: its header goes, and whose it is, is asked
    let mut own = outer.clone();
    own.embedded[0] = mail(&format!(
        "---------- Forwarded message ---------\nFrom: Ama Boateng <ama@example.org>\nDate: Mon, 6 Dec 2010 09:15\n\
         Subject: The crossing\n\n{PROSE}"
    ));
    own.embedded[0].from = outer.from.clone();
    let made = of(&own, &[photo(1)]);
    assert_eq!(
        (made.author.as_str(), made.body.lines().next()),
        ("Tom Hill", Some(PROSE))
    );
    assert!(made.notes.contains(&Note::MaybeForwarded {
        forwarder: "Tom Hill".into(),
        original: "Ama Boateng".into(),
        named: "Tom Hill".into(),
    }));

    // their own story stays theirs, and the attached mail is told of
    outer.lines = mail(&format!("{PROSE} {PROSE}\n\nTom")).lines;
    let made = of(&outer, &[photo(1)]);
    assert!(
        made.body.contains("Tom") && !made.body.contains("Marion"),
        "{}",
        made.body
    );
    assert!(
        made.notes
            .iter()
            .any(|note| matches!(note, Note::MaybeForwarded { .. }))
    );
}

#[test]
fn a_picture_that_plain_text_names_stands_there() {
    let mut story = mail(&format!("{PROSE}\n\n[image: us.jpg]\n\nThe end."));
    story.attachments = vec![attachment("us.jpg")];
    assert_eq!(
        of(&story, &[photo(1)]).body,
        format!("{PROSE}\n\n![](photo-1.jpg)\n\nThe end.\n")
    );
}

#[test]
fn what_stands_for_a_picture_that_is_not_there_keeps_words_and_tells_of_photos() {
    let hall = "Our hall burnt down on Monday and we were all in it";
    for (line, stays, told) in [
        (format!("[Image removed by sender. {hall}]"), hall, None),
        ("[Image removed by sender.]".to_owned(), "", None),
        ("[Image removed by sender. ~WRD0000.jpg]".to_owned(), "", None),
        ("[Image removed by sender. hall.jpg]".to_owned(), "", Some("hall.jpg")),
        ("[cid:our-best-photo.jpg]".to_owned(), "", Some("our-best-photo.jpg")),
        ("[cid:hall.JPG@01D0.5A2B]".to_owned(), "", Some("hall.JPG")),
        ("[cid:image001.png@01D0.5A2B]".to_owned(), "", None),
        ("[cid:ii_k3f2x]".to_owned(), "", None),
        ("[cid:there.jpg]".to_owned(), "", None),
        (
            "Look [cid:hall.jpg@01D0]and [cid:hall.jpg@01D0]sing".to_owned(),
            "Look and sing",
            Some("hall.jpg"),
        ),
        ("Look [cid:image001.png@01D0]here".to_owned(), "Look here", None),
    ] {
        let mut source = mail(&format!("{PROSE}\n\n{line}\n\nThe end."));
        source.attachments = vec![Attachment {
            media_type: "application/octet-stream".to_owned(),
            content_id: Some("there.jpg".to_owned()),
            ..attachment("there.jpg")
        }];
        let made = of(&source, &[]);
        let body = made.body.replacen(PROSE, "", 1).replacen("The end.", "", 1);
        assert_eq!(body.trim(), stays, "{line}");
        let notes: Vec<String> = made.notes.iter().map(Note::to_string).collect();
        let notes: Vec<&String> = notes.iter().filter(|n| n.contains("picture")).collect();
        let expected = told.map(|name| format!("the picture {name} stood in the text"));
        assert_eq!(notes.len(), expected.iter().len(), "{line}: {notes:?}");
        assert!(
            notes
                .iter()
                .zip(expected.iter())
                .all(|(note, told)| note.starts_with(told)),
            "{line}: {notes:?}"
        );
    }
}

#[test]
fn a_document_is_the_story_where_the_mail_only_covers_it() {
    let mut cover = mail("Hi, my story is attached. Marion");
    cover.attachments = vec![attachment("story.docx")];
    cover.documents = vec![Document {
        attachment: 0,
        lines: vec![Line::plain(PROSE)],
    }];
    let made = of(&cover, &[MediaFate::Left { why: String::new() }]);
    assert_eq!(made.body.trim(), PROSE);
    assert_eq!(made.cuts[0].text, "Hi, my story is attached. Marion");
    assert_eq!(made.notes, [Note::FromDocument("story.docx".into())]);
}

#[test]
fn where_there_is_no_story_the_note_says_what_to_do() {
    let little = |submission: &Submission, fates: &[MediaFate]| {
        let found = of(submission, fates).notes.into_iter().find_map(|n| match n {
            Note::LittleText(what) => Some(what),
            _ => None,
        });
        found.unwrap_or_default()
    };
    assert!(little(&mail(""), &[]).contains("empty"));
    assert!(little(&mail("https://docs.example.com/d/1"), &[]).contains("only a link"));
    assert!(little(&mail("Here it is!"), &[]).contains("3 words"));
    let mut with = mail("");
    with.attachments = vec![attachment("story.pdf")];
    assert!(little(&with, &[MediaFate::Left { why: "PDF".into() }]).contains("story.pdf"));
    assert!(little(&with, &[photo(1)]).contains("only photos"));
    // what a mail was signed with holds no story
    with.attachments = vec![attachment("smime.p7s")];
    assert!(little(&with, &[MediaFate::Left { why: "damaged".into() }]).contains("smime.p7s"));
    with.attachments[0].media_type = "application/octet-stream".to_owned();
    assert!(little(&with, &[MediaFate::Left { why: String::new() }]).contains("empty"));
    assert_eq!(little(&mail(PROSE), &[]), "");
}

#[test]
fn several_stories_in_one_mail_are_told() {
    let heading = |name: &str| Line {
        kind: Kind::Heading(2),
        spans: vec![Span::text(name)],
        ..Line::default()
    };
    let mut two = mail("");
    two.lines = vec![
        heading("Ama Boateng"),
        Line::plain(PROSE),
        heading("Tom Hill"),
        Line::plain(PROSE),
    ];
    assert!(of(&two, &[]).notes.contains(&Note::SeveralStories));
    two.lines = vec![heading("The Beginning of It All"), Line::plain(PROSE)];
    assert!(!of(&two, &[]).notes.contains(&Note::SeveralStories));
}

#[test]
fn what_went_out_of_the_subject_is_told() {
    for (subject, subtitle, told) in [
        (
            "How we won - call me on 07700 900123",
            Some("How we won - call me on"),
            true,
        ),
        ("How we won <anna@example.org>", Some("How we won"), true),
        ("Re: How  we won", Some("How we won"), false),
        ("07700 900123", None, false),
    ] {
        let mut mail = mail(PROSE);
        mail.subject = subject.into();
        let made = of(&mail, &[]);
        assert_eq!(made.subtitle.as_deref(), subtitle);
        assert_eq!(made.notes.contains(&Note::SubjectWithout), told, "{subject}");
    }
}

#[test]
fn what_was_cut_goes_back_before_its_paragraph() {
    let piece = |before: &str| CutPiece {
        n: 1,
        rule: "x".into(),
        why: "y".into(),
        text: "cut".into(),
        before: before.into(),
    };
    let body = "one\n\ntwo two\n\nthree\n";
    for (before, expected) in [
        ("two two", "one\n\ncut\n\ntwo two\n\nthree\n"),
        ("one", "cut\n\none\n\ntwo two\n\nthree\n"),
        ("two", "one\n\ncut\n\ntwo two\n\nthree\n"),
        ("", "one\n\ntwo two\n\nthree\n\ncut\n"),
        ("gone", "one\n\ntwo two\n\nthree\n\ncut\n"),
    ] {
        assert_eq!(restore(body, &piece(before)), expected, "{before}");
    }
    assert_eq!(restore("", &piece("x")), "cut\n");
}

#[test]
fn an_address_goes_back_in_the_place_of_what_is_left() {
    for said in [
        "On Mon, 6 Dec 2010 at 09:15, Cath Lee <cath@team.example> wrote:",
        "On Mon, 6 Dec 2010 at 09:15, Cath Lee\n<cath@team.example> wrote:",
        "On Mon, 6 Dec 2010 at 09:15, Cath Lee\n<cath@team.example>\nwrote:",
        "On Mon, 6 Dec 2010 at 09:15, Cath Lee <cath@\nteam.example> wrote:",
    ] {
        let letter = "> You cannot have a crossing on that road, not this year.";
        let made = of(
            &mail(&format!(
                "{PROSE}\n\nThis is what came.\n{said}\n\n{letter}\n\n{PROSE}\n\nMarion"
            )),
            &[],
        );
        let [piece] = &made.cuts[..] else { panic!("{made:?}") };
        assert!(!made.body.contains("team.example"), "{}", made.body);
        let whole = restore(&made.body, piece);
        assert_eq!(whole.matches("On Mon").count(), 1, "{whole}");
        assert_eq!(whole.matches("wrote:").count(), 1, "{whole}");
        let at = whole.find("team").unwrap_or_default();
        assert!(
            whole[at..].contains("You cannot") && whole[..at].contains("came."),
            "{whole}"
        );
        // also where an edit broke the lines anew
        let edited = made.body.replace("Cath Lee", "Cath\nLee");
        assert_eq!(restore(&edited, piece).matches("On Mon").count(), 1, "{edited}");
    }
}

#[test]
fn an_address_goes_back_into_no_other_sentence() {
    let piece = |before: &str, text: &str| CutPiece {
        n: 1,
        rule: Rule::AttributionAddress.name().into(),
        why: String::new(),
        text: text.into(),
        before: before.into(),
    };
    let wrote = piece("wrote:", "<anna@council.example> wrote:");
    let quoted = piece("> wrote:", "> <anna@council.example> wrote:");
    let mother = "My mother wrote: come home.";
    let stands = |body: &str, piece| standing(body, [piece]).contains(&1);
    for (piece, left, whole) in [
        (&wrote, "wrote:", "<anna@council.example> wrote:"),
        (&wrote, "> wrote:", "> <anna@council.example> wrote:"),
        (&quoted, "> wrote:", "> <anna@council.example> wrote:"),
    ] {
        let body = format!("{mother}\n\nwrote: no line of its own\n\n{left}\n\n> No.\n");
        let back = restore(&body, piece);
        assert_eq!(back, body.replace(&format!("\n{left}\n"), &format!("\n{whole}\n")));
        assert!(!stands(&body, piece) && stands(&back, piece), "{back}");
    }
    // a line that was wrapped, and is no line of its own now
    let left = "On Mon, Cath Lee wrote:";
    let dated = piece(left, "On Mon, Cath Lee <cath@council.example> wrote:");
    let joined = format!("{mother} Then this came. {left} You cannot have it.\n");
    let back = restore(&joined, &dated);
    assert_eq!(back, joined.replace(left, &dated.text));
    assert!(!stands(&joined, &dated) && stands(&back, &dated));
    let twice = format!("{joined}\nAnd then: {left} no.\n");
    assert_eq!(restore(&twice, &dated), format!("{twice}\n{}\n", dated.text));
    let line = format!("{twice}\n{left}\n\n> No.\n");
    assert_eq!(
        restore(&line, &dated),
        line.replace(&format!("\n{left}\n"), &format!("\n{}\n", dated.text))
    );
    // it was edited out: at the end, and in no sentence
    assert_eq!(
        restore(mother, &wrote),
        format!("{mother}\n\n<anna@council.example> wrote:\n")
    );
}

#[test]
fn many_pieces_that_were_put_back_are_found_in_time() {
    for (rule, text) in [
        (Rule::AttributionAddress, "Anna Berg <anna@council.example> wrote on"),
        (
            Rule::ListFooter,
            "what the council sends below each of its mails, and on",
        ),
    ] {
        let pieces: Vec<_> = (1..=4000)
            .map(|n| CutPiece {
                n,
                rule: rule.name().into(),
                why: String::new(),
                text: format!("{n}, {text} day {n}"),
                before: String::new(),
            })
            .collect();
        let there = pieces.iter().filter(|p| p.n % 4 > 0);
        let body: String = there.map(|p| format!("{}\n\n", p.text)).collect();
        let prose = "We all came to the hall and sang.\n\n".repeat(6000);
        let found = crate::effort::in_time(text, || standing(&format!("{prose}{body}"), &pieces));
        // most words of the footers stand there
        let expected = if rule == Rule::ListFooter { 4000 } else { 3000 };
        assert_eq!(found.len(), expected, "{text}");
    }
}

#[test]
fn a_cut_knows_the_paragraph_after_it() {
    let text = format!(
        "On Mon, 6 Dec 2010 at 09:15, Cath Lee <cath@team.example> wrote:\n\n{PROSE}\n\nThe end of it all, and a good one."
    );
    let mut answer = mail(&text);
    for line in &mut answer.lines[..1] {
        line.hints.attribution = true;
        line.hints.quoted = true;
    }
    answer.lines.insert(
        1,
        Line {
            quote: 1,
            ..Line::plain("Send us your story!")
        },
    );
    let made = of(&answer, &[]);
    let Some(piece) = made.cuts.first() else {
        panic!("nothing was cut: {made:?}")
    };
    assert_eq!(piece.before, PROSE);
    assert_eq!(restore(&made.body, piece).find(&piece.text), Some(0));
}

#[test]
fn the_title_is_the_template_with_the_byline() {
    assert_eq!(
        title("Stories: {{ author }}", "A {{ author }} B"),
        "Stories: A {{ author }} B"
    );
    assert_eq!(title("{{author}}!", "A"), "A!");
    assert_eq!(title("{{ other }} {{", "A"), "{{ other }} {{");
}
