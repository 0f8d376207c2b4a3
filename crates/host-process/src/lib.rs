//! A crate of wippy-host.
