//! Blogger's API, version 3, against a server that takes the documented requests and gives the documented answers:
//! <https://developers.google.com/blogger/docs/3.0/reference/posts>, <https://developers.google.com/identity/protocols/oauth2>.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use common::{CONFIG, TestHouse, marion};
use serde_json::{Value, json};

const REFRESH: &str = "1//r3fr3sh-s3cr3t";
const ACCESS: &str = "ya29.acc3ss-s3cr3t";

/// The blog as it is there.
#[derive(Default)]
struct Blog {
    posts: Vec<Value>,
    /// Method and path of each request.
    asked: Vec<String>,
    /// Whose answer (method and a part of the path) is lost after the work was done, once.
    lose: Vec<(&'static str, &'static str)>,
    /// The refresh token has ended.
    ended: bool,
    port: u16,
}

type Shared = Arc<Mutex<Blog>>;

fn start() -> Shared {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let blog = Shared::new(Mutex::new(Blog {
        port,
        ..Blog::default()
    }));
    let shared = blog.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = shared.clone();
            std::thread::spawn(move || serve(stream, &shared));
        }
    });
    blog
}

fn serve(stream: TcpStream, blog: &Shared) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let (mut length, mut token) = (0, String::new());
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim_end().split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "authorization" => token = value.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut blog = blog.lock().ok()?;
        blog.asked.push(format!("{method} {path}"));
        let (status, answer) = blog.answer(&method, &path, &token, &String::from_utf8_lossy(&body));
        let lost = blog.lose.iter().position(|(m, p)| *m == method && path.contains(p));
        if let Some(lost) = lost {
            blog.lose.remove(lost);
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return None;
        }
        drop(blog);
        let text = if answer.is_null() {
            String::new()
        } else {
            answer.to_string()
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        (&stream).write_all(format!("{head}{text}").as_bytes()).ok()?;
    }
}

