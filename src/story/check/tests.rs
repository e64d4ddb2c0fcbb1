use super::*;
use crate::effort::in_time;
use crate::story::page::Page;
use crate::story::submission::Note;

fn front() -> Front {
    Front {
        title: "Future Leader Stories: Marion Maxwell".into(),
        draft: true,
        slug: "marion-maxwell".into(),
        author: "Marion Maxwell".into(),
        ..Front::default()
    }
}

fn found_in(front: &Front, body: &str, notes: &[&str], wanted: &Wanted) -> Vec<Finding> {
    let index = String::from_utf8(Page::new(front, body).render()).unwrap();
    look(
        &index,
        front,
        notes,
        Some(&photos()),
        wanted,
        "2010/12/marion-maxwell-0123456789",
    )
}

/// The words that one rule finds in a text.
/// What lies beside the pages here.
fn photos() -> Vec<String> {
    let names = [
        "photo-1.jpg",
        "photo-2.jpg",
        "photo-3.png",
        "photo-1.png",
        "photo-2.png",
    ];
    names.map(str::to_owned).into()
}

fn words(rule: &str, body: &str, wanted: &Wanted) -> Vec<String> {
    let found = found_in(&front(), body, &[], wanted);
    found
        .into_iter()
        .filter(|f| f.rule.name == rule)
        .map(|f| f.words)
        .collect()
}

fn country(code: &str) -> Wanted {
    Wanted {
        country: Country::of(code).expect(code),
        ..Wanted::default()
    }
}

