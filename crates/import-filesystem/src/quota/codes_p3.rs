//! The words of WASI 0.2 in those of 0.3, and back.

use wasmtime_wasi::p2::bindings::filesystem::types as p2;
use wasmtime_wasi::p3::bindings::filesystem::types as p3;

macro_rules! same {
    ($code:expr, $($name:ident)*) => {
        match $code {
            $(p2::ErrorCode::$name => p3::ErrorCode::$name,)*
            // Nothing of a file waits.
            p2::ErrorCode::WouldBlock => p3::ErrorCode::Io,
        }
    };
}

pub(super) fn code(code: p2::ErrorCode) -> p3::ErrorCode {
    same!(code, Access Already BadDescriptor Busy Deadlock Quota Exist FileTooLarge IllegalByteSequence InProgress
        Interrupted Invalid Io IsDirectory Loop TooManyLinks MessageSize NameTooLong NoDevice NoEntry NoLock
        InsufficientMemory InsufficientSpace NotDirectory NotEmpty NotRecoverable Unsupported NoTty NoSuchDevice
        Overflow NotPermitted Pipe ReadOnly InvalidSeek TextFileBusy CrossDevice)
}

macro_rules! flags {
    ($given:expr, $kind:ident: $($name:ident)*) => {{
        let mut flags = p2::$kind::empty();
        $(if $given.contains(p3::$kind::$name) {
            flags |= p2::$kind::$name;
        })*
        flags
    }};
}

pub(super) fn follow(given: p3::PathFlags) -> p2::PathFlags {
    flags!(given, PathFlags: SYMLINK_FOLLOW)
}

pub(super) fn how(given: p3::OpenFlags) -> p2::OpenFlags {
    flags!(given, OpenFlags: CREATE DIRECTORY EXCLUSIVE TRUNCATE)
}

pub(super) fn access(given: p3::DescriptorFlags) -> p2::DescriptorFlags {
    flags!(given, DescriptorFlags: READ WRITE FILE_INTEGRITY_SYNC DATA_INTEGRITY_SYNC REQUESTED_WRITE_SYNC MUTATE_DIRECTORY)
}
