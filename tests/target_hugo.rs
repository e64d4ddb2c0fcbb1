//! A published bundle, built into a site by the real Hugo.

use std::fs;
use std::path::Path;
use std::process::Command;

use m4c_stories::story::record::Files;
use m4c_stories::story::{MailId, StoryId};
use m4c_stories::target::{Bundle, FolderTarget, Target};

/// A PNG of one pixel.
const PHOTO: [u8; 67] = [
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0a, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1,
    0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// Whether the program is here. Where tests must not be skipped (`CI=true`) its absence is a failure.
fn is_here(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .output()
        .is_ok_and(|out| out.status.success());
    if !found {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "{program} is missing"
        );
        eprintln!("skipped: {program} is not installed");
    }
    found
}

fn write(site: &Path, name: &str, text: &str) {
    let path = site.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn hugo_builds_the_bundle_and_runs_nothing_that_a_mail_says() {
    if !is_here("hugo", "version") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let site = dir.path();
    write(
        site,
        "config.toml",
        "baseURL = 'https://blog.example.org/'\ntitle = 'Stories'\n",
    );
    write(
        site,
        "layouts/_default/single.html",
        "<h1>{{ .Title }}</h1><p class=by>{{ .Params.extra.author }}</p><time>{{ .Date.Format \"2006-01-02\" }}</time>{{ .Content }}",
    );
    write(
        site,
        "layouts/_default/list.html",
        "{{ range .Pages }}<a href='{{ .RelPermalink }}'>{{ .Title }}</a>{{ end }}",
    );
    write(site, "layouts/shortcodes/evil.html", "SHORTCODE RAN");

    let front = "title = 'Future Leader Stories: Marion <b>Maxwell</b>'\ndraft = true\n[extra]\nauthor = 'Marion Maxwell'\nphone = '01134960000'\n";
    let media = Files::from([("photo-1.png".to_owned(), PHOTO.to_vec())]);
    let bundle = Bundle {
        story: &StoryId::new(None, "Marion Maxwell", &MailId::of("", "", "", "", &[])),
        slug: "marion-maxwell",
        front: &front.parse().unwrap(),
        body: "We knocked on **forty** doors.\n\n![Our street](photo-1.png)\n\nThen she said &#123;{< evil >}} and &#123;{% evil %}} to me.\n",
        media: &media,
        date: "2010-12-04T10:00:00Z".parse().unwrap(),
    };
    let target = FolderTarget::new(
        "site",
        site.join("content/stories"),
        Some("https://blog.example.org/stories/".into()),
    );
    let receipt = target.put(&bundle).unwrap();
    assert_eq!(receipt.place, "https://blog.example.org/stories/marion-maxwell/");

    let built = Command::new("hugo")
        .args(["--quiet", "--source"])
        .arg(site)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}{}",
        String::from_utf8_lossy(&built.stdout),
        String::from_utf8_lossy(&built.stderr)
    );
    let public = site.join("public/stories/marion-maxwell");
    let page = fs::read_to_string(public.join("index.html")).unwrap();
    for expected in [
        "<h1>Future Leader Stories: Marion &lt;b&gt;Maxwell&lt;/b&gt;</h1>",
        "<p class=by>Marion Maxwell</p>",
        "<time>2010-12-04</time>",
        "<p>We knocked on <strong>forty</strong> doors.</p>",
        "<img src=\"photo-1.png\" alt=\"Our street\"",
        "{{&lt; evil &gt;}}",
        "{{% evil %}}",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    for hidden in ["SHORTCODE RAN", "01134960000"] {
        assert!(!page.contains(hidden), "{page}");
    }
    assert_eq!(fs::read(public.join("photo-1.png")).unwrap(), PHOTO);
    assert!(!public.join(".m4c-stories").exists());
    let list = fs::read_to_string(site.join("public/stories/index.html")).unwrap();
    assert!(list.contains("/stories/marion-maxwell/"), "{list}");
}
