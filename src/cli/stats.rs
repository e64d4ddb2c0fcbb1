//! `stats`: a table, JSON, CSV, or a picture.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::desk::Desk;
use crate::desk::stats::{self as desk, Row};

use super::global::Global;
use super::report::{Failure, Outcome, Report, table};

#[derive(Debug, Args)]
pub struct Stats {
    /// A row for each of these
    #[arg(long, value_name = "WHAT", default_value = "month")]
    by: By,
    /// Comma-separated values, for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Draw the months as a picture (SVG) into this file
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    out: Option<std::path::PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Month,
    State,
    Place,
}

const COLUMNS: &str = "arrived,published,declined,open,hours_to_answer,hours_to_publication";

pub fn stats(at: &Desk, global: &Global, args: &Stats, report: &Report) -> Outcome {
    let stats = desk::stats(at, &at.repo()?)?;
    if let Some(out) = &args.out {
        return draw(&stats.months, out, global, report);
    }
    if report.json {
        report.object(&serde_json::to_value(&stats).unwrap_or_default());
        return Ok(0);
    }
    let rows = match args.by {
        By::Month => &stats.months,
        By::State => &stats.states,
        By::Place => &stats.places,
    };
    if args.csv {
        report.line(csv(args.by, rows).trim_end());
        return Ok(0);
    }
    if rows.is_empty() {
        report.line("No stories.");
        return Ok(0);
    }
    let title = args.by.to_possible_value().map(|v| v.get_name().to_uppercase());
    let mut lines = vec![vec![title.unwrap_or_default()]];
    lines[0].extend(
        [
            "ARRIVED",
            "PUBLISHED",
            "DECLINED",
            "OPEN",
            "ANSWERED IN",
            "PUBLISHED IN",
            "",
        ]
        .map(str::to_owned),
    );
    let most = rows.iter().map(|r| r.arrived).max().unwrap_or(0);
    lines.extend(rows.iter().map(|r| line(r, bar(r.arrived, most))));
    if rows.len() > 1 {
        lines.push(line(&stats.all, String::new()));
    }
    table(&lines).iter().for_each(|l| report.line(l));
    Ok(0)
}

fn line(row: &Row, bar: String) -> Vec<String> {
    let key = if row.key.is_empty() { "(none)" } else { &row.key };
    let counts = [row.arrived, row.published, row.declined, row.open].map(|n| n.to_string());
    let mut cells = vec![key.to_owned()];
    cells.extend(counts);
    cells.extend([row.hours_to_answer, row.hours_to_publication].map(span));
    cells.push(bar);
    cells
}

/// Hours as a person says them.
fn span(hours: Option<f64>) -> String {
    match hours {
        None => "-".to_owned(),
        Some(h) if h < 1.0 => "under 1 h".to_owned(),
        Some(h) if h < 48.0 => format!("{h:.0} h"),
        Some(h) => format!("{:.0} days", h / 24.0),
    }
}

/// At most twenty characters wide; something is never nothing.
fn bar(value: u64, most: u64) -> String {
    "█".repeat((value * 20).div_ceil(most.max(1)) as usize)
}

/// RFC 4180. A place that a spreadsheet would take for a formula is told apart by an apostrophe.
fn csv(by: By, rows: &[Row]) -> String {
    let quoted = |text: &str| {
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = format!("{}{text}", if formula { "'" } else { "" });
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let name = by
        .to_possible_value()
        .map(|v| v.get_name().to_owned())
        .unwrap_or_default();
    let mut out = format!("{name},{COLUMNS}\n");
    for r in rows {
        let hours = |h: Option<f64>| h.map(|h| h.to_string()).unwrap_or_default();
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{}",
            quoted(&r.key),
            r.arrived,
            r.published,
            r.declined,
            r.open,
            hours(r.hours_to_answer),
            hours(r.hours_to_publication)
        );
    }
    out
}

/// The latest so many months are drawn.
const MONTHS: usize = 36;

