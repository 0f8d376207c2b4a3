//! From method and path to what answers.

mod pattern;
mod router;

pub use router::{Endpoint, RouteProblem, RouteProblems, Router, Target};

pub(crate) use router::{Params, Routed};
