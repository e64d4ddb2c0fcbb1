//! Which line ends are the author's, and which a mail program's wrapping.

use super::super::passage::{Kind, Line, Span};

/// What stands before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The line end is kept.
    Kept,
    /// The line before was full: the two are one.
    Wrapped,
    /// The two are paragraphs of their own.
    Paragraph,
}

/// Longer than any program wraps at: such a line is a paragraph.
const LONG: usize = 100;

/// The column a text was wrapped at; `None` where it was not wrapped.
///
/// A program that wraps at 72 leaves no line over 72, save one with a long address in it; one line in twenty may be
/// the author's own (a pasted address). Lines then end because the next word had no room, in the middle of sentences;
/// an author ends them between two, or where a verse ends, with room left.
pub fn column(lines: &[Line]) -> Option<usize> {
    let own = |l: &&Line| matches!(l.kind, Kind::Text | Kind::Quote) && l.quote == 0;
    let texts = lines.iter().filter(own).map(Line::words);
    let measures = texts.filter(|t| !has_a_long_word(t));
    let mut widths: Vec<usize> = measures.map(|t| width(t.trim())).collect();
    widths.sort_unstable();
    let column = *widths.get((widths.len().checked_sub(1)?) - widths.len() / 20)?;
    if !(50..=LONG).contains(&column) {
        return None;
    }
    // pairs of lines with nothing between them
    let pairs = lines.windows(2).filter(|w| own(&&w[0]) && own(&&w[1]));
    let (mut full, mut proof, mut against, mut all) = (0, 0, 0, 0);
    for pair in pairs {
        let (before, line) = (pair[0].words(), pair[1].words());
        let (before, line) = (before.trim(), line.trim());
        all += 1;
        if is_full(before, line, column, Break::Wrapped) {
            full += 1;
            proof += goes_on(before, line);
        } else {
            against += usize::from(had_room(before, line, column));
        }
    }
    // In HTML a line end was written; only text pasted from a terminal, or a program's plain text, has a wrapped one.
    let written = lines.iter().any(|l| l.hints.own_end);
    let proven = match written {
        true => proof >= 3 * SURE && against == 0,
        false => proof >= SURE && proof > 2 * SURE * against,
    };
    (proven && (column >= 66 || full * 5 >= all * 2)).then_some(column)
}

/// How much a line end inside a sentence proves where the next line begins with a small letter; one of a script without
/// small letters proves half as much.
const SURE: usize = 2;

/// How much this end of a full line says that a program wrapped it: whether it stands inside a sentence.
fn goes_on(before: &str, line: &str) -> usize {
    let opens = |c: char| matches!(c, '"' | '“' | '‘' | '„' | '«' | '\'' | '(');
    match line.trim_start_matches(opens).chars().next() {
        _ if ends_a_sentence(before) || before.ends_with(WIDE_STOPS) => 0,
        Some(c) if c.is_lowercase() => SURE,
        Some(c) if c.is_alphabetic() && !c.is_uppercase() => 1,
        _ => 0,
    }
}

/// Whether a long line ended inside a sentence though there was room for the next word, as verse does.
fn had_room(before: &str, line: &str, column: usize) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    let wide = width(before);
    let room = match without_spaces(before, line) {
        // all of its lines but the last are full
        true => wide + KEPT_TOGETHER <= column,
        false => wide * 3 >= column * 2 && wide + 1 + width(word) <= column,
    };
    room && !ends_a_sentence(before) && !before.ends_with(WIDE_STOPS) && !begins_an_item(line)
}

/// Whether a full stop, or another mark that ends a sentence, stands at the end of the line.
pub fn ends_a_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '”', '’', ')', '»'])
        .ends_with(['.', '!', '?', ':', '…', '؟', '۔', '।', '።', '։'])
}

