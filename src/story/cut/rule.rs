//! Why something was cut, by a name for programs and in words for people.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why lines were cut. Its [`Rule::name`] is what JSON and `cut.jsonl` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    QuoteAttribution,
    /// The lines it was cut from stay without it: see [`super::Cut::left`].
    AttributionAddress,
    QuoteMarks,
    QuoteOnTop,
    OriginalMessage,
    OutlookHeaderBlock,
    ReplyAboveLine,
    ForwardNote,
    ForwardHeader,
    SignatureDelimiter,
    SignatureBlock,
    ContactBlock,
    SentFrom,
    LegalNotice,
    EnvironmentNotice,
    VirusScanner,
    ListFooter,
    GatewayWarning,
}

impl Rule {
    /// Whether such lines stand under the author's own words, and nobody else's words are in them.
    pub fn ends_own_words(self) -> bool {
        use Rule::{
            ContactBlock, EnvironmentNotice, LegalNotice, SentFrom, SignatureBlock, SignatureDelimiter, VirusScanner,
        };
        matches!(
            self,
            SentFrom
                | SignatureDelimiter
                | SignatureBlock
                | ContactBlock
                | LegalNotice
                | EnvironmentNotice
                | VirusScanner
        )
    }

    /// Whether a cut by this rule may go on to the end of the mail, whatever stands there.
    pub(super) fn goes_to_the_end(self) -> bool {
        use Rule::{OriginalMessage, OutlookHeaderBlock, QuoteAttribution, ReplyAboveLine};
        matches!(
            self,
            QuoteAttribution | OriginalMessage | OutlookHeaderBlock | ReplyAboveLine
        )
    }

    /// The name in JSON: `quote-attribution`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::QuoteAttribution => "quote-attribution",
            Rule::AttributionAddress => "attribution-address",
            Rule::QuoteMarks => "quote-marks",
            Rule::QuoteOnTop => "quote-on-top",
            Rule::OriginalMessage => "original-message",
            Rule::OutlookHeaderBlock => "outlook-header-block",
            Rule::ReplyAboveLine => "reply-above-line",
            Rule::ForwardNote => "forward-note",
            Rule::ForwardHeader => "forward-header",
            Rule::SignatureDelimiter => "signature-delimiter",
            Rule::SignatureBlock => "signature-block",
            Rule::ContactBlock => "contact-block",
            Rule::SentFrom => "sent-from",
            Rule::LegalNotice => "legal-notice",
            Rule::EnvironmentNotice => "environment-notice",
            Rule::VirusScanner => "virus-scanner",
            Rule::ListFooter => "list-footer",
            Rule::GatewayWarning => "gateway-warning",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Rule::QuoteAttribution => "A line like \"On ... wrote:\" and the quoted mail under it.",
            Rule::AttributionAddress => {
                "The address in a line like \"On ... wrote:\" or in a header that stays; the line stays without it."
            }
            Rule::QuoteMarks => "Lines that the mail program marked as quoted.",
            Rule::QuoteOnTop => "A quoted mail above the answer to it.",
            Rule::OriginalMessage => "The original mail under a line like \"Original Message\".",
            Rule::OutlookHeaderBlock => "Another mail's header (From, Sent, To, Subject) and all under it.",
            Rule::ReplyAboveLine => "A line asking to write the reply above it, and all under it.",
            Rule::ForwardNote => "What the forwarder wrote above the forwarded mail.",
            Rule::ForwardHeader => "The header of the forwarded mail.",
            Rule::SignatureDelimiter => "A signature under a line like \"-- \".",
            Rule::SignatureBlock => "What the mail program marked as the signature.",
            Rule::ContactBlock => "Phone, address and web lines under the name at the end.",
            Rule::SentFrom => "A line like \"Sent from my iPhone\".",
            Rule::LegalNotice => "A legal notice or disclaimer.",
            Rule::EnvironmentNotice => "A request to think before printing.",
            Rule::VirusScanner => "A virus scanner's footer.",
            Rule::ListFooter => "The footer of a mailing list, a group or a help desk.",
            Rule::GatewayWarning => "A mail gateway's warning that the mail came from outside.",
        })
    }
}
