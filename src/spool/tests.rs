#![allow(clippy::disallowed_methods, reason = "a test may end where there is no thread")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::date;

use super::*;

const RAW: &[u8] = b"Subject: x\r\n\r\ny\r\n";
const NO_WAIT: Duration = Duration::ZERO;
/// To open it again: a program that another test starts holds, between fork and exec, every file that is open, and its lock.
const A_WHILE: Duration = Duration::from_secs(120);

fn spool() -> (tempfile::TempDir, PathBuf, Spool) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state/desk");
    let spool = Spool::open(&path, NO_WAIT).unwrap();
    (dir, path, spool)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn aside(mail_id: &str, at: i64) -> Aside {
    Aside {
        mail_id: mail_id.to_owned(),
        kind: AsideKind::Quarantined,
        rule: "no-text".to_owned(),
        reason: "there is no text in it".to_owned(),
        source: "local: new/1".to_owned(),
        subject: "a \"quoted\"\n\u{1b}[31m subject".to_owned(),
        from: "Ann <ann@example.org>".to_owned(),
        at: Timestamp::from_second(at).unwrap(),
        tells_of: None,
        untold: false,
    }
}

fn letter(to: &str) -> LetterNote {
    LetterNote {
        story: "2010/12/ann-0123456789".to_owned(),
        kind: "received".to_owned(),
        about: "0123456789abcdef".to_owned(),
        to: to.to_owned(),
        at: Timestamp::UNIX_EPOCH,
        automatic: true,
        attempts: 0,
        not_before: None,
        last_error: None,
        left: None,
        member: None,
        asks_consent: None,
        claim: None,
        tells_of: None,
        offers: None,
    }
}

#[test]
fn a_code_is_known_by_its_hash_until_long_after_its_end() {
    let (_dir, _path, mut spool) = spool();
    let note = |story: &str, until: i64| CodeNote {
        around: Default::default(),
        story: story.to_owned(),
        text: "0".repeat(64),
        reviewer: "Cath Lee".to_owned(),
        until: Timestamp::from_second(until).unwrap(),
        round: 0,
        spent_by: None,
        refused: None,
        told: false,
    };
    let (one, two) = ("1".repeat(64), "2".repeat(64));
    spool.put_code(&one, &note("2010/12/ann-0123456789", 1_000)).unwrap();
    spool
        .put_code(&two, &note("2010/12/ben-0123456789", 9_000_000))
        .unwrap();
    assert_eq!(spool.code(&one).unwrap(), Some(note("2010/12/ann-0123456789", 1_000)));
    assert_eq!(spool.code(&"3".repeat(64)).unwrap(), None);
    assert!(matches!(spool.code("../lock"), Err(SpoolError::BadId(_))));
    let at = |second| Timestamp::from_second(second).unwrap();
    spool.forget_old_codes(at(7_000_000)).unwrap();
    assert_eq!(spool.codes().unwrap(), [one.clone(), two.clone()]);
    spool.forget_old_codes(at(8_000_000)).unwrap();
    assert_eq!(spool.codes().unwrap(), [two]);
    spool.forget_codes(|note| note.story.contains("ben")).unwrap();
    assert_eq!(spool.codes().unwrap(), [] as [String; 0]);
}

#[test]
fn everything_in_it_is_for_its_owner_only() {
    let (_dir, path, mut spool) = spool();
    spool.keep(RAW.to_vec()).unwrap();
    spool.put_aside(&aside(&"a".repeat(64), 1), Some(RAW)).unwrap();
    spool.put_letter("one", RAW, &letter("ann@example.org")).unwrap();
    spool.put_cursor("gmail", b"x").unwrap();
    spool.put_note("cron.failed", Some("yes")).unwrap();
    spool.note_sent("ann@example.org", date(2010, 12, 3)).unwrap();
    let mut folders = vec![path];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{folder:?}");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{path:?}");
                files += 1;
            }
        }
    }
    assert_eq!(files, 10);
}

#[test]
fn a_loose_spool_is_closed_and_a_folder_of_other_things_is_left_alone() {
    let (_dir, path, spool) = spool();
    drop(spool);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    drop(Spool::open(&path, A_WHILE).unwrap());
    assert_eq!(mode(&path), 0o700);

    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(home.path().join("diary"), "x").unwrap();
    assert!(matches!(
        Spool::open(home.path(), NO_WAIT),
        Err(SpoolError::NotASpool { .. })
    ));
    assert!(matches!(
        Spool::drop_off(home.path(), RAW.to_vec()),
        Err(SpoolError::NotASpool { .. })
    ));
    assert_eq!(mode(home.path()), 0o755);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    assert!(Spool::look(&home.path().join("nowhere")).is_none());
    let file = home.path().join("diary");
    assert!(Spool::open(&file, NO_WAIT).is_err());

    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        assert!(matches!(
            Spool::open(&path, NO_WAIT),
            Err(SpoolError::NotOurs { owner: 65534, .. })
        ));
    }
}

