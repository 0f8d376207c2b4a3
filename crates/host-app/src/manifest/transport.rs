//! `transport`: how arguments and results travel.

use super::fields::Fields;
use super::problem::shortened;
use super::source::Located;
use super::suggest::did_you_mean;

/// How arguments and results of a function travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Transport {
    /// Positional arguments, one result.
    #[default]
    Payload,
    /// HTTP request and response.
    WasiHttp,
}

pub(super) const NAMES: [(&str, Transport); 2] = [("payload", Transport::Payload), ("wasi-http", Transport::WasiHttp)];

/// Either the name itself, or a mapping that has it as `type`.
pub(super) fn read(fields: &Fields<'_>) -> Option<Located<Transport>> {
    let node = fields.get("transport")?;
    let text = if node.as_mapping().is_some() {
        let transport = fields.nested("transport", "transport.")?;
        transport.check_keys(&["type"], &[]);
        transport.required_text("type")?
    } else {
        fields.text("transport")?
    };
    match NAMES.iter().find(|(name, _)| *name == &*text.value) {
        Some((_, transport)) => Some(text.map(|_| *transport)),
        None => {
            let near = did_you_mean(&text.value, NAMES.iter().map(|(name, _)| *name));
            let message = format!("invalid transport type: {}", shortened(&text.value));
            fields.error(&text.span, message, format!("{near}known types: payload, wasi-http"));
            None
        }
    }
}