/// Every rule with hits (what is shown of them) and near misses (nothing).
const TABLE: &[(&str, &str, &[&str])] = &[
    // hits
    (
        "phone",
        "Ring me on 0161 496 0123 or 07700 900456.",
        &["0161 496 0123", "07700 900456"],
    ),
    (
        "phone",
        "Call (020) 7946 0991, or +44 (0)7700 900-123!",
        &["(020) 7946 0991", "+44 (0)7700 900-123"],
    ),
    ("phone", "M:07700900456", &["07700900456"]),
    ("phone", "00 is no prefix, 0049 30 901820 is", &["0049 30 901820"]),
    ("phone", "0161 496 0123 is the same as 01614960123.", &["0161 496 0123"]),
    ("phone", "In all, 01 41 22 33 44 55", &[]),
    ("phone", "Call 01 41 22 33 44 55", &["01 41 22 33 44 55"]),
    (
        "phone",
        "Write to ٠٧٧٠٠ ٩٠٠١٢٣, ٠٧٧٠٠٩٠٠١٢٤, ०९८७६५४३२१० or ０９０－１２３４－５６７８, or **07700** 900\\-125.",
        &[
            "٠٧٧٠٠ ٩٠٠١٢٣",
            "٠٧٧٠٠٩٠٠١٢٤",
            "०९८७६५४३२१०",
            "０９０－１２３４－５６７８",
            "07700** 900\\-125",
        ],
    ),
    (
        "phone",
        "Ring me on (555) 123-4567 if you were there.",
        &["(555) 123-4567"],
    ),
    ("phone", "Ring me on 555-0123.", &["555-0123"]),
    ("phone", "My number is 612 345 678", &["612 345 678"]),
    ("phone", "Tel.: 98765 43210", &["98765 43210"]),
    ("phone", "We met. Tel. 601 234 567", &["601 234 567"]),
    ("phone", "Ring me on 601 234 567", &["601 234 567"]),
    ("phone", "Ring me up on 601.234.567", &["601.234.567"]),
    ("phone", "Ring us on 1 234 567 or 555/2012", &["1 234 567"]),
    ("phone", "Tel. 555/2012", &["555/2012"]),
    ("phone", "Ring Sue at home, 601 234 567", &["601 234 567"]),
    ("phone", "Mobile: 601 234 567", &["601 234 567"]),
    ("phone", "I called Tom Brown on 601 234 567", &["601 234 567"]),
    ("phone", "We called 612345678 in vain", &["612345678"]),
    ("phone", "My mobile, if you need it, is 612345678", &["612345678"]),
    ("phone", "Text me, Anna, 612345678", &["612345678"]),
    ("phone", "Zadzwoń do Anny 601 234 567", &["601 234 567"]),
    ("phone", "我的电话是13812345678，随时联系。", &["13812345678"]),
    ("phone", "Текст. Звоните мне: 8 912 345 67 89!", &["8 912 345 67 89"]),
    ("phone", "मेरा फ़ोन नंबर ९८७६५ ४३२१० है", &["९८७६५ ४३२१०"]),
    ("phone", "اتصل بي على ٥٥٥ ٠١٢ ٣٤٥٦", &["٥٥٥ ٠١٢ ٣٤٥٦"]),
    ("phone", "WhatsApp me, Anna, at (11) 91234-5678", &["(11) 91234-5678"]),
    (
        "phone",
        "It says (555) 123-4567, 8 (912) 345-67-89, 212-555-0199 and 912 345-67-89 on the door.",
        &["(555) 123-4567", "8 (912) 345-67-89", "212-555-0199", "912 345-67-89"],
    ),
    ("email", "Write to tom@example.org.", &["tom@example.org"]),
    (
        "email",
        "Pauline &lt;pauline.a@example.net>",
        &["pauline.a@example.net"],
    ),
    (
        "email",
        "a\\_b@mail.example.co.uk and [me](mailto:me@example.org)",
        &["a\\_b@mail.example.co.uk", "me@example.org"],
    ),
    (
        "email",
        "tom [at] example.org, or ann (at) example.com",
        &["tom [at] example.org", "ann (at) example.com"],
    ),
    ("email", "łukasz@poczta.example.pl", &["łukasz@poczta.example.pl"]),
    (
        "email",
        "[News](https://list.example.org/open?u=joan.smith%40example.com&id=7), <https://x.example/u?e=h29%2540example.net>",
        &["joan.smith%40example.com", "h29%2540example.net"],
    ),
    (
        "email",
        "jane＠example.com, jane@ example.net, j\u{200b}o@ex\u{ad}ample.org, **jo**.smith@example.org or anna.secret at private.example",
        &[
            "jane＠example.com",
            "jane@ example.net",
            "j\u{200b}o@ex\u{ad}ample.org",
            "jo**.smith@example.org",
            "anna.secret at private.example",
        ],
    ),
    ("email", "Write to tom at example dot org", &["tom at example dot org"]),
    (
        "postcode",
        "Come to M14 5RX or SW1A 1AA, or to EC1V9HL.",
        &["M14 5RX", "SW1A 1AA", "EC1V9HL"],
    ),
    ("street", "I live at 12 Church Lane, Flat 3.", &["12 Church Lane"]),
    ("street", "12a Upper St Mary's Road", &["12a Upper St Mary's Road"]),
    (
        "number",
        "Sort code 12-34-56, account no. 12345678",
        &["12-34-56", "12345678"],
    ),
    (
        "number",
        "IBAN GB82 WEST 1234 5698 7654 32 and NI AB 12 34 56 C",
        &["GB82 WEST 1234 5698 7654 32", "AB 12 34 56 C"],
    ),
    ("number", "My card is 4111 1111 1111 1111.", &["4111 1111 1111 1111"]),
    (
        "child-age",
        "There's one, Amara, 6, who says good morning.",
        &["Amara, 6"],
    ),
    ("child-age", "Amara (8) came too.", &["Amara (8)"]),
    ("child-age", "My son Leo is nine and he sang.", &["Leo is nine"]),
    (
        "child-age",
        "We met six-year-old Oluchi at the gate.",
        &["six-year-old Oluchi"],
    ),
    (
        "child-age",
        "Joanne came with her 4 year old.",
        &["Joanne came with her 4 year old"],
    ),
    (
        "child-age",
        "My daughter Zuzia, aged 11, wrote it.",
        &["Zuzia, aged 11"],
    ),
    ("child-age", "Kwame is in Year 4.", &["Kwame is in Year 4"]),
    (
        "child-age",
        "Layla was only 16 when it happened.",
        &["Layla was only 16"],
    ),
    (
        "child-age",
        "The youngest was Tom's 18-month-old.",
        &["Tom's 18-month-old"],
    ),
    (
        "third-person",
        "Then Pauline Achterberg rang, and Dr. Femi Ade-Ojo.",
        &["Pauline Achterberg", "Femi Ade-Ojo"],
    ),
    (
        "third-person",
        "My neighbour Xochitl Quetzal came.",
        &["Xochitl Quetzal"],
    ),
    (
        "third-person",
        "I met Anne-Marie van der Berg's son.",
        &["Anne-Marie van der Berg"],
    ),
    (
        "third-person",
        "Grace Okafor sang; Grace Okafor danced.",
        &["Grace Okafor"],
    ),
    (
        "third-person",
        "Cllr Jo\u{e3}o Silva and Siân O’Shea",
        &["João Silva", "Siân O’Shea"],
    ),
    (
        "sensitive",
        "Joanne was diagnosed with cancer in May.",
        &["Joanne: diagnosed"],
    ),
    ("sensitive", "Mr Yilmaz came here as a refugee.", &["Yilmaz: refugee"]),
    ("sensitive", "After prison, Desmond had no flat.", &["Desmond: prison"]),
    (
        "accused",
        "Sunny Homes Ltd stole our deposits.",
        &["Sunny Homes Ltd: stole"],
    ),
    (
        "accused",
        "We think that Brightwater Council lied to us.",
        &["Brightwater Council: lied"],
    ),
    (
        "forward",
        "Look!\n\n\\---------- Forwarded message ---------\\\nFrom: **Pauline A** &lt;x>\\\nDate: Sun\\\nTo: Cath\n\nDear Cath",
        &["\\---------- Forwarded message ---------"],
    ),
    (
        "forward",
        "> **From:** Ann\n> **To:** Ben\n\nHello",
        &["> **From:** Ann"],
    ),
    (
        "forward",
        "Begin forwarded message:\n\nHello",
        &["Begin forwarded message:"],
    ),
    (
        "forward",
        "\\-------- Weitergeleitete Nachricht --------\n\nHallo",
        &["\\-------- Weitergeleitete Nachricht --------"],
    ),
    (
        "odd-link",
        "[www.bank.example](http://evil.example.net/)",
        &["[www.bank.example](http://evil.example.net/"],
    ),
    ("odd-link", "[me](javascript:alert(1))", &["[me](javascript:alert(1)"]),
    (
        "odd-link",
        "[our page](https://www.p\u{430}ypal.example/)",
        &["[our page](https://www.p\u{430}ypal.example/"],
    ),
    (
        "odd-link",
        "[https://example.org](https://example.org@evil.example/)",
        &["[https://example.org](https://example.org@evil.example/"],
    ),
    ("mixed-script", "Then M\u{430}rion came.", &["M\u{430}rion"]),
    (
        "alt",
        "![](photo-1.jpg)\n\n![IMG_0042.JPG](photo-2.jpg)\n\n![ image ](photo-3.png)",
        &["photo-1.jpg", "photo-2.jpg", "photo-3.png"],
    ),
    (
        "no-photo",
        "![The bus](photo-4.jpg)\n\n![](./photo-5.png) ![It](<photo-4.jpg>)",
        &["photo-4.jpg", "photo-5.png"],
    ),
    (
        "no-photo",
        "![A bench](photo-1.jpg) ![](./photo-3.png) ![x](https://example.org/a.jpg) [a](photo-9.jpg)",
        &[],
    ),
    (
        "link",
        "[The map](https://www.example.net/map), and www.example.com, twice www.example.com",
        &["https://www.example.net/map", "www.example.com"],
    ),
    (
        "shouting",
        "THEY DID NOT EVEN ANSWER US!!! So we came.",
        &["THEY DID NOT EVEN ANSWER US", "DID NOT EVEN ANSWER US!!!"],
    ),
    // near misses
    (
        "phone",
        "In 2010 we had £11,400 and 340 people, 212 children; 1,000,000 signed.",
        &[],
    ),
    (
        "phone",
        "On 01/02/2011 10 people came, on 2011-02-01 12, and 08.30-10.00 is too early.",
        &[],
    ),
    ("phone", "Ring 999, 101, 111, 116 123 or Childline on 0800 1111.", &[]),
    (
        "phone",
        "https://example.org/0161496012345 and IMG_0123456789.jpg, order 12-0161-4960123",
        &[],
    ),
    (
        "phone",
        "It was 10 000 000 people, 100 200 300 steps, section 106, room 12-14-16, 1234567 pounds, 99% of 1,234,567, case 13812345678.",
        &[],
    ),
    (
        "phone",
        "The phone company earned 12.500.000 euros, the mobile market 3.200.000; its phone company 612.500.000.",
        &[],
    ),
    (
        "phone",
        "The call centre took 1.250.000 calls. The petition text had 1 234 567 names. The phone lines had 612345678 users",
        &[],
    ),
    (
        "phone",
        "The phone lines were open 8.30 18.30 daily. We ring from 8.30 18.30 on. The guards called 1325/2000 a joke. We called 1 234 567.",
        &[],
    ),
    (
        "phone",
        "We called 1 200 000 people in 2010-2011, rang at 9.30-10.45, on 12-10-2010 and from 1999 / 2003.",
        &[],
    ),
    (
        "phone",
        "So I made the call. 7654321 came. Registered charity number 1234567.",
        &[],
    ),
    (
        "phone",
        "Soc. Sci. (2010) 12 345-367, and call it (1999) 1234 567-589",
        &[],
    ),
    (
        "email",
        "Sign at change.org, I work at shelter.org, look at gov.uk, one job (a) home.then (b), or Tea at home.Then a march",
        &[],
    ),
    (
        "email",
        "[at](https://www.example.org/@anna.smith/x), [a](photo-1.jpg)",
        &[],
    ),
    ("email", "We met @ the hall at 3, follow @m4c, a@b, and 3@home.", &[]),
    ("email", "We looked at example.org. We are at home.", &[]),
    (
        "postcode",
        "The A57 and the M60, 31 drivers, B2 1st floor, on 4PM, E10 times, Unit 4B 2CD",
        &[],
    ),
    (
        "street",
        "The 86 went past. 40 of them on Cromer Street. The loan shop on Argyle Road.",
        &[],
    ),
    (
        "street",
        "In 2010 Argyle Road was shut, and on 3 March Nelson Road too. Seven Park Lane ladies.",
        &[],
    ),
    (
        "number",
        "By account of 340 people, 12-34-56 was the bus. 1234 5678 9012 3456 is no card.",
        &[],
    ),
    (
        "child-age",
        "When I did the training I was 19. When I was 12, Joanne taught me.",
        &[],
    ),
    (
        "child-age",
        "Mrs Adeyemi is 81. Desmond, 74, came. Señora Ibáñez, 66, had waited nine years.",
        &[],
    ),
    (
        "child-age",
        "In March, 9 of us went. On Monday, 12 people came. It was 5 in Leeds.",
        &[],
    ),
    (
        "child-age",
        "Joanne has three children. Ron waited six years for it. We have a 6-year-old petition.",
        &[],
    ),
    ("child-age", "Marion, 9, signed.", &[]),
    (
        "child-age",
        "Tom was 12 minutes late. Leo was ten metres away. Ron (5 votes) lost.",
        &[],
    ),
    (
        "third-person",
        "Marion Maxwell wrote this. Marion told it in Nelson Road, Victoria Station and Jordan Street.",
        &[],
    ),
    (
        "third-person",
        "Father Dominic and the imam. Mr Bevan comes for the heater. Blessing read hers.",
        &[],
    ),
    (
        "third-person",
        "St Barnabas, Cromer House, Highbury Park, Argyle Road, the Living Wage Foundation, Citizens UK",
        &[],
    ),
    (
        "third-person",
        "On Monday Joanne came. Will Monday do? May Day. Martin Luther King said so. As Rosa Parks did.",
        &[],
    ),
    (
        "third-person",
        "She told Joanne. Then Ron left. Ask Tom. Dear Cath,",
        &[],
    ),
    (
        "sensitive",
        "I was depressed for a year. Asylum is a right. The health visitor rides with me.",
        &[],
    ),
    (
        "sensitive",
        "Joanne came in. The ward was full. Two had been ill. Ron put the heating on.",
        &[],
    ),
    (
        "accused",
        "The council lied. They stole the show. The trust agreed. Sunny Homes Ltd mended it.",
        &[],
    ),
    (
        "forward",
        "From: my heart.\n\nTo the mayor.\n\nThe subject: buses.",
        &[],
    ),
    ("forward", "Date: 3 May\nSubject: none", &[]),
    (
        "odd-link",
        "[The map](https://example.org/map) [www.example.org/a](http://www.example.org/b_%28old%29) <https://example.org>",
        &[],
    ),
    (
        "odd-link",
        "[write](mailto:map@example.org) [St. Mary](https://example.org) ![a.b](photo-1.jpg)",
        &[],
    ),
    (
        "mixed-script",
        "Zoë Łukasiewicz-Núñez, Мария, 東京のマリ and Señora Ibáñez met in café Ω-3.",
        &[],
    ),
    ("alt", "![A bench](photo-1.jpg) and ![Image of a bus](photo-2.jpg)", &[]),
    ("link", "No link, just example.org and a [note](#one).", &[]),
    (
        "shouting",
        "The letter had the word EVICTION on it. He rang ME. The NHS and the BBC. Really?! M4C UK EU.",
        &[],
    ),
];

