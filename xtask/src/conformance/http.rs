//! HTTP/1.1 as the tests need it: one message on a connection, with every chunk and trailer in our hands, which no server
//! library gives. The other end is the program under test, and nobody else can connect for long.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A request or a response.
#[derive(Default)]
pub(super) struct Message {
    /// Its first line.
    pub(super) start: String,
    /// By names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) trailers: Vec<(String, String)>,
}

/// How a body is written.
pub(super) enum Body<'b> {
    Whole(&'b [u8]),
    Chunks(&'b [String], &'b BTreeMap<String, String>),
    /// A length and no bytes, as for a HEAD.
    Length(usize),
}

impl Message {
    /// Reads one. `is_answer` says whether a body without a length ends with the connection.
    pub(super) fn read(stream: &TcpStream, is_answer: bool, without_body: bool) -> io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut message = Self { start: line(&mut reader)?, ..Self::default() };
        message.headers = fields(&mut reader)?;
        if without_body {
            return Ok(message);
        }
        if message.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            loop {
                let size = line(&mut reader)?;
                let size = size.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| broken(&format!("chunk size {size:?}")))?;
                if size == 0 {
                    break;
                }
                read(&mut reader, size, &mut message.body)?;
                line(&mut reader)?;
            }
            message.trailers = fields(&mut reader)?;
        } else if let Some(length) = message.header("content-length") {
            let length = length.parse().map_err(|_| broken(&format!("content-length {length:?}")))?;
            read(&mut reader, length, &mut message.body)?;
        } else if is_answer {
            reader.read_to_end(&mut message.body)?;
        }
        Ok(message)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Writes a message, which is the last on its connection.
pub(super) fn write(
    mut stream: &TcpStream,
    start: &str,
    headers: impl IntoIterator<Item = (String, String)>,
    body: Body<'_>,
) -> io::Result<()> {
    let mut bytes = format!("{start}\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    match body {
        Body::Length(length) => bytes.extend(format!("content-length: {length}\r\n\r\n").bytes()),
        Body::Whole(body) => {
            bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
            bytes.extend(body);
        }
        Body::Chunks(chunks, trailers) => {
            bytes.extend(b"transfer-encoding: chunked\r\n");
            let names: Vec<&str> = trailers.keys().map(String::as_str).collect();
            if !names.is_empty() {
                bytes.extend(format!("trailer: {}\r\n", names.join(", ")).bytes());
            }
            bytes.extend(b"\r\n");
            for chunk in chunks {
                bytes.extend(format!("{:x}\r\n{chunk}\r\n", chunk.len()).bytes());
            }
            bytes.extend(b"0\r\n");
            for (name, value) in trailers {
                bytes.extend(format!("{name}: {value}\r\n").bytes());
            }
            bytes.extend(b"\r\n");
        }
    }
    stream.write_all(&bytes)
}

fn fields(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(reader)?;
        let Some((name, value)) = line.split_once(':') else { return Ok(fields) };
        fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(broken("the connection ended within a message"));
    }
    Ok(line.trim_end().to_owned())
}

fn read(reader: &mut impl Read, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
    match reader.take(length).read_to_end(into)? as u64 {
        read if read == length => Ok(()),
        _ => Err(broken("the connection ended within a body")),
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
