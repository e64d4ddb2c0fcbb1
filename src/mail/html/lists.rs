//! How an ordered list is numbered, where that is not by plain numbers.

/// The kinds of HTML's `type` and CSS's `list-style-type` that mail programs write.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Numerals {
    #[default]
    Decimal,
    LowerAlpha,
    UpperAlpha,
    LowerRoman,
    UpperRoman,
}

impl Numerals {
    /// Of `<ol type=A>`: there, case tells.
    pub fn of_type(value: &str) -> Option<Numerals> {
        match value.trim() {
            "a" => Some(Numerals::LowerAlpha),
            "A" => Some(Numerals::UpperAlpha),
            "i" => Some(Numerals::LowerRoman),
            "I" => Some(Numerals::UpperRoman),
            "1" => Some(Numerals::Decimal),
            _ => None,
        }
    }

    /// Of a word of `list-style-type` or `list-style`, in lower case.
    pub fn of_style(word: &str) -> Option<Numerals> {
        match word {
            "lower-alpha" | "lower-latin" => Some(Numerals::LowerAlpha),
            "upper-alpha" | "upper-latin" => Some(Numerals::UpperAlpha),
            "lower-roman" => Some(Numerals::LowerRoman),
            "upper-roman" => Some(Numerals::UpperRoman),
            "decimal" => Some(Numerals::Decimal),
            _ => None,
        }
    }

    /// A number as it is shown; `None` where it is a plain one.
    pub fn write(self, number: u32) -> Option<String> {
        let lower = match self {
            Numerals::Decimal => return None,
            Numerals::LowerAlpha | Numerals::UpperAlpha => alphabetic(number)?,
            Numerals::LowerRoman | Numerals::UpperRoman => roman(number)?,
        };
        Some(match self {
            Numerals::UpperAlpha | Numerals::UpperRoman => lower.to_ascii_uppercase(),
            _ => lower,
        })
    }
}

/// a to z, aa, ab ...
fn alphabetic(mut number: u32) -> Option<String> {
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    (!letters.is_empty()).then(|| letters.iter().rev().collect())
}

/// Up to 3999, as CSS has it.
fn roman(mut number: u32) -> Option<String> {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if !(1..4000).contains(&number) {
        return None;
    }
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while number >= value {
            out.push_str(sign);
            number -= value;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::Numerals::{self, *};

    #[test]
    fn numbers_are_written_as_a_browser_shows_them() {
        let cases: [(Numerals, u32, Option<&str>); 9] = [
            (Decimal, 3, None),
            (LowerAlpha, 1, Some("a")),
            (UpperAlpha, 26, Some("Z")),
            (LowerAlpha, 28, Some("ab")),
            (LowerAlpha, 0, None),
            (LowerRoman, 4, Some("iv")),
            (UpperRoman, 1999, Some("MCMXCIX")),
            (LowerRoman, 4000, None),
            (UpperAlpha, 703, Some("AAA")),
        ];
        for (numerals, number, shown) in cases {
            assert_eq!(numerals.write(number).as_deref(), shown, "{numerals:?} {number}");
        }
    }
}
