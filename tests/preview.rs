//! `preview`: the page alone, and in a real browser: nothing is fetched, nothing runs, everybody can read it.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{TestHouse, have, mail};
use serde_json::Value;

/// The sample stories, one of them edited as a reviewer would.
fn house() -> TestHouse {
    let house = TestHouse::fresh_clone();
    house.run(&["fetch", "-q"]).exits(0);
    house
        .run(&[
            "edit",
            "kelly",
            "--alt",
            "photo-1.jpg=A bus shelter with a \"red\" roof & a bench",
            "--place",
            "Wythenshawe",
            "--tag",
            "buses",
        ])
        .exits(0);
    let path = house
        .files("stories")
        .into_iter()
        .find(|f| f.contains("kelly") && f.ends_with("index.md"))
        .unwrap();
    let path = format!("stories/{path}");
    let page = house.read(&path);
    let page = page
        .replace("Hiya, sending this from the actual bus stop!!", "I am sending this from the bus stop.")
        .replace("Kelly Brennan x", "#### What next\n\nThe [night bus](https://www.example.org/n).\n\n> It *stopped*.\n\n1. One\n2. Two\n\n| Bus | Stops |\n| --- | --- |\n| 86 | yes |");
    house.write(&path, page);
    house.run(&["edit", "kelly", "--take"]).exits(0);
    house
}

const HOSTILE: &str = "<script>document.title='run'</script> <img src=http://evil.example/a.gif onerror=alert(1)> [x](javascript:alert(1))\n\n\
    ![y](https://evil.example/pixel.gif)\n\n<iframe src=\"https://evil.example/\"></iframe><style>@import url(http://evil.example/s.css);</style>\n\n\
    <link rel=stylesheet href=https://evil.example/l.css><meta http-equiv=refresh content=\"0;url=https://evil.example/\">\n\n\
    # Top\n\n###### Deep\n";

fn hostile(house: &TestHouse) -> String {
    let id = house.story(&mail(
        "Eve <eve@example.org>",
        "Mon, 2 Mar 2026 10:00:00 +0000",
        "Words </title><script>x</script>",
        "We met, and then we met again.",
    ));
    let path = format!("stories/{id}/index.md");
    let page = house.read(&path).replace("We met, and then", HOSTILE);
    house.write(&path, page);
    house.run(&["edit", &id, "--take"]).exits(0);
    id
}

