//! `fetch`: which mails are taken, which are left, and who is answered.

mod common;

use std::path::Path;

use common::{CONFIG, Ran, TestHouse, mail, marion, mbox_of, traces};

fn from_year(year: u32) -> String {
    mail(
        "Jo Hill <jo@example.org>",
        &format!("4 Dec {year} 10:12:31 +0000"),
        &format!("The bus of {year}"),
        &format!("In {year} we asked for a bus, and two hundred people signed.\n\nIt came in the spring.\n\nJo"),
    )
}

#[test]
fn since_leaves_older_mail_for_a_later_run_and_the_limit_counts_what_is_left() {
    let house = TestHouse::new();
    house.arrive(&[from_year(2010), from_year(2012), from_year(2014)]);
    let summary = |arguments: &[&str]| {
        let lines = house.run(arguments).exits(0).json_lines();
        lines.last().expect("a summary")["summary"].clone()
    };
    let rehearsed = summary(&["fetch", "--json", "--since", "2011-01-01", "--limit", "1", "-n"]);
    assert_eq!((&rehearsed["listed"], &rehearsed["new"]), (&1.into(), &1.into()));
    let first = summary(&["fetch", "--json", "--since", "2011-01-01", "--limit", "1"]);
    assert_eq!((&first["listed"], &first["new"]), (&1.into(), &1.into()));
    assert_eq!(house.files("stories/2012").len(), 2, "the first that is young enough");
    let second = summary(&["fetch", "--json", "--since", "2011-01-01"]);
    assert_eq!((&second["new"], &second["duplicate"]), (&1.into(), &1.into()));
    let all = summary(&["fetch", "--json"]);
    assert_eq!(all["new"], 1, "the mail of 2010 was not settled: {all}");
}

/// The next run after one that was killed reads one by one; it comes to the same.
#[test]
fn a_reply_before_its_original_goes_to_its_story_also_after_a_run_that_died() {
    let reply = mail(
        "Marion Maxwell <marion@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "Re: Tea with ninety cleaners",
        "One more thing that I forgot to say: the porters are with us now, all forty of them, and they were the first to sign.\n\nMarion",
    );
    let reply = reply.replacen(
        "MIME-Version",
        "In-Reply-To: <Teawithninetycleaners@example.org>\nMIME-Version",
        1,
    );
    for died in [false, true] {
        let house = TestHouse::new();
        house.arrive(&[from_year(2010)]);
        house.run(&["fetch", "-q"]).exits(0);
        house.arrive(&[reply.clone(), marion(), from_year(2012)]);
        if died {
            // as a killed process leaves it
            house.write(".desk/reading", "1 several at once\n");
        }
        let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
        let summary = &lines.last().expect("a summary")["summary"];
        assert_eq!(
            (&summary["new"], &summary["follow-up"]),
            (&2.into(), &1.into()),
            "died: {died}"
        );
    }
}

/// What the samples come to, where the system refuses those threads (strace counts them for each thread that begins some).
fn taken_in_without(threads: &str) -> (String, Vec<String>) {
    let house = TestHouse::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/inbox.mbox");
    house.write("mail.mbox", std::fs::read(samples).expect("the samples"));
    let refuse = format!("inject=clone,clone3:error=EAGAIN:when={threads}");
    let mut traced = house.under_strace(&["-o", "/dev/null", "-e", "trace=clone,clone3", "-e", &refuse]);
    let ran = Ran::of(traced.args(["fetch", "--json"]), &[threads], None);
    assert!(!ran.exits(0).stderr.contains("panicked"), "{threads}: {}", ran.stderr);
    (ran.stdout, house.files("stories"))
}

#[test]
fn a_run_that_is_given_few_threads_or_none_takes_in_the_same() {
    if !traces() {
        return;
    }
    let whole = taken_in_without("1000");
    assert!(whole.0.contains("\"new\":12"), "{}", whole.0);
    for threads in ["1+", "2+", "3+", "4+", "1", "2", "3", "4"] {
        assert_eq!(taken_in_without(threads), whole, "{threads}");
    }
}

