//! From the errors of the layers below to [`ClientError`], by their types: texts change between versions.

use std::error::Error as StdError;
use std::io;

use rustls::pki_types::InvalidDnsNameError;

use super::connector::ConnectFailure;
use super::error::Limit;
use super::options::HTTP1_TRAILER_BYTES;
use super::{ClientError, ClientOptions, DialError, Origin};

/// How far a chain of causes is followed. The longest known (client, hyper, TLS inside two I/O errors) is five.
const MAX_CAUSES: usize = 16;

/// The part of the exchange in which an error came up: the same error means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Head,
    Body,
}

/// Turns an error of hyper or of the connector into the client's own. The options are for the
/// messages alone.
pub(super) fn classify(
    error: &(dyn StdError + 'static),
    to: &Origin,
    stage: Stage,
    options: &ClientOptions,
) -> ClientError {
    let context = Context { to, stage, options, chain: error };
    causes(error).find_map(|cause| context.decide(cause)).unwrap_or_else(|| context.fall_back())
}

/// An error and its causes. An `io::Error` made from another error leaves that one out of its `source`, so it is asked
/// separately: this is where TLS errors hide.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
    })
    .take(MAX_CAUSES)
}

struct Context<'a> {
    to: &'a Origin,
    stage: Stage,
    options: &'a ClientOptions,
    chain: &'a (dyn StdError + 'static),
}

