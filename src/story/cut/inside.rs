//! Words of the author inside or under the text of another's mail that nothing marks line by line: answers that the author
//! announces above, or that begin with a mark of theirs; and a story that goes on under a letter that it shows.

use std::collections::{HashMap, HashSet};

use super::attribution::{self, Grade, leads_up};
use super::legal::legal;
use super::quote::{self, Foreign, Opening};
use super::seen::{Seen, has_word};
use super::sign_off::signs_for;
use super::signature;
use super::told::postscript;

/// Lines above the quotation that are looked at, from its end.
const REACH: usize = 20;

/// Answers, and such.
#[rustfmt::skip]
const ANSWERS: &[&str] = &[
    "answer", "answers", "answered", "reply", "replies", "replied", "response", "responses", "responded", "comment",
    "comments", "commented", "notes", "antwort", "antworten", "geantwortet", "kommentar", "kommentare",
    "anmerkungen", "réponse", "réponses", "répondu", "commentaires", "remarques", "respuesta", "respuestas",
    "respondo", "comentarios", "resposta", "respostas", "comentários", "risposta", "risposte", "commenti",
    "antwoord", "antwoorden", "opmerkingen", "svar", "svaren", "svarene", "kommentarer", "vastaukset", "vastaukseni",
    "kommentit", "odpowiedzi", "komentarze", "odpovědi", "komentáře", "ответы", "комментарии", "відповіді",
    "коментарі", "cevap", "cevaplar", "cevaplarım", "yanıtlarım", "回答", "回复", "返信", "コメント", "답변", "답장", "válaszok",
    "válaszaim", "răspunsuri", "răspunsurile", "απαντήσεις", "תשובות", "إجابات", "ردود",
];

/// What was put right, and such: said of one's own work only.
#[rustfmt::skip]
const CHANGES: &[&str] = &[
    "corrected", "corrections", "changed", "changes", "amended", "amendments", "edits", "edited", "marked", "korrigiert", "korrekturen",
    "geändert", "änderungen", "corrigé", "corrections", "modifié", "modifications", "changements", "corregido", "corregí", "correcciones",
    "cambiado", "cambié", "cambios", "corrigi", "correções", "alterei", "alterações", "corretto", "correzioni", "modificato", "modifiche",
    "gecorrigeerd", "correcties", "gewijzigd", "wijzigingen", "rättat", "ändrat", "ändringar", "rettet", "rettelser", "endret", "ændret",
    "endringer", "ændringer", "poprawiłem", "poprawiłam", "poprawki", "zmieniłem", "zmieniłam", "zmiany",
];

/// Where or how they stand.
#[rustfmt::skip]
const WITHIN: &[&str] = &[
    "inline", "in line", "in-line", "interspersed", "interlinear", "in red", "in blue", "in green", "in colour",
    "in color", "in bold", "in capitals", "in caps", "within your", "in your text", "in the text below",
    "in your mail below", "in your email below", "in your message below", "in rot", "in blau", "in grün", "rot markiert", "in fett", "im text",
    "direkt unter", "zwischen den zeilen", "en rouge", "en bleu", "en vert", "en gras", "dans le texte",
    "dans votre message", "dans ton message", "en rojo", "en azul", "en verde", "en negrita", "en el texto",
    "em vermelho", "em azul", "em verde", "em negrito", "no texto", "in rosso", "in blu", "in verde",
    "in grassetto", "nel testo", "in het rood", "in rood", "in blauw", "in het groen", "in groen", "in de tekst", "tussen de regels",
    "i rött", "med rött", "i blått", "med blått", "med rødt", "i rødt", "med blå", "i texten", "i teksten", "punaisella",
    "sinisellä", "tekstin seassa", "na czerwono", "na niebiesko", "w tekście", "červeně", "modře", "v textu",
    "красным", "синим", "в тексте", "червоним", "у тексті", "kırmızı", "mavi ile", "metin içinde", "pirossal", "kékkel", "a szövegben",
    "cu roșu", "cu albastru", "în text", "με κόκκινο", "στο κείμενο", "赤字", "青字", "文中", "インライン", "红色", "蓝色", "紅色",
    "藍色", "빨간색", "파란색", "본문에", "באדום", "בכחול", "בגוף", "بالأحمر", "بالأزرق", "باللون",
];

