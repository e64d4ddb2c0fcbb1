//! What telephone numbers, postcodes and streets look like, by country. The first is the default.

/// A country's ways of writing. Patterns are of the `regex` crate, without anchors.
#[derive(Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166.
    pub code: &'static str,
    pub name: &'static str,
    /// Numbers without the country's code; those with one (`+44`, `0044`) are found everywhere.
    pub(super) phone: &'static str,
    pub(super) postcode: &'static str,
    pub(super) street: &'static str,
}

/// `0` and 8 to 10 more digits, as most of Europe and Australia write them.
const TRUNK: &str = r"\(?0(?:[ ./()\u{a0}\u{2010}-\u{2013}-]{0,2}[0-9]){8,10}";
/// North America's ten digits.
const NANP: &str =
    r"\(?[2-9][0-9]{2}\)?[ .\u{a0}\u{2010}-\u{2013}-]{1,2}[2-9][0-9]{2}[ .\u{a0}\u{2010}-\u{2013}-][0-9]{4}";
/// `12 Church Lane`, `Flat 3, 12a Church Lane`.
const ENGLISH: &str = r"[1-9][0-9]{0,3}[A-Za-z]?(?:[-/][0-9]{1,4}[a-z]?)?,? (?:(?:[A-Z][^\s,.;:!?()\[\]0-9]{0,24}|St\.?|of|the|de|la) ){1,4}(?:Street|St|Road|Rd|Lane|Avenue|Ave|Close|Drive|Crescent|Terrace|Court|Gardens|Grove|Way|Square|Mews|Walk|Place|Boulevard|Blvd|Parade|Rise|Hill|Row)";

/// Every country whose ways are known.
pub const COUNTRIES: &[Country] = &[
    Country {
        code: "GB",
        name: "United Kingdom",
        phone: TRUNK,
        postcode: r"(?:GIR ?0AA|(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LU]?|H[ADGPRSUX]|I[GPV]|K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE|JE|GY|IM)[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2})",
        street: ENGLISH,
    },
    Country {
        code: "IE",
        name: "Ireland",
        phone: TRUNK,
        postcode: r"(?:D6W|[AC-FHKNPRTV-Y][0-9]{2}) ?[0-9AC-FHKNPRTV-Y][0-9AC-FHKNPRTV-Y]*[0-9][0-9AC-FHKNPRTV-Y]*",
        street: ENGLISH,
    },
    Country {
        code: "US",
        name: "United States",
        phone: NANP,
        postcode: r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]) [0-9]{5}(?:-[0-9]{4})?",
        street: ENGLISH,
    },
    Country {
        code: "CA",
        name: "Canada",
        phone: NANP,
        postcode: r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z] ?[0-9][ABCEGHJ-NPRSTV-Z][0-9]",
        street: ENGLISH,
    },
    Country {
        code: "AU",
        name: "Australia",
        phone: TRUNK,
        postcode: r"(?:NSW|VIC|Vic|QLD|Qld|WA|SA|TAS|Tas|ACT|NT),? [0-9]{4}",
        street: ENGLISH,
    },
    Country {
        code: "DE",
        name: "Germany",
        phone: r"\(?0(?:[ ./()\u{a0}\u{2010}-\u{2013}-]{0,2}[0-9]){7,12}",
        postcode: r"(?:D-[0-9]{5}|, ?[0-9]{5} [A-ZÄÖÜ][a-zäöüß]{2,30}|\n[0-9]{5} [A-ZÄÖÜ][a-zäöüß]{2,30})",
        street: r"(?:[A-ZÄÖÜ][a-zäöüß]{1,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm)|(?:[A-ZÄÖÜ][a-zäöüß]{1,30}[ -]){1,3}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Ring|Damm)) [1-9][0-9]{0,3}[a-z]?",
    },
    Country {
        code: "FR",
        name: "France",
        phone: r"0[1-9](?:[ .\u{a0}-]?[0-9]{2}){4}",
        postcode: r"(?:F-[0-9]{5}|, ?[0-9]{5} [A-ZÉÈ][^\s,.;:!?()\[\]0-9]{2,30}|\n[0-9]{5} [A-ZÉÈ][^\s,.;:!?()\[\]0-9]{2,30})",
        street: r"[1-9][0-9]{0,3}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours) (?:(?:de|du|des|la|le|les|l’|l'|d’|d') ?){0,3}[A-ZÉÈ][^\s,.;:!?()\[\]0-9]{1,30}",
    },
    Country {
        code: "NL",
        name: "Netherlands",
        phone: TRUNK,
        postcode: r"[1-9][0-9]{3} ?(?:[A-RT-Z][A-Z]|S[BCE-RT-Z])",
        street: r"[A-Z][^\s,.;:!?()\[\]0-9]{1,30}(?:straat|laan|weg|plein|gracht|kade|singel|dijk) [1-9][0-9]{0,3}[a-z]?",
    },
    Country {
        code: "PL",
        name: "Poland",
        phone: r"(?:[4-8][0-9]{2}[ -][0-9]{3}[ -][0-9]{3}|\(?0?[1-9][0-9]\)? [0-9]{3}[ -][0-9]{2}[ -][0-9]{2})",
        postcode: r"[0-9]{2}-[0-9]{3} [A-ZĄĆĘŁŃÓŚŹŻ][^\s,.;:!?()\[\]0-9]{2,30}",
        street: r"(?:ul\.|al\.|pl\.|os\.) (?:[A-ZĄĆĘŁŃÓŚŹŻ][^\s,.;:!?()\[\]0-9]{1,30} ){1,3}[1-9][0-9]{0,3}[a-z]?",
    },
];

impl Country {
    /// By its two letters.
    pub fn of(code: &str) -> Option<&'static Country> {
        COUNTRIES.iter().find(|c| c.code.eq_ignore_ascii_case(code))
    }
}
