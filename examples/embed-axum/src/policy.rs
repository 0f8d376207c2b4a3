//! Who may do what, asked at the moment of use.

use wippy_host::policy::network::NetworkPolicy;
use wippy_host::{CallRequest, EnvironmentRequest, Error, ErrorKind, MountAccess, MountRequest, Policy, Result};

/// A user's function calls the functions of that user, and the service's own; it has neither files nor variables.
pub(crate) struct UsersPolicy;

/// The network is out of reach already: no feature of the facade that opens connections is on.
impl NetworkPolicy for UsersPolicy {}

impl Policy for UsersPolicy {
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        let namespace = request.target.split(':').next().unwrap_or_default();
        // The actor is whom the outermost call is for, however deep this one is.
        let own = request.actor.is_some_and(|actor| namespace == actor);
        if own || namespace == "service" { Ok(()) } else { Err(request.denied()) }
    }

    fn mount(&self, request: &MountRequest<'_>) -> Result<MountAccess> {
        Err(denied(request.entry, "no directories"))
    }

    fn environment(&self, request: &EnvironmentRequest<'_>) -> Result<()> {
        Err(denied(request.entry, "no variables"))
    }
}

fn denied(entry: &str, what: &str) -> Error {
    Error::new(ErrorKind::PermissionDenied, format!("{entry}: there are {what} here"))
}