/// Whose answers they are. Some words say both.
#[rustfmt::skip]
const MINE: &[&str] = &[
    "i", "my", "mine", "i've", "i’ve", "ich", "meine", "meinen", "je", "j'ai", "j’ai", "mes", "ma", "mis", "mi", "he", "mie", "mia",
    "miei", "ho", "ik", "mijn", "eu", "minhas", "minha", "meus", "jag", "mina", "mitt", "jeg", "mine", "moje", "moja",
    "respondo", "respondi", "rispondo", "odpowiadam", "odpowiedziałem", "odpowiedziałam", "vastaukseni", "мои", "мої", "мій",
];

/// The mail that is answered, as the place of answers.
#[rustfmt::skip]
const IN_YOURS: &[&str] = &[
    "in your mail", "in your email", "in your e-mail", "in your message", "into your mail", "into your email", "into your message",
    "inside your mail", "inside your email", "inside your message", "between your lines", "between the lines", "under your questions",
    "next to your questions", "next to each question", "beside your questions", "beneath your questions", "below your questions",
    "after your questions", "under each of your questions", "next to each of your questions", "after each of your questions",
    "below each of your questions", "beneath each of your questions", "under each question", "below each question", "after each question", "beneath each question",
    "in deiner mail", "in deine mail", "in ihrer mail", "in ihre mail", "in deiner e-mail", "in deine e-mail", "in ihrer e-mail",
    "in ihre e-mail", "in deiner nachricht", "in ihrer nachricht", "unter deinen fragen", "unter ihren fragen", "unter den fragen",
    "unter jeder frage", "dans votre mail", "dans ton mail", "dans votre courriel", "dans ton courriel", "dans votre e-mail",
    "dans ton e-mail", "sous vos questions", "sous tes questions", "sous chaque question", "en tu correo", "en su correo",
    "en tu mensaje", "en su mensaje", "debajo de cada pregunta", "debajo de tus preguntas", "debajo de sus preguntas",
    "nella tua mail", "nella sua mail", "nella tua email", "nella sua email", "nel tuo messaggio", "nel suo messaggio",
    "sotto ogni domanda", "sotto le tue domande", "sotto le sue domande", "in je mail", "in jouw mail", "in uw mail",
    "in je bericht", "in uw bericht", "onder je vragen", "onder uw vragen", "onder elke vraag", "no seu email", "no seu e-mail",
    "no teu email", "no teu e-mail", "na sua mensagem", "na tua mensagem", "abaixo de cada pergunta", "i din mail", "i din e-mail",
    "i din mejl", "i ditt mejl", "i ditt mail", "i din e-post", "i e-posten din", "i mailen din", "i din besked", "i ditt brev",
    "under dine spørgsmål", "under hvert spørgsmål", "under spørsmålene", "under hvert spørsmål", "under dina frågor",
    "under varje fråga", "w twoim mailu", "w pani mailu", "w pana mailu", "w twojej wiadomości", "w pani wiadomości",
    "w pana wiadomości", "pod pytaniami", "pod każdym pytaniem",
];

/// Below: in the mail that is answered, where nothing of the author's stands between.
#[rustfmt::skip]
const BELOW: &[&str] = &[
    "below", "underneath", "beneath", "inline", "in line", "in-line", "unten", "untenstehend", "s.u", "s. u", "ci-dessous", "plus bas",
    "abajo", "más abajo", "debajo", "sotto", "qui sotto", "onder", "hieronder", "onderaan", "abaixo", "nedenfor", "herunder", "nedan",
    "nedenunder", "poniżej", "niżej", "níže", "ниже", "нижче", "aşağıda", "lejjebb", "lent", "mai jos", "παρακάτω", "下記", "以下",
    "下面", "아래",
];

/// "See below", which may be all that stands in a line.
#[rustfmt::skip]
const SEE: &[&str] = &[
    "see", "siehe", "voir", "voyez", "ver", "véase", "vea", "mira", "vedi", "veda", "zie", "ziet", "veja", "vide", "vejam", "se",
    "katso", "ks", "patrz", "zob", "zobacz", "viz", "см", "смотрите", "див", "bkz", "lásd", "vezi", "δείτε", "inline",
];

/// Words of an announcement, and of one that is all that stands in a line: one more where nothing else stands above.
const ANNOUNCEMENT: usize = 20;
const ALONE: usize = 5;

/// Words that may stand under one that says "below": who signs it.
const SIGNED: usize = 6;

