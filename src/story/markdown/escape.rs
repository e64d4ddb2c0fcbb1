//! What has to be written differently so that it is read as it was typed.

/// How much is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Only what would mean something where it stands.
    Lean,
    /// Every mark that can mean anything.
    Full,
}

/// Text without what must not reach a page: controls, direction overrides, tag characters outside a flag.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut flag = false;
    for c in text.chars() {
        let tag = matches!(c as u32, 0xE0000..=0xE007F);
        match c {
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{202d}' | '\u{202e}' | '\u{feff}' | '\u{2028}' | '\u{2029}') => {}
            _ if tag && !flag => {}
            c => out.push(c),
        }
        // the flags of England, Scotland and Wales are spelt in tag characters
        flag = c == '\u{1f3f4}' || (tag && flag);
    }
    out
}

/// Whether a site generator would take part of this for its own: a shortcode, a template, the end of a summary.
pub fn is_template(text: &str) -> bool {
    const MARKS: [&str; 7] = ["{{", "{%", "{#", "{:", "<!--", "<?", "<%"];
    let mut begins = memchr::memchr2_iter(b'{', b'<', text.as_bytes());
    begins.any(|at| MARKS.iter().any(|mark| text[at..].starts_with(mark)))
}

/// The longest run of `c` in `text`.
pub fn longest_run(text: &str, c: char) -> usize {
    text.split(|other| other != c).map(str::len).max().unwrap_or(0)
}

