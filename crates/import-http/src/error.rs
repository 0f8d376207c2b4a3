//! The client's errors as codes of `wasi:http`.

use crate::client::{Awaited, ClientError};
use std::io;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

pub(crate) fn into_wasi(error: ClientError) -> Error {
    match error {
        ClientError::DnsTimeout { .. } => Error::DnsTimeout,
        ClientError::DnsFailed { detail, .. } => Error::DnsError { rcode: Some(detail), info_code: None },
        ClientError::NameNotFound { .. } => Error::DnsError { rcode: Some("NXDOMAIN".to_owned()), info_code: None },
        ClientError::Denied { .. } => Error::HttpRequestDenied,
        ClientError::Unroutable { .. } => Error::DestinationIpUnroutable,
        ClientError::Refused { .. } => Error::ConnectionRefused,
        ClientError::Terminated { .. } => Error::ConnectionTerminated,
        ClientError::ConnectTimeout { .. } => Error::ConnectionTimeout,
        ClientError::ReadTimeout { awaited: Awaited::FirstByte, .. } => Error::HttpResponseTimeout,
        ClientError::ReadTimeout { awaited: Awaited::NextBytes, .. } => Error::ConnectionReadTimeout,
        ClientError::WriteTimeout { .. } => Error::ConnectionWriteTimeout,
        ClientError::LimitReached { .. } => Error::ConnectionLimitReached,
        ClientError::TlsProtocol { .. } => Error::TlsProtocolError,
        ClientError::TlsCertificate { .. } => Error::TlsCertificateError,
        ClientError::TlsAlert { id, message, .. } => {
            Error::TlsAlertReceived { alert_id: Some(id), alert_message: Some(message) }
        }
        ClientError::UriInvalid { .. } => Error::HttpRequestUriInvalid,
        ClientError::MethodUnsupported { .. } => Error::HttpRequestMethodInvalid,
        // The body's own error, where Wasmtime made it: a body shorter or longer than its content-length, for example.
        ClientError::RequestBody { source, .. } => match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => Error::InternalError(Some(other.to_string())),
        },
        ClientError::ResponseHeaderSectionSize { limit, .. } => {
            Error::HttpResponseHeaderSectionSize(u32::try_from(limit).ok())
        }
        ClientError::ResponseTrailerSectionSize { limit, .. } => {
            Error::HttpResponseTrailerSectionSize(u32::try_from(limit).ok())
        }
        ClientError::ResponseIncomplete { .. } => Error::HttpResponseIncomplete,
        ClientError::ResponseTransferCoding { detail, .. } => Error::HttpResponseTransferCoding(Some(detail)),
        ClientError::Protocol { .. } => Error::HttpProtocolError,
        ClientError::UpgradeFailed { .. } => Error::HttpUpgradeFailed,
        ClientError::Internal { detail, .. } => Error::InternalError(Some(detail)),
    }
}

pub(crate) fn io_error(error: &io::Error) -> ErrorCode {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorCode::ConnectionRefused,
        io::ErrorKind::TimedOut => ErrorCode::ConnectionTimeout,
        _ => ErrorCode::ConnectionTerminated,
    }
}
