//! Blogger, by its API, version 3: <https://developers.google.com/blogger/docs/3.0/reference/posts>.
//!
//! A post is inserted as a draft and then published, so that a run that dies in between leaves nothing half-made in public. Before
//! one is inserted, the blog's drafts and posts are searched for the story's mark, so that it is never inserted twice.

use std::cell::RefCell;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

use super::engine::posted;
use super::web::{self, Answer, encoded};
use super::{Bundle, Post, Receipt, Removal, Target, TargetError};
use crate::story::StoryId;

/// Gives a secret when it is needed.
pub type Ask = Box<dyn Fn() -> Result<String, String>>;

/// Publishes to a blog at Blogger.
pub struct BloggerTarget {
    pub name: String,
    /// The blog's number.
    pub blog: String,
    pub client_id: String,
    pub client_secret: Ask,
    /// The refresh token (RFC 6749, section 6), for the scope `https://www.googleapis.com/auth/blogger`.
    pub token: Ask,
    /// `https://www.googleapis.com/blogger/v3`
    pub endpoint: String,
    /// `https://oauth2.googleapis.com/token`
    pub token_endpoint: String,
    pub session: RefCell<Option<Session>>,
}

/// What is asked with, for a run.
pub struct Session {
    agent: Agent,
    token: String,
}

/// Pages of posts that are searched, the latest first.
const PAGES: usize = 10;

impl BloggerTarget {
    fn failed(&self, what: &str, said: String, hint: &'static str) -> TargetError {
        TargetError::Remote {
            what: format!("Blogger {what}"),
            said,
            hint,
        }
    }

    fn refused(&self, what: &str, answer: &Answer) -> TargetError {
        let told = answer.json();
        let said = told["error"]["message"]
            .as_str()
            .or(told["error_description"].as_str())
            .or(told["error"].as_str());
        let said: String = said
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(300)
            .collect();
        let hint = match answer.status {
            400 | 401 | 403 => {
                "see that the account may write to this blog, and get a new refresh token where it has ended"
            }
            404 => "check `blog`: it is the number in the address of the blog's dashboard",
            429 | 500.. => "nothing is lost: publish again later",
            _ => "publish again, and look at the blog's dashboard",
        };
        self.failed(&format!("did not {what} ({})", answer.status), said, hint)
    }

    fn lost(&self, error: String) -> TargetError {
        self.failed("could not be reached", error, "nothing is lost: publish again")
    }

    /// Gets an access token, once in a run.
    fn session(&self) -> Result<(), TargetError> {
        if self.session.borrow().is_some() {
            return Ok(());
        }
        let hint = "check client_secret_command and token_command of this [[target]]";
        let secret = |ask: &Ask| ask().map_err(|error| self.failed("needs a secret", error, hint));
        let (client_secret, refresh) = (secret(&self.client_secret)?, secret(&self.token)?);
        let form = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", &client_secret),
            ("refresh_token", &refresh),
            ("grant_type", "refresh_token"),
        ];
        let form: Vec<String> = form
            .iter()
            .map(|(key, value)| format!("{key}={}", encoded(value)))
            .collect();
        let request = Request::post(&self.token_endpoint).header("Content-Type", "application/x-www-form-urlencoded");
        let agent = web::usual();
        let request = request
            .body(form.join("&").into_bytes())
            .map_err(|error| self.lost(error.to_string()))?;
        let answer = web::ask(&agent, request).map_err(|error| self.lost(error))?;
        // a server may repeat what it does not like
        let answer = Answer {
            body: answer
                .body
                .replace(&refresh, "(secret)")
                .replace(&client_secret, "(secret)"),
            ..answer
        };
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        let token = token
            .filter(|_| answer.is_ok())
            .ok_or_else(|| self.refused("take the refresh token", &answer))?;
        *self.session.borrow_mut() = Some(Session { agent, token });
        Ok(())
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, TargetError> {
        self.session()?;
        let session = self.session.borrow();
        let Some(session) = session.as_ref() else {
            return Err(self.lost(String::new()));
        };
        let url = format!(
            "{}/blogs/{}{path}",
            self.endpoint.trim_end_matches('/'),
            encoded(&self.blog)
        );
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("Authorization", format!("Bearer {}", session.token));
        let request = match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body.to_string().into_bytes()),
            None if method == "POST" => request.header("Content-Length", "0").body(Vec::new()),
            None => request.body(Vec::new()),
        };
        let request = request.map_err(|error| self.lost(error.to_string()))?;
        web::ask(&session.agent, request).map_err(|error| self.lost(error.replace(&session.token, "(secret)")))
    }

    /// The post with the story's mark, where an earlier run inserted one.
    fn find(&self, story: &StoryId) -> Result<Option<Value>, TargetError> {
        let mut page = String::new();
        for _ in 0..PAGES {
            let path = format!(
                "/posts?view=ADMIN&status=draft&status=live&status=scheduled&orderBy=updated&fetchBodies=true&maxResults=50{page}"
            );
            let answer = self.ask("GET", &path, None)?;
            if !answer.is_ok() {
                return Err(self.refused("list its posts", &answer));
            }
            let listed = answer.json();
            let items = listed["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            let ours = |post: &&Value| {
                post["content"]
                    .as_str()
                    .is_some_and(|content| content.contains(&mark(story)))
            };
            if let Some(found) = items.iter().find(ours) {
                return Ok(Some(found.clone()));
            }
            match listed["nextPageToken"].as_str() {
                Some(next) => page = format!("&pageToken={}", encoded(next)),
                None => break,
            }
        }
        Ok(None)
    }

    /// The post as it stands there.
    fn get(&self, id: &str) -> Result<Option<Value>, TargetError> {
        let answer = self.ask("GET", &format!("/posts/{}?view=ADMIN", encoded(id)), None)?;
        match answer.status {
            404 => Ok(None),
            _ if answer.is_ok() => Ok(Some(answer.json())),
            _ => Err(self.refused("show the post", &answer)),
        }
    }

    fn standing(&self, story: &StoryId, id: Option<&str>) -> Result<Option<Value>, TargetError> {
        let known = id.map(|id| self.get(id)).transpose()?.flatten();
        match known {
            Some(post) => Ok(Some(post)),
            None => self.find(story),
        }
    }

    fn content(&self, bundle: &Bundle) -> String {
        let mut html = posted(bundle, "cid:");
        for (file, bytes) in bundle.media {
            let kind = match &bytes[..] {
                [0x89, b'P', b'N', b'G', ..] => "png",
                [b'G', b'I', b'F', b'8', ..] => "gif",
                [b'R', b'I', b'F', b'F', ..] => "webp",
                _ => "jpeg",
            };
            let data = format!("\"data:image/{kind};base64,{}\"", BASE64_STANDARD.encode(bytes));
            html = html.replace(&format!("\"cid:{file}\""), &data);
        }
        format!("{html}\n{}\n", mark(bundle.story))
    }
}