#[test]
fn every_rule_finds_what_it_should_and_passes_what_only_looks_like_it() {
    let wanted = Wanted::default();
    let mut wrong = Vec::new();
    for (rule, body, expected) in TABLE {
        let got = words(rule, body, &wanted);
        if got != *expected {
            wrong.push(format!("{rule}: {body}\n  expected {expected:?}\n  got      {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_rule_has_its_words_and_a_hit_and_a_near_miss() {
    let mut names: Vec<&str> = RULES.iter().map(|r| r.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len(), "two rules have one name");
    for rule in RULES {
        assert!(
            rule.english.ends_with('.') && !rule.fix.is_empty() && !rule.fix.ends_with('.'),
            "{rule:?}"
        );
        // these are of the whole page, in tests of their own
        if [
            "no-byline",
            "photo-location",
            "parts-differ",
            "another-mail",
            "short",
            "long",
        ]
        .contains(&rule.name)
        {
            continue;
        }
        let of = |hit: bool| {
            TABLE
                .iter()
                .any(|(name, _, words)| *name == rule.name && hit != words.is_empty())
        };
        assert!(of(true) && of(false), "{rule:?}");
    }
}

#[test]
fn what_is_of_the_whole_page_is_found_where_it_stands() {
    let of = |front: &Front, body: &str, notes: &[&str]| -> Vec<(String, Place, String)> {
        let found = found_in(front, body, notes, &Wanted::default());
        found
            .into_iter()
            .map(|f| (f.rule.name.to_owned(), f.places[0], f.words))
            .collect()
    };
    let told = |rule: &str, line, column, words: &str| (rule.to_owned(), Place { line, column }, words.to_owned());
    let words = |n: usize| "word ".repeat(n);
    assert_eq!(of(&front(), &words(75), &[]), []);
    assert_eq!(of(&front(), &words(74), &[]), [told("short", 11, 1, "74 words")]);
    assert_eq!(of(&front(), &words(1500), &[]), []);
    assert_eq!(of(&front(), &words(1501), &[]), [told("long", 11, 1, "1501 words")]);
    assert_eq!(
        of(&front(), &"町内会で初めて話".repeat(19), &[]),
        [],
        "76 words without a blank"
    );

    let nobody = Front {
        author: "–".into(),
        ..front()
    };
    assert_eq!(of(&nobody, &words(80), &[]), [told("no-byline", 7, 11, "no name")]);

    let (location, differ) = (
        Note::HadLocation.to_string(),
        Note::PartsDiffer { used: "HTML" }.to_string(),
    );
    let body = format!("{}\n\n![A bus](photo-1.jpg)", words(80));
    assert_eq!(
        of(&front(), &body, &[&location, "another note"]),
        [told("photo-location", 13, 1, "the place where it was taken was in it")]
    );
    assert_eq!(of(&front(), &body, &[&differ]), [told("parts-differ", 11, 1, &differ)]);
    let another = [
        Note::UnmarkedCut,
        Note::MostCut,
        Note::UnderDelimiter,
        Note::AnotherKept,
        Note::QuotationKept,
        Note::NothingCut,
    ];
    for note in another.map(|n| n.to_string()) {
        assert_eq!(of(&front(), &words(80), &[&note]), [told("another-mail", 11, 1, &note)]);
    }

    let forwarded = |forwarder: &str, original: &str, named: &str| {
        let [forwarder, original, named] = [forwarder, original, named].map(str::to_owned);
        let note = Note::MaybeForwarded {
            forwarder,
            original,
            named,
        };
        super::super::draft::public(&note.to_string())
    };
    let older = "Marion Maxwell forwarded this, and is not of the team: Cath Lee may be the storyteller; the mail's sender is named until you say otherwise";
    assert_eq!(
        of(&front(), &words(80), &[older])[0].0,
        "forward",
        "in a record of the first days"
    );
    let author = front().author;
    let backwards = author.rsplit(' ').collect::<Vec<_>>().join(", ");
    // as long as the byline is the one that the mail was given, whoever its header names
    for (forwarder, named) in [
        (author.as_str(), author.as_str()),
        ("Okafor, Tom (Leeds)", &author),
        ("tom@example.org", &author),
        ("Tom Okafor | Tenants", &backwards),
    ] {
        let shown = super::super::draft::public(forwarder);
        assert_eq!(
            of(&front(), &words(80), &[&forwarded(forwarder, "Cath Lee", named)]),
            [told(
                "forward",
                7,
                11,
                &format!("{shown} forwarded it: Cath Lee may be the storyteller")
            )]
        );
    }
    assert_eq!(
        of(&front(), &words(80), &[&forwarded(&author, "Cath Lee", "Tom Okafor")]),
        []
    );
    // no name opens it
    for odd in [
        "Tom may be the storyteller; Ann",
        "Tom is named until you say otherwise",
        "Tom forwarded this, and is not of the team: Ann may be the storyteller; Eve",
    ] {
        let page = Front {
            author: odd.to_owned(),
            ..front()
        };
        for note in [forwarded(odd, odd, odd), forwarded("Tom", "Ann", odd)] {
            let found = of(&page, &words(80), &[&note]);
            assert!(found.iter().any(|f| f.0 == "forward"), "{odd}: {found:?}");
        }
    }
}

#[test]
fn a_name_in_mixed_alphabets_or_with_what_cannot_be_seen_is_found_in_the_byline_and_the_title() {
    for (author, odd) in [
        ("Marion Maxwell", false),
        ("Zoë Łukasiewicz-Núñez", false),
        ("Мария Иванова", false),
        ("佐藤 マリ", false),
        ("Marion (Мария) Maxwell", false),
        ("M\u{430}rion Maxwell", true),
        ("Marion \u{41c}\u{410}\u{425}", true),
        ("Mari\u{200b}on Maxwell", true),
        ("Marion\u{202e} Maxwell", true),
        ("Marion \u{e0041}Maxwell", true),
        ("Γιώργος Παπαδόπουλος", false),
    ] {
        let front = Front {
            author: author.into(),
            ..front()
        };
        let found = found_in(&front, "Words.", &[], &Wanted::default());
        let mixed: Vec<_> = found.iter().filter(|f| f.rule.name == "mixed-script").collect();
        assert_eq!(!mixed.is_empty(), odd, "{author:?}: {mixed:?}");
        assert!(
            mixed
                .iter()
                .all(|f| f.words.chars().all(|c| !c.is_control() && c != '\u{202e}'))
        );
    }
}

#[test]
fn an_address_in_disguise_is_found_in_what_came_from_a_mails_header() {
    let page = Front {
        title: "Future Leader Stories: anna.secret at private.example".into(),
        author: "anna.secret at private.example".into(),
        subtitle: Some("Ask Ａnna＠private.example or ben%40example.org, or ask tom@example.org".into()),
        ..front()
    };
    let email = |page: &Front, wanted: &Wanted| -> Vec<(Place, String)> {
        let found = found_in(page, "Words.", &[], wanted);
        let email = found.into_iter().filter(|f| f.rule.name == "email");
        email
            .flat_map(|f| f.places.clone().into_iter().map(move |p| (p, f.words.clone())))
            .collect()
    };
    let place = |line, column| Place { line, column };
    let index = String::from_utf8(Page::new(&page, "Words.").render()).unwrap();
    let found = email(&page, &Wanted::default());
    for (place, words) in &found {
        let line = index.lines().nth(place.line - 1).unwrap();
        let rest: String = line.chars().skip(place.column - 1).collect();
        assert!(rest.starts_with(words.as_str()), "{place:?} {words} {line}");
    }
    let words: Vec<&str> = found.iter().map(|(_, words)| words.as_str()).collect();
    let name = "anna.secret at private.example";
    assert_eq!(
        words,
        [
            name,
            name,
            "Ａnna＠private.example",
            "ben%40example.org",
            "tom@example.org"
        ]
    );
    assert_eq!(found[0].0, place(2, 33));
    let own = Wanted {
        domains: vec!["private.example".into(), "example.org".into()],
        ..Wanted::default()
    };
    assert_eq!(email(&page, &own), []);
    for title in [
        "Anna at Leeds",
        "Sam @ The Hall",
        "Meet me at example.org",
        "Tea at home.Then a march",
    ] {
        let page = Front {
            title: title.into(),
            ..front()
        };
        assert_eq!(email(&page, &Wanted::default()), [], "{title}");
    }
}

#[test]
fn the_front_matter_that_readers_see_is_looked_at_and_its_places_are_right() {
    let mut page = front();
    page.subtitle = Some("Ring Pauline Achterberg on 0161 496 0123".into());
    page.alt
        .insert("photo-1.jpg".into(), "Amara, 6, at 12 Church Lane".into());
    let index = String::from_utf8(Page::new(&page, "Zoë — 0161 496 0124\n").render()).unwrap();
    let found = look(&index, &page, &[], None, &Wanted::default(), "x");
    let lines: Vec<&str> = index.lines().collect();
    let mut seen = Vec::new();
    for f in found.iter().filter(|f| f.rule.name != "short") {
        let Place { line, column } = f.places[0];
        let rest: String = lines[line - 1].chars().skip(column - 1).collect();
        assert!(rest.starts_with(&f.words), "{line}:{column} {rest} {}", f.words);
        seen.push(f.rule.name);
    }
    assert_eq!(seen, ["third-person", "phone", "child-age", "street", "phone"]);
}

#[test]
fn the_same_words_are_one_finding_and_other_words_another() {
    let keys = |body: &str| -> Vec<String> {
        let found = found_in(&front(), body, &[], &Wanted::default());
        found.into_iter().filter(|f| f.rule.blocks).map(|f| f.key).collect()
    };
    let one = keys("Ring 0161 496 0123.");
    assert_eq!(one.len(), 1);
    assert_eq!(
        one,
        keys("Or, in other words:\n\nring (0161) 496-0123, or 0161 496 0123!")
    );
    assert_ne!(one, keys("Ring 0161 496 0124."));
    // what is said of somebody is the whole sentence
    let said = keys("Then Joanne was diagnosed with asthma.");
    assert_eq!(said.len(), 1);
    assert_eq!(said, keys("So it went. *Then* Joanne was diagnosed with asthma!"));
    assert_ne!(said, keys("Then Joanne was diagnosed with HIV."));
    let salted = look(
        &String::from_utf8(Page::new(&front(), "Ring 0161 496 0123.").render()).unwrap(),
        &front(),
        &[],
        None,
        &Wanted::default(),
        "another story",
    );
    assert_ne!(one[0], salted[0].key);
    let found = found_in(&front(), "0161 496 0123\n\n0161 496 0123", &[], &Wanted::default());
    assert_eq!(found.iter().find(|f| f.rule.name == "phone").unwrap().places.len(), 2);
}

#[test]
fn the_team_turns_rules_off_names_its_own_domains_and_its_country() {
    let body = "Ring 0161 496 0123, write to desk@m4c.example, see https://www.m4c.example/x and https://example.org/.";
    let wanted = Wanted {
        off: vec!["phone".into()],
        domains: vec!["m4c.example".into()],
        ..Wanted::default()
    };
    assert_eq!(words("phone", body, &wanted), [""; 0]);
    assert_eq!(words("email", body, &wanted), [""; 0]);
    assert_eq!(words("link", body, &wanted), ["https://example.org/"]);
    assert_eq!(words("email", "a@notm4c.example", &wanted), ["a@notm4c.example"]);
    for (code, rule, body, expected) in [
        (
            "IE",
            "phone",
            "Ring 01 496 0123 or (021) 496 0123.",
            &["01 496 0123", "(021) 496 0123"][..],
        ),
        ("IE", "postcode", "Dublin 2, D02 X285", &["D02 X285"]),
        (
            "US",
            "phone",
            "Ring (212) 555-0123 or 212.555.0199, not 2012 555 012.",
            &["(212) 555-0123", "212.555.0199"],
        ),
        ("US", "postcode", "Albany, NY 12207-1234", &["NY 12207-1234"]),
        (
            "US",
            "street",
            "1600 Pennsylvania Avenue",
            &["1600 Pennsylvania Avenue"],
        ),
        ("CA", "postcode", "Ottawa K1A 0B1", &["K1A 0B1"]),
        ("AU", "postcode", "Sydney NSW 2000 in 2010", &["NSW 2000"]),
        ("DE", "phone", "Ruf 030 901820 an", &["030 901820"]),
        (
            "DE",
            "street",
            "Wir wohnen Lindenstraße 12a, und in der Berliner Straße 3.",
            &["Lindenstraße 12a", "Berliner Straße 3"],
        ),
        (
            "DE",
            "postcode",
            "Lindenstraße 12, 10969 Berlin, und 10000 Menschen",
            &["10969 Berlin"],
        ),
        ("FR", "phone", "Appelez le 01 23 45 67 89.", &["01 23 45 67 89"]),
        ("FR", "street", "12 bis, rue de la Paix", &["12 bis, rue de la Paix"]),
        ("NL", "postcode", "Damrak 1, 1012 LG Amsterdam", &["1012 LG"]),
        ("NL", "street", "Kerkstraat 12 en de Kerkstraat", &["Kerkstraat 12"]),
        ("PL", "phone", "Tel. 600 123 456", &["600 123 456"]),
        ("PL", "street", "ul. Długa 5", &["ul. Długa 5"]),
        ("GB", "phone", "Ring (212) 555-0123.", &["(212) 555-0123"]),
        ("GB", "postcode", "NY 12207", &[]),
    ] {
        assert_eq!(words(rule, body, &country(code)), expected, "{code} {rule}: {body}");
    }
    for country in COUNTRIES {
        for text in [country.phone, country.postcode, country.street] {
            contact::pattern(text);
        }
    }
}

#[test]
fn the_lists_of_first_names_are_in_good_order() {
    for (list, name) in [(given_names::SURE, "sure"), (given_names::UNSURE, "unsure")] {
        let mut seen = std::collections::HashSet::new();
        for word in list.split_whitespace() {
            assert!(
                word.is_ascii() && word.to_ascii_lowercase() == word,
                "{word}: without accents, in lower case"
            );
            assert!(seen.insert(word) || name == "sure", "{word} stands twice");
        }
    }
    let sure: std::collections::HashSet<&str> = given_names::SURE.split_whitespace().collect();
    let both: Vec<&str> = given_names::UNSURE
        .split_whitespace()
        .filter(|w| sure.contains(w))
        .collect();
    assert_eq!(both, [""; 0], "these are on both lists");
}

#[test]
fn hostile_text_costs_time_in_proportion_and_never_a_panic() {
    let pieces = [
        "a@",
        "@a.",
        "0",
        "07700 900123 ",
        "(0",
        "+1-",
        "Ann Lee ",
        "Ann-",
        "A. ",
        "[",
        "](",
        "![",
        "[a](http://",
        "\u{430}a",
        "Mrs ",
        "Amara, 6, ",
        "6-year-old ",
        "I",
        "!",
        "A\u{301}",
        "\\",
        "\n",
        "\n\n",
        "+++\n",
        "From: x\n",
        "LOUD ",
        "12 Church ",
        "M14 5R",
        "de van ",
        " at ",
        " dot com",
        "\u{200d}",
        "’",
        "'s ",
        "Joanne prison ",
        "Sunny Homes Ltd stole ",
        "🎉",
        "|",
        "GB82 WEST ",
        "4111 ",
        "www.a.",
        "1. ",
        "call 1",
        "(1) ",
        "tel. 12 34 567 ",
        "٠",
        "**",
        "\\",
        "a at b.c-at-",
        "%40",
    ];
    // the patterns are made once
    found_in(&front(), "warm", &[], &Wanted::default());
    for piece in pieces {
        let large = piece.repeat(200_000 / piece.len());
        let found = in_time(piece, || found_in(&front(), &large, &[], &Wanted::default()));
        assert!(found.len() <= RULES.len() * super::hits::MANY);
    }
    // any cut through the pieces
    let mixed: String = pieces.concat().repeat(3);
    for (at, _) in mixed.char_indices().step_by(11) {
        found_in(&front(), &mixed[at..], &[], &Wanted::default());
    }
    // an index.md that is none
    for index in [
        "",
        "+++",
        "+++\n+++",
        "+++\n+++\n",
        "no page at all 0161 496 0123",
        "\u{feff}+++\r\n+++\r\n0161 496 0123",
    ] {
        look(index, &front(), &[], None, &Wanted::default(), "x");
    }
}

/// The count of false alarms, measured over the stories that come with the project. What is expected was judged by reading them;
/// anything more is a false alarm, and is printed.
#[test]
fn false_alarms_are_few() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let (mut blocking, mut told, mut texts) = (Vec::new(), 0, 0);
    let mut drafts: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.path()).collect();
    drafts.retain(|p| p.extension().is_some_and(|e| e == "md"));
    drafts.sort();
    for path in drafts {
        let body = std::fs::read_to_string(&path).unwrap();
        texts += 1;
        for f in found_in(&front(), &body, &[], &Wanted::default()) {
            if f.rule.blocks {
                let name = path.file_stem().unwrap().to_string_lossy()[..3].to_owned();
                blocking.push(format!("{name} {}: {}", f.rule.name, f.words));
            } else {
                told += 1;
            }
        }
    }
    println!(
        "{texts} texts of the corpus: {} findings that block, {told} that are told",
        blocking.len()
    );
    blocking.iter().for_each(|b| println!("  {b}"));
    // true ones, but for 051, 133, 490, 521, 527 and 543, whose authors end with their own name (here the author is another), for 074, 222
    // and 486, whose authors quote a paper letter's head, for 489, which is a watch's, for 331, which ends with the name
    // of whom it quotes, and for 338 and 385, in which the line is the author's
    let expected = [
        "050 email: tom@example.org",
        "051 third-person: Jana Weiß",
        "074 forward: From: Marion",
        "104 alt: photo-1.png",
        "121 alt: photo-1.png",
        "121 alt: photo-2.png",
        "133 street: 12 Church Lane",
        "133 third-person: Ivy Stone",
        "172 email: map@example.org",
        "191 alt: photo-1.png",
        "192 alt: photo-2.png",
        "217 third-person: John Smith",
        "217 phone: 0113 496 0000",
        "222 forward: To: everybody on Mill Road",
        "223 phone: 0113 496 0001",
        "223 phone: 0113 496 0002",
        "223 phone: 0113 496 0003",
        "233 email: tenants@example.org",
        "235 email: marion@example.com",
        "249 third-person: Norman Pike",
        "260 third-person: Anna Berg",
        "260 third-person: Tom Okafor",
        "267 third-person: Tom Okafor",
        "267 third-person: Ana Ruiz",
        "306 phone: 07700 900123",
        "331 third-person: Tom Okafor",
        r"338 forward: \-----Original Message-----",
        "343 street: 12 Mill Lane",
        "344 street: 12 Mill Lane",
        "354 email: workshop@example.org",
        "376 forward: **From:** Cath Lee",
        "376 third-person: Cath Lee",
        r"385 forward: \----- Original Message -----",
        "460 alt: photo-1.png",
        "460 alt: photo-2.png",
        "461 alt: photo-1.png",
        "462 alt: photo-1.png",
        "480 third-person: Cath Lee",
        "481 third-person: Cath Lee",
        "486 forward: From: H. Whitfield, 14 Mill Lane",
        "486 street: 14 Mill Lane",
        "487 forward: From: Building Management",
        "488 forward: From: Building Management",
        "489 forward: From: 22:00",
        "490 third-person: Dora Boateng",
        "501 phone: 0117 496 0001",
        "501 phone: 0117 496 0002",
        "521 third-person: Wilma Strand",
        "523 phone: 01632 960 111",
        "524 phone: 01632 960 111",
        "524 phone: 01632 960 112",
        "524 phone: 01632 960 113",
        "525 phone: 01632 960 111",
        "527 third-person: Kris Sedge",
        "543 third-person: Ann Berg",
        "577 forward: **From:** the street",
        "578 forward: **From:** the hospital",
        "610 phone: 0113 496 0123",
    ];
    let more: Vec<&String> = blocking.iter().filter(|b| !expected.contains(&b.as_str())).collect();
    assert!(more.is_empty(), "{more:#?}");
}
