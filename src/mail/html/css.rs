//! The few declarations of inline CSS that change what a reader sees.

use super::lists::Numerals;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// What one `style` attribute says; `None` and `false` where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Style {
    /// `display:none`, `mso-hide:all`, `opacity:0`, no height with the overflow hidden.
    pub gone: bool,
    /// `display` makes a block of it.
    pub block: bool,
    /// A picture as the ground.
    pub picture: bool,
    /// `list-style-type`
    pub numerals: Option<Numerals>,
    /// `visibility`
    pub invisible: Option<bool>,
    /// `font-size` of at most one pixel.
    pub tiny: Option<bool>,
    pub color: Option<Rgb>,
    /// `caret-color`: the text was typed, or taken from where it was.
    pub typed: bool,
    pub background: Option<Rgb>,
    pub bold: Option<bool>,
    pub italic: Option<bool>,
    pub strike: bool,
    /// The font is Wingdings, whose letters are signs.
    pub signs: Option<bool>,
    pub pre: Option<bool>,
    /// Some border or a bar at the left, as mail programs give a quotation.
    pub bar_left: bool,
    /// A line above, as Outlook draws above the header block of the mail it quotes.
    pub bar_top: bool,
    pub any_border: bool,
    pub no_border: bool,
    /// No vertical margin.
    pub no_margin: bool,
    /// Outlook's list level, 1 to 9.
    pub list_level: Option<u8>,
    /// `mso-list:Ignore`: the bullet Outlook drew itself.
    pub list_bullet: bool,
    pub width: Option<f32>,
    pub height: Option<f32>,
}

/// Reads a `style` attribute.
pub fn style(text: &str) -> Style {
    let mut style = Style::default();
    let (mut flat, mut overflow) = (false, false);
    let (mut top, mut bottom) = (false, false);
    for declaration in text.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().to_ascii_lowercase();
        let value = value.trim_end_matches("!important").trim();
        match name.as_str() {
            "display" => {
                style.gone |= value == "none";
                style.block = matches!(value, "block" | "flex" | "grid" | "table" | "list-item" | "flow-root");
            }
            "mso-hide" => style.gone |= value == "all",
            "opacity" => style.gone |= value.parse() == Ok(0.0),
            "visibility" => style.invisible = Some(value == "hidden" || value == "collapse"),
            "font-size" => style.tiny = pixels(value).map(|px| px <= 1.5),
            "max-height" | "height" if pixels(value) == Some(0.0) => flat = true,
            "height" => style.height = pixels(value),
            "width" | "max-width" => style.width = pixels(value),
            "overflow" => overflow = value == "hidden",
            "color" => style.color = color(value),
            "caret-color" => style.typed = color(value).is_some(),
            "background" | "background-color" => {
                style.background = value.split(' ').find_map(color).or(style.background);
                style.picture |= value.contains("url(") || value.contains("gradient(");
            }
            "background-image" => style.picture |= value.contains("url(") || value.contains("gradient("),
            "list-style" | "list-style-type" => style.numerals = value.split(' ').find_map(Numerals::of_style),
            "font-weight" => {
                style.bold = match value {
                    "bold" | "bolder" => Some(true),
                    "normal" | "lighter" => Some(false),
                    number => number.parse::<u16>().ok().map(|n| n >= 600),
                }
            }
            "font-family" => style.signs = Some(is_signs(value)),
            "font-style" => style.italic = Some(value == "italic" || value.starts_with("oblique")),
            "text-decoration" | "text-decoration-line" => style.strike = value.contains("line-through"),
            "white-space" => style.pre = Some(value.starts_with("pre") || value == "break-spaces"),
            "border-left" | "border-left-width" | "border-inline-start" => style.bar_left |= drawn(value),
            "border-top" => style.bar_top |= value.contains("solid") && drawn(value),
            "border" => {
                style.no_border = !drawn(value);
                style.any_border = drawn(value);
            }
            "border-bottom" | "border-right" => style.any_border |= drawn(value),
            "margin" => {
                let zero: Vec<bool> = value.split(' ').filter(|v| !v.is_empty()).map(is_zero).collect();
                top = zero.first().copied().unwrap_or(false);
                bottom = zero.get(2).copied().unwrap_or(top);
            }
            "margin-top" => top = is_zero(value),
            "margin-bottom" => bottom = is_zero(value),
            "mso-list" => {
                style.list_bullet = value == "ignore";
                style.list_level = value
                    .split(' ')
                    .find_map(|word| word.strip_prefix("level"))
                    .and_then(|n| n.parse().ok())
                    .filter(|n| (1..=9).contains(n));
            }
            _ => {}
        }
    }
    style.gone |= flat && overflow;
    style.no_margin = top && bottom;
    style
}

