use std::io::Write;

use super::*;
use crate::story::passage::{Image, Kind, Span};

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

fn docx(body: &str) -> Vec<u8> {
    let document =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<w:document {W}><w:body>{body}</w:body></w:document>");
    let styles = format!(
        "<w:styles {W}><w:style w:styleId=\"berschrift2\"><w:name w:val=\"heading 2\"/></w:style><w:style w:styleId=\"Mine\"><w:name w:val=\"mine\"/><w:basedOn w:val=\"berschrift2\"/></w:style><w:style w:styleId=\"Zitat\"><w:name w:val=\"Quote\"/></w:style></w:styles>"
    );
    let numbering = format!(
        "<w:numbering {W}><w:abstractNum w:abstractNumId=\"5\"><w:lvl w:ilvl=\"0\"><w:numFmt w:val=\"decimal\"/></w:lvl><w:lvl w:ilvl=\"1\"><w:numFmt w:val=\"bullet\"/></w:lvl></w:abstractNum><w:num w:numId=\"2\"><w:abstractNumId w:val=\"5\"/></w:num></w:numbering>"
    );
    let relations = "<Relationships><Relationship Id=\"r1\" Target=\"https://example.org/?a=1&amp;b=2\" TargetMode=\"External\"/><Relationship Id=\"r2\" Target=\"media/image1.png\"/><Relationship Id=\"r3\" Target=\"../../../etc/passwd\"/></Relationships>";
    zipped(&[
        ("word/document.xml", document.as_bytes()),
        ("word/styles.xml", styles.as_bytes()),
        ("word/numbering.xml", numbering.as_bytes()),
        ("word/_rels/document.xml.rels", relations.as_bytes()),
        ("word/media/image1.png", b"\x89PNG"),
    ])
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Lines in short: the kind, and spans with their style.
fn shown(body: &str) -> Vec<String> {
    let read = read(&docx(body), 3).unwrap();
    read.lines.iter().map(show).collect()
}

fn show(line: &Line) -> String {
    let spans = |spans: &[Span]| spans.iter().map(span).collect::<String>();
    match &line.kind {
        Kind::Text => spans(&line.spans),
        Kind::Blank => String::new(),
        Kind::Row { cells, header } => {
            let cells: Vec<String> = cells.iter().map(|c| spans(c)).collect();
            format!("{header} {}", cells.join(" | "))
        }
        kind => format!("{kind:?} {}", spans(&line.spans)),
    }
}

fn span(span: &Span) -> String {
    let mut text = span.text.clone();
    for (on, mark) in [(span.bold, "**"), (span.italic, "_"), (span.strike, "~~")] {
        if on {
            text = format!("{mark}{text}{mark}");
        }
    }
    if let Some(href) = &span.href {
        text = format!("[{text}]({href})");
    }
    match &span.image {
        Some(Image::Part(n)) => format!("<{n}>"),
        Some(Image::Missing(what)) => format!("<missing {what}>"),
        None => text,
    }
}

#[test]
fn a_document_is_read_as_its_author_wrote_it() {
    let p = |inner: &str| format!("<w:p>{inner}</w:p>");
    let t = |text: &str| format!("<w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r>");
    let item = |level: u8, text: &str| {
        p(&format!(
            "<w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"2\"/></w:numPr></w:pPr>{}",
            t(text)
        ))
    };
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", p(&t(text)));
    let cases: Vec<(String, Vec<&str>)> = vec![
        (
            p(&t("One.")) + &p(&t("Two &amp; &#233;.")),
            vec!["One.", "", "Two & \u{e9}."],
        ),
        (
            p(&t("One.")) + "<w:p/>" + "<w:p/>" + &p(&t("Two.")),
            vec!["One.", "", "Two."],
        ),
        (
            p(&format!(
                "{}<w:r><w:rPr><w:b/><w:i w:val=\"0\"/></w:rPr><w:t>b</w:t></w:r>{}",
                t("a "),
                t(" c")
            )),
            vec!["a **b** c"],
        ),
        // the mark of the paragraph is bold, its text is not
        (p(&format!("<w:pPr><w:rPr><w:b/></w:rPr></w:pPr>{}", t("a"))), vec!["a"]),
        (p(&format!("{}<w:r><w:br/></w:r>{}", t("a"), t("b"))), vec!["a", "b"]),
        (
            p(&format!("<w:pPr><w:pStyle w:val=\"Mine\"/></w:pPr>{}", t("Head"))),
            vec!["Heading(2) Head"],
        ),
        (
            p(&format!("<w:pPr><w:pStyle w:val=\"Zitat\"/></w:pPr>{}", t("a"))),
            vec!["Quote a"],
        ),
        (
            item(0, "a") + &item(1, "b") + &item(0, "c") + &p(&t("d")),
            vec![
                "Item { depth: 0, number: Some(1) } a",
                "Item { depth: 1, number: None } b",
                "Item { depth: 0, number: Some(2) } c",
                "",
                "d",
            ],
        ),
        (
            p(&format!("<w:hyperlink r:id=\"r1\">{}</w:hyperlink>", t("link"))),
            vec!["[link](https://example.org/?a=1&b=2)"],
        ),
        (
            p(&format!(
                "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> HYPERLINK \"http://x.example\" </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>{}",
                t("here"),
                t(" on")
            )),
            vec!["[here](http://x.example) on"],
        ),
        (
            p(&format!(
                "{}<w:del>{}</w:del><w:ins>{}</w:ins>",
                t("a"),
                t("gone"),
                t("new")
            )),
            vec!["anew"],
        ),
        (
            p(&format!(
                "{}<w:r><w:drawing><a:blip r:embed=\"r2\"/></w:drawing></w:r>",
                t("see ")
            )),
            vec!["see <3>"],
        ),
        // a target outside the document is not there
        (p(&format!("{}<w:r><a:blip r:embed=\"r3\"/></w:r>", t("a"))), vec!["a"]),
        (
            format!(
                "<w:tbl><w:tr>{}{}</w:tr><w:tr>{}</w:tr></w:tbl>",
                cell("a"),
                cell("b"),
                cell("c")
            ) + &p(&t("d")),
            vec!["true a | b", "false c | ", "", "d"],
        ),
        // a table of one cell is a frame
        (format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", cell("a")), vec!["a"]),
        // damage: what was read is kept
        (p(&t("One.")) + "<w:p><w:r><w:t>Two<", vec!["One.", "", "Two"]),
    ];
    for (body, expected) in cases {
        let found = shown(&body);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        let trimmed: Vec<&str> = match found.split_last() {
            Some((&"", rest)) => rest.to_vec(),
            _ => found,
        };
        assert_eq!(trimmed, expected, "{body}");
    }
}

#[test]
fn hidden_text_is_left_out_and_told() {
    let read = read(
        &docx("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>"),
        0,
    )
    .unwrap();
    assert!(read.hidden);
    assert_eq!(read.lines.iter().map(Line::words).collect::<String>(), "seen");
}

#[test]
fn pictures_come_along_once() {
    let picture = "<w:p><w:r><a:blip r:embed=\"r2\"/></w:r></w:p>";
    let read = read(&docx(&picture.repeat(3)), 0).unwrap();
    assert_eq!(read.pictures.len(), 1);
    assert_eq!(
        (read.pictures[0].media_type.as_str(), read.pictures[0].bytes.as_slice()),
        ("image/png", &b"\x89PNG"[..])
    );
}

#[test]
fn what_is_no_document_or_a_bomb_is_refused() {
    assert_eq!(read(b"junk", 0).unwrap_err(), Unread::NotWord);
    assert_eq!(read(b"\xd0\xcf\x11\xe0\xa1\xb1", 0).unwrap_err(), Unread::Protected);
    assert_eq!(
        read(&zipped(&[("other.xml", b"<x/>")]), 0).unwrap_err(),
        Unread::NotWord
    );
    let spaces = vec![b' '; MAX_XML + 1];
    assert_eq!(
        read(&zipped(&[("word/document.xml", &spaces)]), 0).unwrap_err(),
        Unread::TooLarge
    );
    // a million runs in few bytes: it is read to a bound
    let run = "<w:r><w:rPr><w:b/></w:rPr><w:t>a</w:t></w:r><w:r><w:t>b</w:t></w:r>";
    let many = format!("<w:document><w:p>{}</w:p></w:document>", run.repeat(200_000));
    let found = read(&zipped(&[("word/document.xml", many.as_bytes())]), 0).unwrap();
    assert_eq!(found.lines.iter().map(|l| l.spans.len()).sum::<usize>(), 200_000);
    // nested a million deep, and never closed
    let deep = format!("<w:document>{}", "<w:p>".repeat(1_000_000));
    assert!(
        read(&zipped(&[("word/document.xml", deep.as_bytes())]), 0)
            .unwrap()
            .lines
            .iter()
            .all(Line::is_blank)
    );
}
