//! The paths that a Rust file names, without a compiler: comments, strings and tests out, imports spelled out.

use std::collections::BTreeSet;
use std::path::Path;

/// A source file, as the rules see it.
pub struct Source {
    /// `["mail", "write"]` for `src/mail/write.rs`.
    pub module: Vec<String>,
    /// Every path named in it, full: `std::fs::read`, `crate::story::Story`, `println!`.
    pub paths: BTreeSet<String>,
}

impl Source {
    pub fn read(module: Vec<String>, text: &str) -> Source {
        let code = without_tests(&blank(text));
        let mut paths = BTreeSet::new();
        let mut imported = Vec::new();
        let tokens = tokens(&code);
        let mut i = 0;
        while i < tokens.len() {
            if tokens[i] == "use" {
                let end = tokens[i..]
                    .iter()
                    .position(|t| t == ";")
                    .map_or(tokens.len(), |n| i + n);
                let mut at = i + 1;
                expand(&tokens[..end], &mut at, "", &mut imported);
                i = end;
            } else if is_word(&tokens[i]) && (i == 0 || tokens[i - 1] != "::") {
                let (path, next) = path_at(&tokens, i);
                // A lone word is a variable or a field, or it was imported.
                if path.contains("::") || path.ends_with('!') {
                    paths.insert(path);
                }
                i = next;
            } else {
                i += 1;
            }
        }
        // `use std::fs;` and then `fs::read`: said in full. An alias stands for what it renames.
        let mut full: BTreeSet<String> = imported.iter().map(|(_, path)| resolve(&module, path)).collect();
        for path in &paths {
            let (head, rest) = path.split_once("::").unwrap_or((path, ""));
            match imported.iter().find(|(name, _)| name == head) {
                Some((_, origin)) if rest.is_empty() => drop(full.insert(resolve(&module, origin))),
                Some((_, origin)) => drop(full.insert(resolve(&module, &format!("{origin}::{rest}")))),
                None => drop(full.insert(resolve(&module, path))),
            }
        }
        Source { module, paths: full }
    }
}

/// `super::` and `self::` spelled out; what story re-exports goes by its own place.
fn resolve(module: &[String], path: &str) -> String {
    let mut base: Vec<&str> = module.iter().map(String::as_str).collect();
    let mut rest: Vec<&str> = path.split("::").collect();
    let relative = matches!(rest[0], "self" | "super");
    if rest[0] == "self" {
        rest.remove(0);
    }
    while rest.first() == Some(&"super") {
        rest.remove(0);
        base.pop();
    }
    let full = if relative {
        [vec!["crate"], base, rest].concat().join("::")
    } else {
        rest.join("::")
    };
    let full = full
        .strip_prefix("m4c_stories::")
        .map_or(full.clone(), |rest| format!("crate::{rest}"));
    match full.rsplit_once("::") {
        Some((head, "sworn")) if begins(head.rsplit("::").next().unwrap_or(""), "Kept") => {
            "crate::story::submission::Kept::sworn".to_owned()
        }
        _ => full,
    }
}

/// Comments, strings and character literals out, so that what is only said is not taken for what is done.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < bytes.len() {
        let rest = &bytes[i..];
        let skip = if rest.starts_with(b"//") {
            rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            find(&rest[2..], b"*/").map_or(rest.len(), |n| n + 4)
        } else if let Some(hashes) = raw_string(rest, i.checked_sub(1).map(|p| bytes[p])) {
            let start = 2 + hashes;
            let end = [&b"\""[..], &vec![b'#'; hashes]].concat();
            find(&rest[start..], &end).map_or(rest.len(), |n| start + n + end.len())
        } else if rest[0] == b'"' {
            let mut n = 1;
            while n < rest.len() && rest[n] != b'"' {
                n += if rest[n] == b'\\' { 2 } else { 1 };
            }
            n + 1
        } else if rest[0] == b'\'' {
            // a character, unless it is a lifetime
            match rest {
                [_, b'\\', ..] => rest[3..].iter().position(|&b| b == b'\'').map_or(rest.len(), |n| n + 4),
                _ => {
                    let tail = String::from_utf8_lossy(&rest[1..rest.len().min(6)]).into_owned();
                    let mut chars = tail.char_indices();
                    chars.next();
                    match chars.next() {
                        Some((n, '\'')) => n + 2,
                        _ => 1,
                    }
                }
            }
        } else {
            0
        };
        if skip == 0 {
            out.push(if rest[0].is_ascii() { rest[0] as char } else { '?' });
            i += 1;
        } else {
            out.push(' ');
            i += skip;
        }
    }
    out
}

