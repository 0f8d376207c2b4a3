//! Exchange rates: `GET /rate?to=USD` with the header `x-api-key`. As much of HTTP/1.1 as that takes, and every
//! connection ends with its answer.

use crate::line::{Failure, answer, read_until};
use std::net::TcpStream;

const KEY: &str = "demo-key";
/// Bytes of request line and headers together.
const MAX_HEAD: usize = 8 * 1024;
/// What one euro costs.
const RATES: [(&str, &str); 6] =
    [("CHF", "0.9385"), ("EUR", "1.0"), ("GBP", "0.8412"), ("JPY", "171.42"), ("SEK", "11.284"), ("USD", "1.0837")];

struct Answer {
    status: &'static str,
    body: String,
}

impl Answer {
    fn refused(status: &'static str, why: &str) -> Self {
        Self { status, body: format!(r#"{{"error":"{why}"}}"#) }
    }
}

/// Answers one connection.
pub fn serve(mut connection: TcpStream) {
    let Answer { status, body } = match read_until(&mut connection, b"\r\n\r\n", MAX_HEAD) {
        Ok(head) => respond(&head),
        Err(Failure::TooLong) => {
            Answer::refused("431 Request Header Fields Too Large", "the request is longer than 8192 bytes")
        }
        Err(Failure::Late) => Answer::refused("408 Request Timeout", "the request took too long"),
        Err(Failure::Incomplete) => Answer::refused("400 Bad Request", "the request is not complete"),
    };
    let length = body.len();
    let head = format!("content-type: application/json\r\ncontent-length: {length}\r\nconnection: close");
    answer(&mut connection, &format!("HTTP/1.1 {status}\r\n{head}\r\n\r\n{body}"));
}

fn respond(head: &[u8]) -> Answer {
    let Some((method, target, key)) = parse(head) else {
        return Answer::refused("400 Bad Request", "not an HTTP/1.1 request");
    };
    if method != "GET" {
        return Answer::refused("405 Method Not Allowed", "only GET is allowed");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != "/rate" {
        return Answer::refused("404 Not Found", "the one path is /rate");
    }
    if key != Some(KEY) {
        return Answer::refused("401 Unauthorized", "the header x-api-key is missing or wrong");
    }
    let to = query.split('&').find_map(|pair| pair.strip_prefix("to="));
    match RATES.iter().find(|(currency, _)| Some(*currency) == to) {
        Some((currency, rate)) => {
            Answer { status: "200 OK", body: format!(r#"{{"from":"EUR","to":"{currency}","rate":{rate}}}"#) }
        }
        None => Answer::refused("404 Not Found", "no rate for this currency"),
    }
}

/// Method, target, and the key if there is one.
fn parse(head: &[u8]) -> Option<(&str, &str, Option<&str>)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    if !words.next()?.starts_with("HTTP/1.") || words.next().is_some() {
        return None;
    }
    let mut key = None;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("x-api-key") {
            key = Some(value.trim());
        }
    }
    Some((method, target, key))
}