#[test]
fn eight_at_once_take_turns_and_who_does_not_wait_is_told_who_is_there() {
    let (_dir, path, spool) = spool();
    let busy = Spool::open(&path, Duration::from_millis(30));
    assert!(matches!(busy, Err(SpoolError::Busy { pid: Some(pid), .. }) if pid == std::process::id()));
    // Looking and dropping off need no lock.
    assert!(Spool::look(&path).unwrap().asides().unwrap().items.is_empty());
    Spool::drop_off(&path, RAW.to_vec()).unwrap();
    drop(spool);
    assert_eq!(Spool::look(&path).unwrap().incoming().unwrap().len(), 1);

    let (inside, turns) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let _spool = Spool::open(&path, A_WHILE).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::sleep(Duration::from_millis(1));
                    inside.fetch_sub(1, Ordering::SeqCst);
                    turns.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(turns.load(Ordering::SeqCst), 40);
}

#[test]
fn a_killed_process_leaves_no_lock() {
    let (_dir, path, spool) = spool();
    drop(spool);
    // one process, not `flock` and its child: both would hold the lock
    let mut holder = Command::new("flock")
        .arg("--no-fork")
        .arg(path.join("lock"))
        .args(["sleep", "60"])
        .spawn()
        .unwrap();
    let held = Instant::now();
    while Spool::open(&path, NO_WAIT).is_ok() {
        assert!(held.elapsed().as_secs() < 120);
        std::thread::sleep(Duration::from_millis(5));
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    Spool::open(&path, Duration::from_secs(5)).unwrap();
}

#[test]
fn a_mail_from_a_pipe_is_there_after_a_crash_until_it_is_released() {
    let (_dir, path, mut spool) = spool();
    let kept = spool.keep(RAW.to_vec()).unwrap();
    assert_eq!(kept.kept().raw(), RAW);
    assert_eq!(spool.keep(RAW.to_vec()).unwrap(), kept);
    drop(spool);
    // Half written, and not ours at all.
    fs::write(path.join("incoming/.tmp-x"), "Subj").unwrap();
    fs::write(path.join("quarantine/.tmp-y"), "Subj").unwrap();
    fs::write(path.join(".tmp-z"), "").unwrap();
    fs::write(path.join("incoming/notes.eml"), "").unwrap();
    let damaged = path.join(format!("incoming/{}.eml", "0".repeat(64)));
    fs::write(&damaged, "cut short").unwrap();

    let mut spool = Spool::open(&path, A_WHILE).unwrap();
    assert_eq!(spool.incoming().unwrap(), ["0".repeat(64).as_str(), kept.id()]);
    assert_eq!(spool.incoming_mail(kept.id()).unwrap(), kept);
    let read = spool.incoming_mail(&"0".repeat(64));
    assert!(matches!(read, Err(SpoolError::Damaged { path, .. }) if path == damaged));
    assert!(!path.join("quarantine/.tmp-y").exists() && !path.join(".tmp-z").exists());
    assert!(
        path.join("incoming/.tmp-x").exists(),
        "may be written just now, by a process without the lock"
    );
    spool.release(kept.id()).unwrap();
    spool.release(kept.id()).unwrap();
    assert_eq!(spool.incoming().unwrap(), ["0".repeat(64)]);
    for id in ["", "../lock", "lock", &"A".repeat(64), &"/".repeat(64)] {
        assert!(matches!(spool.release(id), Err(SpoolError::BadId(_))), "{id}");
        assert!(matches!(spool.incoming_mail(id), Err(SpoolError::BadId(_))), "{id}");
    }
}

#[test]
fn a_damaged_kept_mail_is_written_anew_when_it_comes_again() {
    let (_dir, path, mut spool) = spool();
    let kept = spool.keep(RAW.to_vec()).unwrap();
    let file = path.join("incoming").join(format!("{}.eml", kept.id()));
    fs::write(&file, "").unwrap();
    spool.keep(RAW.to_vec()).unwrap();
    assert_eq!(fs::read(&file).unwrap(), RAW);
}

#[test]
fn a_mail_that_killed_the_process_is_known_to_the_next() {
    let (_dir, path, mut spool) = spool();
    assert!(!spool.in_doubt());
    spool.begin_reading("gmail 0011").unwrap();
    spool.end_reading().unwrap();
    drop(spool);
    for times in 0..3 {
        let mut spool = Spool::open(&path, A_WHILE).unwrap();
        assert_eq!(spool.deaths("local new/poison"), times);
        assert_eq!(spool.in_doubt(), times > 0);
        // Others before it do not make it forgotten.
        spool.begin_reading("local new/good").unwrap();
        spool.begin_reading("local new/poison").unwrap();
    }
    let mut spool = Spool::open(&path, A_WHILE).unwrap();
    assert_eq!(
        (spool.deaths("local new/poison"), spool.deaths("local new/good")),
        (3, 0)
    );
    let long = "x".repeat(5000);
    spool.begin_reading(&long).unwrap();
    drop(spool);
    assert_eq!(Spool::open(&path, A_WHILE).unwrap().deaths(&long), 1);
    for damaged in [
        &b""[..],
        b"\xff\xff",
        b"999999999999999 x\n",
        b"0 x\n",
        b"3 \n",
        &[b'1'; 300],
    ] {
        fs::write(path.join("reading"), damaged).unwrap();
        assert!(!Spool::open(&path, A_WHILE).unwrap().in_doubt());
    }
}

#[test]
fn the_doubt_ends_with_the_mail_that_is_in_it() {
    let (_dir, path, mut spool) = spool();
    let long = "y".repeat(5000);
    for last in ["local new/last", "local new/poison", &long] {
        match last {
            "local new/poison" => spool.begin_reading(last).unwrap(),
            several => spool.begin_reading_several(several).unwrap(),
        }
        drop(spool);
        spool = Spool::open(&path, A_WHILE).unwrap();
        spool.is_through("local new/good");
        assert!(spool.in_doubt(), "{last}");
        spool.is_through(last);
        assert!(!spool.in_doubt(), "{last}");
    }
}

#[test]
fn a_mail_is_put_aside_once_and_can_be_brought_back() {
    let (_dir, _, mut spool) = spool();
    let id = "0123456789abcdef".repeat(4);
    assert_eq!(spool.put_aside(&aside(&id, 100), Some(RAW)).unwrap(), id[..16]);
    assert_eq!(spool.put_aside(&aside(&id, 200), Some(RAW)).unwrap(), id[..16]);
    let stock = spool.asides().unwrap();
    assert_eq!(stock.items.len(), 1);
    assert_eq!(stock.items[0].aside, aside(&id, 100));
    assert_eq!(stock.items[0].bytes, Some(RAW.len() as u64));
    assert_eq!(spool.aside_mail(&id[..16]).unwrap().unwrap().kept().raw(), RAW);
    assert_eq!(spool.find_aside("0123").unwrap(), id[..16]);

    // Another mail whose id begins alike, in a batch of its own and in the same.
    let other = format!("{}{}", &id[..16], "f".repeat(48));
    let third = format!("{}{}", &id[..16], "e".repeat(48));
    let (a, b) = (aside(&other, 300), aside(&third, 300));
    let ids = spool
        .put_all_aside(&[(&a, Some(b"another")), (&b, None), (&a, Some(b"another"))])
        .unwrap();
    assert_eq!(ids, [other.clone(), third.clone(), other.clone()]);
    assert_eq!(spool.aside_mail(&other).unwrap().unwrap().raw(), b"another");
    assert_eq!(spool.find_aside(&id[..16]).unwrap(), id[..16]);
    assert!(matches!(spool.find_aside("0123"), Err(SpoolError::Several { found, .. }) if found.len() == 3));

    // A mail over the limit has an entry and no bytes; when it is downloaded after all, it has.
    assert!(spool.aside_mail(&third).unwrap().is_none());
    spool.put_aside(&b, Some(b"large")).unwrap();
    assert_eq!(spool.aside_mail(&third).unwrap().unwrap().raw(), b"large");

    let set_aside = Aside {
        kind: AsideKind::SetAside,
        ..aside(&"b".repeat(16), 50)
    };
    spool.put_aside(&set_aside, Some(RAW)).unwrap();
    let since = |second| Timestamp::from_second(second).unwrap();
    let counts = |quarantined, set_aside| AsideCounts {
        quarantined,
        set_aside,
        decisions: 0,
        damaged: 0,
    };
    assert_eq!(spool.aside_counts(since(0)).unwrap(), counts(3, 1));
    assert_eq!(spool.aside_counts(since(101)).unwrap(), counts(2, 0));

    spool.drop_aside(&id[..16]).unwrap();
    assert!(matches!(spool.drop_aside(&id[..16]), Err(SpoolError::NoSuch(_))));
    assert_eq!(spool.asides().unwrap().items.len(), 3);
}

#[test]
fn no_id_leads_out_of_the_spool() {
    let (_dir, path, mut spool) = spool();
    fs::write(path.join("outside.eml"), "secret").unwrap();
    for id in [
        "",
        "..",
        "../outside",
        "/etc/passwd",
        "0123\0",
        "ABCDEFABCDEFABCDEF",
        ".hidden",
        "a/b",
        &"a".repeat(300),
    ] {
        assert!(
            matches!(spool.put_aside(&aside(id, 1), Some(RAW)), Err(SpoolError::BadId(_))),
            "{id}"
        );
        assert!(matches!(spool.aside_mail(id), Err(SpoolError::BadId(_))), "{id}");
        assert!(matches!(spool.aside_entry(id), Err(SpoolError::BadId(_))), "{id}");
        assert!(matches!(spool.find_aside(id), Err(SpoolError::BadId(_))), "{id}");
        assert!(matches!(spool.drop_aside(id), Err(SpoolError::BadId(_))), "{id}");
        if id != "ABCDEFABCDEFABCDEF" {
            assert!(
                matches!(spool.put_letter(id, RAW, &letter("x")), Err(SpoolError::BadId(_))),
                "{id}"
            );
            assert!(matches!(spool.letter(id), Err(SpoolError::BadId(_))), "{id}");
            assert!(matches!(spool.remove_letter(id), Err(SpoolError::BadId(_))), "{id}");
        }
    }
    spool.put_cursor("../../outside", b"x").unwrap();
    assert_eq!(spool.cursor("../../outside").unwrap().unwrap(), b"x");
    assert_eq!(fs::read(path.join("outside.eml")).unwrap(), b"secret");
    // Nor does a link that somebody put there.
    symlink(path.join("outside.eml"), path.join("quarantine/abcdefabcdefabcd.eml")).unwrap();
    assert!(spool.aside_mail("abcdefabcdefabcd").is_err());
}

#[test]
fn a_damaged_entry_is_reported_and_hides_no_other() {
    let (_dir, path, mut spool) = spool();
    spool.put_aside(&aside(&"a".repeat(64), 1), Some(RAW)).unwrap();
    spool.put_letter("good", RAW, &letter("ann@example.org")).unwrap();
    for name in ["quarantine/bbbbbbbbbbbbbbbb.toml", "letters/bad.toml"] {
        fs::write(path.join(name), "reason = \"cut sho").unwrap();
    }
    fs::write(path.join("quarantine/cccccccccccccccc.eml"), RAW).unwrap();
    fs::write(path.join("letters/bad.eml"), RAW).unwrap();
    let stock = spool.asides().unwrap();
    assert_eq!((stock.items.len(), stock.damaged.len()), (1, 2));
    let letters = spool.letters().unwrap();
    assert_eq!((letters.items.len(), letters.damaged.len()), (1, 1));
    assert_eq!(spool.aside_counts(Timestamp::UNIX_EPOCH).unwrap().damaged, 2);
    // They can still be looked at, put anew and dropped.
    assert_eq!(spool.aside_mail(&"c".repeat(16)).unwrap().unwrap().raw(), RAW);
    spool.put_aside(&aside(&"b".repeat(64), 1), Some(RAW)).unwrap();
    spool.drop_aside(&"c".repeat(16)).unwrap();
    assert_eq!(spool.asides().unwrap().items.len(), 2);
}

#[test]
fn many_are_put_aside_at_once() {
    let (_dir, _, mut spool) = spool();
    let asides: Vec<Aside> = (0..500)
        .map(|n| aside(&format!("{n:064x}").chars().rev().collect::<String>(), n))
        .collect();
    let mails: Vec<_> = asides.iter().map(|aside| (aside, Some(RAW))).collect();
    spool.put_all_aside(&mails).unwrap();
    let stock = spool.asides().unwrap();
    assert_eq!(
        stock.items.iter().map(|entry| &entry.aside).collect::<Vec<_>>(),
        asides.iter().collect::<Vec<_>>()
    );
}

#[test]
fn letters_wait_until_they_are_sent() {
    let (_dir, path, mut spool) = spool();
    let mut note = letter("ann@example.org");
    spool.put_letter("20101203-ann.1", RAW, &note).unwrap();
    note.attempts = 2;
    note.last_error = Some("450 greylisted".to_owned());
    note.not_before = Some(Timestamp::from_second(1_291_371_300).unwrap());
    spool.note_letter("20101203-ann.1", &note).unwrap();
    assert!(matches!(spool.note_letter("other", &note), Err(SpoolError::NoSuch(_))));
    drop(spool);
    let mut spool = Spool::open(&path, A_WHILE).unwrap();
    let waiting = spool.letters().unwrap().items;
    assert_eq!(waiting.len(), 1);
    assert_eq!(spool.letter(&waiting[0].id).unwrap(), Some((RAW.to_vec(), note)));
    assert!(spool.remove_letter("20101203-ann.1").unwrap());
    assert!(!spool.remove_letter("20101203-ann.1").unwrap());
    assert!(spool.letters().unwrap().items.is_empty());
}

#[test]
fn the_ledger_counts_by_day_and_address_and_names_none() {
    let (_dir, path, mut spool) = spool();
    let (friday, saturday) = (date(2010, 12, 3), date(2010, 12, 4));
    spool.note_sent("Ann@Example.org", friday).unwrap();
    fs::write(
        path.join("ledger"),
        [&fs::read(path.join("ledger")).unwrap()[..], b"2010-12-0"].concat(),
    )
    .unwrap();
    spool.note_sent(" ann@example.org", friday).unwrap();
    spool.note_sent("bob@example.org", friday).unwrap();
    assert_eq!(spool.sent_on("ann@example.org", friday).unwrap(), 2);
    assert_eq!(spool.sent_on("ann@example.org", saturday).unwrap(), 0);
    assert_eq!(spool.sent_on("bob@example.org", friday).unwrap(), 1);
    let ledger = fs::read_to_string(path.join("ledger")).unwrap();
    assert!(!ledger.contains("ann") && !ledger.contains("example"));
    // It does not grow for ever.
    let old = "2010-01-01 0123456789abcdef\n".repeat(5000);
    fs::write(path.join("ledger"), old + &ledger).unwrap();
    spool.note_sent("bob@example.org", friday).unwrap();
    assert!(fs::metadata(path.join("ledger")).unwrap().len() < 300);
    assert_eq!(spool.sent_on("ann@example.org", friday).unwrap(), 2);
    assert_eq!(spool.sent_on("bob@example.org", friday).unwrap(), 2);
}

#[test]
fn notes_and_cursors_come_back_and_damaged_notes_are_begun_anew() {
    let (_dir, path, mut spool) = spool();
    assert_eq!(spool.cursor("gmail").unwrap(), None);
    spool.put_cursor("gmail", &[0, 255]).unwrap();
    spool.put_cursor("gmail!", &[1]).unwrap();
    assert_eq!(spool.cursor("gmail").unwrap().unwrap(), [0, 255]);
    spool.put_note("cron.failed", Some("login\n\"refused\"")).unwrap();
    assert_eq!(spool.note("cron.failed").unwrap().unwrap(), "login\n\"refused\"");
    spool.put_note("cron.failed", None).unwrap();
    assert_eq!(spool.note("cron.failed").unwrap(), None);
    fs::write(path.join("notes.toml"), "= =").unwrap();
    assert!(matches!(spool.note("x"), Err(SpoolError::Damaged { .. })));
    spool.put_note("x", Some("y")).unwrap();
    assert_eq!(spool.note("x").unwrap().unwrap(), "y");
    assert!(path.join("notes.toml.damaged").exists());
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing_half() {
    let dir = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=128k", "none"])
        .arg(dir.path())
        .output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    }
    let path = dir.path().join("desk");
    let outcome = std::panic::catch_unwind(|| {
        let mut spool = Spool::open(&path, A_WHILE).unwrap();
        let large = vec![b'x'; 200_000];
        let full = spool.keep(large.clone());
        assert!(matches!(&full, Err(error @ SpoolError::Full { .. }) if error.passes()));
        assert!(matches!(
            spool.put_aside(&aside(&"a".repeat(64), 1), Some(&large)),
            Err(SpoolError::Full { .. })
        ));
        assert!(matches!(
            spool.put_letter("a", &large, &letter("x")),
            Err(SpoolError::Full { .. })
        ));
        for folder in ["incoming", "quarantine", "letters"] {
            assert_eq!(fs::read_dir(path.join(folder)).unwrap().count(), 0, "{folder}");
        }
        // With room again, all is well.
        spool.keep(RAW.to_vec()).unwrap();
    });
    // Lazily: a process that another test is just starting still holds our files until its exec.
    assert!(
        Command::new("umount")
            .arg("--lazy")
            .arg(dir.path())
            .status()
            .unwrap()
            .success()
    );
    outcome.unwrap();
}

#[test]
fn words_are_kept_without_the_lock_once_and_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, path, mut held) = spool();
    let note = |story: &str, at: i64| TypedNote {
        story: story.to_owned(),
        purpose: "note".to_owned(),
        at: jiff::Timestamp::from_second(at).unwrap(),
        upon: Some("# Before\n".to_owned()),
    };
    let file = Spool::keep_typed(&path, &note("2010/12/ann-0123456789", 10), b"One \xff word").unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        Spool::keep_typed(&path, &note("2010/12/ann-0123456789", 11), b"One \xff word").unwrap(),
        file
    );
    Spool::keep_typed(&path, &note("2010/12/ann-0123456789", 9), b"Other words").unwrap();
    Spool::keep_typed(&path, &note("2010/12/ben-0123456789", 12), b"One \xff word").unwrap();
    let texts = |held: &Spool| -> Vec<(i64, Vec<u8>)> {
        let all = held.typed().unwrap().into_iter();
        all.map(|typed| (typed.note.at.as_second(), typed.text)).collect()
    };
    assert_eq!(
        texts(&held),
        [
            (12, b"One \xff word".to_vec()),
            (11, b"One \xff word".to_vec()),
            (9, b"Other words".to_vec())
        ]
    );
    // one whose note is damaged, or that is no file, hides no other
    fs::write(path.join("typed/0000000000000000.md"), "stray").unwrap();
    fs::create_dir(path.join("typed/0000000000000001.md")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", path.join("typed/0000000000000002.md")).unwrap();
    fs::write(path.join("typed/0000000000000002.toml"), "").unwrap();
    assert_eq!(held.typed().unwrap().len(), 3);
    assert_eq!(held.forget_typed(|story| story.contains("ann")).unwrap(), 2);
    assert_eq!(texts(&held), [(12, b"One \xff word".to_vec())]);
    let id = held.typed().unwrap()[0].id.clone();
    Spool::drop_typed(&path, &id).unwrap();
    Spool::drop_typed(&path, &id).unwrap();
    assert!(held.typed().unwrap().is_empty());
    assert!(Spool::drop_typed(&path, "../lock").is_err());
}