/// The number of `#` if a raw string begins here.
fn raw_string(rest: &[u8], before: Option<u8>) -> Option<usize> {
    if rest[0] != b'r' || before.is_some_and(|b| b.is_ascii_alphanumeric() && b != b'b' || b == b'_') {
        return None;
    }
    let hashes = rest[1..].iter().take_while(|&&b| b == b'#').count();
    (rest.get(1 + hashes) == Some(&b'"')).then_some(hashes)
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|w| w == needle)
}

/// What follows `#[cfg(test)]` up to the end of its braces, or its semicolon, out.
fn without_tests(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        let item = &rest[at + 12..];
        let mut depth = 0;
        let mut end = item.len();
        for (i, c) in item.char_indices() {
            match c {
                ';' if depth == 0 => end = i + 1,
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        end = i + 1;
                    }
                }
                _ => continue,
            }
            if end != item.len() {
                break;
            }
        }
        rest = &item[end..];
    }
    out + rest
}

fn tokens(code: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if c == ':' && chars.peek() == Some(&':') {
            chars.next();
            out.push("::".to_owned());
        } else if !c.is_whitespace() {
            out.push(c.to_string());
        }
    }
    out.push(word);
    out
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// `a::b::c` or `name!`, and where it ends.
fn path_at(tokens: &[String], start: usize) -> (String, usize) {
    let mut path = tokens[start].clone();
    let mut i = start + 1;
    while tokens.get(i).is_some_and(|t| t == "::") && tokens.get(i + 1).is_some_and(|t| is_word(t)) {
        path = format!("{path}::{}", tokens[i + 1]);
        i += 2;
    }
    let negation = tokens.get(i + 1).is_some_and(|t| t == "=");
    if tokens.get(i).is_some_and(|t| t == "!") && !negation {
        path.push('!');
    }
    (
        path.strip_prefix("std::")
            .filter(|p| p.ends_with('!'))
            .map(str::to_owned)
            .unwrap_or(path),
        i,
    )
}

/// A use tree as (name here, full path).
fn expand(tokens: &[String], at: &mut usize, prefix: &str, out: &mut Vec<(String, String)>) {
    let mut path = prefix.to_owned();
    let join = |path: &str, word: &str| {
        if path.is_empty() {
            word.to_owned()
        } else {
            format!("{path}::{word}")
        }
    };
    while *at < tokens.len() {
        match tokens[*at].as_str() {
            "::" => {}
            "{" => {
                *at += 1;
                while *at < tokens.len() && tokens[*at] != "}" {
                    expand(tokens, at, &path, out);
                    if *at < tokens.len() && tokens[*at] == "," {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            "," | "}" => break,
            "as" => {
                *at += 1;
                out.push((tokens[*at].clone(), path));
                *at += 1;
                return;
            }
            "self" if !path.is_empty() => {}
            word => path = join(&path, word),
        }
        *at += 1;
    }
    let name = path.rsplit("::").next().unwrap_or_default().to_owned();
    out.push((name, path));
}

/// `a::b::c` begins with `a::b`, not with `a::bc`.
pub fn begins(path: &str, with: &str) -> bool {
    path.strip_prefix(with)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// `["mail", "write"]` for `mail/write.rs` and `mail/write/mod.rs`.
pub fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<String> = path
        .with_extension("")
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// The modules that a file declares for tests only: `#[cfg(test)] mod tests;`.
pub fn test_modules(module: &[String], text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(&blank(text));
    let declared = tokens
        .windows(10)
        .filter(|w| w[..8] == ["#", "[", "cfg", "(", "test", ")", "]", "mod"] && w[9] == ";");
    declared.map(|w| [module, &w[8..9]].concat()).collect()
}
