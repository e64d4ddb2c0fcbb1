//! Answers written into the text of the mail that is answered, told apart by colour alone: the author says so above.

use super::seen::{Seen, has_word};

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