/// Shown to nobody, and found again.
fn mark(story: &StoryId) -> String {
    format!("<!-- m4c-stories {} -->", story.digits())
}

fn is_public(post: &Value) -> bool {
    let status = post["status"].as_str().unwrap_or("LIVE");
    status.eq_ignore_ascii_case("live")
}

impl Target for BloggerTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn try_out(&self) -> Result<String, TargetError> {
        let answer = self.ask("GET", "", None)?;
        match answer.is_ok() {
            true => Ok(format!(
                "{}, at Blogger",
                answer.json()["url"].as_str().unwrap_or(&self.blog)
            )),
            false => Err(self.refused("show the blog", &answer)),
        }
    }

    fn put(&self, bundle: &Bundle) -> Result<Receipt, TargetError> {
        let title = super::front::text(bundle.front.get("title")).unwrap_or_else(|| bundle.slug.to_owned());
        let content = self.content(bundle);
        let labels = bundle
            .front
            .get("extra")
            .and_then(|extra| extra.get("tags")?.as_array());
        let labels: Vec<&str> = labels.into_iter().flatten().filter_map(toml::Value::as_str).collect();
        let body = json!({"kind": "blogger#post", "blog": {"id": self.blog}, "title": title, "content": content, "labels": labels});
        let post = match self.standing(bundle.story, bundle.before.and_then(|post| post.id))? {
            Some(post) if post["title"] == title.as_str() && post["content"] == content.as_str() => post,
            Some(post) => {
                let id = post["id"].as_str().unwrap_or_default();
                let answer = self.ask("PATCH", &format!("/posts/{}", encoded(id)), Some(&body))?;
                if !answer.is_ok() {
                    return Err(self.refused("change the post", &answer));
                }
                answer.json()
            }
            None => {
                let answer = self.ask("POST", "/posts?isDraft=true", Some(&body))?;
                if !answer.is_ok() {
                    return Err(self.refused("take the post", &answer));
                }
                answer.json()
            }
        };
        let Some(id) = post["id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned) else {
            return Err(self.failed("did not say which post it is", String::new(), "publish again"));
        };
        let live = match is_public(&post) {
            true => post,
            false => {
                let date = bundle.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                let path = format!("/posts/{}/publish?publishDate={}", encoded(&id), encoded(&date));
                let answer = self.ask("POST", &path, None)?;
                if !answer.is_ok() {
                    return Err(self.refused("publish the post", &answer));
                }
                answer.json()
            }
        };
        let url = live["url"].as_str().filter(|url| url.starts_with("http"));
        Ok(Receipt {
            place: url.map_or_else(|| format!("Blogger, post {id}"), str::to_owned),
            id: Some(id),
        })
    }

    /// Reverted to a draft first, which takes it off at once, then deleted.
    fn remove(&self, post: &Post) -> Result<Removal, TargetError> {
        let Some(found) = self.standing(post.story, post.id)? else {
            return Ok(Removal::NotThere);
        };
        let id = encoded(found["id"].as_str().unwrap_or_default());
        if is_public(&found) {
            let answer = self.ask("POST", &format!("/posts/{id}/revert"), None)?;
            if !answer.is_ok() {
                return Err(self.refused("revert the post", &answer));
            }
        }
        let answer = self.ask("DELETE", &format!("/posts/{id}"), None)?;
        match answer.status {
            404 => Ok(Removal::Removed),
            _ if answer.is_ok() => Ok(Removal::Removed),
            _ => Err(self.refused("delete the post", &answer)),
        }
    }

    fn is_gone(&self, post: &Post) -> Result<bool, TargetError> {
        Ok(self
            .standing(post.story, post.id)?
            .is_none_or(|found| !is_public(&found)))
    }
}
