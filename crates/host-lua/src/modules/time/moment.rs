//! The object that `time.now()` gives.

use super::duration::LuaDuration;
use crate::errors::LuaError;
use mlua::{MetaMethod, UserData, UserDataMethods, UserDataRef, Value};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wippy_host_core::ErrorKind;

/// A moment: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i128);

impl Moment {
    pub(super) fn new(wall: Duration) -> Self {
        Self(i128::try_from(wall.as_nanos()).unwrap_or(i128::MAX))
    }

    /// To the second, in UTC, as Go's `time.RFC3339` has it.
    fn rfc3339(self) -> Result<String, LuaError> {
        let whole = self.0.div_euclid(1_000_000_000).saturating_mul(1_000_000_000);
        let text = OffsetDateTime::from_unix_timestamp_nanos(whole).ok().and_then(|time| time.format(&Rfc3339).ok());
        text.ok_or_else(|| LuaError::new(Some(ErrorKind::Invalid), "the moment lies beyond the year 9999"))
    }
}

impl UserData for Moment {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("unix", |_, moment, ()| Ok(saturated(moment.0.div_euclid(1_000_000_000))));
        methods.add_method("unix_nano", |_, moment, ()| Ok(saturated(moment.0)));
        methods.add_method("sub", |_, moment, other: UserDataRef<Self>| {
            Ok(LuaDuration(saturated(moment.0.saturating_sub(other.0))))
        });
        methods.add_method("add", |_, moment, duration: Value| {
            Ok(Self(moment.0.saturating_add(LuaDuration::of(&duration)?.0.into())))
        });
        methods.add_method("format_rfc3339", |_, moment, ()| Ok(moment.rfc3339()?));
        methods.add_meta_method(MetaMethod::ToString, |_, moment, ()| Ok(moment.rfc3339()?));
        methods.add_meta_method(MetaMethod::Eq, |_, one, other: UserDataRef<Self>| Ok(*one == *other));
        methods.add_meta_method(MetaMethod::Lt, |_, one, other: UserDataRef<Self>| Ok(*one < *other));
        methods.add_meta_method(MetaMethod::Le, |_, one, other: UserDataRef<Self>| Ok(*one <= *other));
    }
}

fn saturated(nanos: i128) -> i64 {
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}