#[test]
fn a_mail_too_large_is_reported_once_and_fetched_when_it_may_be() {
    let limit = "\n[story]\nmax_mail_bytes = 2000\n";
    let house = TestHouse::with_config(&format!("{CONFIG}{limit}"));
    let large = mail(
        "Jo Hill <jo@example.org>",
        "4 Dec 2010 10:12:31 +0000",
        "Long",
        &"We asked for a bus. ".repeat(200),
    );
    house.arrive(&[large.clone(), from_year(2011)]);
    let first = house.run(&["fetch", "--json"]);
    assert_eq!(first.exits(7).json_lines()[2]["summary"]["quarantined"], 1);
    house.run(&["fetch"]).exits(0);
    // a path is read anew each time; what is known is no news
    house.write("again.mbox", mbox_of(&[large]));
    house.run(&["fetch", "again.mbox"]).exits(7);
    house.run(&["fetch", "again.mbox"]).exits(0);

    let waiting = house.run(&["quarantine", "--json"]).exits(0).json();
    let ids: Vec<&str> = waiting
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|w| w["id"].as_str())
        .collect();
    assert_eq!(ids.len(), 2, "one for each place");
    house.run(&["quarantine", "show", ids[0]]).exits(1);
    house.write("config.toml", CONFIG);
    for id in ids {
        house.run(&["quarantine", "retry", id]).exits(0);
    }
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    let summary = &lines.last().expect("a summary")["summary"];
    assert_eq!((&summary["new"], &summary["duplicate"]), (&1.into(), &1.into()));
    assert_eq!(
        house.run(&["quarantine", "--json"]).exits(0).json(),
        serde_json::json!([])
    );
}

#[test]
fn an_old_mailbox_taken_in_thanks_nobody() {
    let house = TestHouse::with_config(&CONFIG.replace("36500d", "14d"));
    let id = house.story(&from_year(2010));
    assert_eq!(house.run(&["letters", "--json"]).exits(0).json(), serde_json::json!([]));
    let reason = house.show(&id)["events"][0]["no_answer"].clone();
    assert!(
        reason.as_str().is_some_and(|r| r.contains("4 December 2010")),
        "{reason}"
    );
    // a person's decision is written all the same
    house.run(&["request-changes", "jo", "-m", "Which bus?"]).exits(0);
    assert_eq!(
        house.run(&["letters", "--json"]).exits(0).json()[0]["kind"],
        "changes-requested"
    );
}

#[test]
fn a_follow_up_that_a_crash_left_half_done_is_in_the_private_part_once() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    let first = marion();
    let id = first
        .lines()
        .find_map(|l| l.strip_prefix("Message-ID: "))
        .expect("it has one");
    let reply = mail(
        "Marion Maxwell <marion@example.org>",
        "Sun, 5 Dec 2010 09:00:00 +0000",
        "Re: Tea with ninety cleaners",
        "One more thing: it was ninety-two of us in the end.",
    )
    .replacen("MIME-Version", &format!("In-Reply-To: {id}\nMIME-Version"), 1);
    let ran = house.run_with_stdin(&["fetch", "--json", "-"], &reply);
    assert_eq!(ran.exits(0).json_lines()[0]["outcome"], "follow-up");

    // killed after the private part and before the branch
    house.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let ran = house.run_with_stdin(&["fetch", "--json", "-"], &reply);
    assert_eq!(ran.exits(0).json_lines()[0]["outcome"], "follow-up");
    let files = house.git(&["ls-tree", "-r", "--name-only", "refs/desk/private"]);
    assert_eq!(files.matches("mail-").count(), 2, "{files}");
    let people = house.git(&["show", &format!("refs/desk/private:{story}/people.toml")]);
    let ids = people
        .lines()
        .find(|line| line.starts_with("message_ids"))
        .expect("they are there");
    assert_eq!(ids.matches("@example.org").count(), 2, "{people}");
    let again = house.run_with_stdin(&["fetch", "--json", "-"], &reply);
    assert_eq!(again.exits(0).json_lines()[0]["outcome"], "duplicate");
}

