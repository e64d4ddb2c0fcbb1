//! The front matter that readers' side gets: a list of public fields, not everything but private ones.

use jiff::Timestamp;
use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

/// Fields of `[extra]` that are for readers: text, lists of text, or texts by file name (alt texts, credits).
const EXTRA: [&str; 9] = [
    "author", "subtitle", "place", "tags", "alt", "credit", "credits", "images", "photos",
];

/// `index.md` as it is published: front matter between `+++`, and the body.
pub(super) fn page(front: &toml::Table, slug: &str, date: Timestamp, body: &str) -> String {
    let mut document = DocumentMut::new();
    let mut put = |key: &str, item: Item| document.insert(key, item);
    if let Some(title) = text(front.get("title")) {
        put("title", value(title));
    }
    put("date", value(stamp(date)));
    put("draft", value(false));
    put("slug", value(slug));
    if let Some(description) = text(front.get("description")) {
        put("description", value(description));
    }
    let mut extra = Table::new();
    if let Some(toml::Value::Table(given)) = front.get("extra") {
        for key in EXTRA {
            if let Some(item) = given.get(key).and_then(public) {
                extra.insert(key, item);
            }
        }
    }
    if !extra.is_empty() {
        document.insert("extra", Item::Table(extra));
    }
    let body = body.trim_matches('\n');
    format!("+++\n{document}+++\n\n{body}\n")
}

/// To the second, in UTC: what every reader of TOML understands.
fn stamp(date: Timestamp) -> toml_edit::Datetime {
    let text = date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    // a date outside TOML's years falls back to the beginning of time
    text.parse().unwrap_or(toml_edit::Datetime {
        date: Some(toml_edit::Date {
            year: 1970,
            month: 1,
            day: 1,
        }),
        time: None,
        offset: None,
    })
}

/// One line: a text with line ends would be written over several lines, and one of them might be `+++`.
fn one_line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(value: Option<&toml::Value>) -> Option<String> {
    value
        .and_then(toml::Value::as_str)
        .map(one_line)
        .filter(|text| !text.is_empty())
}

fn public(given: &toml::Value) -> Option<Item> {
    match given {
        toml::Value::String(line) => Some(one_line(line)).filter(|line| !line.is_empty()).map(value),
        toml::Value::Array(list) => {
            let lines: Array = list.iter().filter_map(|one| text(Some(one))).collect();
            (!lines.is_empty()).then(|| value(lines))
        }
        toml::Value::Table(table) => {
            let mut lines = Table::new();
            for (key, one) in table {
                if let Some(line) = text(Some(one)) {
                    lines.insert(key, Item::Value(Value::from(line)));
                }
            }
            (!lines.is_empty()).then_some(Item::Table(lines))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    fn at() -> Timestamp {
        "2010-12-04T10:00:00.25Z".parse().unwrap()
    }

    #[test]
    fn only_public_fields_go_out_and_draft_is_over() {
        let given = front(
            "title = 'Future Leader Stories: Marion'\ndraft = true\ndate = 2000-01-01\nslug = 'old'\nemail = 'marion@example.com'\nweight = 3\n\
             [extra]\nauthor = 'Marion'\nsubtitle = 'How we won'\nplace = 'Leeds'\ntags = ['housing', 'wages']\nphone = '0123'\nmessage_id = 'x'\n\
             [extra.alt]\n\"photo-1.jpg\" = 'A street'\n[extra.people]\nname = 'x'\n",
        );
        let page = page(&given, "marion", at(), "Hello.\n");
        let expected = "+++\ntitle = \"Future Leader Stories: Marion\"\ndate = 2010-12-04T10:00:00Z\ndraft = false\nslug = \"marion\"\n\n[extra]\n\
            author = \"Marion\"\nsubtitle = \"How we won\"\nplace = \"Leeds\"\ntags = [\"housing\", \"wages\"]\n\n[extra.alt]\n\
            \"photo-1.jpg\" = \"A street\"\n+++\n\nHello.\n";
        assert_eq!(page, expected);
    }

    #[test]
    fn no_value_can_end_the_front_matter_or_add_a_key() {
        for hostile in [
            "x\n+++\ny",
            "x\"\ndraft = true\n",
            "'''\n+++\n'''",
            "a\u{0}b\u{1b}[2J",
            "[evil]\nkey = 1",
            "\\",
            "\u{2028}+++",
        ] {
            let mut given = toml::Table::new();
            given.insert("title".into(), hostile.into());
            given.insert("description".into(), hostile.into());
            let mut extra = toml::Table::new();
            extra.insert("author".into(), hostile.into());
            extra.insert("tags".into(), vec![hostile].into());
            given.insert("extra".into(), extra.into());
            let page = page(&given, "marion", at(), "+++\ndraft = true\n+++\nbody");
            let (head, body) = page.strip_prefix("+++\n").unwrap().split_once("\n+++\n").unwrap();
            let read = front(head);
            assert_eq!(
                read.keys().collect::<Vec<_>>(),
                ["date", "description", "draft", "extra", "slug", "title"],
                "{hostile:?}"
            );
            assert_eq!(read["draft"].as_bool(), Some(false));
            assert_eq!(read["title"].as_str(), Some(one_line(hostile).as_str()));
            assert_eq!(body, "\n+++\ndraft = true\n+++\nbody\n");
        }
    }

    #[test]
    fn an_empty_front_matter_still_makes_a_page() {
        let page = page(&toml::Table::new(), "story", at(), "");
        assert_eq!(
            page,
            "+++\ndate = 2010-12-04T10:00:00Z\ndraft = false\nslug = \"story\"\n+++\n\n\n"
        );
    }
}
