use std::os::unix::fs::symlink;

use super::*;

const MAIL: &str = "From: Ann <ann@example.org>\nSubject: x\n\ny\n";

fn list(files: &mut Files, cursor: &Cursor) -> Listing {
    files.list(&Wanted { cursor, since: None }).unwrap()
}

fn folder() -> (tempfile::TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("b.eml"), MAIL).unwrap();
    fs::write(path("a.EML"), format!("From - Fri Dec 03 10:15:00 2010\r\n{MAIL}")).unwrap();
    fs::write(path("saved mail"), MAIL).unwrap();
    fs::write(path("notes.txt"), "To do: nothing\nand more of it\n").unwrap();
    fs::write(path("photo.jpg"), b"\xff\xd8\xff").unwrap();
    fs::write(path(".hidden.eml"), MAIL).unwrap();
    fs::create_dir(path("sub.eml")).unwrap();
    symlink(path("b.eml"), path("link.eml")).unwrap();
    let files = Files::new("files", dir.path());
    (dir, files)
}

#[test]
fn a_folder_gives_its_mails_in_order_and_says_what_it_left_out() {
    let (_dir, mut files) = folder();
    let listing = list(&mut files, &Cursor::start());
    let names: Vec<String> = listing.tickets.iter().map(Ticket::to_string).collect();
    assert_eq!(names, ["a.EML", "b.eml", "saved mail"]);
    for ticket in &listing.tickets {
        assert_eq!(files.take(ticket, 200).unwrap().bytes, MAIL.as_bytes());
    }
    let remarks = &listing.remarks[..];
    assert!(matches!(
        remarks,
        [Remark::NotFiles { count: 2, .. }, Remark::NotMails { count: 2, .. }]
    ));
}

#[test]
fn settled_files_are_remembered_until_they_change() {
    let (dir, mut files) = folder();
    let listing = list(&mut files, &Cursor::start());
    let all: Vec<_> = listing.tickets.into_iter().map(|t| (t, Fate::Flag)).collect();
    files.settle_all(&all).unwrap();
    let cursor = Cursor::from_bytes(&files.cursor().to_bytes()).unwrap();
    assert!(list(&mut files, &cursor).tickets.is_empty());
    fs::write(dir.path().join("b.eml"), format!("{MAIL}more\n")).unwrap();
    let listing = list(&mut files, &cursor);
    assert_eq!(
        listing.tickets.iter().map(Ticket::to_string).collect::<Vec<_>>(),
        ["b.eml"]
    );
}

#[test]
fn moving_replaces_nothing_and_stays_in_the_folder() {
    let (dir, mut files) = folder();
    let listing = list(&mut files, &Cursor::start());
    fs::create_dir(dir.path().join("done")).unwrap();
    fs::write(dir.path().join("done/b.eml"), "another").unwrap();
    let fate = Fate::Move("done".to_owned());
    files
        .settle_all(&[
            (listing.tickets[1].clone(), fate.clone()),
            (listing.tickets[2].clone(), fate),
        ])
        .unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("done/b-2.eml")).unwrap(), MAIL);
    assert!(dir.path().join("done/saved mail").exists());
    assert_eq!(fs::read(dir.path().join("done/b.eml")).unwrap(), b"another");
    for folder in ["", "..", "a/b", "/tmp", ".git"] {
        assert!(files.accepts(&Fate::Move(folder.to_owned())).is_err(), "{folder:?}");
    }
}

#[test]
fn a_single_file_is_taken_even_if_it_is_too_large_or_a_link_and_then_the_error_is_its_own() {
    let (dir, _) = folder();
    let mut files = Files::new("one", dir.path().join("link.eml"));
    let listing = list(&mut files, &Cursor::start());
    assert_eq!(files.take(&listing.tickets[0], 200).unwrap().bytes, MAIL.as_bytes());
    assert!(matches!(
        files.take(&listing.tickets[0], 5),
        Err(TakeError::TooLarge { .. })
    ));
}
