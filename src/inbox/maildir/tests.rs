use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::effort::{FAR_TOO_LONG, worked};

const MAIL: &[u8] = b"Subject: x\n\ny\n";

fn maildir() -> (tempfile::TempDir, Maildir) {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let maildir = Maildir::new("local", dir.path());
    (dir, maildir)
}

fn put(dir: &tempfile::TempDir, name: &str) {
    fs::write(dir.path().join(name), MAIL).unwrap();
}

fn list(maildir: &mut Maildir, cursor: &Cursor) -> Listing {
    maildir.list(&Wanted { cursor, since: None }).unwrap()
}

fn names(listing: &Listing) -> Vec<String> {
    listing.tickets.iter().map(Ticket::to_string).collect()
}

fn files_in(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn new_and_read_mails_are_listed_by_the_time_they_came() {
    let (dir, mut maildir) = maildir();
    for name in [
        "new/1000.b",
        "new/999.a,S=14",
        "cur/998.c:2,RS",
        "tmp/997.d",
        "new/.hidden",
        "cur/996.e:2,ST",
        "cur/995.f:2,D",
    ] {
        put(&dir, name);
    }
    let listing = list(&mut maildir, &Cursor::start());
    assert_eq!(names(&listing), ["cur/998.c:2,RS", "new/999.a,S=14", "new/1000.b"]);
    assert_eq!(listing.tickets[1].size(), Some(14));
    assert!(matches!(listing.remarks[..], [Remark::Trashed { count: 2, .. }]));
}

#[test]
fn flagging_moves_to_cur_and_keeps_the_flags_there_are() {
    let (dir, mut maildir) = maildir();
    for name in [
        "new/1.a",
        "cur/2.b:2,FR",
        "cur/3.c:2,S",
        "new/4.d:2,",
        "cur/5.e",
        "cur/6.f:2,Fa",
    ] {
        put(&dir, name);
    }
    let listing = list(&mut maildir, &Cursor::start());
    let all: Vec<_> = listing.tickets.iter().map(|t| (t.clone(), Fate::Flag)).collect();
    maildir.settle_all(&all).unwrap();
    let expected = ["1.a:2,S", "2.b:2,FRS", "3.c:2,S", "4.d:2,S", "5.e:2,S", "6.f:2,FSa"];
    assert_eq!(files_in(&dir.path().join("cur")), expected);
    assert!(files_in(&dir.path().join("new")).is_empty());
    // Twice is no error, and the next listing knows them, whatever flags they get.
    maildir.settle_all(&all).unwrap();
    fs::rename(dir.path().join("cur/1.a:2,S"), dir.path().join("cur/1.a:2,FS")).unwrap();
    let cursor = maildir.cursor();
    assert!(names(&list(&mut maildir, &cursor)).is_empty());
    assert_eq!(list(&mut maildir, &Cursor::start()).tickets.len(), 6);
}

#[test]
fn moving_makes_the_folder_and_never_replaces_a_mail() {
    let (dir, mut maildir) = maildir();
    for name in ["new/1.a", "cur/2.b:2,F"] {
        put(&dir, name);
    }
    let fate = Fate::Move("Blog/Stories".to_owned());
    let listing = list(&mut maildir, &Cursor::start());
    maildir.settle(&listing.tickets[0], &fate).unwrap();
    let target = dir.path().join(".Blog.Stories");
    assert_eq!(files_in(&target), ["cur", "maildirfolder", "new", "tmp"]);
    assert_eq!(files_in(&target.join("cur")), ["1.a:2,S"]);
    fs::write(target.join("cur/2.b:2,FS"), "another").unwrap();
    let settled = maildir.settle(&listing.tickets[1], &fate);
    assert!(matches!(settled, Err(InboxError::NotSettled { .. })));
    assert_eq!(fs::read(target.join("cur/2.b:2,FS")).unwrap(), b"another");
    assert_eq!(files_in(&dir.path().join("cur")), ["2.b:2,F"]);
    for folder in ["", "../x", "a/../b", ".hidden", "a//b", "/etc", "a\0b"] {
        assert!(maildir.accepts(&Fate::Move(folder.to_owned())).is_err(), "{folder:?}");
    }
    assert!(maildir.accepts(&Fate::Label("x".to_owned())).is_err());

    // From a Maildir++ folder, another one is beside it.
    let mut inner = Maildir::new("inner", &target);
    let cursor = Cursor::start();
    let listing = list(&mut inner, &cursor);
    inner
        .settle(&listing.tickets[0], &Fate::Move("Done".to_owned()))
        .unwrap();
    assert_eq!(files_in(&dir.path().join(".Done/cur")), ["1.a:2,S"]);
}

#[test]
fn a_mail_that_was_renamed_is_found_and_one_that_vanished_stops_nothing() {
    let (dir, mut maildir) = maildir();
    for n in 1..=4 {
        put(&dir, &format!("new/{n}.a"));
    }
    let listing = list(&mut maildir, &Cursor::start());
    let path = |name: &str| dir.path().join(name);
    fs::rename(path("new/1.a"), path("cur/1.a:2,S")).unwrap();
    fs::remove_file(path("new/2.a")).unwrap();
    let taken: Vec<_> = listing.tickets.iter().map(|t| maildir.take(t, 100)).collect();
    assert!(matches!(taken[..], [Ok(_), Err(TakeError::Gone), Ok(_), Ok(_)]));
    fs::rename(path("new/3.a"), path("cur/3.a:2,R")).unwrap();
    let all: Vec<_> = listing.tickets.into_iter().map(|t| (t, Fate::Flag)).collect();
    maildir.settle_all(&all).unwrap();
    assert_eq!(files_in(&path("cur")), ["1.a:2,S", "3.a:2,RS", "4.a:2,S"]);
}

#[test]
fn only_regular_files_are_read_and_nothing_hangs() {
    let (dir, mut maildir) = maildir();
    let path = |name: &str| dir.path().join(name);
    put(&dir, "new/1.good");
    put(&dir, "tmp/outside");
    symlink(path("tmp/outside"), path("new/2.link")).unwrap();
    fs::create_dir(path("cur/3.folder")).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(CWD, path("new/4.fifo"), fifo, 0o600.into(), 0).unwrap();
    put(&dir, "new/5.closed");
    put(&dir, "new/6.good");
    fs::set_permissions(path("new/5.closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let listing = list(&mut maildir, &Cursor::start());
    assert_eq!(names(&listing), ["new/1.good", "new/5.closed", "new/6.good"]);
    assert_eq!(listing.remarks.len(), 2);
    let taken: Vec<_> = listing.tickets.iter().map(|t| maildir.take(t, 100)).collect();
    assert!(taken[0].is_ok() && taken[2].is_ok());
    if !rustix::process::geteuid().is_root() {
        assert!(matches!(taken[1], Err(TakeError::NotReadable(_))));
    }
    // Swapped after it was listed.
    fs::remove_file(path("new/1.good")).unwrap();
    symlink(path("tmp/outside"), path("new/1.good")).unwrap();
    fs::remove_file(path("new/6.good")).unwrap();
    rustix::fs::mknodat(CWD, path("new/6.good"), fifo, 0o600.into(), 0).unwrap();
    for i in [0, 2] {
        assert!(matches!(
            maildir.take(&listing.tickets[i], 100),
            Err(TakeError::NotAFile)
        ));
    }
}

#[test]
fn size_is_looked_at_before_reading_and_an_empty_mail_is_taken() {
    let (dir, mut maildir) = maildir();
    fs::write(dir.path().join("new/1"), "").unwrap();
    File::create(dir.path().join("new/2"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let listing = list(&mut maildir, &Cursor::start());
    assert_eq!(maildir.take(&listing.tickets[0], 10).unwrap().bytes, b"");
    let huge = maildir.take(&listing.tickets[1], 1 << 25);
    assert!(matches!(
        huge,
        Err(TakeError::TooLarge {
            size: 0x100_0000_0000,
            ..
        })
    ));
}

#[test]
fn twenty_thousand_mails_are_listed_and_remembered_quickly() {
    let (dir, mut maildir) = maildir();
    let first = dir.path().join("new/0.h");
    fs::write(&first, MAIL).unwrap();
    // Hard links, as they are cheap to make; ext4 allows 65,000 of them.
    for n in 1..20_000 {
        fs::hard_link(&first, dir.path().join(format!("new/{n}.h"))).unwrap();
    }
    let begun = worked();
    let listing = list(&mut maildir, &Cursor::start());
    assert_eq!(listing.tickets.len(), 20_000);
    maildir
        .settle_all(
            &listing
                .tickets
                .into_iter()
                .map(|t| (t, Fate::Leave))
                .collect::<Vec<_>>(),
        )
        .unwrap();
    let cursor = Cursor::from_bytes(&maildir.cursor().to_bytes()).unwrap();
    assert!(list(&mut maildir, &cursor).tickets.is_empty());
    assert!(worked() - begun < FAR_TOO_LONG, "{:?}", worked() - begun);
}
