//! Whether an address that a record names is one that may be asked from this machine: the record comes from elsewhere, too, and nobody
//! there says what is asked from here. What config.toml has under `url` is what this desk's own people chose.

use crate::config::Config;

/// A place of a record on the web, as config.toml has the target that it is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// It is at the target's `url`.
    Ours,
    /// The target has no `url`: nothing says whether this is one of its pages.
    Unnamed,
    /// The target has another `url`.
    Elsewhere,
    /// There is no such target.
    Gone,
}

impl Site {
    /// Of a place of the target called `name`.
    pub fn of(config: &Config, name: &str, place: &str) -> Site {
        let Some(target) = config.targets.iter().find(|t| t.name == name) else {
            return Site::Gone;
        };
        match &target.url {
            None => Site::Unnamed,
            Some(url) if is_at(place, url) => Site::Ours,
            Some(_) => Site::Elsewhere,
        }
    }
}

/// Whether a place is an address on the web, and not a path or a name.
pub fn is_web(place: &str) -> bool {
    parts(place).is_some()
}

/// An address on the web (RFC 3986, section 3): host and port, with whatever stands there before an `@`, in small letters and without
/// the port that its scheme has anyway; and the path.
fn parts(url: &str) -> Option<(String, &str)> {
    let schemes = [("https://", ":443"), ("http://", ":80")];
    let (rest, usual) = schemes.iter().find_map(|(scheme, usual)| {
        let begins = url.get(..scheme.len())?.eq_ignore_ascii_case(scheme);
        begins.then(|| (&url[scheme.len()..], *usual))
    })?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host).to_owned();
    (!host.is_empty()).then_some((host, path))
}

/// Host and port of an address on the web, as they are compared; empty where it is none.
pub fn host(url: &str) -> String {
    parts(url).map(|(host, _)| host).unwrap_or_default()
}

/// Whether an address is at a site or in a folder of it: the same host and port, and the path begins with the site's.
fn is_at(place: &str, site: &str) -> bool {
    let (Some((host, path)), Some((of_site, folder))) = (parts(place), parts(site)) else {
        return false;
    };
    let folder = folder.trim_end_matches('/');
    let below = path
        .strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    // what a server would read as another folder
    let climbs = plain.split(['/', '\\']).any(|part| part == "..") || plain.contains("%2f") || plain.contains("%5c");
    host == of_site && below && !climbs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_at_a_site_by_host_port_and_folder() {
        for (place, site, expected) in [
            (
                "https://blog.example.org/stories/a/",
                "https://blog.example.org/stories/",
                true,
            ),
            (
                "https://blog.example.org/stories/a/",
                "https://blog.example.org/stories",
                true,
            ),
            (
                "https://Blog.Example.org/stories/a/",
                "HTTPS://blog.example.ORG/stories/",
                true,
            ),
            ("http://blog.example.org/2010/a.html", "https://blog.example.org", true),
            ("https://blog.example.org:443/a", "https://blog.example.org/", true),
            (
                "https://blog.example.org/stories/",
                "https://blog.example.org/stories/",
                true,
            ),
            (
                "https://blog.example.org/stories",
                "https://blog.example.org/stories/",
                true,
            ),
            (
                "https://blog.example.org/stories?a=b",
                "https://blog.example.org/stories/",
                true,
            ),
            (
                "https://blog.example.org/admin",
                "https://blog.example.org/stories/",
                false,
            ),
            (
                "https://blog.example.org/stories-of-others/",
                "https://blog.example.org/stories/",
                false,
            ),
            (
                "https://blog.example.org/stories/../admin",
                "https://blog.example.org/stories/",
                false,
            ),
            (
                "https://blog.example.org/stories/%2E%2e/admin",
                "https://blog.example.org/stories/",
                false,
            ),
            (
                "https://blog.example.org/stories/..%2Fadmin",
                "https://blog.example.org/stories/",
                false,
            ),
            (
                "https://blog.example.org/stories/..\\admin",
                "https://blog.example.org/stories/",
                false,
            ),
            ("https://blog.example.org:8080/a", "https://blog.example.org/", false),
            (
                "https://blog.example.org.example.net/a",
                "https://blog.example.org/",
                false,
            ),
            (
                "https://blog.example.org@localhost/a",
                "https://blog.example.org/",
                false,
            ),
            (
                "https://localhost/https://blog.example.org/",
                "https://blog.example.org/",
                false,
            ),
            ("site/content/stories/a", "https://blog.example.org/", false),
        ] {
            assert_eq!(is_at(place, site), expected, "{place} at {site}");
        }
    }

    #[test]
    fn what_stands_before_an_at_sign_is_no_host() {
        for (url, expected) in [
            ("https://blog.example.org/stories/a/", "blog.example.org"),
            ("http://blog.example.org:8080?a#b", "blog.example.org:8080"),
            (
                "https://blog.example.org@elsewhere.example.net/",
                "blog.example.org@elsewhere.example.net",
            ),
            ("https:///a", ""),
            ("site/content/stories/a", ""),
            ("httpd/a", ""),
            ("ftp://blog.example.org/a", ""),
            ("härbarge", ""),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