impl Blog {
    fn answer(&mut self, method: &str, path: &str, token: &str, body: &str) -> (u16, Value) {
        let error = |code: u16, message: &str| (code, json!({"error": {"code": code, "message": message}}));
        if path == "/token" {
            let refresh =
                body.contains("refresh_token=1%2F%2Fr3fr3sh-s3cr3t") && body.contains("grant_type=refresh_token");
            return match refresh && body.contains("client_secret=cl13nt") && !self.ended {
                true => (
                    200,
                    json!({"access_token": ACCESS, "expires_in": 3599, "token_type": "Bearer"}),
                ),
                false => (
                    400,
                    json!({"error": "invalid_grant", "error_description": format!("Bad {REFRESH}")}),
                ),
            };
        }
        if token != format!("Bearer {ACCESS}") {
            return error(401, "Invalid Credentials");
        }
        let Some(rest) = path.strip_prefix("/blogger/v3/blogs/2399953") else {
            return error(404, "Not Found");
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        let sent: Value = serde_json::from_str(body).unwrap_or_default();
        let place = |id: &str| self.posts.iter().position(|post| post["id"] == id);
        match (method, &parts[..]) {
            ("GET", []) => (
                200,
                json!({"kind": "blogger#blog", "id": "2399953", "url": "https://m4c.blogspot.example/"}),
            ),
            ("GET", ["posts"]) => {
                // two to a page, so that the second is asked for
                let from: usize = query
                    .split("pageToken=")
                    .nth(1)
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(0);
                let wanted = |post: &&Value| {
                    query.contains(&format!(
                        "status={}",
                        post["status"].as_str().unwrap_or("").to_lowercase()
                    ))
                };
                let all: Vec<Value> = self.posts.iter().filter(wanted).cloned().collect();
                let mut answer =
                    json!({"kind": "blogger#postList", "items": all.iter().skip(from).take(2).collect::<Vec<_>>()});
                if all.len() > from + 2 {
                    answer["nextPageToken"] = json!((from + 2).to_string());
                }
                (200, answer)
            }
            ("POST", ["posts"]) => {
                let mut post = sent;
                post["id"] = json!(format!("{}", 7000 + self.posts.len()));
                post["status"] = json!(if query.contains("isDraft=true") {
                    "DRAFT"
                } else {
                    "LIVE"
                });
                self.posts.push(post.clone());
                (200, post)
            }
            (_, ["posts", id, ..]) if place(id).is_none() => error(404, "Not Found"),
            ("GET", ["posts", id]) => (200, self.posts[place(id).unwrap_or(0)].clone()),
            ("PATCH", ["posts", id]) => {
                let at = place(id).unwrap_or(0);
                for key in ["title", "content", "labels"] {
                    self.posts[at][key] = sent[key].clone();
                }
                (200, self.posts[at].clone())
            }
            ("POST", ["posts", id, "publish"]) => {
                let at = place(id).unwrap_or(0);
                self.posts[at]["status"] = json!("LIVE");
                self.posts[at]["published"] = json!(query.trim_start_matches("publishDate="));
                self.posts[at]["url"] = json!(format!("https://m4c.blogspot.example/2026/11/{id}.html"));
                (200, self.posts[at].clone())
            }
            ("POST", ["posts", id, "revert"]) => {
                let at = place(id).unwrap_or(0);
                self.posts[at]["status"] = json!("DRAFT");
                (200, self.posts[at].clone())
            }
            ("DELETE", ["posts", id]) => {
                let at = place(id).unwrap_or(0);
                self.posts.remove(at);
                (200, Value::Null)
            }
            _ => error(400, "Bad Request"),
        }
    }
}

fn house(blog: &Shared) -> TestHouse {
    let port = blog.lock().expect("no thread panicked").port;
    let (head, _) = CONFIG.split_once("[[target]]").expect("there is a target");
    let house = TestHouse::with_config(&format!(
        "{head}[[target]]\nname = \"blogger\"\nkind = \"blogger\"\nblog = \"2399953\"\nclient_id = \"desk.apps\"\n\
         client_secret_command = [\"echo\", \"cl13nt\"]\ntoken_command = [\"cat\", \"token\"]\n\
         endpoint = \"http://127.0.0.1:{port}/blogger/v3\"\ntoken_endpoint = \"http://127.0.0.1:{port}/token\"\n"
    ));
    house.write("token", format!("{REFRESH}\n"));
    house
}

fn approved(house: &TestHouse) -> String {
    let id = house.story(&marion());
    house.run(&["approve", &id]).exits(0);
    id
}

fn posts(blog: &Shared) -> Vec<Value> {
    blog.lock().expect("no thread panicked").posts.clone()
}

#[test]
fn a_story_is_inserted_as_a_draft_published_and_changed_in_place() {
    let blog = start();
    let house = house(&blog);
    let id = approved(&house);
    let receipt = house.run(&["publish", &id, "--json"]).exits(0).json()[0]["receipts"][0].clone();
    assert_eq!(receipt["place"], "https://m4c.blogspot.example/2026/11/7000.html");
    let post = posts(&blog)[0].clone();
    assert_eq!(post["title"], "Future Leader Stories: Marion Maxwell");
    let content = post["content"].as_str().expect("a text");
    assert!(
        content.contains("<p>By Marion Maxwell</p>") && !content.contains("marion@"),
        "{content}"
    );
    assert!(post["published"].as_str().is_some_and(|at| at.ends_with("Z")), "{post}");
    let asked = blog.lock().expect("no thread panicked").asked.clone();
    assert_eq!(asked[0], "POST /token");
    assert!(asked.iter().any(|a| a.ends_with("/posts?isDraft=true")), "{asked:?}");

    house.run(&["edit", &id, "--subtitle", "A crossing"]).exits(0);
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish", &id, "--update"]).exits(0);
    let after = posts(&blog);
    assert_eq!(after.len(), 1);
    assert!(
        after[0]["content"].as_str().is_some_and(|c| c.contains("A crossing")),
        "{after:?}"
    );
    let doctor = house.run(&["doctor"]);
    assert!(
        doctor.stdout.contains("https://m4c.blogspot.example/, at Blogger"),
        "{}",
        doctor.stdout
    );

    house.run(&["takedown", &id, "-m", "A neighbour is named"]).exits(0);
    assert!(posts(&blog).is_empty());
    let asked = blog.lock().expect("no thread panicked").asked.clone();
    let at = |what: &str| asked.iter().position(|a| a == what);
    let (reverted, deleted) = (
        at("POST /blogger/v3/blogs/2399953/posts/7000/revert"),
        at("DELETE /blogger/v3/blogs/2399953/posts/7000"),
    );
    assert!(reverted.is_some() && reverted < deleted, "{asked:?}");
    assert_eq!(house.state(&id), "taken-down");
    house.fsck();
}

#[test]
fn an_answer_that_is_lost_makes_no_second_post() {
    for lost in [
        ("POST", "isDraft=true"),
        ("POST", "/publish"),
        ("GET", "/posts?"),
        ("POST", "/token"),
    ] {
        let blog = start();
        let mut others: Vec<Value> = Vec::new();
        for n in 0..5 {
            others
                .push(json!({"id": format!("{n}"), "status": "LIVE", "title": "Another", "content": "<p>Another</p>"}));
        }
        {
            let mut blog = blog.lock().expect("no thread panicked");
            blog.posts = others;
            blog.lose = vec![lost];
        }
        let house = house(&blog);
        let id = approved(&house);
        let failed = house.run(&["publish", &id]);
        assert!(
            failed.exits(7).stderr.contains("Blogger could not be reached"),
            "{lost:?}: {}",
            failed.stderr
        );
        house.run(&["publish", &id]).exits(0);
        let all = posts(&blog);
        assert_eq!(all.len(), 6, "{lost:?}");
        assert_eq!(all[5]["status"], "LIVE", "{lost:?}");
        assert_eq!(house.state(&id), "published");
    }
}

#[test]
fn a_token_that_has_ended_is_told_without_it() {
    let blog = start();
    blog.lock().expect("no thread panicked").ended = true;
    let house = house(&blog);
    let id = approved(&house);
    let failed = house.run(&["publish", &id]);
    assert!(
        failed.exits(7).stderr.contains("did not take the refresh token"),
        "{}",
        failed.stderr
    );
    let shown = house.run(&["show", &id, "--json"]).exits(0).stdout.clone();
    for said in [&failed.stderr, &shown] {
        for secret in ["r3fr3sh", "cl13nt", "acc3ss"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}
