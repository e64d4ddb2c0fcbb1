//! Mail by somebody who means harm, run through the program in 512 MB: nothing is lost, crosses over to another story, gets onto
//! `main` or out of hand.

mod common;

use std::fmt::Write as _;

use common::{BINARY, CONFIG, TestHouse, have, mail, mbox_of};
use serde_json::Value;

const DATE: &str = "Sat, 4 Dec 2010 10:12:31 +0000";
const MARION: &str = "Marion Maxwell <marion@example.org>";

/// Takes in one mail in 512 MB of memory and 40 seconds of a processor; it needs less than half of the one and a tenth of the
/// other. Counted are heaps and stacks, not the addresses that the C library reserves for the heap of each thread, and no seconds in
/// which others work.
#[track_caller]
fn jailed(house: &TestHouse, name: &str, mail: &[u8]) -> Value {
    house.write("one.eml", mail);
    let output = house
        .command("prlimit")
        .args(["--data=536870912", "--cpu=40", BINARY, "fetch", "--json", "one.eml"])
        .output()
        .expect("prlimit runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        matches!(output.status.code(), Some(0 | 7)),
        "{name}: {:?}\n{said}",
        output.status
    );
    assert!(!said.contains("panicked"), "{name}: {said}");
    let first = output.stdout.split(|b| *b == b'\n').next().unwrap_or_default();
    serde_json::from_slice(first).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A PNG whose header promises what its data do not keep.
fn png(side: u32, number: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    for (kind, data) in [(b"IHDR", &header[..]), (b"IDAT", &[number]), (b"IEND", &[])] {
        bytes.extend((data.len() as u32).to_be_bytes());
        let chunk = [&kind[..], data].concat();
        bytes.extend(&chunk);
        bytes.extend(crc32fast::hash(&chunk).to_be_bytes());
    }
    bytes
}

fn quoted_printable(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = writeln!(out, "={byte:02X}=");
        out
    })
}

fn with_parts(parts: &[String]) -> String {
    let head = mail(MARION, DATE, "Photos", "").replace("text/plain; charset=utf-8", "multipart/mixed; boundary=b");
    let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
    format!("{}\n\n{parts}--b--\n", head.trim_end()).replace("Content-Transfer-Encoding: 8bit\n", "")
}

#[test]
fn no_mail_takes_much_memory_or_time() {
    if !have("prlimit") {
        return;
    }
    let html = |body: String| mail(MARION, DATE, "x", &body).replace("text/plain", "text/html");
    let text = |body: String| mail(MARION, DATE, "x", &body);
    let header = |more: String| mail(MARION, DATE, "x", "Hello.").replacen("Subject", &format!("{more}Subject"), 1);
    let mut nested = String::from("Subject: x\nMIME-Version: 1.0\n");
    for depth in 0..10_000 {
        let _ = write!(
            nested,
            "Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n"
        );
    }
    for (name, outcome, mail) in [
        ("multiparts in multiparts", "quarantined", nested),
        (
            "mails in mails",
            "new",
            format!(
                "{}{}x",
                text(String::new()),
                "Content-Type: message/rfc822\n\n".repeat(10_000)
            ),
        ),
        ("boundaries", "quarantined", with_parts(&vec![String::new(); 1_000_000])),
        ("header fields", "quarantined", header("X: y\n".repeat(1_000_000))),
        (
            "one long header field",
            "quarantined",
            header(format!("X: {}\n", "a".repeat(20 << 20))),
        ),
        ("one long line", "new", text("word ".repeat(200_000))),
        ("quote marks", "new", text(">".repeat(1_000_000))),
        (
            "quoted lines",
            "new",
            text(format!("A story.\n\n{}", "> line\n".repeat(49_000))),
        ),
        (
            "more lines than a letter has",
            "quarantined",
            text(format!("A story.\n\n{}", "> line\n".repeat(150_000))),
        ),
        ("brackets", "new", text("[".repeat(400_000))),
        (
            "more signs than a letter has",
            "quarantined",
            text("A>".repeat(1_000_000)),
        ),
        ("tags in tags", "new", html("<div>".repeat(100_000) + "Hello")),
        (
            "attributes",
            "new",
            html(format!("<p {}>Hello", "a=1 ".repeat(300_000))),
        ),
        ("comments", "new", html("<!--".repeat(300_000))),
        (
            "mailboxes",
            "new",
            header("Cc: ".to_owned() + &"a@example.net, ".repeat(50_000) + "b@example.net\n"),
        ),
    ] {
        let house = TestHouse::new();
        let told = jailed(&house, name, mail.as_bytes());
        assert_eq!(told["outcome"], outcome, "{name}: {told}");
    }
}

