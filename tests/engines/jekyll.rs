//! The real Jekyll: a plain folder, and a collection.

use super::*;

fn build(site: &Path) {
    let mut command = Command::new("jekyll");
    command
        .args(["build", "--quiet", "--disable-disk-cache", "--source"])
        .arg(site);
    run(command
        .arg("--destination")
        .arg(site.join("_site"))
        .env("LC_ALL", "C.UTF-8"));
}

fn site(more: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "_config.yml",
        &format!("url: https://blog.example.org\n{more}"),
    );
    let layout = "<h1>{{ page.title | escape }}</h1><p class=by>{{ page.author }}</p>\
        <time>{{ page.date | date: '%Y-%m-%d' }}</time>{{ content }}<footer>{{ page.phone }}";
    write(dir.path(), "_layouts/story.html", layout);
    write(dir.path(), "_includes/x", "SHORTCODE RAN");
    write(
        dir.path(),
        "index.html",
        "---\n---\n{% for s in site.stories %}{{ s.url }} {{ s.excerpt | strip_html }}{% endfor %}",
    );
    dir
}

#[test]
fn jekyll_builds_the_bundle_in_a_folder_and_in_a_collection() {
    if !is_here("jekyll", "--version", true) {
        return;
    }
    let every = "defaults:\n  - scope: {path: ''}\n    values: {layout: story}\n";
    for (folder, config) in [
        ("stories", every.to_owned()),
        (
            "_stories",
            format!("collections: {{stories: {{output: true}}}}\n{every}"),
        ),
        (
            "_stories",
            format!("permalink: pretty\ncollections: {{stories: {{output: true}}}}\n{every}"),
        ),
    ] {
        let dir = site(&config);
        let receipt = put(
            Engine::Jekyll,
            &dir.path().join(folder),
            "marion-maxwell",
            &front(),
            BODY,
            &photo(),
        );
        assert_eq!(receipt.place, "https://blog.example.org/stories/marion-maxwell/");
        build(dir.path());
        let built = dir.path().join("_site/stories/marion-maxwell");
        let page = fs::read_to_string(built.join("index.html")).unwrap();
        for expected in [
            "<h1>Future Leader Stories: Marion &lt;b&gt;Maxwell&lt;/b&gt;</h1>",
            "<p class=by>Marion Maxwell</p>",
            "<time>2010-12-04</time>",
            "<p>We knocked on <strong>forty</strong> doors.</p>",
            "<img src=\"photo-1.png\" alt=\"Our street\"",
            "<p>Then they called back.</p>",
        ] {
            assert!(page.contains(expected), "{folder}: {expected}\n{page}");
        }
        assert!(!page.contains("01134960000"), "{page}");
        assert_eq!(
            fs::read(built.join("photo-1.png")).unwrap(),
            photo()["photo-1.png"],
            "{folder}"
        );
        assert!(!built.join(".m4c-stories").exists());
        let list = fs::read_to_string(dir.path().join("_site/index.html")).unwrap();
        if folder == "_stories" {
            assert!(list.contains("/stories/marion-maxwell/"), "{list}");
            assert!(
                list.contains("We knocked on forty doors.") && !list.contains("called back"),
                "{list}"
            );
        }
    }
}

#[test]
fn what_is_hostile_is_text_in_jekyll() {
    if !is_here("jekyll", "--version", true) {
        return;
    }
    let dir = site("collections: {stories: {output: true}}\n");
    let mut hostile = front();
    hostile.insert("title".into(), TYPED.join(" ").into());
    for (n, body) in TYPED.iter().enumerate() {
        put(
            Engine::Jekyll,
            &dir.path().join("_stories"),
            &format!("s-{n}"),
            &hostile,
            body,
            &Files::new(),
        );
    }
    build(dir.path());
    for (n, body) in TYPED.iter().enumerate() {
        let page = fs::read_to_string(dir.path().join(format!("_site/stories/s-{n}/index.html"))).unwrap();
        shows(body, &page).unwrap();
    }
}
