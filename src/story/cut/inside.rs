//! Words of the author inside or under the text of another's mail that nothing marks line by line: answers told apart by
//! colour alone, where the author says so above; and a story that goes on under a letter that it shows.

use super::attribution::leads_up;
use super::legal::legal;
use super::quote::{self, Foreign, Opening};
use super::seen::{Seen, has_word};
use super::sign_off::signs_for;
use super::signature::{self, postscript};

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

/// Whether the author, above the quotation, says that the answers stand inside of it.
pub(super) fn announced(own: &[Seen]) -> bool {
    let shown = own.iter().rev().filter(|l| !l.blank() && l.words() <= 12).take(REACH);
    shown.into_iter().any(|line| {
        let has = |words: &[&str]| words.iter().any(|word| has_word(&line.fold, word));
        has(WITHIN) && has(ANSWERS)
    })
}

/// Whether the author's own name ends what stands under another's mail, and does not stand above it: a letter that was put into a
/// mail. In an answer it may be the name of somebody called the same, or of the author in an older mail: see [`goes_on`].
pub(super) fn signed_below(lines: &[Seen], from: usize, foreign: &Foreign, author: &str) -> bool {
    let author = first_name(author);
    let below = ends_with(lines, foreign.body, foreign.end);
    !author.is_empty() && below.as_ref() == Some(&author) && ends_with(lines, from, foreign.start) != below
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
    let heads = |l: &Seen| {
        l.text
            .contains(|c: char| c.is_ascii_digit() || matches!(c, '@' | ':' | '：'))
    };
    if ends_with(lines, from, start).as_ref() == Some(&signed)
        || lines[start..tail.end]
            .iter()
            .any(|l| heads(l) && has_word(&l.fold, &signed))
    {
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
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "We painted the stop in red.",
            "The council's answer came on Monday.",
            "We stood in line for a week.",
            "Comments welcome!",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}
