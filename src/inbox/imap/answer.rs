//! What an answer says: the few kinds that are looked at.

use std::collections::VecDeque;

use super::wire::{Answer, Literal, WireError};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    Bad,
}

/// A status and what the server said with it: `[CODE] words`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) status: Status,
    pub(super) words: String,
}

impl Said {
    /// Whether the response code in brackets is this.
    pub(super) fn has_code(&self, code: &str) -> bool {
        let inner = self.words.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        inner.is_some_and(|(inner, _)| {
            inner
                .split(' ')
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(code))
        })
    }
}

/// One item of `* n FETCH (...)`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) uid: u32,
    pub(super) size: Option<u64>,
    pub(super) body: Option<Literal>,
}

impl Answer {
    /// `* NAME rest`, with the name in any case; the rest.
    pub(super) fn untagged(&self, name: &str) -> Option<&[u8]> {
        let rest = self.text.strip_prefix(b"* ")?;
        let (word, after) = rest.split_at_checked(name.len())?;
        let ends = after.is_empty() || after.starts_with(b" ");
        (ends && word.eq_ignore_ascii_case(name.as_bytes())).then(|| after.trim_ascii_start())
    }

    /// `* OK [NAME rest] ...`, or with a tag instead of the star: the rest.
    pub(super) fn code(&self, name: &str) -> Option<String> {
        let after_tag = &self.text[memchr::memchr(b' ', &self.text)? + 1..];
        let (status, words) = after_tag.split_at_checked(3)?;
        let words = String::from_utf8_lossy(words);
        if !status.eq_ignore_ascii_case(b"OK ") {
            return None;
        }
        let (inner, _) = words.strip_prefix('[')?.split_once(']')?;
        let (word, rest) = inner.split_once(' ').unwrap_or((inner, ""));
        word.eq_ignore_ascii_case(name).then(|| rest.to_owned())
    }

    /// The end of the command with this tag.
    pub(super) fn tagged(&self, tag: &str) -> Result<Option<Said>, WireError> {
        let Some(rest) = self
            .text
            .strip_prefix(tag.as_bytes())
            .and_then(|rest| rest.strip_prefix(b" "))
        else {
            return match self.text.first() {
                Some(b'*' | b'+') => Ok(None),
                _ => Err(WireError::Protocol("it answers what was not asked")),
            };
        };
        let rest = String::from_utf8_lossy(rest);
        let (status, words) = rest.split_once(' ').unwrap_or((&rest, ""));
        let status = match status.to_ascii_uppercase().as_str() {
            "OK" => Status::Ok,
            "NO" => Status::No,
            "BAD" => Status::Bad,
            _ => return Err(WireError::Protocol("a command ends with none of OK, NO, BAD")),
        };
        let words = words.chars().filter(|c| !c.is_control()).collect();
        Ok(Some(Said { status, words }))
    }

    /// The numbers of `* SEARCH`.
    pub(super) fn search(&self) -> Option<Result<Vec<u32>, WireError>> {
        let numbers = self.untagged("SEARCH")?;
        let mut found = Vec::new();
        for word in numbers.split(|b| *b == b' ').filter(|word| !word.is_empty()) {
            // `(MODSEQ 5)` may stand at the end.
            if word.starts_with(b"(") {
                break;
            }
            match std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()) {
                Some(number) => found.push(number),
                None => return Some(Err(WireError::Protocol("SEARCH found what is no number"))),
            }
        }
        Some(Ok(found))
    }

    /// `* n FETCH (UID n RFC822.SIZE n BODY[] ...)`; `None` for another answer, and for one without a UID, as the
    /// sequence number is never relied on.
    pub(super) fn fetched(self) -> Result<Option<Fetched>, WireError> {
        let bad = || WireError::Protocol("a FETCH answer makes no sense");
        let Answer { text, literals } = self;
        let mut words = text.splitn(4, |b| *b == b' ');
        let (star, number, name) = (words.next(), words.next(), words.next());
        let is_fetch = star == Some(b"*")
            && number.is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
            && name.is_some_and(|name| name.eq_ignore_ascii_case(b"FETCH"));
        if !is_fetch {
            return Ok(None);
        }
        let items = words.next().and_then(|rest| rest.strip_prefix(b"(")).ok_or_else(bad)?;
        let mut tokens = Tokens {
            rest: items,
            literals: literals.into(),
        };
        let mut fetched = Fetched::default();
        loop {
            let name = match tokens.next().ok_or_else(bad)? {
                Token::Close if tokens.rest.is_empty() => break,
                Token::Atom(name) => name.to_ascii_uppercase(),
                _ => return Err(bad()),
            };
            let value = tokens.next().ok_or_else(bad)?;
            let number = |value: &Token| match value {
                Token::Atom(digits) => std::str::from_utf8(digits)
                    .ok()
                    .and_then(|digits| digits.parse::<u64>().ok()),
                _ => None,
            };
            match (&name[..], value) {
                (b"UID", value) => {
                    fetched.uid = number(&value).and_then(|uid| uid.try_into().ok()).ok_or_else(bad)?;
                }
                (b"RFC822.SIZE", value) => fetched.size = Some(number(&value).ok_or_else(bad)?),
                (b"BODY[]", Token::Text(bytes)) => fetched.body = Some(Literal::Bytes(bytes)),
                (b"BODY[]", Token::Literal(literal)) => fetched.body = Some(literal),
                (_, Token::Open) => tokens.skip_list().ok_or_else(bad)?,
                (_, Token::Close) => return Err(bad()),
                _ => {}
            }
        }
        Ok((fetched.uid > 0).then_some(fetched))
    }
}

