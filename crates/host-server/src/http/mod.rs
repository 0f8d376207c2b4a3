//! From a request to a response.

mod answer;
mod body;
mod function;
mod service;

pub(crate) use body::{OutBody, Pending};
pub(crate) use service::{App, Connected};
