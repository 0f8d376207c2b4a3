//! Names of processes, and of functions that deal with them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use wippy_host_core::{Error, ErrorKind};

/// What stands in the place of a host where a function runs on none.
const FUNCTIONS: &str = "functions";

/// The name of a process, or of a function that has attached: `{app:processes|app:worker|0x00001}`. Its number is used
/// once in the life of a [`Processes`](crate::Processes). Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pid(Arc<Parts>);

#[derive(PartialEq, Eq, Hash)]
struct Parts {
    number: u64,
    host: Arc<str>,
    program: Arc<str>,
}

impl Pid {
    pub(crate) fn new(host: Arc<str>, program: Arc<str>, number: u64) -> Self {
        Self(Arc::new(Parts { number, host, program }))
    }

    /// Of a function that runs on no host.
    pub(crate) fn of_function(function: Arc<str>, number: u64) -> Self {
        Self::new(FUNCTIONS.into(), function, number)
    }

    /// Of the host itself, in whose name an embedder acts.
    pub(crate) fn of_host(host: &Arc<str>) -> Self {
        Self::new(host.clone(), host.clone(), 0)
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    /// The id of the process host, or `functions`.
    pub fn host(&self) -> &Arc<str> {
        &self.0.host
    }

    /// The id of the program, or of the function.
    pub fn program(&self) -> &Arc<str> {
        &self.0.program
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { number, host, program } = &*self.0;
        write!(f, "{{{host}|{program}|{number:#07x}}}")
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Pid {
    type Err = Error;

    /// Reads what [`Display`](fmt::Display) writes. That there is such a process is not said.
    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).and_then(|text| {
            let (host, rest) = text.split_once('|')?;
            let (program, number) = rest.split_once("|0x")?;
            let number = u64::from_str_radix(number, 16).ok()?;
            Some(Self::new(host.into(), program.into(), number))
        });
        parts.ok_or_else(|| {
            let shown: String = text.chars().take(80).collect();
            Error::new(ErrorKind::Invalid, format!("invalid pid: {shown:?}"))
                .with_remedy("a pid is what spawn returns, for example {app:processes|app:worker|0x00001}")
        })
    }
}
