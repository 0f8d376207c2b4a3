//! `lifecycle`: whether something starts with its application.

use super::fields::Fields;
use super::source::Located;

/// What Wippy has there besides.
pub(super) const WITHOUT_EFFECT: &[&str] =
    &["depends_on", "restart", "security", "stable_threshold", "start_timeout", "stop_timeout"];

/// `lifecycle.auto_start`. None where it is not given.
pub(super) fn auto_start(fields: &Fields<'_>) -> Option<Located<bool>> {
    let lifecycle = fields.nested("lifecycle", "lifecycle.")?;
    lifecycle.check_keys(&["auto_start"], WITHOUT_EFFECT);
    lifecycle.boolean("auto_start")
}
