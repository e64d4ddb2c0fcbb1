//! Where a link may lead, and whether it says so.

/// The destination as Markdown may hold it: http, https or mailto, with trackers' additions off and every character that
/// Markdown or a template would read percent-encoded. `None`: it stays text.
pub fn destination(href: &str) -> Option<String> {
    // browsers drop these from a URL before they look at its scheme; a blank behind the host they send along
    let seen = href.chars().filter(|c| !c.is_control() && !is_mark(*c));
    let bare: String = seen.map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let bare = without_blanks(bare.trim());
    let (scheme, rest) = bare.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let bare = match scheme.as_str() {
        "http" | "https" if rest.starts_with("//") && rest.len() > 2 => unwrapped(&format!("{scheme}:{rest}")),
        "mailto" if rest.contains('@') && !rest.starts_with(['?', '@']) => format!("mailto:{rest}"),
        _ => return None,
    };
    let host = bare.get(bare.find("//").map_or(0, |i| i + 2)..)?;
    if host.starts_with(['/', '?', '#', ':']) || bare.len() > 2000 {
        return None;
    }
    let mut out = String::with_capacity(bare.len());
    for c in without_trackers(&bare).chars() {
        match c {
            '<' | '>' | '"' | '\'' | '(' | ')' | '\\' | '`' | '{' | '}' | '|' | '^' | '[' | ']' | '*' | '~' => {
                out.push_str(&format!("%{:02X}", c as u32));
            }
            // an entity would be read as one
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    Some(out)
}

/// Blanks in the path or behind it as browsers write them; others out.
fn without_blanks(url: &str) -> String {
    let host = url.find("//").map_or(0, |i| i + 2);
    let path = url[host..].find(['/', '?', '#']).map_or(url.len(), |i| host + i);
    url[..path].replace(' ', "") + &url[path..].replace(' ', "%20")
}

/// Signs that nobody sees, or that turn the direction of those behind them.
pub fn is_mark(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The address a mail scanner or a search engine wrapped: Outlook's Safe Links, Proofpoint's URL Defense 2 and 3, Barracuda's, Google's.
pub fn unwrapped(url: &str) -> String {
    let host = host_of(url).unwrap_or_default();
    let parameter = |name: &str| {
        let query = url.split_once('?')?.1;
        let value = query
            .split(['&', '#'])
            .find_map(|p| p.strip_prefix(name)?.strip_prefix('='))?;
        Some(percent_decoded(value)).filter(|u| u.starts_with("http://") || u.starts_with("https://"))
    };
    let inner = if host.ends_with("safelinks.protection.outlook.com") {
        parameter("url")
    } else if host == "google.com" && url.contains("/url?") {
        parameter("q").or_else(|| parameter("url"))
    } else if host.ends_with("linkprotect.cudasvc.com") {
        parameter("a")
    } else if host == "urldefense.proofpoint.com" {
        // version 2 writes `_` for `/` and `-3A` for `%3A`
        let coded = url
            .split_once("?u=")
            .map(|(_, rest)| rest.split('&').next().unwrap_or(rest));
        coded
            .map(|coded| percent_decoded(&coded.replace('_', "/").replace('-', "%")))
            .filter(|u| u.starts_with("http://") || u.starts_with("https://"))
    } else if host.ends_with("urldefense.com") {
        url.split_once("/v3/__")
            .and_then(|(_, rest)| rest.split_once("__;"))
            .map(|(inner, _)| inner.to_owned())
            .filter(|u| u.starts_with("http") && !u.contains('*'))
    } else {
        None
    };
    inner.map_or_else(
        || url.to_owned(),
        |u| u.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect(),
    )
}

fn without_trackers(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let (query, fragment) = query.split_once('#').map_or((query, None), |(q, f)| (q, Some(f)));
    let tracker = |p: &&str| {
        let name = p.split('=').next().unwrap_or("");
        name.starts_with("utm_") || matches!(name, "fbclid" | "gclid" | "mc_cid" | "mc_eid" | "igshid")
    };
    if !query.split('&').any(|p| tracker(&p)) {
        return url.to_owned();
    }
    let kept: Vec<&str> = query.split('&').filter(|p| !tracker(p)).collect();
    let mut out = base.to_owned();
    if !kept.is_empty() {
        out.push('?');
        out.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

/// The host of an http or https URL, lower case, without `www.`, user and port.
pub fn host_of(url: &str) -> Option<String> {
    let lower = url.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("http://")
        .or_else(|| lower.strip_prefix("https://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host);
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned()).filter(|h| !h.is_empty())
}

/// The host that a link's text names, where the text reads as an address.
pub fn host_in_text(text: &str) -> Option<String> {
    let text = text.trim();
    if text.contains(char::is_whitespace) || text.contains('@') {
        return None;
    }
    if let Some(host) = host_of(text) {
        return Some(host);
    }
    let host = text.split(['/', '?', '#']).next().unwrap_or("").to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or("");
    let named = host.contains('.')
        && (2..=24).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_alphabetic())
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    let known = host.starts_with("www.") || ["com", "org", "net", "uk", "de", "fr", "eu", "info", "io"].contains(&last);
    (named && known).then(|| host.strip_prefix("www.").unwrap_or(&host).to_owned())
}

/// Whether two hosts are one site: the same, or one within the other.
pub fn same_site(a: &str, b: &str) -> bool {
    a == b || a.ends_with(&format!(".{b}")) || b.ends_with(&format!(".{a}"))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |i: usize| bytes.get(i).and_then(|&b| (b as char).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_and_mail_addresses_are_links() {
        for (href, expected) in [
            (
                "https://example.org/a_b?x=1&y=2",
                Some("https://example.org/a_b?x=1&amp;y=2"),
            ),
            ("HTTP://example.org", Some("http://example.org")),
            ("https://example.org/a (b)", Some("https://example.org/a%20%28b%29")),
            (
                "https://example.org/?utm_source=x&id=3#top",
                Some("https://example.org/?id=3#top"),
            ),
            (
                "https://example.org/{{<x>}}",
                Some("https://example.org/%7B%7B%3Cx%3E%7D%7D"),
            ),
            (
                " https://example.org /our hall.pdf ",
                Some("https://example.org/our%20hall.pdf"),
            ),
            ("mailto:a@example.org", Some("mailto:a@example.org")),
            (
                "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fx&data=1",
                Some("https://example.org/x"),
            ),
            (
                "https://www.google.com/url?q=https://example.org/x&sa=D",
                Some("https://example.org/x"),
            ),
            (
                "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fexample.org%2fx&c=E,1,y&typo=1",
                Some("https://example.org/x"),
            ),
            (
                "https://urldefense.proofpoint.com/v2/url?u=https-3A__example.org_our-2Dhall&d=DwMF",
                Some("https://example.org/our-hall"),
            ),
            ("javascript:alert(1)", None),
            ("jaVa\tscript:alert(1)", None),
            ("\u{1}javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("vbscript:x", None),
            ("file:///etc/passwd", None),
            ("\\\\server\\share", None),
            ("//example.org", None),
            ("/relative", None),
            ("#top", None),
            ("http:", None),
            ("https:///x", None),
            ("mailto:", None),
            ("", None),
        ] {
            assert_eq!(destination(href).as_deref(), expected, "{href}");
        }
    }
}
