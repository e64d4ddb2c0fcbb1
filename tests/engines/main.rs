//! Published bundles, built into sites by the real site generators: the page holds title, byline, paragraphs and photos, and what is
//! hostile in a story is text on it, with raw HTML allowed.

mod eleventy;
mod hugo;
mod jekyll;
mod zola;

use std::fs;
use std::path::Path;
use std::process::Command;

use m4c_stories::mail::html::{self, PartMap};
use m4c_stories::story::markdown::web;
use m4c_stories::story::record::Files;
use m4c_stories::story::{MailId, StoryId};
use m4c_stories::target::{Bundle, Engine, Feed, FolderTarget, Receipt, Target};

/// A PNG of one pixel, in hexadecimal.
const PHOTO: &str = "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000050001\
    0d0a2db40000000049454e44ae426082";

const BODY: &str = "We knocked on **forty** doors.\n\n![Our street](photo-1.png)\n\nThen they called back.\n";

/// Whether it is here. Where tests must not be skipped (`CI=true`) the absence of what Debian has is a failure.
fn is_here(program: &str, version: &str, debian: bool) -> bool {
    let found = Command::new(program).arg(version).output();
    let found = found.is_ok_and(|out| out.status.success());
    if !found {
        let must = debian && std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!must, "{program} is missing");
        eprintln!("skipped: {program} is not installed");
    }
    found
}

fn write(site: &Path, name: &str, text: &str) {
    let path = site.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn run(command: &mut Command) {
    let built = command.output().unwrap();
    let said = [built.stdout, built.stderr].concat();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&said));
}

fn front() -> toml::Table {
    "title = 'Future Leader Stories: Marion <b>Maxwell</b>'\ndraft = true\nphone = '01134960000'\n[extra]\nauthor = 'Marion Maxwell'\n\
     tags = ['housing']\nphone = '01134960000'\n[extra.alt]\n\"photo-1.png\" = 'A street'\n"
        .parse()
        .unwrap()
}

fn photo() -> Files {
    Files::from([("photo-1.png".to_owned(), hex::decode(PHOTO).unwrap())])
}

/// Puts a story into a section.
fn put(engine: Engine, section: &Path, slug: &str, front: &toml::Table, body: &str, media: &Files) -> Receipt {
    let at = "2010-12-04T10:00:00Z".parse().unwrap();
    let bundle = Bundle {
        story: &StoryId::new(None, slug, &MailId::of(slug, "", "", "", &[])),
        slug,
        front,
        body,
        media,
        date: at,
        updated: at,
        before: None,
    };
    let url = "https://blog.example.org/stories/".to_owned();
    let target = FolderTarget::new("site", section, engine, Some(url));
    target.put(&bundle).unwrap()
}

/// What people may have typed into a story by hand; what a mail said is escaped long before.
const TYPED: [&str; 16] = [
    "Before {{< evil >}} and {{% evil %}} and {{ .Site.Title }} and {{ evil() }} after",
    "Before {% raw %} {{ site.title }} {% include x %} {# note #} {% evil() %} after",
    "Before {{ 7 | plus: 7 }} \\{{ 7 }} {\\{ 7 }} &#123;{ 7 }} after",
    "<script>document.title = 'x'</script>",
    "Text <b onclick=\"alert(1)\">bold</b> and <img src=x onerror=alert(1)> after",
    "One\n<div>\n{{ site.title }}\n</div>\nmore",
    "<!--more-->\n\nAfter the fold",
    "`{{ site.title }}` and `{{< evil >}}` in code",
    "```\n{{< evil >}}\n{% raw %}\n```",
    "    {{< evil >}}",
    "<%= 7 %> <?php echo 7 ?> <!-- {{ 7 }}",
    "[a link](https://example.org/{{ site.title }})",
    "[a link](javascript:alert(1))",
    "---\nlayout: evil\n---\n\nText",
    "+++\ntitle = 'x'\n+++\n\nText",
    "> <iframe src=\"https://x.example\"></iframe>\n\n- <style>p{display:none}</style>",
];