#[test]
fn a_story_that_a_crash_left_half_done_is_not_called_another_of_its_own_message_id() {
    let house = TestHouse::new();
    let (story, other) = (
        house.story(&marion()),
        marion().replace("ninety others", "sixty others"),
    );
    let notes = |words: &str| {
        let shown = house.run(&["show", words, "--json"]).exits(0).json();
        shown["events"][0]["notes"].to_string()
    };
    let before = notes("marion");
    // killed after the private part and before the branch
    house.git(&["reset", "-q", "--hard", "HEAD~1"]);
    house.arrive(&[marion()]);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert!(lines.iter().any(|line| line["outcome"] == "new"), "{lines:?}");
    assert_eq!(notes("marion"), before);
    // another mail is told as it was
    let ran = house
        .run_with_stdin(&["fetch", "--json", "-"], &other)
        .exits(0)
        .json_lines();
    let id = ran[0]["story"].as_str().expect("an id");
    assert_ne!(id, story);
    assert!(notes(id).contains("same Message-ID"), "{}", notes(id));
}

/// Marion's `n`th mail in the thread of her story, in answer to the one before.
fn again(n: usize, text: &str) -> String {
    let before = match n {
        1 => "Teawithninetycleaners".to_owned(),
        n => format!("again{}", n - 1),
    };
    format!(
        "From: Marion Maxwell <marion@example.org>\nTo: stories@example.org\nDate: Sun, 5 Dec 2010 10:12:31 +0000\n\
         Subject: Re: Tea with ninety cleaners\nMessage-ID: <again{n}@example.org>\nIn-Reply-To: <{before}@example.org>\n\
         References: <Teawithninetycleaners@example.org> <{before}@example.org>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\nThis is letter {n}. {text}\n\nMarion\n"
    )
}

