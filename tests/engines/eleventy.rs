//! Eleventy is no Debian package: its own rules are tested on the files, and the real one builds them where it is installed.
//! <https://www.11ty.dev/docs/template-overrides/>, <https://www.11ty.dev/docs/data-frontmatter/>, <https://www.11ty.dev/docs/dates/>

use super::*;

#[test]
fn the_bundle_says_that_it_is_markdown_and_no_template() {
    let dir = tempfile::tempdir().unwrap();
    put(
        Engine::Eleventy,
        &dir.path().join("stories"),
        "marion-maxwell",
        &front(),
        BODY,
        &photo(),
    );
    let page = fs::read_to_string(dir.path().join("stories/marion-maxwell/index.md")).unwrap();
    let expected = "---\ntitle: 'Future Leader Stories: Marion <b>Maxwell</b>'\ndate: '2010-12-04T10:00:00Z'\nslug: 'marion-maxwell'\n\
        author: 'Marion Maxwell'\ntags:\n- 'housing'\nalt:\n  photo-1.png: 'A street'\ndraft: false\ntemplateEngineOverride: 'md'\n---\n\n";
    assert_eq!(page, format!("{expected}{BODY}"));
}

#[test]
fn eleventy_builds_the_bundle_and_what_is_hostile_is_text() {
    if !is_here("eleventy", "--version", false) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let site = dir.path();
    write(
        site,
        "eleventy.config.js",
        "module.exports = (c) => { c.addPassthroughCopy('**/*.{jpg,png,gif,webp}'); c.addGlobalData('layout', 'story.liquid') }",
    );
    let layout = "<h1>{{ title | escape }}</h1><p class=by>{{ author }}</p><time>{{ page.date | date: '%Y-%m-%d' }}</time>{{ content }}";
    write(site, "_includes/story.liquid", layout);
    put(
        Engine::Eleventy,
        &site.join("stories"),
        "marion-maxwell",
        &front(),
        BODY,
        &photo(),
    );
    for (n, body) in TYPED.iter().enumerate() {
        put(
            Engine::Eleventy,
            &site.join("hostile"),
            &format!("s-{n}"),
            &front(),
            body,
            &Files::new(),
        );
    }
    run(Command::new("eleventy").arg("--quiet").current_dir(site));
    let built = site.join("_site/stories/marion-maxwell");
    let page = fs::read_to_string(built.join("index.html")).unwrap();
    for expected in [
        "<h1>Future Leader Stories: Marion &lt;b&gt;Maxwell&lt;/b&gt;</h1>",
        "<p class=by>Marion Maxwell</p>",
        "<time>2010-12-04</time>",
        "<strong>forty</strong>",
        "<img src=\"photo-1.png\" alt=\"Our street\"",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    assert!(built.join("photo-1.png").exists());
    for (n, body) in TYPED.iter().enumerate() {
        let page = fs::read_to_string(site.join(format!("_site/hostile/s-{n}/index.html"))).unwrap();
        shows(body, page.split("</time>").nth(1).unwrap()).unwrap();
    }
}