/// Whether the author, above the quotation, says that the answers stand inside of it.
pub(super) fn announced(own: &[Seen]) -> bool {
    let shown: Vec<&Seen> = own.iter().filter(|l| !l.blank()).collect();
    let mut under = 0;
    shown.iter().rev().take(REACH).any(|line| {
        let words = line.words();
        let mine =
            || has(&line.fold, CHANGES) && has(&line.fold, MINE) || has(&line.fold, SEE) && has(&line.fold, BELOW);
        let within = words <= 12 && (has(&line.fold, WITHIN) && (has(&line.fold, ANSWERS) || mine()));
        let first = std::ptr::eq(*line, shown[0]);
        let alone = words <= ALONE - usize::from(!first) && has(&line.fold, SEE);
        let alone = alone || words <= 3 && has(&line.fold, ANSWERS);
        let found = within
            || alone && under <= SIGNED && has(&line.fold, BELOW)
            || words <= ANNOUNCEMENT
                && line
                    .fold
                    .split_inclusive(['.', '!', '?', ';'])
                    .any(|said| says_where(said, under <= SIGNED));
        under += words;
        found
    })
}

fn has(said: &str, words: &[&str]) -> bool {
    words.iter().any(|word| has_word(said, word))
}

/// `I left my answers in your mail`; `below` where nothing else stands there.
fn says_where(said: &str, below: bool) -> bool {
    let short = said.split_whitespace().count() <= 6;
    (has(said, ANSWERS) || has(said, CHANGES))
        && has(said, MINE)
        && (has(said, IN_YOURS) || below && short && has(said, BELOW))
}

/// Signs that people draw an arrow or a row of before an answer.
const SIGNS: [char; 14] = ['=', '-', '*', '#', '~', '+', '@', '<', '>', '^', '»', '→', '►', '➔'];

/// Whether lines of another's mail that nothing marks begin with a mark of the author's: their name in brackets, as Outlook
/// writes it before a comment; a colour under one question and another; or the same arrow or row of signs again and again, which the author names above. A name and a colon
/// is a rota's as well, and an arrow under a question an answer of whoever asked it.
pub(super) fn answered_within(lines: &[Seen], from: usize, foreign: &Foreign, author: &str) -> bool {
    // what an older mail below it has was said in another one
    let older = |i: &usize| {
        let said = attribution::ending_at(lines, *i);
        quote::block_at(lines, *i).is_some() || said.is_some_and(|a| a.grade == Grade::Strong)
    };
    let body = quote::begins(lines, foreign);
    let end = (body..foreign.end).find(older).unwrap_or(foreign.end);
    let quoted = lines[body..end].iter().filter(|l| !l.blank());
    let depth = quoted.clone().find(|l| !l.attribution_hint).map_or(0, |l| l.depth);
    let shown: Vec<&Seen> = quoted.filter(|l| l.depth == depth).collect();
    let names = names(author);
    let named = |line: &&Seen| names.iter().any(|name| begins_with_name(&line.fold, name));
    let answers = |pair: &&[&Seen]| pair[0].text.ends_with('?') && !pair[0].coloured && pair[1].coloured;
    let coloured = shown.windows(2).filter(answers).count() >= 2;
    if shown.iter().any(named) || speaks_alone(&shown, bracketed) || coloured {
        return true;
    }
    let own_name = || shown.iter().filter_map(|l| speaker(l)).next().map(str::to_lowercase);
    if speaks_alone(&shown, speaker) && own_name() == Some(first_name(author)) {
        return true;
    }
    let words = lines[from..foreign.start].iter().flat_map(|l| l.text.split(' '));
    let told: HashSet<&str> = words
        .map(|word| word.trim_matches(['"', '“', '”', ',', '.']))
        .filter(|word| !word.is_empty() && word.chars().all(|c| SIGNS.contains(&c)))
        .collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    shown.iter().any(|line| {
        let Some(sign) = arrow(&line.text).filter(|sign| told.contains(sign)) else {
            return false;
        };
        let count = times.entry(sign).or_default();
        *count += 1;
        *count >= 2
    })
}

/// Whether one name stands before two lines or more, and no other name before any.
fn speaks_alone(shown: &[&Seen], name: for<'l> fn(&'l Seen) -> Option<&'l str>) -> bool {
    let mut names = shown.iter().filter_map(|line| name(line));
    let first = names.next();
    let mut more = names.peekable();
    first.is_some() && more.peek().is_some() && more.all(|name| Some(name) == first)
}