/// Whether a font, or the first of a list, is Wingdings: Outlook writes smileys and arrows in it.
pub fn is_signs(fonts: &str) -> bool {
    let first = fonts.split(',').next().unwrap_or_default();
    first.trim().trim_matches(['"', '\'']).eq_ignore_ascii_case("wingdings")
}

fn is_zero(value: &str) -> bool {
    value
        .trim_start_matches("0.")
        .trim_start_matches('0')
        .chars()
        .all(|c| c.is_ascii_alphabetic() || c == '%')
        && value.starts_with('0')
}

/// Whether a border shorthand draws anything.
fn drawn(value: &str) -> bool {
    !value
        .split(' ')
        .any(|word| word == "none" || word == "hidden" || is_zero(word))
        && !value.is_empty()
}

/// A CSS or HTML length in pixels where it is absolute, or zero in any unit.
pub fn pixels(value: &str) -> Option<f32> {
    let value = value.trim();
    let digits = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let number: f32 = value[..digits].parse().ok()?;
    match value[digits..].trim() {
        "" | "px" => Some(number),
        "pt" => Some(number * 4.0 / 3.0),
        _ if number == 0.0 => Some(0.0),
        _ => None,
    }
}

/// Channels of a colour that are so far apart make no grey, and not the dark blue in which Outlook once set every answer.
const BRIGHT: u8 = 100;

/// Whether a colour is one that somebody chose to be seen.
pub fn is_bright(color: Rgb) -> bool {
    let most = color.into_iter().max().unwrap_or(0);
    let least = color.into_iter().min().unwrap_or(0);
    most - least >= BRIGHT
}

/// A CSS or HTML colour: `#fff`, `#ffffff`, `rgb(...)`, and the few names mail programs write.
pub fn color(value: &str) -> Option<Rgb> {
    let value = value.trim().to_ascii_lowercase();
    if let Some(hex) = value.strip_prefix('#') {
        let digit = |i: usize| hex.get(i..=i).and_then(|d| u8::from_str_radix(d, 16).ok());
        return match hex.len() {
            3 | 4 => Some([digit(0)? * 17, digit(1)? * 17, digit(2)? * 17]),
            6 | 8 => Some([
                digit(0)? * 16 + digit(1)?,
                digit(2)? * 16 + digit(3)?,
                digit(4)? * 16 + digit(5)?,
            ]),
            _ => None,
        };
    }
    if let Some(inner) = value
        .strip_prefix("rgb")
        .and_then(|v| v.trim_start_matches('a').strip_prefix('('))
    {
        let mut parts = inner
            .trim_end_matches(')')
            .split([',', ' ', '/'])
            .filter(|p| !p.is_empty());
        let mut next = || parts.next().and_then(|p| p.trim().parse::<f32>().ok()).map(|n| n as u8);
        let rgb = [next()?, next()?, next()?];
        // transparent is no colour
        return (parts.next().and_then(|a| a.trim().parse::<f32>().ok()) != Some(0.0)).then_some(rgb);
    }
    match value.as_str() {
        "white" => Some([255; 3]),
        "black" => Some([0; 3]),
        "red" => Some([255, 0, 0]),
        "blue" => Some([0, 0, 255]),
        "green" => Some([0, 128, 0]),
        "gray" | "grey" => Some([128; 3]),
        "yellow" => Some([255, 255, 0]),
        "navy" => Some([0, 0, 128]),
        _ => None,
    }
}