#[test]
fn photos_are_opened_up_to_a_bound_in_all() {
    if !have("prlimit") {
        return;
    }
    let image = |side, number| {
        format!(
            "Content-Type: image/png\nContent-Transfer-Encoding: quoted-printable\n\n{}",
            quoted_printable(&png(side, number))
        )
    };
    let mut parts = vec!["Content-Type: text/plain\n\nWe planted forty trees.".to_owned()];
    parts.push(image(50_000, 0));
    parts.extend((1..=7).map(|number| image(7_000, number)));
    let house = TestHouse::new();
    let told = jailed(&house, "photos", with_parts(&parts).as_bytes());
    let notes = told["notes"].to_string();
    assert_eq!(
        notes.matches("more photos than are opened at once").count(),
        1,
        "{notes}"
    );
    assert_eq!(notes.matches("too large to open").count(), 1, "{notes}");
    assert!(
        notes.contains("at most 50 million in all; `max_photo_pixels` under [story]"),
        "{notes}"
    );
}

#[test]
fn a_photo_that_is_attached_again_and_again_is_opened_once() {
    if !have("prlimit") {
        return;
    }
    // opened forty times it would be over what is opened of one mail
    let image = format!(
        "Content-Type: image/png\nContent-Transfer-Encoding: quoted-printable\n\n{}",
        quoted_printable(&png(7_000, 1))
    );
    let mut parts = vec!["Content-Type: text/plain\n\nWe planted forty trees.".to_owned()];
    parts.extend(std::iter::repeat_n(image, 40));
    let house = TestHouse::new();
    let told = jailed(&house, "photos", with_parts(&parts).as_bytes());
    let notes = told["notes"].to_string();
    assert!(!notes.contains("more photos than are opened at once"), "{notes}");
    assert!(notes.contains("it is damaged"), "{notes}");
}

fn reply(from: &str, subject: &str, text: &str) -> String {
    mail(from, "Sun, 5 Dec 2010 09:00:00 +0000", subject, text)
        .replacen("Subject: ", "In-Reply-To: <Abench@example.org>\nSubject: Re: ", 1)
        .replacen("Subject: Re: More", "Subject: Re: A bench", 1)
}

#[test]
fn a_copied_message_id_neither_hides_a_mail_nor_takes_its_follow_ups() {
    let house = TestHouse::new();
    let eve = "Eve <eve@example.com>";
    let first = mail(
        MARION,
        DATE,
        "A bench",
        "We asked for a bench, and after a year we got a bench.",
    );
    let copied = mail(eve, DATE, "A bench", "This is another mail with that Message-ID.");
    let more = reply(MARION, "More", "And then a second bench.");
    let meddling = reply("Mallory <mallory@example.com>", "More", "Mine too, says somebody else.");
    let mails = [first, copied, more, meddling];
    house.write("mail.mbox", mbox_of(&mails));
    let outcomes = |lines: &[Value]| -> Vec<String> {
        lines[..4]
            .iter()
            .map(|l| format!("{} {}", l["outcome"], l["story"]))
            .collect()
    };
    let foretold = house.run(&["fetch", "-n", "--json"]).exits(0).json_lines();
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert_eq!(outcomes(&foretold), outcomes(&lines));
    let told = |at: usize, key: &str| lines[at][key].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        [0, 1, 2, 3].map(|at| told(at, "outcome")),
        ["new", "new", "follow-up", "new"]
    );
    assert_eq!(told(2, "story"), told(0, "story"));
    let noted = house.show(&told(1, "story"))["events"].to_string();
    assert!(noted.contains("another mail has the same Message-ID"), "{noted}");
    let again = house.run(&["fetch", "--json", "mail.mbox"]).exits(0).json_lines();
    assert_eq!(again[4]["summary"]["duplicate"], 4, "{again:?}");
}