/// `Rosa Lindqvist` of `[Rosa Lindqvist] We won.`
fn bracketed<'l>(line: &'l Seen) -> Option<&'l str> {
    let (name, rest) = line.text.strip_prefix('[')?.split_once(']')?;
    let mut words = name.split(' ');
    let whole = words.clone().count() == 2 && words.all(|w| w.starts_with(char::is_uppercase));
    (whole && rest.starts_with([' ', ':']) && rest.len() > 2).then_some(name)
}

/// `Rosa` of `Rosa: We won.`
fn speaker<'l>(line: &'l Seen) -> Option<&'l str> {
    let (name, rest) = line.text.split_once(':')?;
    let whole = name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphabetic);
    (whole && rest.starts_with(' ')).then_some(name)
}

/// How the author may write who they are before an answer, in lower case: in full, the first name, the initials.
fn names(author: &str) -> Vec<String> {
    let words: Vec<&str> = author
        .split(' ')
        .filter(|w| w.starts_with(char::is_alphabetic))
        .collect();
    let initials: String = words.iter().filter_map(|w| w.chars().next()).collect();
    let mut names = vec![author.to_lowercase(), first_name(author), initials.to_lowercase()];
    names.retain(|name| name.chars().count() >= 2);
    names
}

/// `[Rosa] We won.`
fn begins_with_name(fold: &str, name: &str) -> bool {
    let bracketed = || fold.strip_prefix('[')?.strip_prefix(name)?.strip_prefix([']', ':']);
    bracketed().is_some_and(|rest| !rest.trim().is_empty())
}

/// The arrow or row of signs that a line begins with: `==>`, `***`.
fn arrow(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(SIGNS);
    let sign = &text[..text.len() - rest.len()];
    let drawn = sign.chars().count() >= 2 && sign.chars().any(|c| c != '-') || sign.starts_with(['→', '►', '➔', '»']);
    let said = rest.trim_start().starts_with(char::is_alphanumeric) && !text.ends_with(SIGNS);
    (drawn && said).then_some(sign)
}

/// Whether the author's own name ends what stands under another's mail, and does not stand above it: a letter that was put into a
/// mail. In an answer it may be the name of somebody called the same, or of the author in an older mail: see [`goes_on`].
pub(super) fn signed_below(lines: &[Seen], from: usize, foreign: &Foreign, author: &str) -> bool {
    let author = first_name(author);
    let below = ends_with(lines, foreign.body, foreign.end);
    !author.is_empty() && below.as_ref() == Some(&author) && ends_with(lines, from, foreign.start) != below
}

/// The same, of an answer: and no mail of theirs is in what stands there.
pub(super) fn signed_anew(lines: &[Seen], from: usize, foreign: &Foreign, author: &str) -> bool {
    signed_below(lines, from, foreign, author)
        && !names_in_heads(&lines[foreign.body..foreign.end], &first_name(author))
}

/// Whether a name is in a line that may stand over a mail.
fn names_in_heads(lines: &[Seen], name: &str) -> bool {
    let heads = |l: &Seen| {
        l.text
            .contains(|c: char| c.is_ascii_digit() || matches!(c, '@' | ':' | '：'))
    };
    lines.iter().any(|l| heads(l) && has_word(&l.fold, name))
}

/// Words for who reads a mail.
#[rustfmt::skip]
const YOU: &[&str] = &[
    "you", "your", "yours", "ihnen", "ihre", "ihren", "dir", "dich", "dein", "deine", "deinen", "euch", "eure", "vous", "votre", "vos",
    "toi", "usted", "ustedes", "vosotros", "vuestra", "vuestro", "tus", "voi", "vostra", "vostro", "tua", "tuo", "jullie", "uw", "jouw",
    "vocês", "você", "sua", "dig", "din", "dine", "jer", "jeres", "deg", "dere", "deres", "dina", "ert", "era", "twoja", "twój", "wasza",
    "wasze", "ciebie", "вас", "ваш", "ваши", "вашу", "вы", "тебе", "твой", "твою",
];

/// Whether it says "you".
pub(super) fn says_you(fold: &str) -> bool {
    has(fold, YOU)
}