/// `Olu`, `Best wishes,`: what stands under a text, on a line of its own. The rest of a sentence has its stop.
fn signs_off(before: &str, line: &str) -> bool {
    const WORDS: usize = 3;
    let begins =
        line.starts_with(char::is_uppercase) || ends_a_sentence(before) && !line.starts_with(char::is_lowercase);
    begins && line.split_whitespace().count() <= WORDS && !ends_a_sentence(line)
}

/// What stands before each of `lines`; the first has [`Break::Kept`].
pub fn breaks(lines: &[Vec<Span>], column: Option<usize>) -> Vec<Break> {
    let texts: Vec<String> = lines
        .iter()
        .map(|l| l.iter().map(|s| s.text.as_str()).collect::<String>())
        .collect();
    let mut out = vec![Break::Kept; lines.len()];
    for at in 1..lines.len() {
        let (before, line) = (texts[at - 1].trim(), texts[at].trim());
        let (wide, next) = (before.chars().count(), line.chars().count());
        out[at] = if column.is_some_and(|column| is_full(before, line, column, out[at - 1])) {
            Break::Wrapped
        } else if wide > 90 || next > 90 {
            Break::Paragraph
        } else {
            Break::Kept
        };
    }
    out
}

/// Whether the first word of `line` had no room on the line before.
fn is_full(before: &str, line: &str, column: usize, earlier: Break) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    let wide = width(before);
    if without_spaces(before, line) {
        let signs = before.ends_with(WIDE_STOPS) && width(line) <= WIDE_NAME;
        return wide + KEPT_TOGETHER > column && !signs && !begins_an_item(line);
    }
    if is_one_word(before) && earlier != Break::Wrapped || signs_off(before, line) {
        return false;
    }
    wide * 3 >= column * 2
        && wide + 1 + width(word) > column
        && !begins_an_item(line)
        && !before.chars().any(is_unspaced)
}

/// How a sentence ends in Chinese and Japanese.
const WIDE_STOPS: [char; 4] = ['。', '！', '？', '：'];

/// Columns that programs leave at the end of a line of Chinese or Japanese, so that none begins with a comma, or at the first by which
/// a paragraph is set in.
const KEPT_TOGETHER: usize = 6;

/// Columns of a name that stands under such a text.
const WIDE_NAME: usize = 20;

/// Whether the two lines are written without spaces between words, and were wrapped wherever they were full, if they were.
fn without_spaces(before: &str, line: &str) -> bool {
    before.ends_with(is_unspaced) && line.starts_with(|c| is_unspaced(c) || char::is_alphanumeric(c))
        || before.ends_with(char::is_alphanumeric) && before.chars().any(is_unspaced) && line.starts_with(is_unspaced)
}

/// Whether nothing stood between the two lines before they were wrapped.
pub fn touch(before: &str, line: &str) -> bool {
    without_spaces(before, line)
}

/// `- item`, `2) item`, `* item`, and the bars and names of a quotation, `| text` and `JD> text`: begins a line of its own.
fn begins_an_item(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    let named = |name: &str| name.len() <= 24 && name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    if word.starts_with(['|', '│', '¦'])
        || word.trim_end_matches('>').len() < word.len() && named(word.trim_end_matches('>'))
    {
        return true;
    }
    let number = word.trim_end_matches(['.', ')']);
    let numbered = number.len() < word.len() && number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
    matches!(word, "-" | "*" | "+" | "•" | "·" | "–" | "o" | ">") || numbered
}

/// An address: no measure of where its line would have been wrapped.
fn has_a_long_word(line: &str) -> bool {
    const LONG: usize = 30;
    let long = |word: &str| word.len() >= LONG && !word.contains(is_unspaced);
    line.len() >= LONG && line.split_whitespace().any(long)
}

fn is_one_word(line: &str) -> bool {
    !line.contains(char::is_whitespace)
}

/// Columns: the signs of East Asia take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| 1 + usize::from(is_unspaced(c) || is_hangul(c)))
        .sum()
}

/// A script that is wrapped anywhere, without a space between the lines.
fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFF60)
}