#[test]
fn halves_that_a_crash_left_of_kept_words_are_swept() {
    let (_dir, path, held) = spool();
    let half = |name: &str, hours: u64| {
        let file = fs::File::create(path.join("typed").join(name)).unwrap();
        let then = std::time::SystemTime::now() - Duration::from_secs(hours * 3600);
        file.set_modified(then).unwrap();
    };
    drop(held);
    half("0000000000000001.toml", 2);
    half("0000000000000002.md", 2);
    half("0000000000000003.toml", 0);
    half("0000000000000004.toml", 2);
    half("0000000000000004.md", 2);
    let mut held = Spool::open(&path, A_WHILE).unwrap();
    let names = || {
        let entries = fs::read_dir(path.join("typed")).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let whole = ["0000000000000004.md", "0000000000000004.toml"];
    assert_eq!(names(), ["0000000000000003.toml", whole[0], whole[1]]);
    // an erasure leaves no half but one that somebody may be writing
    half("0000000000000003.toml", 1);
    held.forget_typed(|_| false).unwrap();
    assert_eq!(names(), whole);
}

#[test]
fn of_several_that_make_it_at_once_none_takes_it_for_another_folder() {
    const MANY: usize = 8;
    for _ in 0..200 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desk");
        let together = std::sync::Barrier::new(MANY);
        std::thread::scope(|scope| {
            let make = |n: usize| {
                let (path, together) = (&path, &together);
                move || {
                    together.wait();
                    lock::private_folder(path)?;
                    fs::create_dir_all(path.join(format!("shelf-{n}"))).map_err(|e| SpoolError::io("make", path, e))
                }
            };
            let runs: Vec<_> = (0..MANY).map(|n| scope.spawn(make(n))).collect();
            for run in runs {
                run.join().unwrap().unwrap();
            }
        });
    }
}