/// Whether a quotation is a mail to somebody: it begins with a salutation, or says "you".
pub(super) fn speaks_to_a_reader(quotation: &[Seen]) -> bool {
    let greets = |l: &Seen| l.words() <= 6 && l.text.ends_with([',', '!', ':', '，', '、', '！', '：']);
    let first = quotation.iter().find(|l| !l.blank());
    first.is_some_and(greets) || quotation.iter().any(|l| says_you(&l.fold))
}

/// Words of a salutation.
const SALUTATION: usize = 4;

/// Whether the author's last line above another's mail leads up to it, as `Our landlord sent us this:`, or all that stands there is a
/// salutation: without the mail below there were no story.
pub(super) fn led_up(lines: &[Seen], from: usize, foreign: &Foreign) -> bool {
    let above = &lines[from..foreign.start];
    let words: usize = above.iter().map(Seen::words).sum();
    let last = above.iter().rfind(|l| !l.blank());
    last.is_some_and(|line| leads_up(&line.text)) || (1..=SALUTATION).contains(&words)
}

/// What stands over a story that somebody was asked for.
#[rustfmt::skip]
const HERE_IT_IS: &[&str] = &[
    "here it is", "here is my", "here is our", "here is the", "here's my", "here's our", "here’s my", "here’s our", "here you are", "here you go",
    "as you asked", "as requested", "as promised", "hier ist", "wie gewünscht", "voici", "aquí está", "aquí va", "ecco", "hier is", "aqui está",
    "her er", "här är",
];

/// Words of a line that says so.
const HANDED: usize = 10;

/// Whether all that stands above another's mail is a salutation, or says that the story comes: neither leads up to that mail.
pub(super) fn hands_over(above: &[Seen]) -> bool {
    let shown: Vec<&Seen> = above.iter().filter(|l| !l.blank()).take(4).collect();
    let greets =
        |at: usize, l: &Seen| at == 0 && l.words() <= SALUTATION || l.words() <= HANDED && has(&l.fold, HERE_IT_IS);
    let said = |(at, l): (usize, &&Seen)| !l.quoted() && !l.text.ends_with([':', '：']) && greets(at, l);
    (1..=3).contains(&shown.len()) && shown.iter().enumerate().all(said)
}

/// The first name of who signs these lines.
fn ends_with(lines: &[Seen], from: usize, to: usize) -> Option<String> {
    signature::tail(lines, from, to).sign_off.as_deref().map(first_name)
}

fn first_name(name: &str) -> String {
    name.split(' ').next().unwrap_or_default().to_lowercase()
}

/// Words under the name of who is quoted that make it plain that somebody else goes on.
const GOES_ON: usize = 15;