/// Writes `text` so that it is read as it stands. `start`: it begins a line of the page. `next`: the character that will
/// follow it (`None`: the line ends), `before` the one it follows.
pub fn text(text: &str, care: Care, start: bool, before: Option<char>, next: Option<char>) -> String {
    let head = if start { line_start(text) } else { None };
    if care == Care::Lean && head.is_none() && is_plain(text) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 16);
    let tildes = chars.iter().filter(|&&c| c == '~').count();
    let links = text.contains("](") || text.contains("][") || text.contains("]:") || text.contains("[[");
    let mut skip = 0;
    for (at, &c) in chars.iter().enumerate() {
        if at < skip {
            continue;
        }
        let p = if at == 0 { before } else { Some(chars[at - 1]) };
        let n = chars
            .get(at + 1)
            .copied()
            .or(if at + 1 == chars.len() { next } else { None });
        let first = start && at == 0;
        if head == Some(at) && !matches!(c, '<' | '&' | '{') {
            if c.is_ascii_alphanumeric() {
                // `import x from "y"` at the start of a page is code to MDX
                out.push_str(&format!("&#{};", c as u32));
            } else {
                out.push('\\');
                out.push(c);
            }
            continue;
        }
        if let Some(url) = url_at(&chars, at, p) {
            if care == Care::Lean && needs_brackets(url) {
                out.push('<');
                out.extend(url);
                out.push('>');
                skip = at + url.len();
                continue;
            }
        } else if breaks_link(&chars, at, care) {
            // renderers that link bare addresses would take our escapes into the address
            out.push('\\');
        }
        let space = |c: Option<char>| c.is_some_and(char::is_whitespace);
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let escape = match c {
            '<' => {
                // `< 5`, `<3`, `<-` and `<=` begin no tag
                let tag = n.is_none_or(|n| !(n.is_whitespace() || n.is_ascii_digit() || matches!(n, '-' | '=' | '>')));
                if tag || care == Care::Full {
                    out.push_str("&lt;");
                    continue;
                }
                false
            }
            '&' => {
                if care == Care::Full || is_entity(&chars[at..]) || n.is_none() {
                    out.push_str("&amp;");
                    continue;
                }
                false
            }
            '{' => {
                let template = matches!(n, None | Some('{' | '%' | '#' | ':' | '<' | '&'));
                if template || p == Some('{') || care == Care::Full {
                    out.push_str("&#123;");
                    continue;
                }
                false
            }
            '\\' if n.is_none() => {
                // two backslashes and a line end are not read alike everywhere
                out.push_str("&#92;");
                continue;
            }
            '\\' => n.is_some_and(|n| n.is_ascii_punctuation()),
            '`' | '|' => true,
            '*' => first || !(space(p) && (space(n) || n.is_none())),
            '_' => !(word(p) && word(n) || !first && space(p) && (space(n) || n.is_none())),
            '[' => links || matches!(n, Some('^' | '[') | None) || first && matches!(n, Some(' ' | 'x' | 'X')),
            ']' => links && matches!(n, Some('(' | '[' | ':') | None),
            '!' => n == Some('['),
            '~' => tildes > 1 || n == Some('~') || p == Some('~'),
            '$' => n == Some('$') || p == Some('$'),
            _ => false,
        };
        let full = care == Care::Full
            && matches!(
                c,
                '\\' | '*' | '_' | '[' | ']' | '#' | '+' | '-' | '=' | '!' | '~' | '$' | ':' | '>' | '^'
            );
        if escape || full {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether nothing in the text means anything to Markdown, but at the start of a line.
fn is_plain(text: &str) -> bool {
    let mark = |b| {
        matches!(
            b,
            b'<' | b'&' | b'{' | b'\\' | b'`' | b'|' | b'*' | b'_' | b'[' | b']' | b'~' | b'$'
        )
    };
    // `!` before a link that follows, `://` and `www.` in an address
    !(text.bytes().any(mark) || text.ends_with('!') || text.contains("://") || text.contains("www."))
}

/// The address (`http://...`) that begins here, without the punctuation after it.
fn url_at(chars: &[char], at: usize, before: Option<char>) -> Option<&[char]> {
    if chars[at] != 'h' || before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let begins = |scheme: &str| scheme.chars().eq(chars[at..].iter().copied().take(scheme.len()));
    if !begins("http://") && !begins("https://") {
        return None;
    }
    let ends = |c: &char| c.is_whitespace() || matches!(c, '<' | '>' | '"');
    let mut url = &chars[at..];
    url = &url[..url.iter().position(ends).unwrap_or(url.len())];
    while let [
        rest @ ..,
        '.' | ',' | ':' | ';' | '!' | '?' | ')' | ']' | '\'' | '*' | '_' | '~' | '’' | '”',
    ] = url
    {
        url = rest;
    }
    Some(url).filter(|url| url.len() > 8)
}

/// Whether an address has marks in it that would have to be escaped, and can stand in angle brackets instead.
fn needs_brackets(url: &[char]) -> bool {
    let fit = url
        .iter()
        .all(|c| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()+,;=%*[]".contains(*c));
    let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
    let meant = |(at, c): (usize, &char)| match c {
        '*' | '~' | '[' | '$' => true,
        '_' => !(at > 0 && word(url.get(at - 1)) && word(url.get(at + 1))),
        '&' => is_entity(&url[at..]),
        _ => false,
    };
    fit && url.iter().enumerate().any(meant)
}

/// Whether this character of a bare address has to be escaped so that it is no address any more: what comes after it is
/// written with entities.
fn breaks_link(chars: &[char], at: usize, care: Care) -> bool {
    let back = |n: usize| at.checked_sub(n).map(|i| chars[i]);
    let scheme = chars[at] == '/' && back(1) == Some(':') && chars.get(at + 1) == Some(&'/');
    let host = chars[at] == '.' && back(1) == Some('w') && back(2) == Some('w') && back(3) == Some('w');
    if !scheme && !host {
        return false;
    }
    let run = chars[at..].iter().take(2000).take_while(|c| !c.is_whitespace());
    run.enumerate().any(|(i, c)| match c {
        '<' | '{' | '\\' | '`' | '|' => true,
        '&' => care == Care::Full || is_entity(&chars[at + i..]),
        _ => false,
    })
}

/// The place of the character that gives a line its meaning, where it would be a heading, an item, a rule, a fence, a
/// definition, an attribute block or a line of code.
fn line_start(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    let blank = |s: &str| s.is_empty() || s.starts_with(' ');
    let only = |set: &[char]| text.chars().all(|c| set.contains(&c));
    let meant = match first {
        '#' => blank(rest.trim_start_matches('#')),
        '>' | '|' => true,
        '+' | '-' => blank(rest) || rest.starts_with(first),
        '=' => only(&['=', ' ']),
        '~' => rest.starts_with("~~"),
        ':' => blank(rest) || rest.starts_with([':', '-']),
        '%' => rest.starts_with('%'),
        '0'..='9' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let after = &text[digits..];
            let item = digits <= 9 && after.starts_with(['.', ')']) && blank(&after[1..]);
            return item.then_some(digits);
        }
        'i' | 'e' => is_module_line(text),
        _ => false,
    };
    // a row of bars, dashes and colons makes the line above it the head of a table
    let ruler = matches!(first, '-' | ':' | '|') && only(&['-', ':', '|', ' ']);
    (meant || ruler).then_some(0)
}

/// `import x from "y"`, `export const y = 1`: not English.
fn is_module_line(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("import ").or_else(|| text.strip_prefix("export ")) else {
        return false;
    };
    let from = ["from '", "from \"", "from “", "from ‘"]
        .iter()
        .any(|f| rest.contains(f));
    from || rest.starts_with(['{', '*', '"', '\''])
        || ["default ", "const ", "let ", "function "]
            .iter()
            .any(|w| rest.starts_with(w))
}

/// Whether an entity stands somewhere in a text.
pub fn has_entity(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|at| chars[at] == '&' && is_entity(&chars[at..]))
}

/// Whether an entity begins here: `&amp;`, `&#123;`, `&#x7b;`.
fn is_entity(chars: &[char]) -> bool {
    let body = &chars[1..chars.len().min(40)];
    let Some(end) = body.iter().position(|&c| c == ';') else {
        return false;
    };
    let body = &body[..end];
    !body.is_empty()
        && body
            .iter()
            .enumerate()
            .all(|(i, c)| c.is_ascii_alphanumeric() || (i == 0 && *c == '#'))
}