/// Korean is wrapped at spaces.
fn is_hangul(c: char) -> bool {
    matches!(c as u32, 0xAC00..=0xD7AF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> Vec<Break> {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let column = column(&lines);
        breaks(&lines.into_iter().map(|l| l.spans).collect::<Vec<_>>(), column)
    }

    #[test]
    fn a_wrapped_paragraph_is_one_and_short_lines_stay() {
        use Break::{Kept, Wrapped};
        let wrapped = "When I took the training last autumn I had no idea that I would end up\n\
                       standing in front of the whole council, asking them for a crossing.\n\
                       They said yes.\n\
                       Just like that.";
        assert_eq!(joined(wrapped), [Kept, Wrapped, Wrapped, Kept]);
        let poem =
            "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\nRough winds do shake";
        assert_eq!(joined(poem), [Kept, Kept, Kept]);
        let longer = "They said the road was closed to all of us that year,\nwe walked along the wall.\n\
                      They said the hall was closed,\nwe built ourselves a hall.";
        assert_eq!(joined(longer), [Kept, Kept, Kept, Kept]);
        for mark in ["| ", "│", "JD> "] {
            let quoted = format!(
                "{mark}{}\n{mark}{}\n{mark}end",
                "we go to the hall at dawn ".repeat(3),
                "and bring it all along ".repeat(3)
            );
            assert_eq!(joined(&quoted), [Kept, Kept, Kept], "{mark}");
        }
        for own in [
            "We cleaned the canal. Three Saturdays, eleven trolleys, one safe (empty).\nOlu",
            "The pump house on Mill Road, every Thursday from half past six\n\
             The library on Station Street, every Saturday from ten till one\n\
             The old chapel, when the boiler is working, on the first Sunday",
        ] {
            assert!(joined(own).iter().all(|b| *b == Kept), "{own}");
        }
        let signed = "When I took the training last autumn I had no idea that I would end up\n\
                      running a phone bank for half of the city of Leeds, but so it was then.\n\
                      Best wishes,\nOlu";
        assert_eq!(joined(signed), [Kept, Wrapped, Kept, Kept]);
        let chinese = "我们楼的电梯坏了七个星期，九楼住着八十二岁的李奶奶。我们每天早上九点轮流\n\
                       给物业打电话。到第十二天，他们已经认得我们的声音。现在电梯又能用了，我们\n\
                       也都知道彼此的名字，见面会打招呼。\n王小明";
        assert_eq!(joined(chinese), [Kept, Wrapped, Wrapped, Kept]);
        let korean = "우리 아파트 엘리베이터가 칠 주 동안 고장이었고, 구 층에는 여든두\n\
                      살 할머니가 사십니다. 매일 아침 아홉 시에 번갈아 전화를\n\
                      걸었습니다. 열이틀째에는 우리 목소리를 알더군요. 이제 다시\n\
                      움직입니다.";
        assert_eq!(joined(korean), [Kept, Wrapped, Wrapped, Wrapped]);
        let verse = "春天的河水从我们的门前慢慢流过，带走了去年所有的落叶和我们的船\n\
                     我们站在桥上数着灯\n桥下的人们唱着我们小时候唱过的那首歌，一直唱到月亮升起来的时候\n没有人回家";
        assert!(joined(verse).iter().all(|b| *b == Kept), "{verse}");
        let unstopped = "When I took the training last autumn I had no idea that I would end up\n\
                         standing in front of them all, and whether it helped, and in fact it did\nOlu";
        assert_eq!(joined(unstopped), [Kept, Wrapped, Kept]);
        let address = "12 Long Street\nLeeds\nWest Yorkshire";
        assert_eq!(joined(address), [Kept, Kept, Kept]);
    }

    #[test]
    fn text_that_was_not_wrapped_has_a_paragraph_a_line() {
        let long = "word ".repeat(40);
        assert_eq!(
            joined(&format!("{long}\n{long}\nBye")),
            [Break::Kept, Break::Paragraph, Break::Paragraph]
        );
    }
}