#[test]
fn a_follow_up_that_lies_before_its_story_in_the_inbox_follows_it_all_the_same() {
    let house = TestHouse::new();
    house.arrive(&[
        again(2, "And one more thing."),
        from_year(2010),
        again(1, "I forgot the bus."),
        marion(),
    ]);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    let outcomes: Vec<&str> = lines.iter().filter_map(|line| line["outcome"].as_str()).collect();
    assert_eq!(
        outcomes,
        ["follow-up", "new", "follow-up", "new"],
        "each is told where it lay"
    );
    assert_eq!(
        house.run(&["list", "--json"]).exits(0).json().as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(house.kinds("marion"), ["received", "follow-up", "follow-up"]);
    house.fsck();
}

/// The `n`th of many stories.
fn one_of_many(n: usize) -> String {
    let text = format!("In street {n} we asked for a bus, and two hundred people signed. It came on a Monday.");
    mail(
        &format!("Ann Ash <ann{n}@example.org>"),
        "Sat, 4 Dec 2010 10:12:31 +0000",
        &format!("Street {n}"),
        &text,
    )
}

/// Mails are read 128 at a time, each group while the one before it is taken in.
#[test]
fn what_one_group_of_mails_began_the_next_one_knows() {
    let house = TestHouse::new();
    let on_holiday = |n| one_of_many(n).replace("MIME-Version", "Auto-Submitted: auto-replied\nMIME-Version");
    let mut mails: Vec<String> = (0..126).map(one_of_many).collect();
    mails.extend([marion(), on_holiday(900)]);
    // the second group: doubles of the first, and what follows a story that began there
    mails.extend([
        one_of_many(0),
        on_holiday(900),
        one_of_many(125),
        again(1, "I forgot the bus."),
    ]);
    mails.extend((200..324).map(one_of_many));
    // the third: doubles of both, and of its own
    mails.extend([
        one_of_many(323),
        one_of_many(1),
        again(1, "I forgot the bus."),
        one_of_many(400),
        one_of_many(400),
    ]);
    house.arrive(&mails);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    let came = |outcome: &str| -> Vec<usize> {
        let of = |(at, line): (usize, &serde_json::Value)| (line["outcome"] == outcome).then_some(at);
        lines.iter().enumerate().filter_map(of).collect()
    };
    assert_eq!(came("duplicate"), [128, 129, 130, 256, 257, 258, 260]);
    assert_eq!(came("follow-up"), [131]);
    assert_eq!(came("set-aside"), [127]);
    assert_eq!(came("new").len(), 126 + 1 + 124 + 1);
    assert_eq!(
        house.run(&["list", "--json"]).exits(0).json().as_array().map(Vec::len),
        Some(252)
    );
    house.fsck();
}

/// How often a fetch of one story and so many mails in its thread reads something again that it wrote.
fn reads_again(mails: usize) -> usize {
    let house = TestHouse::new();
    let words = |n: usize| {
        let word = |m: usize| format!("{:x}", (n * 7919 + m).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        (0..150).map(word).collect::<Vec<_>>().join(" ")
    };
    let thread = std::iter::once(marion()).chain((1..=mails).map(|n| again(n, &words(n))));
    house.arrive(&thread.collect::<Vec<_>>());
    let fetch = ["fetch", "-q"];
    let mut traced = house.under_strace(&["-e", "trace=pread64", "-o", "counted"]);
    Ran::of(traced.args(fetch), &fetch, None).exits(0);
    assert_eq!(
        house.run(&["list", "--json"]).exits(0).json().as_array().map(Vec::len),
        Some(1)
    );
    house.read("counted").lines().count()
}

#[test]
fn what_a_follow_up_costs_does_not_grow_with_the_mails_before_it() {
    if !traces() {
        return;
    }
    // four times as many mails: four times the reads, where sixteen times would mean that each reads all others
    let (few, many) = (reads_again(50), reads_again(200));
    assert!(few > 0 && many < 8 * few, "{few} reads for 50 mails, {many} for 200");
}

#[test]
fn a_text_that_is_attached_is_not_called_a_photo() {
    let house = TestHouse::new();
    let mail = "From: Marion Maxwell <marion@example.org>\nTo: blog@example.com\nSubject: My story\n\
                Message-ID: <text@example.org>\nDate: Sat, 4 Dec 2010 10:12:31 +0000\nMIME-Version: 1.0\n\
                Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nMy story is attached.\n\
                --b\nContent-Type: text/plain; name=story.txt\nContent-Disposition: attachment; filename=story.txt\n\n\
                We asked for a crossing, and in May they said yes.\n--b--\n";
    let fetched = house.run_with_stdin(&["fetch", "-"], mail);
    let told = &fetched.exits(0).stdout;
    assert!(
        told.contains("story.txt was kept but not published: it is a text"),
        "{told}"
    );
    assert!(!told.contains("kind of photo"), "{told}");
}

#[test]
fn of_files_with_the_same_bytes_each_is_told_by_its_own_name() {
    let house = TestHouse::new();
    let part = |name: &str, text: &str| format!("--b\nContent-Type: application/octet-stream; name={name}\n\n{text}\n");
    let mail = format!(
        "From: Marion Maxwell <marion@example.org>\nTo: blog@example.com\nSubject: My story\n\
         Message-ID: <same-bytes@example.org>\nDate: Sat, 4 Dec 2010 10:12:31 +0000\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\n\nThe gate was rusted shut.\n\n\
         begin 644 STORY.TXT\n#0V%T\n`\nend\n{}{}--b--\n",
        part("gate.bin", "Cat"),
        part("a.p7s", "Cat"),
    );
    let fetched = house.run_with_stdin(&["fetch", "-"], mail);
    let told = &fetched.exits(0).stdout;
    assert!(
        told.contains("STORY.TXT was kept but not published: it is a text"),
        "{told}"
    );
    assert!(
        told.contains("gate.bin was kept but not published: it is not a kind"),
        "{told}"
    );
    assert!(!told.contains("a.p7s"), "{told}");
}
