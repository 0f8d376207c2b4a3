//! Reading that ends: after so many bytes, or so much time, whichever comes first.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long a client may take for all of its request.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no request.
pub enum Failure {
    /// The client did not finish in time, or the connection failed.
    Late,
    /// More bytes than allowed.
    TooLong,
    /// The connection ended first.
    Incomplete,
}

/// What comes before `end`.
pub fn read_until(connection: &mut TcpStream, end: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        if let Some(at) = bytes.windows(end.len()).position(|window| window == end) {
            bytes.truncate(at);
            return Ok(bytes);
        }
        if bytes.len() >= limit {
            return Err(Failure::TooLong);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        // A timeout of zero would mean none.
        if left.is_zero() || connection.set_read_timeout(Some(left)).is_err() {
            return Err(Failure::Late);
        }
        match connection.read(&mut chunk) {
            Ok(0) => return Err(Failure::Incomplete),
            Ok(count) => bytes.extend(chunk.iter().take(count)),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Failure::Late),
        }
    }
}

/// A client that does not read its answer within the time has no use for it.
pub fn answer(connection: &mut TcpStream, text: &str) {
    use std::io::Write;
    let sent = connection.set_write_timeout(Some(PATIENCE)).and_then(|()| connection.write_all(text.as_bytes()));
    if let Err(error) = sent {
        eprintln!("an answer was not taken: {error}");
    }
}