fn draw(months: &[Row], out: &std::path::Path, global: &Global, report: &Report) -> Outcome {
    let file = global.dir.clone().unwrap_or_else(|| ".".into()).join(out);
    let shown = &months[months.len().saturating_sub(MONTHS)..];
    if !global.dry_run {
        std::fs::write(&file, picture(shown)).map_err(|e| {
            let what = format!("{} cannot be written", file.display());
            Failure::new(
                "stats.out",
                1,
                what,
                e,
                "choose a file in a folder that you may write to",
            )
        })?;
    }
    let done = if global.dry_run { "Would draw" } else { "Drew" };
    let months = if shown.len() == 1 {
        "1 month".to_owned()
    } else {
        format!("{} months", shown.len())
    };
    report.answer(
        &format!("{done} {months}: {}", file.display()),
        &json!({"out": file, "months": shown.len(), "dry_run": global.dry_run}),
    );
    Ok(0)
}

/// Bars of arrivals, and in them what of these is published. Only months and numbers are in it.
fn picture(months: &[Row]) -> String {
    let (step, high, left, top): (u64, u64, u64, u64) = (28, 160, 40, 48);
    let most = months.iter().map(|r| r.arrived).max().unwrap_or(0).max(1);
    let width = (left + step * months.len() as u64 + 16).max(320);
    let height = top + high + 56;
    let base = top + high;
    let tall = |n: u64| n * high / most;
    let mut out = String::new();
    let (arrived, published) = months.iter().fold((0, 0), |(a, p), r| (a + r.arrived, p + r.published));
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"t d\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title id=\"t\">Stories by month of arrival</title>\n\
         <desc id=\"d\">Months: {}. Arrived: {arrived}, of these published: {published}.</desc>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{left}\" y=\"20\" font-size=\"14\" fill=\"#222\">Stories by month of arrival</text>\n\
         <rect x=\"{left}\" y=\"28\" width=\"10\" height=\"10\" fill=\"#9db8d9\"/><text x=\"{}\" y=\"37\" fill=\"#222\">arrived</text>\n\
         <rect x=\"{}\" y=\"28\" width=\"10\" height=\"10\" fill=\"#1f4e8c\"/><text x=\"{}\" y=\"37\" fill=\"#222\">published</text>",
        months.len(),
        left + 14,
        left + 70,
        left + 84,
    );
    for (n, y) in [(most, top), (most / 2, base - tall(most / 2)), (0, base)] {
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#ccc\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#444\">{n}</text>",
            width - 12,
            left - 6,
            y + 4
        );
    }
    for (place, month) in months.iter().enumerate() {
        let x = left + 6 + step * place as u64;
        for (n, colour) in [(month.arrived, "#9db8d9"), (month.published, "#1f4e8c")] {
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{}\" width=\"18\" height=\"{}\" fill=\"{colour}\"/>",
                base - tall(n),
                tall(n)
            );
        }
        let _ = writeln!(
            out,
            "<text transform=\"translate({} {}) rotate(-60)\" text-anchor=\"end\" fill=\"#444\">{}</text>",
            x + 13,
            base + 12,
            month.key
        );
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, arrived: u64) -> Row {
        Row {
            key: key.to_owned(),
            arrived,
            published: arrived / 2,
            declined: 0,
            open: arrived - arrived / 2,
            hours_to_answer: Some(1.5),
            hours_to_publication: None,
        }
    }

    #[test]
    fn a_place_is_no_formula_and_no_second_column() {
        let rows = [row("=cmd|' /C calc'!A0", 2), row("Leeds, \"the\" north", 1), row("", 1)];
        assert_eq!(
            csv(By::Place, &rows).lines().skip(1).collect::<Vec<_>>(),
            [
                "'=cmd|' /C calc'!A0,2,1,0,1,1.5,",
                "\"Leeds, \"\"the\"\" north\",1,0,0,1,1.5,",
                ",1,0,0,1,1.5,"
            ]
        );
    }

    #[test]
    fn a_picture_of_nothing_is_a_picture() {
        for months in [
            vec![],
            vec![row("2026-11", 0)],
            vec![row("2026-10", 9), row("2026-11", 3)],
        ] {
            let svg = picture(&months);
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
            assert_eq!(svg.matches("rotate(").count(), months.len());
        }
    }

    #[test]
    fn something_is_never_nothing() {
        assert_eq!(
            (
                bar(0, 100).chars().count(),
                bar(1, 1000).chars().count(),
                bar(7, 7).chars().count()
            ),
            (0, 1, 20)
        );
    }
}