fn words(page: &str) -> String {
    let read = html::lines(page, &PartMap::default()).expect("a page is small");
    let all: String = read.lines.iter().map(|line| line.words()).collect();
    all.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a built page has the words that the preview shows of this text, and nothing that runs. `literal`: a block that cannot be kept
/// as Markdown may stand there as it was typed.
fn shows(body: &str, page: &str) -> Result<(), String> {
    let lower = page.to_lowercase();
    for runs in [
        "<script",
        "<iframe",
        "<style",
        "<div",
        "<b ",
        "<img src=x",
        "javascript:alert(1)\"",
        "shortcode ran",
        "<!--",
    ] {
        if lower.contains(runs) {
            return Err(format!("{runs} in the page of {body:?}:\n{page}"));
        }
    }
    let previewed = words(&web::html(
        body,
        web::Manner {
            picture: &mut |_, _| String::new(),
            dead_link: "<span>",
        },
    ));
    let typed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let seen = words(page);
    match seen == previewed || seen == typed {
        true => Ok(()),
        false => Err(format!("{body:?} is {seen:?}, not {previewed:?}, on\n{page}")),
    }
}

#[test]
fn a_feed_has_what_stands_there_and_is_well_formed() {
    let dir = tempfile::tempdir().unwrap();
    let feed = Feed {
        title: "M4C <Team>".to_owned(),
        path: dir.path().join("static/stories.xml").display().to_string(),
    };
    let url = "https://blog.example.org:8080/stories".to_owned();
    let target = FolderTarget::new("site", dir.path().join("stories"), Engine::Hugo, Some(url)).with_feed(Some(feed));
    let mut stories = Vec::new();
    for (n, day) in ["2010-12-04", "2010-12-06", "2010-12-05"].into_iter().enumerate() {
        stories.push((
            StoryId::new(None, day, &MailId::of(day, "", "", "", &[])),
            format!("story-{n}"),
            day,
        ));
    }
    let front: toml::Table = "title = 'A & <b>B</b> \u{1}'\n[extra]\nauthor = 'M & N'\nphone = '01134960000'\n"
        .replace('\u{1}', "")
        .parse()
        .unwrap();
    let media = photo();
    let bundle = |n: usize, body: &'static str| {
        let (story, slug, day) = &stories[n];
        let at = format!("{day}T10:00:00Z").parse().unwrap();
        Bundle {
            story,
            slug,
            front: &front,
            body,
            media: &media,
            date: at,
            updated: at,
            before: None,
        }
    };
    for n in 0..3 {
        target
            .put(&bundle(n, "Words {{ x }} ]]> <script>\n\n![Our street](photo-1.png)\n"))
            .unwrap();
    }
    let read = || fs::read_to_string(dir.path().join("static/stories.xml")).unwrap();
    let feed = read();
    let root = parsed(&feed);
    assert_eq!(root.matches("<entry>").count(), 3, "{root}");
    let order: Vec<usize> = ["story-1/", "story-2/", "story-0/"]
        .iter()
        .map(|s| feed.find(s).unwrap())
        .collect();
    assert!(order.is_sorted(), "the latest comes first: {feed}");
    for part in [
        "<id>tag:blog.example.org,2010-12-04:story-0</id>",
        "<title>A &amp; &lt;b&gt;B&lt;/b&gt;</title>",
        "<author><name>M &amp; N</name></author>",
        "<link rel=\"alternate\" href=\"https://blog.example.org:8080/stories/story-0/\"/>",
        "<updated>2010-12-06T10:00:00Z</updated>\n<link",
        "src=&quot;https://blog.example.org:8080/stories/story-0/photo-1.png&quot;",
        "<title>M4C &lt;Team&gt;</title>",
    ] {
        assert!(feed.contains(part), "{part}\n{feed}");
    }
    assert!(!feed.contains("01134960000") && !feed.contains("<script"), "{feed}");
    let (story, slug, _) = &stories[1];
    let post = m4c_stories::target::Post {
        story,
        slug,
        place: None,
        id: None,
    };
    target.remove(&post).unwrap();
    assert!(!read().contains("story-1") && read().contains("story-2"));
    parsed(&read());
}

/// The names of the elements, in order, of XML that is well-formed.
fn parsed(xml: &str) -> String {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut out = String::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) => out.push_str(&format!("<{}>", tag.name().as_ref())),
            Event::Eof => break,
            _ => {}
        }
    }
    out
}