#[test]
fn into_a_pipe_goes_the_page_and_it_holds_the_story_its_photos_and_what_changed() {
    let house = house();
    let page = house.run(&["preview", "kelly"]).exits(0).stdout.clone();
    assert!(page.starts_with("<!doctype html>"), "{}", &page[..200]);
    for wanted in [
        "default-src 'none'; img-src data:; style-src 'sha256-",
        "<strong>Draft, not published.</strong>",
        "Kelly Brennan</h1>",
        "Wythenshawe",
        "<img src=\"data:image/jpeg;base64,",
        "alt=\"A bus shelter with a &quot;red&quot; roof &amp; a bench\"",
        "<time datetime=\"2019-03-02\">2 March 2019</time>",
        "<h2>What next</h2>",
        "<del>",
        "<ins>",
        "Hiya,",
        "THE BUS STOPS",
        "<li>buses</li>",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(!page.contains("<script"));
    let marion = house.run(&["preview", "marion"]).exits(0).stdout.clone();
    assert!(marion.contains("The text is as its author wrote it."));
    house.run(&["approve", "marion"]).exits(0);
    house
        .run(&["consent", "marion", "--grant", "--evidence", "by phone"])
        .exits(0);
    house.run(&["publish", "marion"]).exits(0);
    assert!(
        house
            .run(&["preview", "marion"])
            .exits(0)
            .stdout
            .contains("<strong>Published.</strong>")
    );
    house.write("told.md", "We talked on the stairs.\n");
    house
        .run(&["new", "--author", "Joan Hill", "--evidence", "by phone", "told.md"])
        .exits(0);
    assert!(
        house
            .run(&["preview", "joan"])
            .exits(0)
            .stdout
            .contains("It was told, not mailed")
    );
}

#[test]
fn it_is_written_where_it_is_asked_for_and_over_nothing_but_pages() {
    let house = house();
    let said = house
        .run(&["preview", "marion", "--out", "a.html"])
        .exits(0)
        .stdout
        .clone();
    assert_eq!(said, "a.html\n");
    assert!(house.read("a.html").contains("Marion Maxwell"));
    house.run(&["preview", "kelly", "--out", "a.html"]).exits(0);
    assert!(house.read("a.html").contains("Kelly Brennan") && !house.read("a.html").contains("Marion"));
    house.run(&["preview", "marion", "--out", "pages"]).exits(0);
    assert_eq!(house.files("pages"), ["marion-maxwell-b15560c867.html"]);
    house.run(&["preview", "marion", "--out", "config.toml"]).exits(2);
    assert!(house.read("config.toml").contains("[team]"));
    house.run(&["preview", "marion", "--out", "b.html", "-n"]).exits(0);
    assert!(!house.path("b.html").exists());
    let answer = house.run(&["preview", "marion", "--json"]).exits(0).json();
    let file = PathBuf::from(answer["file"].as_str().unwrap());
    assert!(house.path("").join(&file).exists(), "{answer}");
    assert_eq!(answer["schema"], 1);
    house.run(&["preview", "nobody", "--json"]).exits(3);
    house.run(&["preview"]).exits(2);
    // not published yet, so not for everybody on this machine
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(house.path("a.html")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn all_of_the_queue_is_a_page_whose_links_lead_somewhere() {
    let house = house();
    house.run(&["reject", "marion", "--spam"]).exits(0);
    let answer = house.run(&["preview", "--all", "--out", "q", "--json"]).exits(0).json();
    assert_eq!(answer["stories"].as_array().unwrap().len(), 11);
    let index = house.read("q/index.html");
    let links: Vec<&str> = index
        .split("<li><a href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(links.len(), 11);
    for link in links {
        let page = house.read(&format!("q/{link}"));
        assert!(page.contains("<a href=\"index.html\">"), "{link} leads back");
    }
    assert!(index.contains("2 open checks"), "{index}");
    house.run(&["preview", "--all", "--out", "config.toml"]).exits(2);
    let empty = TestHouse::new();
    empty.run(&["fetch"]).exits(0);
    empty.story(&common::marion());
    empty.run(&["reject", "marion", "--spam"]).exits(0);
    empty.run(&["preview", "--all", "--out", "q"]).exits(0);
    assert!(empty.read("q/index.html").contains("Nothing waits."));
}

#[test]
fn a_team_replaces_the_page_and_is_told_of_a_slip_in_it() {
    let house = house();
    house.write(
        "templates/page.html",
        "<style>{{ style }}</style><h1>{{ title }}</h1>{{ body }}{{ subtitle }}",
    );
    house.write("templates/page.css", "h1 { color: red } </style><script>x</script>");
    let page = house.run(&["preview", "kelly"]).exits(0).stdout.clone();
    assert!(
        page.starts_with("<style>h1 { color: red }") && page.contains("<h1>Future Leader Stories: Kelly"),
        "{}",
        &page[..120]
    );
    assert!(!page.contains("</style><script"), "a style sheet cannot end itself");
    house.write("templates/page.html", "one\n{{ title | nothing }}");
    let error = house.run(&["preview", "kelly"]);
    assert!(
        error.exits(1).stderr.contains("page.html does not work: line 2"),
        "{}",
        error.stderr
    );
}

#[test]
fn a_browser_is_opened_at_a_terminal_only() {
    if !have("script") {
        return;
    }
    let house = house();
    house.write(
        "browse",
        "#!/bin/sh\nenv | grep -c M4C_STORIES_ > leaked\ncat \"$1\" > seen\n",
    );
    let browse = house.path("browse");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&browse, mode).unwrap();
    let run = |terminal: bool| {
        let _ = fs::remove_file(house.path("seen"));
        let line = format!("{} preview marion", common::BINARY);
        let mut command = match terminal {
            true => house.command("script"),
            false => house.command("sh"),
        };
        match terminal {
            true => command.args(["-qec", &line, "/dev/null"]),
            false => command.args(["-c", &line]),
        };
        let out = command
            .env("BROWSER", &browse)
            .env("M4C_STORIES_REVIEW_APPROVALS", "1")
            .output()
            .expect("it runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        house.path("seen").exists()
    };
    assert!(!run(false), "a pipe opens nothing");
    assert!(run(true));
    assert!(house.read("seen").contains("Marion Maxwell"));
    assert_eq!(
        house.read("leaked").trim(),
        "0",
        "our settings, one of which may be a password, stay here"
    );
}

// In a browser.

/// Chromium's profile and log in a folder of this test; every name leads nowhere.
fn chromium(house: &TestHouse, arguments: &[&str], page: &Path) -> (String, String) {
    let netlog = house.path("netlog.json");
    let output = Command::new("chromium")
        .env("HOME", house.path("home"))
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-extensions",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-default-apps",
        ])
        .args([
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", house.path("profile").display()))
        .arg(format!("--log-net-log={}", netlog.display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium runs");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{err}");
    (out.into_owned(), err.into_owned())
}

/// What was asked for over the network since the browser began.
fn requests(house: &TestHouse) -> Vec<String> {
    let log = house.read("netlog.json");
    let log: Value = serde_json::from_str(&log)
        .or_else(|_| serde_json::from_str(&format!("{}]}}", log.trim_end().trim_end_matches(','))))
        .expect("a net log");
    // what the browser asks for on its own account has no origin
    let of_page = |e: &&Value| e["params"]["initiator"].as_str().is_some_and(|i| i != "not an origin");
    let urls = log["events"].as_array().expect("events").iter().filter(of_page);
    let mut urls: Vec<String> = urls
        .filter_map(|e| e["params"]["url"].as_str())
        .map(str::to_owned)
        .collect();
    urls.retain(|u| !u.starts_with("file:") && !u.starts_with("data:"));
    urls.dedup();
    urls
}

/// What axe finds in a page, at a width, in the light or in the dark.
fn findings(house: &TestHouse, page: &str, width: u32, dark: bool) -> Vec<String> {
    let axe = include_str!("vendor/axe.min.js");
    // the page's own policy lets nothing run: this copy is without it
    let (before, rest) = page
        .split_once("<meta http-equiv=\"Content-Security-Policy\"")
        .expect("a policy");
    let (_, after) = rest.split_once('>').expect("a tag ends");
    let run = "axe.run(document, {resultTypes: ['violations']}).then(r => { const p = document.createElement('pre'); p.id = 'axe'; \
        p.textContent = '@@' + JSON.stringify({v: r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 200)).join(' | ')), passes: r.passes.length}) + '@@'; \
        document.body.append(p); });";
    let copy = format!("{before}{after}<script>{axe}</script><script>{run}</script>");
    house.write("axe.html", copy);
    let size = format!("--window-size={width},1600");
    let mut arguments = vec!["--dump-dom", "--virtual-time-budget=20000", &size];
    if dark {
        arguments.push("--blink-settings=preferredColorScheme=0");
    }
    let (dom, err) = chromium(house, &arguments, &house.path("axe.html"));
    let json = dom
        .rsplit("@@")
        .nth(1)
        .unwrap_or_else(|| panic!("axe did not end: {err}"));
    let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let result: Value = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"));
    assert!(
        result["passes"].as_u64() > Some(10),
        "axe looked at next to nothing: {result}"
    );
    result["v"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn in_a_browser_it_shows_says_no_error_asks_for_nothing_and_runs_nothing() {
    if !have("chromium") {
        return;
    }
    let house = house();
    let evil = hostile(&house);
    house.run(&["preview", "--all", "--out", "q"]).exits(0);
    let evil = format!("{}.html", evil.rsplit('/').next().unwrap());
    for (page, width, dark) in [
        ("kelly-brennan-52be97cae9.html", 1200, false),
        ("kelly-brennan-52be97cae9.html", 390, true),
        (&*evil, 1200, false),
    ] {
        let picture = house.path("shot.png");
        let (shot, size) = (
            format!("--screenshot={}", picture.display()),
            format!("--window-size={width},1400"),
        );
        let mut arguments = vec![&*shot, &*size];
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0");
        }
        let (_, log) = chromium(&house, &arguments, &house.path("q").join(page));
        assert!(!log.contains("CONSOLE"), "{page}: {log}");
        assert_eq!(requests(&house), [""; 0], "{page}");
        let picture = image::open(&picture).expect("a picture").to_rgb8();
        assert_eq!(picture.width(), width);
        let colours: std::collections::HashSet<[u8; 3]> = picture.pixels().map(|p| p.0).collect();
        assert!(
            colours.len() > 100,
            "{page} is next to blank: {} colours",
            colours.len()
        );
        let corner = picture.get_pixel(2, 1300).0;
        assert_eq!(corner.iter().all(|c| *c < 100), dark, "{corner:?}");
    }
    let (dom, _) = chromium(&house, &["--dump-dom"], &house.path("q").join(&evil));
    assert!(!dom.contains("<title>run"), "a script of a mail ran");

    // this would be seen: a page that asks, and says so
    house.write(
        "asks.html",
        "<!doctype html><title>x</title><img src=http://evil.example/a.gif><script>console.error('x')</script>",
    );
    let (_, log) = chromium(
        &house,
        &["--dump-dom", "--virtual-time-budget=2000"],
        &house.path("asks.html"),
    );
    assert!(log.contains("CONSOLE"), "{log}");
    assert!(
        requests(&house).iter().any(|u| u.contains("evil.example")),
        "{:?}",
        requests(&house)
    );
}

#[test]
fn in_a_browser_nothing_keeps_anybody_from_reading_it() {
    if !have("chromium") {
        return;
    }
    let house = house();
    let evil = hostile(&house);
    house.run(&["preview", "--all", "--out", "q"]).exits(0);
    let evil = format!("q/{}.html", evil.rsplit('/').next().unwrap());
    for (page, width, dark) in [
        ("q/kelly-brennan-52be97cae9.html", 1200, false),
        ("q/kelly-brennan-52be97cae9.html", 390, true),
        ("q/cath-lee-76d38b6c23.html", 1200, true),
        (&*evil, 1200, false),
        ("q/index.html", 390, false),
        ("q/index.html", 1200, true),
    ] {
        let found = findings(&house, &house.read(page), width, dark);
        assert!(found.is_empty(), "{page} at {width}, dark: {dark}: {found:#?}");
    }
    // this would be found
    let bad = house.read("q/index.html").replace(
        "<h1>",
        "<img src=\"data:,\"><p style=\"color:#eee;background:#fff\">faint</p><h1>",
    );
    let found = findings(&house, &bad, 1200, false).concat();
    assert!(
        found.contains("image-alt") && found.contains("color-contrast"),
        "{found}"
    );
}
