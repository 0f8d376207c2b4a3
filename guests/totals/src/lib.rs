//! Sums sales per region. Imports nothing: what it needs, it is given.
//!
//! Money is counted in whole cents, so that a sum of many lines is exact.

wit_bindgen::generate!({ world: "totals", path: "wit" });

struct Totals;
export!(Totals);

impl Guest for Totals {
    fn by_region(csv: String) -> Result<Vec<RegionTotal>, String> {
        by_region(&csv)
    }
}

struct Columns {
    region: usize,
    units: usize,
    price: usize,
}

fn by_region(csv: &str) -> Result<Vec<RegionTotal>, String> {
    let mut rows = csv.lines().enumerate().map(|(at, row)| (at + 1, row)).filter(|(_, row)| !row.trim().is_empty());
    let (_, head) = rows.next().ok_or("the sales file is empty: expected a header line")?;
    let columns = Columns::find(head)?;

    let mut sums: Vec<(String, u32, u64)> = Vec::new();
    for (line, row) in rows {
        let cells: Vec<&str> = row.split(',').map(str::trim).collect();
        let cell = |at: usize, name: &str| {
            cells.get(at).copied().filter(|text| !text.is_empty()).ok_or(format!("line {line}: no {name}"))
        };
        let region = cell(columns.region, "region")?;
        let text = cell(columns.units, "units")?;
        let units: u32 = text.parse().map_err(|_| format!("line {line}: units is not a whole number: {text}"))?;
        let text = cell(columns.price, "price")?;
        let cents = cents(text).ok_or(format!("line {line}: price is not an amount such as 12.50: {text}"))?;

        let at = sums.iter().position(|(name, ..)| name == region).unwrap_or_else(|| {
            sums.push((region.to_owned(), 0, 0));
            sums.len() - 1
        });
        let (_, total_units, total_cents) = &mut sums[at];
        let overflow = || format!("line {line}: the total of {region} is too large");
        *total_units = total_units.checked_add(units).ok_or_else(overflow)?;
        let revenue = u64::from(units).checked_mul(cents).ok_or_else(overflow)?;
        *total_cents = total_cents.checked_add(revenue).ok_or_else(overflow)?;
    }
    Ok(sums
        .into_iter()
        .map(|(region, units, cents)| RegionTotal { region, units, revenue: cents as f64 / 100.0 })
        .collect())
}

impl Columns {
    fn find(head: &str) -> Result<Self, String> {
        let names: Vec<&str> = head.split(',').map(str::trim).collect();
        let at = |name: &str| {
            names
                .iter()
                .position(|have| have.eq_ignore_ascii_case(name))
                .ok_or(format!("line 1: no column {name}: {head}"))
        };
        Ok(Self { region: at("region")?, units: at("units")?, price: at("price")? })
    }
}

/// "12", "12.5" and "12.50" in cents; no sign, no thousands separator.
fn cents(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    if part.is_empty() || part.len() > 2 || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = if part.len() == 1 { 10 } else { 1 };
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(part.parse::<u64>().ok()? * scale)
}
