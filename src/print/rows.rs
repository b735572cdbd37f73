//! A sheet as text: table, JSON, YAML, CSV or names. Pure.

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::{Cell, Column, Sheet, Tone};
use crate::cli::Format;

/// The version of what JSON and YAML promise.
const CONTRACT: u32 = 1;

/// The whole text, ending in a line end unless it is empty.
pub fn render(sheet: &Sheet, format: Format, color: bool) -> Result<String, String> {
    Ok(match format {
        Format::Table | Format::Wide => {
            let mut out = table(sheet, format == Format::Wide, color);
            for (heading, part) in &sheet.more {
                if !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(heading);
                out.push('\n');
                out.push_str(&table(part, format == Format::Wide, color));
            }
            out
        }
        Format::Json => {
            let mut text = serde_json::to_string_pretty(&wrapped(sheet)).map_err(|e| e.to_string())?;
            text.push('\n');
            text
        }
        Format::Yaml => serde_saphyr::to_string(&wrapped(sheet)).map_err(|e| e.to_string())?,
        Format::Csv => csv(sheet),
        Format::Name => sheet.names.iter().fold(String::new(), |out, name| out + name + "\n"),
        Format::Md => return Err("this is no document; Markdown is for `budget report`".to_owned()),
        Format::Sarif => return Err("SARIF holds faults, and this is something else".to_owned()),
    })
}

fn wrapped(sheet: &Sheet) -> Value {
    let mut map = Map::new();
    map.insert("version".to_owned(), CONTRACT.into());
    map.insert(sheet.kind.to_owned(), sheet.json.clone());
    Value::Object(map)
}

