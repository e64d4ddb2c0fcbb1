//! What our own receiving server found out about the sender: Authentication-Results (RFC 8601).
//!
//! Anybody can write such a field. Only the topmost one that names the configured server counts (section 5).

use super::fields::{Fields, unfolded};
use super::words;
use crate::story::submission::AuthResult;

/// The results of SPF, DKIM and DMARC by the server `trusted`; none without such a field.
pub(super) fn results(fields: &Fields, trusted: Option<&str>) -> Vec<AuthResult> {
    let Some(trusted) = trusted.filter(|t| !t.is_empty()) else {
        return Vec::new();
    };
    for value in fields.all("Authentication-Results") {
        let statements = statements(&unfolded(value));
        let mut statements = statements.iter();
        let server = statements.next().and_then(|s| s.split_whitespace().next());
        if server.is_some_and(|s| s.trim_matches('"').eq_ignore_ascii_case(trusted)) {
            return statements.filter_map(|s| result(s)).take(20).collect();
        }
    }
    Vec::new()
}

/// The value cut at its semicolons, comments left out, quoted strings whole.
fn statements(line: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for c in line.chars() {
        let plain = !std::mem::take(&mut escaped);
        match c {
            '\\' if plain => escaped = true,
            '"' if plain && depth == 0 => quoted = !quoted,
            '(' if plain && !quoted => depth += 1,
            ')' if plain && !quoted && depth > 0 => {
                depth -= 1;
                continue;
            }
            ';' if !quoted && depth == 0 => {
                found.push(String::new());
                continue;
            }
            _ => {}
        }
        if depth == 0
            && let Some(last) = found.last_mut()
        {
            last.push(c);
        }
    }
    found
}

/// `dkim=pass header.d=example.org`
fn result(statement: &str) -> Option<AuthResult> {
    let spaced = statement.replace(" =", "=").replace("= ", "=");
    let words = tokens(&spaced);
    let mut words = words.iter().map(String::as_str);
    let (method, result) = words.next()?.split_once('=')?;
    let method = method.split('/').next()?.to_ascii_lowercase();
    let known = |r: &str| {
        [
            "pass",
            "fail",
            "softfail",
            "neutral",
            "none",
            "policy",
            "temperror",
            "permerror",
            "bestguesspass",
        ]
        .contains(&r)
    };
    let result = result.to_ascii_lowercase();
    if !["spf", "dkim", "dmarc"].contains(&method.as_str()) || !known(&result) {
        return None;
    }
    let wanted: &[&str] = match method.as_str() {
        "spf" => &["smtp.mailfrom", "smtp.helo"],
        "dkim" => &["header.d", "header.i"],
        _ => &["header.from"],
    };
    let properties: Vec<(&str, &str)> = words.filter_map(|w| w.split_once('=')).collect();
    let domain = wanted.iter().find_map(|name| {
        let value = properties.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?.1;
        domain(value)
    });
    Some(AuthResult { method, result, domain })
}

/// The words of a statement; a quoted string is a part of its word, whatever stands in it (RFC 8601, section 2.2: pvalue).
fn tokens(statement: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in statement.chars() {
        let plain = !std::mem::take(&mut escaped);
        match c {
            '\\' if plain && quoted => escaped = true,
            '"' if plain => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                found.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = found.last_mut() {
            last.push(c);
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

/// The domain in a value: what follows the last `@` that no quotation marks hold, or all of it. A sender chooses what stands in
/// front, so nothing in quotation marks is looked into unless they hold a name and no more.
fn domain(value: &str) -> Option<String> {
    let mut after = 0;
    let (mut quoted, mut escaped) = (false, false);
    for (place, c) in value.char_indices() {
        let plain = !std::mem::take(&mut escaped);
        match c {
            '\\' if plain && quoted => escaped = true,
            '"' if plain => quoted = !quoted,
            '@' if !quoted => after = place + 1,
            _ => {}
        }
    }
    let rest = &value[after..];
    let bare = rest.strip_prefix('"').and_then(|r| r.strip_suffix('"')).unwrap_or(rest);
    let domain = words::one_line(bare).to_ascii_lowercase();
    let of_a_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!quoted && !domain.is_empty() && domain.len() <= 255 && domain.chars().all(of_a_name)).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::super::limits::Budget;
    use super::*;

    fn found(mail: &str, trusted: Option<&str>) -> String {
        let (fields, _) = Fields::scan(mail.as_bytes(), &mut Budget::new()).unwrap();
        let show = |r: AuthResult| format!("{}={} {}", r.method, r.result, r.domain.unwrap_or_default());
        results(&fields, trusted)
            .into_iter()
            .map(show)
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn only_the_topmost_word_of_our_own_server_counts() {
        let gmail = "Authentication-Results: mx.google.com;\r\n       dkim=pass header.i=@example.org header.s=s1;\r\n       spf=pass (google.com: domain of m@example.org designates 192.0.2.1; ok) smtp.mailfrom=m@example.org;\r\n       dmarc=pass (p=NONE sp=NONE) header.from=example.org\r\n";
        let forged = "Authentication-Results: mx.google.com; dkim=pass header.d=bank.example\r\n";
        let other = "Authentication-Results: mail.evil.example; dkim=pass header.d=bank.example\r\n";
        let all = "dkim=pass example.org; spf=pass example.org; dmarc=pass example.org";
        let google = Some("mx.google.com");
        for (mail, trusted, expected) in [
            (gmail.to_owned(), google, all),
            (format!("{other}{gmail}{forged}"), google, all),
            (gmail.to_owned(), Some("MX.Google.com"), all),
            (gmail.to_owned(), None, ""),
            (gmail.to_owned(), Some(""), ""),
            (other.to_owned(), google, ""),
            // what a sender puts in front of the @, or a server says as its reason, is no property
            (
                "Authentication-Results: mx.google.com; dkim=pass header.i=\"x header.d=bank.example y\"@evil.example\r\n"
                    .to_owned(),
                google,
                "dkim=pass evil.example",
            ),
            (
                "Authentication-Results: mx.google.com; dkim=pass reason=\"; dkim=pass header.d=bank.example\" header.d=evil.example\r\n"
                    .to_owned(),
                google,
                "dkim=pass evil.example",
            ),
            (
                "Authentication-Results: mx.google.com; spf=pass smtp.mailfrom=\"a@bank.example b\"@evil.example\r\n".to_owned(),
                google,
                "spf=pass evil.example",
            ),
            (
                "Authentication-Results: mx.google.com; dkim=pass header.i=\"m@bank.example\r\n".to_owned(),
                google,
                "dkim=pass ",
            ),
            (
                "Authentication-Results: mx.google.com 1; none\r\n".to_owned(),
                google,
                "",
            ),
            (
                "Authentication-Results: mx.google.com;\r\n spf=softfail smtp.helo=example.org\r\n".to_owned(),
                google,
                "spf=softfail example.org",
            ),
            (
                "Authentication-Results: mx.google.com; dkim=great header.d=example.org; spf = fail (\r\n".to_owned(),
                google,
                "spf=fail ",
            ),
            (
                "Authentication-Results: \"mx.google.com\"; dkim/1=pass header.d=\"example.org\"\r\n".to_owned(),
                google,
                "dkim=pass example.org",
            ),
        ] {
            assert_eq!(found(&format!("{mail}\r\n"), trusted), expected, "{mail}");
        }
    }
}
