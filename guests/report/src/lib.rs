//! The quickstart's report: reads the sales, converts them at today's rate, files a line with the audit service and
//! writes a summary. Files, environment, clocks and output go through the Rust standard library; HTTP, sockets,
//! random numbers and other functions through bindings.

mod audit;
mod calendar;
mod functions;
mod rates;
mod summary;

mod bindings {
    wit_bindgen::generate!({
        world: "demo:report/report",
        path: [
            "../../wit/wasi-0.2/io.wit",
            "../../wit/wasi-0.2/clocks.wit",
            "../../wit/wasi-0.2/random.wit",
            "../../wit/wasi-0.2/filesystem.wit",
            "../../wit/wasi-0.2/sockets.wit",
            "../../wit/wasi-0.2/cli.wit",
            "../../wit/wasi-0.2/http.wit",
            "../../wit/wippy-runtime-0.1/funcs.wit",
            "wit",
        ],
        generate_all,
    });
    export!(Component with_types_in self);

    struct Component;
    impl Guest for Component {
        fn create(currency: String) -> Result<Report, String> {
            crate::create(&currency)
        }
    }
}

use bindings::wasi::{cli, random};
use bindings::{Line, Report};
use std::path::Path;
use std::time::{Instant, SystemTime};

const SUMMARY: &str = "/out/summary.md";

fn create(currency: &str) -> Result<Report, String> {
    let started = Instant::now();
    let verbose = std::env::args().any(|argument| argument == "--verbose");
    let step = |text: &str| {
        if verbose {
            println!("{text}");
        }
    };
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(format!("currency must be three letters such as USD, got {currency:?}"));
    }
    let currency = currency.to_ascii_uppercase();
    let key = variable("API_KEY")?;
    let rates_address = variable("RATES_ADDR")?;
    let audit_address = variable("AUDIT_ADDR")?;

    let folder = cli::environment::initial_cwd().unwrap_or("/data".into());
    let sales = Path::new(&folder).join("sales.csv");
    let csv = std::fs::read_to_string(&sales).map_err(|error| format!("cannot read {}: {error}", sales.display()))?;
    step(&format!("read {} ({} bytes)", sales.display(), csv.len()));

    let regions = functions::totals(&csv)?;
    step(&format!("totals for {} regions", regions.len()));

    let rate = rates::fetch(&rates_address, &key, &currency)?;
    step(&format!("1 EUR = {rate} {currency}"));

    let lines: Vec<Line> = regions
        .into_iter()
        .map(|sum| Line { region: sum.region, units: sum.units, total: cents(sum.revenue * rate) })
        .collect();
    let total = cents(lines.iter().map(|line| line.total).sum());

    let id = uuid(&random::random::get_random_bytes(16))?;
    let receipt = audit::file(&audit_address, &format!("report {id} {total:.2} {currency}"))?;
    step(&format!("audit service: {receipt}"));

    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| "the clock is set before 1970".to_owned())?;
    let mut report = Report {
        id,
        generated_at: calendar::iso8601(since_epoch.as_secs()),
        elapsed_ms: 0,
        currency,
        rate,
        lines,
        total,
        receipt,
        summary_path: SUMMARY.into(),
    };
    let title = functions::badge(&format!("Sales in {}", report.currency))?;
    std::fs::write(SUMMARY, summary::markdown(&title, &report))
        .map_err(|error| format!("cannot write {SUMMARY}: {error}"))?;
    step(&format!("wrote {SUMMARY}"));
    report.elapsed_ms = started.elapsed().as_millis() as u64;
    Ok(report)
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or(format!("the environment variable {name} is not set: map it under wasi.env of this entry"))
}

fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

/// A version 4 UUID of 16 random bytes.
fn uuid(random: &[u8]) -> Result<String, String> {
    let bytes: [u8; 16] = random.try_into().map_err(|_| format!("asked for 16 random bytes, got {}", random.len()))?;
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{number:032x}");
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}