impl Context<'_> {
    fn to(&self) -> Origin {
        self.to.clone()
    }

    /// All that the chain has to say, outermost first, without repetition.
    fn detail(&self) -> String {
        let mut texts: Vec<String> = Vec::new();
        for text in causes(self.chain).map(ToString::to_string) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join(": ")
    }

    /// The verdict of one cause, if it says enough by itself.
    fn decide(&self, cause: &(dyn StdError + 'static)) -> Option<ClientError> {
        if let Some(error) = cause.downcast_ref() {
            return self.dial(error);
        }
        if let Some(error) = cause.downcast_ref() {
            return Some(self.connect(error));
        }
        if cause.is::<InvalidDnsNameError>() {
            let problem = format!("{} has a host that is no name in the sense of TLS ({cause})", self.to);
            return Some(ClientError::UriInvalid { problem });
        }
        if let Some(error) = cause.downcast_ref() {
            return Some(self.tls(error));
        }
        if let Some(error) = cause.downcast_ref() {
            return self.http2(error);
        }
        if let Some(error) = cause.downcast_ref() {
            return self.hyper(error);
        }
        cause.downcast_ref::<io::Error>().and_then(|error| self.io(error))
    }

    fn fall_back(&self) -> ClientError {
        let (to, detail) = (self.to(), self.detail());
        // What hyper and the pool say without a telling cause is about a connection that went away under a request. A
        // dialer and the operating system have other things to say, such as that there are too many open files.
        let is_telling = |cause: &(dyn StdError + 'static)| cause.is::<io::Error>() || cause.is::<DialError>();
        if causes(self.chain).any(|cause| cause.is::<hyper::Error>()) || !causes(self.chain).any(is_telling) {
            ClientError::Terminated { to, detail }
        } else {
            ClientError::Internal { to, detail }
        }
    }

    fn dial(&self, error: &DialError) -> Option<ClientError> {
        let to = self.to();
        Some(match error {
            DialError::Denied(detail) => ClientError::Denied { to, detail: detail.clone() },
            DialError::NameNotFound(name) => ClientError::NameNotFound { to, name: name.clone() },
            DialError::DnsTimeout => ClientError::DnsTimeout { to },
            DialError::DnsFailed(detail) => ClientError::DnsFailed { to, detail: detail.clone() },
            DialError::Refused => ClientError::Refused { to },
            DialError::Unreachable => ClientError::Unroutable { to },
            DialError::TimedOut => ClientError::ConnectTimeout { to, limit: Limit(None) },
            DialError::Other(error) => return self.io(error),
        })
    }

    fn connect(&self, failure: &ConnectFailure) -> ClientError {
        let to = self.to();
        match failure {
            ConnectFailure::TimedOut(wait) => ClientError::ConnectTimeout { to, limit: (*wait).into() },
            ConnectFailure::NoSocket(wait) => {
                ClientError::LimitReached { to, in_flight: self.options.max_in_flight, limit: (*wait).into() }
            }
            ConnectFailure::NotNeeded | ConnectFailure::TlsSetup(_) => {
                ClientError::Internal { to, detail: failure.to_string() }
            }
        }
    }

    fn tls(&self, error: &rustls::Error) -> ClientError {
        let to = self.to();
        match error {
            rustls::Error::InvalidCertificate(_)
            | rustls::Error::NoCertificatesPresented
            | rustls::Error::UnsupportedNameType
            | rustls::Error::InvalidCertRevocationList(_) => {
                ClientError::TlsCertificate { to, detail: error.to_string() }
            }
            rustls::Error::AlertReceived(alert) => {
                ClientError::TlsAlert { to, id: u8::from(*alert), message: format!("{alert:?}") }
            }
            _ => ClientError::TlsProtocol { to, detail: error.to_string() },
        }
    }

    fn http2(&self, error: &h2::Error) -> Option<ClientError> {
        if let Some(error) = error.get_io() {
            return self.io(error);
        }
        let (to, detail) = (self.to(), self.detail());
        // GOAWAY and the resets with these reasons end a request; the others blame one side's use of the protocol.
        let ended = error.is_remote()
            && (error.is_go_away()
                || matches!(
                    error.reason(),
                    Some(
                        h2::Reason::NO_ERROR
                            | h2::Reason::INTERNAL_ERROR
                            | h2::Reason::STREAM_CLOSED
                            | h2::Reason::REFUSED_STREAM
                            | h2::Reason::CANCEL
                            | h2::Reason::ENHANCE_YOUR_CALM
                    )
                ));
        Some(if ended { ClientError::Terminated { to, detail } } else { ClientError::Protocol { to, detail } })
    }

    fn hyper(&self, error: &hyper::Error) -> Option<ClientError> {
        let to = self.to();
        if error.is_parse_too_large() {
            Some(ClientError::ResponseHeaderSectionSize { to, limit: self.options.max_response_header_bytes })
        } else if error.is_parse() {
            Some(ClientError::Protocol { to, detail: self.detail() })
        } else if error.is_incomplete_message() {
            Some(self.cut_off())
        } else {
            None
        }
    }

    fn io(&self, error: &io::Error) -> Option<ClientError> {
        use io::ErrorKind::{
            AddrNotAvailable, BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
            InvalidData, InvalidInput, NetworkUnreachable, NotConnected, TimedOut, UnexpectedEof,
        };
        let to = self.to();
        match error.kind() {
            ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected | TimedOut => {
                Some(ClientError::Terminated { to, detail: self.detail() })
            }
            ConnectionRefused => Some(ClientError::Refused { to }),
            AddrNotAvailable | HostUnreachable | NetworkUnreachable => Some(ClientError::Unroutable { to }),
            // Below these may be the TLS error that says more; where there is none, they are hyper's own.
            UnexpectedEof | InvalidData | InvalidInput if wraps_tls(error) => None,
            UnexpectedEof => Some(self.cut_off()),
            InvalidData if self.stage == Stage::Body && is_about_trailers(error) => {
                Some(ClientError::ResponseTrailerSectionSize { to, limit: HTTP1_TRAILER_BYTES })
            }
            InvalidData | InvalidInput if self.stage == Stage::Body => {
                Some(ClientError::ResponseTransferCoding { to, detail: self.detail() })
            }
            _ => None,
        }
    }

    fn cut_off(&self) -> ClientError {
        let (to, detail) = (self.to(), self.detail());
        match self.stage {
            Stage::Head => ClientError::Terminated { to, detail },
            Stage::Body => ClientError::ResponseIncomplete { to, detail },
        }
    }
}

/// Whether trailers are beyond hyper's limits. It says so in words alone; a text that it changed would be taken for a
/// broken transfer coding, which is what a test is for.
fn is_about_trailers(error: &io::Error) -> bool {
    let text = error.to_string();
    text.starts_with("chunk trailers ")
}

fn wraps_tls(error: &io::Error) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>())
}