enum Token<'a> {
    Open,
    Close,
    Atom(&'a [u8]),
    Text(Vec<u8>),
    Literal(Literal),
}

struct Tokens<'a> {
    rest: &'a [u8],
    literals: VecDeque<Literal>,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.trim_ascii_start();
        let (first, after) = self.rest.split_first()?;
        match first {
            b'(' | b')' => {
                self.rest = after;
                Some(if *first == b'(' { Token::Open } else { Token::Close })
            }
            0 => {
                self.rest = after;
                self.literals.pop_front().map(Token::Literal)
            }
            b'"' => {
                let mut text = Vec::new();
                let mut bytes = after.iter().enumerate();
                while let Some((i, byte)) = bytes.next() {
                    match byte {
                        b'"' => {
                            self.rest = &after[i + 1..];
                            return Some(Token::Text(text));
                        }
                        b'\\' => text.push(*bytes.next()?.1),
                        _ => text.push(*byte),
                    }
                }
                None
            }
            _ => {
                // `BODY[HEADER.FIELDS (DATE)]<0>` is one.
                let mut in_brackets = false;
                let end = self.rest.iter().position(|b| {
                    match b {
                        b'[' => in_brackets = true,
                        b']' => in_brackets = false,
                        _ => {}
                    }
                    !in_brackets && matches!(b, b' ' | b'(' | b')' | b'"' | 0)
                });
                let (atom, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest;
                Some(Token::Atom(atom))
            }
        }
    }

    /// Past the end of a list whose beginning was read.
    fn skip_list(&mut self) -> Option<()> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next()? {
                Token::Open => depth += 1,
                Token::Close => depth -= 1,
                _ => {}
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, literals: Vec<Literal>) -> Answer {
        Answer {
            text: text.as_bytes().to_vec(),
            literals,
        }
    }

    #[test]
    fn a_fetch_is_read_in_any_order_and_with_what_was_not_asked() {
        let body = || Literal::Bytes(b"Subject: x\r\n\r\ny".to_vec());
        for text in [
            "* 3 FETCH (UID 7 RFC822.SIZE 20 BODY[] \0)",
            "* 3 fetch (BODY[] \0 FLAGS (\\Seen (a (b)) \"c) \\\" (\") uid 7 RFC822.SIZE 20)",
            "* 3 FETCH (BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" NIL) \"MIXED\") UID 7 BODY[] \0 RFC822.SIZE 20)",
        ] {
            let fetched = answer(text, vec![body()]).fetched().unwrap().unwrap();
            assert_eq!(
                (fetched.uid, fetched.size, fetched.body),
                (7, Some(20), Some(body())),
                "{text}"
            );
        }
        let quoted = answer("* 1 FETCH (UID 7 BODY[] \"a: \\\"b\")", vec![])
            .fetched()
            .unwrap()
            .unwrap();
        assert_eq!(quoted.body, Some(Literal::Bytes(b"a: \"b".to_vec())));
        for other in [
            "* 3 EXISTS",
            "* OK hello",
            "* 3 FETCH (FLAGS (\\Seen))",
            "* 3 FETCH (BODY[HEADER.FIELDS (A B)] NIL)",
        ] {
            assert_eq!(answer(other, vec![]).fetched().unwrap(), None, "{other}");
        }
        for broken in [
            "* 3 FETCH",
            "* 3 FETCH (UID",
            "* 3 FETCH (UID x)",
            "* 3 FETCH (UID 1 FLAGS (",
            "* 3 FETCH (UID 1) x",
            "* 1 FETCH (UID 99999999999)",
        ] {
            assert!(answer(broken, vec![]).fetched().is_err(), "{broken}");
        }
    }

    #[test]
    fn a_status_is_told_from_its_words() {
        let said = answer("a1 NO [TRYCREATE] No \u{1b}[2Jsuch mailbox", vec![])
            .tagged("a1")
            .unwrap()
            .unwrap();
        assert_eq!(
            (said.status, said.words.as_str()),
            (Status::No, "[TRYCREATE] No [2Jsuch mailbox")
        );
        assert!(said.has_code("trycreate") && !said.has_code("TRY"));
        assert_eq!(answer("* 1 EXISTS", vec![]).tagged("a1").unwrap(), None);
        assert!(answer("a2 OK", vec![]).tagged("a1").is_err());
        assert!(answer("a1 YES", vec![]).tagged("a1").is_err());
        assert_eq!(
            answer("* ok [UIDVALIDITY 5] x", vec![]).code("uidvalidity").as_deref(),
            Some("5")
        );
        assert_eq!(
            answer("d1 OK [CAPABILITY MOVE IDLE] in", vec![])
                .code("CAPABILITY")
                .as_deref(),
            Some("MOVE IDLE")
        );
        assert_eq!(answer("* NO [CAPABILITY MOVE]", vec![]).code("CAPABILITY"), None);
        assert_eq!(
            answer("* SEARCH 3 5 (MODSEQ 9)", vec![]).search().unwrap().unwrap(),
            [3, 5]
        );
        assert!(answer("* SEARCH x", vec![]).search().unwrap().is_err());
        assert!(answer("* SEARCHED", vec![]).search().is_none());
    }
}
