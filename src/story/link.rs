//! Where an address on the web leads (RFC 3986, section 3.2).

/// The host of an address with or without its scheme, as it is written: without the name before an `@` and without the port.
pub fn host(url: &str) -> &str {
    let is_scheme = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b));
    let rest = match url.split_once("//") {
        Some((before, rest)) if before.is_empty() || before.strip_suffix(':').is_some_and(is_scheme) => rest,
        _ => url,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.find(']') {
        Some(end) if host.starts_with('[') => &host[..=end],
        _ => host.split(':').next().unwrap_or_default(),
    }
}

/// The host as sites are compared: in lower case, without `www.`.
pub fn site(url: &str) -> Option<String> {
    let host = host(url).to_lowercase();
    let site = host.trim_start_matches("www.").trim_end_matches('.');
    (!site.is_empty()).then(|| site.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_a_browser_goes_to() {
        for (url, expected, of_site) in [
            (
                "https://www.Blog.example.org/a",
                "www.Blog.example.org",
                "blog.example.org",
            ),
            ("http://jane:pw@example.org:8080?a#b", "example.org", "example.org"),
            (
                "//track.example.com/open?u=https://a.example",
                "track.example.com",
                "track.example.com",
            ),
            ("example.org/?to=https://other.example", "example.org", "example.org"),
            ("example.org.\\@other.example", "example.org.", "example.org"),
            ("https://[2001:db8::1]:443/", "[2001:db8::1]", "[2001:db8::1]"),
            ("https:///a", "", ""),
            ("www.", "www.", ""),
            ("", "", ""),
        ] {
            assert_eq!(
                (host(url), site(url).unwrap_or_default().as_str()),
                (expected, of_site),
                "{url}"
            );
        }
    }
}