/// Whether the author goes on under a mail that an attribution leads up to and no marks end: the last name under it is the
/// sender's, or another than that of who is quoted, who has signed above. Nobody can tell where the one ends and the other
/// begins, so neither goes.
pub(super) fn goes_on(lines: &[Seen], from: usize, foreign: &Foreign, author: &str) -> bool {
    if foreign.opening != Opening::Attribution || !foreign.to_end {
        return false;
    }
    let (start, body, end) = (foreign.start, foreign.body, foreign.end);
    let tail = signature::tail(lines, body, end);
    let Some(signed) = tail.sign_off.as_deref().map(first_name) else {
        return false;
    };
    // Signed above already, or a thread of mails in which theirs is named: then it is the one that comes last.
    if ends_with(lines, from, start).as_ref() == Some(&signed) || names_in_heads(&lines[start..tail.end], &signed) {
        return false;
    }
    if !author.is_empty() && first_name(author) == signed {
        return true;
    }
    let head: Vec<&str> = lines[start..body].iter().map(|l| l.text.as_ref()).collect();
    let Some(quoted) = quote::who(&head.join(" ")).name else {
        return false;
    };
    let Some(theirs) = (body..tail.end).find(|i| signs_for(&lines[*i].text, &quoted)) else {
        return false;
    };
    let rest: Vec<&Seen> = lines[theirs + 1..tail.end].iter().filter(|l| !l.blank()).collect();
    let words: usize = rest.iter().map(|l| l.words()).sum();
    words >= GOES_ON
        && rest
            .iter()
            .any(|l| l.words() >= 8 && l.text.contains(['.', '!', '?', '。']))
        && !rest.iter().any(|l| postscript(&l.fold) || legal(&l.fold) >= 2)
        && quote::stretches(&lines[..end], body).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::passage::Line;

    fn says(text: &str) -> bool {
        announced(&[Seen::of(&Line::plain(text))])
    }

    fn marked(above: &str, within: &str) -> bool {
        let head = "From: Cath Lee <cath@team.example>\nSent: Saturday, December 4, 2010 10:00 AM\nSubject: Story";
        let text = format!("{above}\n\n{head}\n\n{within}");
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
        let found = quote::stretches(&seen, 0);
        answered_within(&seen, 0, &found[0], "Rosa Lindqvist")
    }

    #[test]
    fn a_mark_that_comes_again_tells_the_answers() {
        for (above, within) in [
            (
                "Look for ==>",
                "Tell us what you did.\n==> We won.\nAnd who with.\n==>The choir.",
            ),
            ("Here it is.", "Tell us what you did.\n[Rosa Lindqvist] We won."),
            ("Here it is.", "Tell us what you did.\n[Rosa] We won."),
            (
                "Here it is.",
                "Tell us what you did.\n[R. Lindqvist] We won.\nAnd who with.\n[R. Lindqvist] The choir.",
            ),
            (
                "Here it is.",
                "Tell us what you did.\nRosa: We won.\nAnd who with.\nRosa: The choir.",
            ),
        ] {
            assert!(marked(above, within), "{above} / {within}");
        }
        for (above, within) in [
            ("Here it is.", "We ask for\n*** a story\n*** a photo"),
            // whoever asked answers, too
            (
                "Here it is.",
                "What did you do?\n==> We won.\nWho with?\n==> The choir.",
            ),
            ("Here it is.", "This is the rota.\nRosa: soup\nJim: tea\nRosa: bread"),
            ("Here it is.", "This is the rota.\nRL: keys\nRL: tea"),
            ("Here it is.", "This is the rota.\nJim: keys\nJim: tea"),
            ("Here it is.", "[Mill Lane] at ten\n[High Street] at noon"),
            ("Here it is.", "What did you do?\nWho with?\n-> 500 words\n-> a photo"),
            ("Here it is.", "Rosa: will you write?"),
            ("Here it is.", "What did you do?\n*** one ***\nWho with?\n*** two ***"),
            (
                "Here it is.",
                "Yes.\n\nFrom: Rosa Lindqvist\nSent: Saturday, December 4, 2010 10:00 AM\nSubject: Story\n\nWhat?\n==> We won.\nWho?\n==> We.",
            ),
        ] {
            assert!(!marked(above, within), "{above} / {within}");
        }
    }

    #[test]
    fn answers_inside_are_announced_in_many_languages() {
        for text in [
            "See my answers in red below.",
            "My comments are inline.",
            "Meine Antworten stehen in Rot im Text.",
            "Mes réponses en rouge ci-dessous.",
            "Mis respuestas en rojo.",
            "Le mie risposte in rosso.",
            "Mijn antwoorden in het rood.",
            "Мои ответы красным.",
            "I left my answers in your mail, starting with ==>",
            "See my answers below.",
            "My comments inline",
            "Please see below.",
            "Ich habe meine Antworten in deine Mail geschrieben.",
            "Meine Antworten findest du unten.",
            "Siehe unten.",
            "J'ai mis mes réponses dans votre mail.",
            "Mes réponses ci-dessous.",
            "He puesto mis respuestas en tu correo.",
            "Ho scritto le mie risposte nella tua mail.",
            "Mijn antwoorden staan hieronder.",
            "As minhas respostas estão abaixo.",
            "Mina svar nedan.",
            "Jeg har skrevet svar i din mail.",
            "Moje odpowiedzi poniżej.",
            "I answered next to your questions.",
            "I have written my answers under each of your questions.",
            "See below in red.",
            "Answers below.",
            "I have corrected it below.",
            "I changed two words below.",
            "My changes are in bold.",
            "Ich habe es unten korrigiert.",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "We painted the stop in red.",
            "The council's answer came on Monday.",
            "We stood in line for a week.",
            "Comments welcome!",
            "Thank you for the answers in your mail.",
            "The river below the town answered nobody.",
            "We went down below.",
            "I hope my answer helps. I live below the mill.",
            "Thank you for your comments below.",
            "The council changed the bus below our house, and I was glad.",
            "They marked the trees in red.",
            "We saw them below.",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}
