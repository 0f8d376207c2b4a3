//! A table that fits a terminal: a cell that is too wide goes on in the next line.

/// How wide a table may be, in characters.
const WIDTH: usize = 100;
/// Between two columns.
const BETWEEN: usize = 2;
/// No column is made narrower than this.
const NARROW: usize = 12;

/// Rows of cells of lines below a heading. An empty cell is a dash.
pub(super) fn columns<const N: usize>(head: [&str; N], rows: &[[Vec<String>; N]]) -> String {
    let head = head.map(|title| vec![title.to_owned()]);
    let mut widths: [usize; N] = std::array::from_fn(|column| {
        let cells = std::iter::once(&head).chain(rows).filter_map(|row| row.get(column));
        cells.flatten().map(|line| shown(line).chars().count()).max().unwrap_or_default().max(1)
    });
    // From the widest, so that a narrow column stays as it is.
    while widths.iter().sum::<usize>() + BETWEEN * N.saturating_sub(1) > WIDTH {
        match widths.iter_mut().filter(|width| **width > NARROW).max() {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    std::iter::once(&head).chain(rows).map(|row| lines_of(row, &widths)).collect()
}

/// One row.
fn lines_of<const N: usize>(row: &[Vec<String>; N], widths: &[usize; N]) -> String {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| match cell.is_empty() {
            true => vec!["-".to_owned()],
            false => cell.iter().flat_map(|line| folded(&shown(line), *width)).collect(),
        })
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    let mut text = String::new();
    for at in 0..height {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let part = cell.get(at).map_or("", String::as_str);
            line.push_str(&format!("{part:<width$}{:BETWEEN$}", ""));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// On one line, whatever it holds.
fn shown(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A line in pieces that fit, cut at spaces where there are some; what goes on is set in.
fn folded(line: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = line.to_owned();
    while rest.chars().count() > width {
        let fits: String = rest.chars().take(width).collect();
        let at = match rest.chars().nth(width) {
            Some(' ') => fits.len(),
            _ => fits.rfind(' ').filter(|at| *at > 2).unwrap_or(fits.len()),
        };
        let Some((piece, left)) = rest.split_at_checked(at) else { break };
        pieces.push(piece.trim_end().to_owned());
        rest = format!("  {}", left.trim_start());
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, columns, folded};

    fn cell(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_table_that_fits_is_as_wide_as_what_it_holds() {
        let rows = [[cell(&["a"]), cell(&["+ one", "- two"])], [cell(&["long"]), cell(&[])]];
        assert_eq!(columns(["id", "x"], &rows), "id    x\na     + one\n      - two\nlong  -\n");
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_at_spaces_and_a_word_that_is_too_long_anywhere() {
        assert_eq!(folded("imports: [funcs, wasi:cli]", 16), ["imports: [funcs,", "  wasi:cli]"]);
        assert_eq!(folded("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 14), ["aaaaaaaaaaaaaa", "  aaaaaaaaaaaa", "  aaaa"]);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let long = "word ".repeat(60) + &"x".repeat(300);
        let rows = [[cell(&[&long]), cell(&[&long, "a\nb"]), cell(&["short"]), cell(&[&long])]];
        let table = columns(["a", "b", "c", "d"], &rows);
        assert!(table.lines().all(|line| line.chars().count() <= WIDTH), "{table}");
        assert!(table.contains("  short  ") && table.contains("a\u{fffd}b"), "{table}");
    }
}
