//! Where spans go: what the flag says, or else the variables that OpenTelemetry has for it.

use crate::output::{Failure, Output};
use hyper::Uri;
use wippy_host::Error;

/// Where a collector takes spans.
#[derive(Debug, PartialEq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    /// The flag or the variable, for errors.
    pub(super) said_by: &'static str,
}

const FLAG: &str = "--otlp";
const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PATH: &str = "/v1/traces";
const REMEDY: &str = "write one that begins with http:// or https://, for example http://127.0.0.1:4318";

/// Where spans go; `None` where nobody says so.
///
/// # Errors
/// Where the flag's URL is none. Of a variable's, which may be meant for other programs, it is warned.
pub(super) fn chosen(output: &Output, flag: Option<&str>) -> Result<Option<Endpoint>, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    found(flag, variable).or_else(|error| {
        let said_by = if flag.is_some() { FLAG } else { ALL };
        refused(output, said_by, Error::invalid(error).with_remedy(REMEDY)).map(|()| None)
    })
}

/// An error of the flag, or a warning of what a variable says.
///
/// # Errors
/// That of the flag.
pub(super) fn refused(output: &Output, said_by: &str, error: Error) -> Result<(), Failure> {
    if said_by == FLAG {
        return Err(Failure::usage(error));
    }
    output.warn(&format!("no spans are sent: {}", error.message()));
    Ok(())
}

fn found(flag: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Endpoint>, String> {
    if let Some(url) = flag {
        return endpoint(url, FLAG, true).map(Some);
    }
    let is = |name: &str, wanted: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted));
    if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return Ok(None);
    }
    // The one for traces is a URL as it is; the one for all signals is what their paths hang below.
    let found = match (variable(TRACES), variable(ALL)) {
        (Some(url), _) => endpoint(&url, TRACES, false)?,
        (None, Some(url)) => endpoint(&url, ALL, true)?,
        (None, None) => return Ok(None),
    };
    let protocol = variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| variable("OTEL_EXPORTER_OTLP_PROTOCOL"));
    match protocol.filter(|protocol| protocol != "http/protobuf") {
        Some(protocol) => Err(format!("{} is for {protocol:?}, and this host speaks http/protobuf", found.said_by)),
        None => Ok(Some(found)),
    }
}

/// A URL as it is, or with the path of traces below it.
fn endpoint(url: &str, said_by: &'static str, below: bool) -> Result<Endpoint, String> {
    let parsed: Option<Uri> = url.parse().ok();
    let sound = parsed.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    let Some(sound) = sound else { return Err(format!("{said_by}: {url:?} is no URL of a collector")) };
    if sound.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(format!("{said_by}: a URL with a password in it; OTEL_EXPORTER_OTLP_HEADERS is for secrets"));
    }
    let url = match below && !sound.path().ends_with(PATH) {
        true => format!("{}{PATH}", url.trim_end_matches('/')),
        false => url.to_owned(),
    };
    Ok(Endpoint { url, said_by })
}

#[cfg(test)]
mod tests {
    use super::found;

    fn with(flag: Option<&str>, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        found(flag, variable).map(|found| found.map(|endpoint| endpoint.url))
    }

    #[test]
    fn the_flag_comes_before_the_variables_and_the_one_for_traces_before_the_one_for_all() {
        let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces:1/custom");
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318/");
        let is = |url: &str| Ok(Some(url.to_owned()));
        assert_eq!(with(None, &[]), Ok(None));
        assert_eq!(with(None, &[all]), is("http://all:4318/v1/traces"));
        assert_eq!(with(None, &[all, traces]), is("https://traces:1/custom"));
        assert_eq!(with(Some("http://127.0.0.1:4318"), &[all, traces]), is("http://127.0.0.1:4318/v1/traces"));
        assert_eq!(with(Some("http://c/base"), &[]), is("http://c/base/v1/traces"));
        assert_eq!(with(Some("http://c/v1/traces"), &[]), is("http://c/v1/traces"));
    }

    #[test]
    fn what_turns_the_sdk_off_turns_the_variables_off() {
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318");
        assert_eq!(with(None, &[all, ("OTEL_SDK_DISABLED", "true")]), Ok(None));
        assert_eq!(with(None, &[all, ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
    }

    #[test]
    fn what_is_no_url_of_a_collector_of_this_protocol_is_told() {
        for wrong in ["ftp://collector", "127.0.0.1:4318", "", "http://"] {
            assert!(with(Some(wrong), &[]).is_err_and(|error| error.contains("--otlp")), "{wrong}");
        }
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317");
        let told = with(None, &[all, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap_err();
        assert!(told.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && told.contains("grpc"), "{told}");
        let told = with(Some("http://me:s3cr3t@collector"), &[]).unwrap_err();
        assert!(!told.contains("s3cr3t"), "{told}");
    }
}
