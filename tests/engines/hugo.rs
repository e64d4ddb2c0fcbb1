//! A published bundle, built into a site by the real Hugo.

use super::*;
use m4c_stories::story::markdown::render;
use m4c_stories::story::passage::Line;

fn hugo_is_here() -> bool {
    is_here("hugo", "version", true)
}

/// A site with a shortcode that a mail would like to call.
fn site() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let config =
        "baseURL = 'https://blog.example.org/'\ntitle = 'Stories'\n[markup.goldmark.extensions]\ntypographer = false\n";
    write(dir.path(), "config.toml", config);
    let page = "<h1>{{ .Title }}</h1><p class=by>{{ .Params.extra.author }}</p>\
        <time>{{ .Date.Format \"2006-01-02\" }}</time>{{ .Content }}";
    write(dir.path(), "layouts/_default/single.html", page);
    let list = "{{ range .Pages }}<a href='{{ .RelPermalink }}'>{{ .Title }}</a>{{ end }}";
    write(dir.path(), "layouts/_default/list.html", list);
    write(dir.path(), "layouts/shortcodes/evil.html", "SHORTCODE RAN");
    dir
}

fn built(site: &Path) {
    run(Command::new("hugo").args(["--quiet", "--source"]).arg(site));
}

/// Publishes the story into the site and builds it; gives the receipt's place and the page.
fn build(site: &Path, front: &toml::Table, body: &str, media: &Files) -> (String, String) {
    let receipt = put(
        Engine::Hugo,
        &site.join("content/stories"),
        "marion-maxwell",
        front,
        body,
        media,
    );
    built(site);
    let page = fs::read_to_string(site.join("public/stories/marion-maxwell/index.html")).unwrap();
    (receipt.place, page)
}

#[test]
fn what_people_typed_is_text_in_hugo_with_raw_html_allowed() {
    if !hugo_is_here() {
        return;
    }
    let dir = site();
    let config = fs::read_to_string(dir.path().join("config.toml")).unwrap();
    write(
        dir.path(),
        "config.toml",
        &format!("{config}[markup.goldmark.renderer]\nunsafe = true\n"),
    );
    for (n, body) in TYPED.iter().enumerate() {
        put(
            Engine::Hugo,
            &dir.path().join("content/stories"),
            &format!("s-{n}"),
            &front(),
            body,
            &Files::new(),
        );
    }
    built(dir.path());
    for (n, body) in TYPED.iter().enumerate() {
        let page = fs::read_to_string(dir.path().join(format!("public/stories/s-{n}/index.html"))).unwrap();
        shows(body, page.split("</time>").nth(1).unwrap()).unwrap();
    }
}

#[test]
fn hugo_builds_the_bundle_and_publishes_nothing_that_is_private() {
    if !hugo_is_here() {
        return;
    }
    let dir = site();
    let front = "title = 'Future Leader Stories: Marion <b>Maxwell</b>'\ndraft = true\n\
        [extra]\nauthor = 'Marion Maxwell'\nphone = '01134960000'\n";
    let photo = hex::decode(PHOTO).unwrap();
    let media = Files::from([("photo-1.png".to_owned(), photo.clone())]);
    let body =
        "We knocked on **forty** doors.\n\n![Our street](photo-1.png)\n\nThen she said &#123;{< evil >}} to me.\n";
    let (place, page) = build(dir.path(), &front.parse().unwrap(), body, &media);
    assert_eq!(place, "https://blog.example.org/stories/marion-maxwell/");
    for expected in [
        "<h1>Future Leader Stories: Marion &lt;b&gt;Maxwell&lt;/b&gt;</h1>",
        "<p class=by>Marion Maxwell</p>",
        "<time>2010-12-04</time>",
        "<p>We knocked on <strong>forty</strong> doors.</p>",
        "<img src=\"photo-1.png\" alt=\"Our street\"",
        "{{&lt; evil &gt;}}",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    assert!(
        !page.contains("SHORTCODE RAN") && !page.contains("01134960000"),
        "{page}"
    );
    let public = dir.path().join("public/stories");
    assert_eq!(fs::read(public.join("marion-maxwell/photo-1.png")).unwrap(), photo);
    assert!(!public.join("marion-maxwell/.m4c-stories").exists());
    let list = fs::read_to_string(public.join("index.html")).unwrap();
    assert!(list.contains("/stories/marion-maxwell/"), "{list}");
}

/// Markup of site generators that a mail may hold, by accident or not.
const HOSTILE: [&str; 14] = [
    "{{< evil >}}",
    "{{% evil %}}",
    "{{</* evil */>}}",
    "{{ .Site.Title }}",
    "{% raw %} {{ site.title }}",
    "<!--more-->",
    "<!-- more -->",
    "# more",
    "<?php echo 1 ?>",
    "[[wiki]]",
    "import X from ./x",
    "+++",
    "---",
    "<script>alert(1)</script>",
];

#[test]
fn what_a_mail_says_stands_in_the_site_as_it_was_said() {
    if !hugo_is_here() {
        return;
    }
    let dir = site();
    let mut lines = vec![Line::plain("It begins.")];
    for hostile in HOSTILE {
        lines.extend([Line::plain(""), Line::plain(hostile)]);
    }
    lines.extend([Line::plain(""), Line::plain("It ends.")]);
    let body = render(&lines, &|_| None);
    let mut front = toml::Table::new();
    for key in ["title", "description"] {
        front.insert(key.to_owned(), HOSTILE.join(" ").into());
    }
    let (_, page) = build(dir.path(), &front, &body, &Files::new());
    let content = page.split("</time>").nth(1).unwrap();
    let kind = |c: char| {
        if c == '<' {
            "&lt;".to_owned()
        } else if c == '>' {
            "&gt;".to_owned()
        } else {
            c.to_string()
        }
    };
    for said in HOSTILE.into_iter().chain(["It begins.", "It ends."]) {
        let shown: String = said.chars().map(kind).collect();
        assert!(
            content.contains(&format!("<p>{shown}</p>")),
            "{said}\n{body}\n{content}"
        );
    }
    assert!(!page.contains("SHORTCODE RAN") && !page.contains("<script"), "{page}");
}