/// Whether text of one colour on the other cannot be seen.
pub fn same(text: Rgb, background: Rgb) -> bool {
    text.iter().zip(background).all(|(a, b)| a.abs_diff(b) <= 6)
}

/// The classes that a style sheet makes invisible, by rules of the plainest form (`.name { display:none }`); rules
/// inside `@media` hold for some screens only and are left alone.
pub fn hidden_classes(sheet: &str) -> Vec<String> {
    let mut hidden = Vec::new();
    let mut rest = sheet;
    let mut depth = 0usize;
    // at depth 0 the text before `{` is a selector list
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = (&rest[..at], rest.as_bytes()[at]);
        rest = &rest[at + 1..];
        if brace == b'}' {
            depth = depth.saturating_sub(1);
            continue;
        }
        if depth == 0
            && !before.trim_start().starts_with('@')
            && let Some(end) = rest.find(['{', '}'])
            && rest.as_bytes()[end] == b'}'
        {
            let selector = before.rsplit(';').next().unwrap_or(before).trim();
            if style(&rest[..end]).gone && hidden.len() < 200 {
                let names = selector.split(',').filter_map(|s| s.trim().split_once('.'));
                let plain = |name: &&str| {
                    name.bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
                };
                hidden.extend(
                    names
                        .filter(|(tag, _)| tag.bytes().all(|b| b.is_ascii_alphanumeric()))
                        .map(|(_, name)| name)
                        .filter(plain)
                        .map(str::to_owned),
                );
            }
            rest = &rest[end + 1..];
        } else {
            depth += 1;
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_says_what_a_reader_would_see() {
        assert!(style("DISPLAY: none !important").gone);
        assert!(style("max-height:0px;overflow:hidden").gone);
        assert!(!style("max-height:0px").gone);
        assert_eq!(style("font-size:1px").tiny, Some(true));
        assert_eq!(style("font-size:11.0pt").tiny, Some(false));
        assert_eq!(style("font-size:small").tiny, None);
        assert_eq!(style("font-weight:normal").bold, Some(false));
        assert_eq!(style("font-weight:700").bold, Some(true));
        assert!(style("border-left:2px solid #1010FF").bar_left);
        assert!(!style("border-left:none").bar_left);
        assert!(!style("border-left: 0px solid red").bar_left);
        assert!(style("border:none;border-top:solid #E1E1E1 1.0pt").bar_top);
        assert!(style("margin:0cm 0cm 0.0001pt").no_margin || style("margin:0in").no_margin);
        assert!(!style("margin:10px 0").no_margin);
        assert!(style("caret-color: rgb(255, 255, 255); color: #fff").typed && !style("color: #fff").typed);
        assert!(style("display: block").block);
        assert!(!style("display:inline").block);
        assert!(style("background:#fff url(x.png)").picture);
        assert_eq!(
            style("list-style-type:lower-roman").numerals,
            Some(Numerals::LowerRoman)
        );
        assert_eq!(style("mso-list:l0 level2 lfo1").list_level, Some(2));
        assert!(style("mso-list:Ignore").list_bullet);
    }

    #[test]
    fn colours_are_read_in_the_forms_mail_uses() {
        for white in ["#fff", "#FFFFFF", "white", "rgb(255, 255, 255)", "rgba(255,255,255,1)"] {
            assert_eq!(color(white), Some([255; 3]), "{white}");
        }
        assert_eq!(color("transparent"), None);
        assert_eq!(color("rgba(0,0,0,0)"), None);
        assert_eq!(color("#ff"), None);
        assert_eq!(color("#ééé"), None);
    }

    #[test]
    fn only_plain_rules_outside_media_hide_a_class() {
        let sheet = "p{margin:0} .pre, td.x{display:none} @media print{.m{display:none}} .after{display:none}";
        assert_eq!(hidden_classes(sheet), ["pre", "x", "after"]);
    }
}
