//! The audit log: one line in, `report ID ...`, one line out, `filed ID`.

use crate::line::{answer, read_until};
use std::net::TcpStream;

const MAX_LINE: usize = 1024;

/// Answers one connection.
pub fn serve(mut connection: TcpStream) {
    let Ok(bytes) = read_until(&mut connection, b"\n", MAX_LINE) else {
        answer(&mut connection, &format!("refused: expected a line of at most {MAX_LINE} bytes\n"));
        return;
    };
    let line = String::from_utf8_lossy(&bytes);
    let mut words = line.split_whitespace();
    let receipt = match (words.next(), words.next()) {
        (Some("report"), Some(id)) => {
            eprintln!("audit: {}", line.trim_end().escape_debug());
            format!("filed {id}\n")
        }
        _ => "refused: expected a line `report ID ...`\n".into(),
    };
    answer(&mut connection, &receipt);
}
