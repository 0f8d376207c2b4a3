//! What code compiles to.

use std::fmt;
use wasmtime::Module;
use wasmtime::component::Component;

/// Compiled code. Cheap to clone.
#[derive(Clone)]
#[non_exhaustive]
pub enum Program {
    /// A component.
    Component(Component),
    /// A core module that is a command: it exports `_start`, and imports nothing but functions.
    Command(Module),
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Component(_) => "Component",
            Self::Command(_) => "Command",
        })
    }
}

impl Program {
    /// The component, where it is one.
    pub fn component(&self) -> Option<&Component> {
        match self {
            Self::Component(component) => Some(component),
            Self::Command(_) => None,
        }
    }
}

impl From<Component> for Program {
    fn from(component: Component) -> Self {
        Self::Component(component)
    }
}

impl From<&Component> for Program {
    fn from(component: &Component) -> Self {
        Self::Component(component.clone())
    }
}

impl From<&Self> for Program {
    fn from(program: &Self) -> Self {
        program.clone()
    }
}
