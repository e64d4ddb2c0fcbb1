//! What an author typed is what a reader of the built site sees: hostile plain text through our Markdown and the real
//! Hugo, with raw HTML switched on, so that nothing but our own escapes stands between the mail and the page.

use std::fs;
use std::path::Path;
use std::process::Command;

use m4c_stories::mail::html::{self, PartMap};
use m4c_stories::mail::plain::{self, Format};
use m4c_stories::story::markdown;
use m4c_stories::story::passage::{Kind, Line};

const TYPED: &[&str] = &[
    "{{< evil >}} and {{% evil %}} and {{ .Title }} and {{</* evil */>}}",
    "<!--more--> <?php echo 1 ?> <% erb %> {% raw %} {{ site.x }}",
    "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    "<b>bold</b> &lt;b&gt; &amp; &copy; &#123; &#x7b;",
    "# heading\n## two ##\n\n#hashtag",
    "Title\n=====\nOther\n-----\n***\n___\n* * *\n- - -",
    "- one\n- two\n+ three\n* four\n1. five\n2) six\n10000000000. seven",
    "> said\n>> twice",
    "```rust\nfn x() {}\n```\n~~~\ntilde\n~~~\n`code` ``two``",
    "    four spaces\n\tand a tab",
    "The river\n    went by *us*\n        - and on -\n    1. and on\nto the [sea](here).",
    "a | b\n--- | ---\nc | d\n\n| a |\n|---|\n| b |",
    "[x](javascript:alert(1)) [x]: http://a.example [x][y] ![i](http://a.example/i.png) [^1] [^1]: note",
    "*a* _b_ __c__ **d** ~~e~~ ~f~ a*b*c snake_case_name 2*3*4 ***",
    "Term\n: definition\n\n::: note\n:::\n\n+++\ntitle = 'x'\n+++\n\n---\ndraft: false\n---",
    "{.class #id} {#id} {: .kram} heading {#x}\n\n# Heading {#id}",
    "back\\slash \\* \\\\ end\\\nnext",
    "https://example.org/a_b_c?x=1&y=2 www.example.org me@example.org <https://example.org> <me@example.org>",
    "$$x^2$$ $y$ \\(z\\) \\[w\\] :smile: @me ==mark== ^sup^ H~2~O",
    "- [ ] todo\n- [x] done\n[ ] bare",
    "1986\\. A great year.\n(c) (r) (tm) ... -- ---",
    "import x from 'y'\nexport default 1",
];

/// Pieces put together at random, always in the same way.
fn random_texts() -> Vec<String> {
    let pieces = [
        "word",
        "two words",
        " ",
        " ",
        "\n",
        "\n\n",
        "*",
        "**",
        "_",
        "`",
        "```",
        "~~",
        "<",
        ">",
        "<b>",
        "</b>",
        "&",
        "&amp;",
        "[",
        "]",
        "](",
        ")",
        "!",
        "{{",
        "}}",
        "{{<",
        "{%",
        "%}",
        "#",
        "# ",
        "- ",
        "1. ",
        "|",
        "---",
        "===",
        "\\",
        ":",
        "$",
        "^",
        "'",
        "\"",
        "é",
        "字",
        "http://a.example/",
        "<!--",
        "-->",
        "+",
        "=",
        "\t",
        "    ",
        "a_b",
        "(",
        "/",
    ];
    let mut state = 2010u64;
    let mut draw = |n: usize| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize % n
    };
    (0..400)
        .map(|_| (0..1 + draw(30)).map(|_| pieces[draw(pieces.len())]).collect())
        .collect()
}

fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What stands before an item of a list on the page.
fn mark(line: &Line) -> String {
    match line.kind {
        Kind::Item { number: Some(n), .. } => format!("{n}."),
        Kind::Item { .. } => "-".to_owned(),
        _ => String::new(),
    }
}

fn write(site: &Path, name: &str, text: &str) {
    let path = site.join(name);
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

#[test]
fn readers_of_a_hugo_site_see_what_was_typed() {
    let there = Command::new("hugo")
        .arg("version")
        .output()
        .is_ok_and(|out| out.status.success());
    if !there {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "hugo is missing");
        eprintln!("skipped: hugo is not installed");
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let site = dir.path();
    write(
        site,
        "config.toml",
        "baseURL = 'https://blog.example.org/'\n[markup.goldmark.renderer]\nunsafe = true\n[markup.goldmark.extensions]\ntypographer = false\n",
    );
    write(site, "layouts/_default/single.html", "{{ .Content }}");
    write(site, "layouts/_default/list.html", "");
    write(site, "layouts/shortcodes/evil.html", "SHORTCODE RAN");
    let typed: Vec<String> = TYPED.iter().map(|t| (*t).to_owned()).chain(random_texts()).collect();
    for (n, text) in typed.iter().enumerate() {
        let lines = plain::lines(text, Format::default());
        let body = markdown::render(&lines, &|_| None);
        write(
            site,
            &format!("content/{n}.md"),
            &format!("+++\ntitle = 'x'\n+++\n{body}"),
        );
    }
    let built = Command::new("hugo")
        .args(["--quiet", "--source"])
        .arg(site)
        .output()
        .expect("hugo runs");
    assert!(
        built.status.success(),
        "{}{}",
        String::from_utf8_lossy(&built.stdout),
        String::from_utf8_lossy(&built.stderr)
    );

    let mut wrong = Vec::new();
    for (n, text) in typed.iter().enumerate() {
        // Hugo writes no page where there is nothing on it
        let page = fs::read_to_string(site.join(format!("public/{n}/index.html"))).unwrap_or_default();
        let words = |line: &Line| line.words().into_owned();
        let expected: String = plain::lines(text, Format::default()).iter().map(words).collect();
        let read = html::lines(&page, &PartMap::default()).expect("a page is small");
        let seen: String = read.lines.iter().map(words).collect();
        // a list has marks of its own, and a link no angle brackets: such a page says what we take it to say
        let marked: String = read.lines.iter().map(|l| mark(l) + &l.words()).collect();
        let markdown = markdown::render(&plain::lines(text, Format::default()), &|_| None);
        let made = page.contains("<li>") || page.contains("<a ");
        let same = solid(&seen) == solid(&expected) || made && solid(&marked) == solid(&markdown::text_of(&markdown));
        let set_in = text.starts_with("The river") && !page.contains("\u{a0}\u{a0}\u{a0}\u{a0}went by *us*<br>");
        if !same || set_in || page.contains("<script") || page.contains("SHORTCODE") {
            let body = fs::read_to_string(site.join(format!("content/{n}.md"))).expect("it was written");
            wrong.push(format!("typed {text:?}\nmarkdown {body}\npage {page}\n"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        typed.len(),
        wrong[..wrong.len().min(6)].join("\n")
    );
}