#[test]
fn what_names_and_headers_hold_stays_off_main() {
    let house = TestHouse::with_config(&CONFIG.replace(
        "kind = \"mbox\"",
        "trusted_authserv = \"mx.example.org\"\nkind = \"mbox\"",
    ));
    let secret = "canary@secret.example";
    let file = |name: &str| {
        format!(
            "Content-Type: application/pdf; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\n\n%PDF-1.4"
        )
    };
    let story = "Content-Type: text/plain\n\nWe asked for a bench, and after a year we got a bench.".to_owned();
    let files = with_parts(&[story, file(&format!("{secret}.pdf")), file("Marion 07700 900123.pdf")]);
    let page =
        format!("<p>A story.</p><img src=\"http://track.example/open?canary&amp;u={secret}\" width=300 height=200>");
    let forwarded = format!("See below.\n\nOn Mon, 6 Dec 2010 at 10:00 &lt;{secret}&gt; wrote:\n\n> A story.");
    for mail in [
        files,
        mail(MARION, DATE, "x", &page).replace("text/plain", "text/html"),
        mail(&format!("\"Marion {secret}\" <{secret}>"), DATE, "x", "A story."),
        mail(&format!("\"Marion Maxwell 07700 900123\" <{secret}>"), DATE, "x", "A story."),
        mail(&format!("<{secret}>"), DATE, &format!("Fwd: {secret}"), "A story."),
        mail(MARION, DATE, "y", &forwarded.replace("&lt;", "<").replace("&gt;", ">")),
        mail(&format!("bounces+{}@example.com", secret.replace('@', "=")), DATE, "z", "A story."),
        mail(MARION, DATE, "w", "A story.").replacen(
            "Subject",
            &format!("Reply-To: {secret}\nSender: {secret}\nAuthentication-Results: mx.example.org; spf=pass smtp.mailfrom={secret}\nSubject"),
            1,
        ),
    ] {
        house.story(&mail);
    }
    let everything = all_of_main(&house);
    // the number whole, in the ways it could be written: parts of it stand in some hash now and then
    for private in ["canary", "07700 900123", "07700-900123", "07700900123"] {
        let found = everything.lines().find(|line| line.contains(private));
        assert_eq!(found, None, "{private}");
    }
}

/// Names, commits and contents of whatever can be reached from main.
fn all_of_main(house: &TestHouse) -> String {
    let listed = house.git(&["rev-list", "--objects", "main"]);
    let mut everything = listed.clone();
    for line in listed.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        if house.git(&["cat-file", "-t", name]) != "tree" {
            everything += &house.git(&["cat-file", "-p", name]);
        }
    }
    everything
}

#[test]
fn an_address_in_disguise_stays_off_main_too() {
    let house = TestHouse::new();
    let story = "We asked for a bench, and after a year we got a bench.";
    let mut mails = Vec::new();
    for (at, disguised) in [
        "anna.canary at private.example",
        "\u{ff21}nna.canary\u{ff20}private.example",
        "mailto:anna.canary%40private.example",
        "canary [at] private (dot) example",
        "canary(at)private.example",
        "canary at private dot example",
    ]
    .iter()
    .enumerate()
    {
        let from = format!("\"{disguised}\" <mm{at}@example.org>");
        mails.push(mail(&from, DATE, &format!("Bench {at}"), story));
        mails.push(mail(MARION, DATE, &format!("{disguised} {at}"), story));
        let file = format!(
            "Content-Type: application/pdf; name=\"{disguised}.pdf\"\nContent-Disposition: attachment; filename=\"{disguised}.pdf\"\n\n%PDF-1.4"
        );
        let text = format!("Content-Type: text/plain\n\n{story}");
        mails.push(with_parts(&[text, file]).replacen("Subject: ", &format!("Subject: File {at} "), 1));
        let forward = format!(
            "---------- Forwarded message ----------\nFrom: {disguised}\nDate: Sat, Dec 4, 2010 at 10:12 AM\nSubject: Trees\nTo: {MARION}\n\n{story}"
        );
        mails.push(mail(MARION, DATE, &format!("Fwd: Trees {at}"), &forward));
    }
    for mail in &mails {
        house.story(mail);
    }
    let everything = all_of_main(&house);
    let found = everything.lines().find(|line| line.to_lowercase().contains("canary"));
    assert_eq!(found, None);
    // they were read: the files and the headers of forwards are told without them
    for told in ["attachment", "may be the storyteller", "A Future Leader"] {
        assert!(everything.contains(told), "{told}");
    }
}

#[test]
fn an_address_that_is_none_holds_up_no_other_letter() {
    let house = TestHouse::new();
    house.arrive(&[
        mail("Ann <a@example..org>", DATE, "A bench", "We asked for a bench."),
        mail(MARION, DATE, "Trees", "We planted forty trees."),
    ]);
    house.run(&["fetch"]).exits(0);
    house.run(&["letters", "send"]);
    let sent = house.files("letters");
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        house
            .read(&format!("letters/{}", sent[0]))
            .contains("marion@example.org")
    );
    let waiting = house.run(&["letters", "--json"]).exits(0).json();
    let held = waiting[0]["held"].as_str().unwrap_or_default();
    assert!(held.contains("not one that mail can be sent to"), "{waiting}");
}
