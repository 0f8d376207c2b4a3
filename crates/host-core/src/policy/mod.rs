//! The one place where the host says no: network, mounts and calls between functions. Every import asks here, so that a
//! third party's import passes the same gate.

pub mod network;

use crate::error::{Error, ErrorKind, Result};
use network::NetworkPolicy;

/// An embedder's say. Each method has a default, which is the host's own policy.
pub trait Policy: NetworkPolicy + 'static {
    /// Whether a function may call another. By default any function of the registry may be called.
    ///
    /// # Errors
    /// An error of kind `PermissionDenied`: its message reaches the caller.
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        let _ = request;
        Ok(())
    }

    /// Whether a directory may be mounted, and whether for reading alone. By default as the entry says.
    ///
    /// # Errors
    /// An error of kind `PermissionDenied`: the entry does not load.
    fn mount(&self, request: &MountRequest<'_>) -> Result<MountAccess> {
        Ok(request.access)
    }

    /// Whether a function may read or change a variable by id, beyond those that its entry maps. By default it may: the
    /// variables are the application's own.
    ///
    /// # Errors
    /// An error of kind `PermissionDenied`: its message reaches the function.
    fn environment(&self, request: &EnvironmentRequest<'_>) -> Result<()> {
        let _ = request;
        Ok(())
    }

    /// Whether a function may do what an import asks for by a name of its own, beside the questions above: that is how the import
    /// of a third party passes the same gate. Asked in the middle of a guest's work: it must not block. By default it may: its entry
    /// has the import.
    ///
    /// # Errors
    /// An error of kind `PermissionDenied`: its message reaches the function.
    fn action(&self, request: &ActionRequest<'_>) -> Result<()> {
        let _ = request;
        Ok(())
    }
}

/// What a function wants to do through an import that has questions of its own.
///
/// ```
/// use wippy_host_core::{ActionRequest, DefaultPolicy, Policy};
///
/// let request = ActionRequest::new("app:notes", "acme:kv/open", "drafts").for_actor(Some("ann"), None);
/// assert!(DefaultPolicy.action(&request).is_ok());
/// assert_eq!(request.denied().to_string(), "not allowed: acme:kv/open drafts");
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ActionRequest<'a> {
    /// Who the outermost call acts for, if the embedder said so.
    pub actor: Option<&'a str>,
    /// The scope of the outermost call, if the embedder said so.
    pub scope: Option<&'a str>,
    /// The id of the function.
    pub entry: &'a str,
    /// The import and what it is asked for: `acme:kv/open`.
    pub action: &'a str,
    /// To what: the name of a bucket, a queue, a table. Often the guest's own choice of text.
    pub object: &'a str,
}

impl<'a> ActionRequest<'a> {
    /// The request of `entry` to do `action` to `object`, for nobody in particular.
    pub fn new(entry: &'a str, action: &'a str, object: &'a str) -> Self {
        Self { actor: None, scope: None, entry, action, object }
    }

    /// The same request, for an actor in a scope.
    #[must_use]
    pub fn for_actor(self, actor: Option<&'a str>, scope: Option<&'a str>) -> Self {
        Self { actor, scope, ..self }
    }

    /// The error that a policy returns to refuse it.
    pub fn denied(&self) -> Error {
        Error::new(ErrorKind::PermissionDenied, format!("not allowed: {} {}", self.action, self.object))
    }
}

/// A variable that a function asks for by its id.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EnvironmentRequest<'a> {
    /// Who the outermost call acts for, if the embedder said so.
    pub actor: Option<&'a str>,
    /// The scope of the outermost call, if the embedder said so.
    pub scope: Option<&'a str>,
    /// The id of the function.
    pub entry: &'a str,
    /// The id of the variable.
    pub variable: &'a str,
    /// Whether it is to be read or changed.
    pub access: VariableAccess,
}

impl<'a> EnvironmentRequest<'a> {
    /// The request of `entry` for `variable`, for nobody in particular.
    pub fn new(entry: &'a str, variable: &'a str, access: VariableAccess) -> Self {
        Self { actor: None, scope: None, entry, variable, access }
    }

    /// The same request, for an actor in a scope.
    #[must_use]
    pub fn for_actor(self, actor: Option<&'a str>, scope: Option<&'a str>) -> Self {
        Self { actor, scope, ..self }
    }
}

/// What a function wants of a variable. There will be no third: a policy answers for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VariableAccess {
    /// Its value.
    Read,
    /// To change it.
    Write,
}

/// A call from one function to another.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CallRequest<'a> {
    /// Who the outermost call acts for, if the embedder said so.
    pub actor: Option<&'a str>,
    /// The scope of the outermost call, if the embedder said so.
    pub scope: Option<&'a str>,
    /// The id of the calling function.
    pub caller: &'a str,
    /// The id of the function to call.
    pub target: &'a str,
}

impl<'a> CallRequest<'a> {
    /// The request of `caller` to call `target`, for nobody in particular.
    pub fn new(caller: &'a str, target: &'a str) -> Self {
        Self { actor: None, scope: None, caller, target }
    }

    /// The same request, for an actor in a scope.
    #[must_use]
    pub fn for_actor(self, actor: Option<&'a str>, scope: Option<&'a str>) -> Self {
        Self { actor, scope, ..self }
    }

    /// The error that a policy returns to refuse the call.
    pub fn denied(&self) -> Error {
        Error::new(ErrorKind::PermissionDenied, format!("not allowed: {}", self.target))
    }
}

/// A directory that an entry asks to mount.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MountRequest<'a> {
    /// The id of the entry that mounts.
    pub entry: &'a str,
    /// The id of the `fs.directory`.
    pub directory: &'a str,
    /// The absolute path in the guest; of an import that keeps a file there itself, which no guest sees, the file's name.
    pub guest: &'a str,
    /// What the entry asks for.
    pub access: MountAccess,
}

impl MountAccess {
    /// Of what an entry says: whether it is for reading alone.
    pub fn of(read_only: bool) -> Self {
        if read_only { Self::ReadOnly } else { Self::ReadWrite }
    }
}

impl<'a> MountRequest<'a> {
    /// The request of `entry` to mount `directory` at `guest`.
    pub fn new(entry: &'a str, directory: &'a str, guest: &'a str, access: MountAccess) -> Self {
        Self { entry, directory, guest, access }
    }
}

/// What a mount lets the guest do. There will be no third: whoever mounts has to keep to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MountAccess {
    /// Every change is refused.
    ReadOnly,
    /// Reading and writing.
    ReadWrite,
}

/// The host's own policy: what entries declare, and nothing more.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultPolicy;

impl NetworkPolicy for DefaultPolicy {}

impl Policy for DefaultPolicy {}
