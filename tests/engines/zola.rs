//! Zola is no Debian package: the real one builds the bundle where it is installed. The front matter is Hugo's.
//! <https://www.getzola.org/documentation/content/page/>

use super::*;

#[test]
fn zola_builds_the_bundle_and_what_is_hostile_is_text() {
    if !is_here("zola", "--version", false) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let site = dir.path();
    write(site, "config.toml", "base_url = 'https://blog.example.org'\n");
    write(site, "content/stories/_index.md", "+++\n+++\n");
    write(site, "templates/section.html", "");
    let page = "<h1>{{ page.title }}</h1><p class=by>{{ page.extra.author }}</p><time>{{ page.date }}</time>{{ page.content | safe }}";
    write(site, "templates/page.html", page);
    write(site, "templates/shortcodes/evil.html", "SHORTCODE RAN");
    let section = site.join("content/stories");
    put(Engine::Zola, &section, "marion-maxwell", &front(), BODY, &photo());
    for (n, body) in TYPED.iter().enumerate() {
        put(Engine::Zola, &section, &format!("s-{n}"), &front(), body, &Files::new());
    }
    run(Command::new("zola").args(["--root"]).arg(site).arg("build"));
    let page = fs::read_to_string(site.join("public/stories/marion-maxwell/index.html")).unwrap();
    for expected in [
        "<p class=by>Marion Maxwell</p>",
        "<strong>forty</strong>",
        "photo-1.png",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    for (n, body) in TYPED.iter().enumerate() {
        let page = fs::read_to_string(site.join(format!("public/stories/s-{n}/index.html"))).unwrap();
        shows(body, page.split("</time>").nth(1).unwrap()).unwrap();
    }
}