/// Columns two spaces apart, measured in terminal cells; the last one is not padded.
fn table(sheet: &Sheet, wide: bool, color: bool) -> String {
    let shown: Vec<(usize, &Column)> = sheet.columns.iter().enumerate().filter(|(_, c)| wide || !c.wide).collect();
    if sheet.rows.is_empty() || shown.is_empty() {
        return String::new();
    }
    let headed = shown.iter().any(|(_, c)| !c.head.is_empty());
    let rows: Vec<Vec<Cell>> = sheet.rows.iter().map(|row| row.iter().map(one_line).collect()).collect();
    let widths: Vec<usize> = shown
        .iter()
        .map(|(at, column)| rows.iter().map(|row| row[*at].text.width()).max().unwrap_or(0).max(column.head.width()))
        .collect();
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = Cell>| {
        let mut text = String::new();
        for (place, cell) in cells.enumerate() {
            let pad = widths[place].saturating_sub(cell.text.width());
            let last = place + 1 == shown.len();
            if place > 0 {
                text.push_str("  ");
            }
            if shown[place].1.right {
                text.push_str(&" ".repeat(pad));
            }
            text.push_str(&paint(&cell.text, cell.tone, color));
            if !shown[place].1.right && !last {
                text.push_str(&" ".repeat(pad));
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    if headed {
        line(&mut shown.iter().map(|(_, c)| Cell::toned(c.head, Tone::Dim)));
    }
    for row in &rows {
        line(&mut shown.iter().map(|(at, _)| row[*at].clone()));
    }
    out
}

/// A cell on one line: a text of several could draw rows that are not there.
fn one_line(cell: &Cell) -> Cell {
    let lines = cell.text.lines().filter(|line| !line.trim().is_empty());
    Cell { text: lines.collect::<Vec<_>>().join(" / "), ..cell.clone() }
}

/// Text in the colour of what it means, where colour is wanted.
pub fn paint(text: &str, tone: Tone, color: bool) -> String {
    let code = match tone {
        Tone::Plain => "",
        Tone::Good => "32",
        Tone::Warn => "33",
        Tone::Bad => "1;31",
        Tone::Unsure => "35",
        Tone::Dim => "2",
    };
    if color && !code.is_empty() && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

fn csv(sheet: &Sheet) -> String {
    let mut out = String::new();
    let heads: Vec<String> = sheet.columns.iter().map(|c| csv_field(&csv_head(c))).collect();
    out.push_str(&heads.join(","));
    out.push_str("\r\n");
    for row in &sheet.rows {
        let fields: Vec<String> = row.iter().map(|cell| csv_field(cell.value.as_ref().unwrap_or(&cell.text))).collect();
        out.push_str(&fields.join(","));
        out.push_str("\r\n");
    }
    out
}

/// The heading of a column in small letters, with its unit: `time_left_seconds`.
fn csv_head(column: &Column) -> String {
    let unit = if column.unit.is_empty() { String::new() } else { format!("_{}", column.unit) };
    format!("{}{unit}", column.head.to_lowercase().replace(' ', "_"))
}

/// Quoted where needed. What a spreadsheet would run as a formula gets a `'` in front; a negative number is none.
fn csv_field(text: &str) -> String {
    let is_number = text.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !(is_number && text.parse::<f64>().is_ok());
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::{column, figures, wide};
    use super::*;
    use crate::domain::time::Timestamp;

    fn sheet() -> Sheet {
        Sheet {
            kind: "things",
            json: serde_json::json!([{"name": "a"}]),
            columns: vec![column("NAME"), figures("N"), wide("MORE"), column("LAST")],
            rows: vec![
                vec!["日本".into(), "7".into(), "x".into(), Cell::toned("=1+1", Tone::Bad)],
                vec!["abcdef".into(), "12".into(), "a,\"b\"".into(), "-2+3".into()],
            ],
            names: vec!["日本".into(), "abcdef".into()],
            ..Sheet::default()
        }
    }

    #[test]
    fn columns_are_aligned_by_cells_and_not_by_characters() {
        let text = render(&sheet(), Format::Table, false).unwrap();
        assert_eq!(text, "NAME     N  LAST\n日本     7  =1+1\nabcdef  12  -2+3\n");
        assert!(render(&sheet(), Format::Wide, false).unwrap().contains("MORE"));
    }

    #[test]
    fn a_text_of_several_lines_cannot_draw_rows_of_its_own() {
        let mut sheet = sheet();
        sheet.rows[1][0] = "odd\n\nstatus  OPERATIONAL".into();
        let text = render(&sheet, Format::Table, false).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("odd / status  OPERATIONAL  12"), "{text}");
    }

    #[test]
    fn csv_cannot_start_a_formula_and_quotes_what_needs_it() {
        let text = render(&sheet(), Format::Csv, true).unwrap();
        assert_eq!(text, "name,n,more,last\r\n日本,7,x,'=1+1\r\nabcdef,12,\"a,\"\"b\"\"\",'-2+3\r\n");
    }

    #[test]
    fn csv_holds_values_where_tables_hold_words_and_a_negative_number_is_no_formula() {
        let sheet = Sheet {
            columns: vec![figures("TIME LEFT").counted_in("seconds"), column("SEEN"), column("LEFT"), column("WHO")],
            rows: vec![
                vec![
                    Cell::length(-90_500),
                    Cell::moment(Timestamp::from_ms(0), Timestamp::from_ms(60_000)),
                    Cell::percent(999_500),
                    Cell { tone: Tone::Dim, ..Cell::valued("nobody", None::<String>) },
                ],
                vec![Cell::length(0), "-".into(), "-442.5".into(), "--".into()],
            ],
            ..Sheet::default()
        };
        let text = render(&sheet, Format::Csv, false).unwrap();
        let wanted = ["time_left_seconds,seen,left,who", "-91,1970-01-01T00:00:00Z,99.95,", "0,'-,-442.5,'--"];
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
        let table = render(&sheet, Format::Table, false).unwrap();
        assert!(table.starts_with("TIME LEFT") && table.contains("-1m 30s  1m ago  99.95 %  nobody"), "{table}");
    }

    #[test]
    fn json_and_yaml_carry_a_version_and_names_stand_alone() {
        let json: Value = serde_json::from_str(&render(&sheet(), Format::Json, true).unwrap()).unwrap();
        assert_eq!(json["version"], 1);
        assert_eq!(json["things"][0]["name"], "a");
        assert!(render(&sheet(), Format::Yaml, true).unwrap().contains("version: 1"));
        assert_eq!(render(&sheet(), Format::Name, true).unwrap(), "日本\nabcdef\n");
    }

    #[test]
    fn colour_never_changes_the_alignment() {
        let plain = render(&sheet(), Format::Table, false).unwrap();
        let colored = render(&sheet(), Format::Table, true).unwrap();
        assert!(colored.contains("\x1b[1;31m=1+1\x1b[0m"));
        assert_eq!(plain.lines().count(), colored.lines().count());
    }
}
