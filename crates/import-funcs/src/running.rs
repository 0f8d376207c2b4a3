//! Calls that run while their guest does something else.

use crate::error::{Answer, answer, failed};
use crate::node::{self, Node};
use crate::places::Places;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use wippy_host_core::{Error, HostBytes, HostShare, NestedCall, Value};

/// A call on a task of its own. Dropping it cancels the call.
pub(crate) struct Running(State);

enum State {
    Runs(AbortOnDropHandle<Kept>),
    Ended(Kept),
}

/// What came of a call, until the guest asks for it.
struct Kept {
    answer: Answer,
    _share: Option<HostShare>,
}

impl Kept {
    fn failed(error: Error) -> Self {
        Self { answer: Err(failed(error)), _share: None }
    }
}

impl Running {
    pub(crate) fn not_started() -> Self {
        Self(State::Ended(Kept::failed(Error::internal("the call was not started"))))
    }

    /// Begins the call, when there is a place for its task.
    pub(crate) async fn start(call: NestedCall, arguments: Vec<Vec<Node>>, bytes: &HostBytes, places: &Places) -> Self {
        // Counted before anything is waited for: a guest with asynchronous functions goes on meanwhile.
        let size = arguments.iter().map(|nodes| node::size(nodes)).sum();
        let prepared = bytes.take(size).and_then(|share| Ok((share, values(arguments)?)));
        // A guest that does nothing but start calls must let those go on that are to end.
        tokio::task::coop::consume_budget().await;
        let place = places.take().await;
        let prepared = prepared.and_then(|(share, arguments)| Ok((share, arguments, place?, runtime()?)));
        let (share, arguments, place, runtime) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Self(State::Ended(Kept::failed(error))),
        };
        let bytes = bytes.clone();
        let task = runtime.spawn(async move {
            let _place = place;
            let answer = answer(call.with_values(arguments).await);
            // The arguments are gone; what has come in their place is paid for from here on.
            drop(share);
            match bytes.take(size_of_answer(&answer)) {
                Ok(share) => Kept { answer, _share: Some(share) },
                Err(error) => Kept::failed(error),
            }
        });
        Self(State::Runs(AbortOnDropHandle::new(task)))
    }

    pub(crate) fn has_ended(&self) -> bool {
        match &self.0 {
            State::Runs(task) => task.is_finished(),
            State::Ended(_) => true,
        }
    }

    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let State::Runs(task) = &mut self.0 {
            let kept = match Pin::new(task).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(kept)) => kept,
                Poll::Ready(Err(error)) => Kept::failed(Error::internal(format!("the call was lost: {error}"))),
            };
            self.0 = State::Ended(kept);
        }
        Poll::Ready(())
    }

    pub(crate) async fn finish(mut self) -> Answer {
        poll_fn(|cx| self.poll_end(cx)).await;
        match self.0 {
            State::Ended(kept) => kept.answer,
            State::Runs(_) => Err(failed(Error::internal("the call has not ended"))),
        }
    }
}

fn runtime() -> Result<Handle, Error> {
    Handle::try_current().map_err(|error| Error::internal("calls run on a Tokio runtime").with_source(error))
}

/// The arguments as values, with the place of one that is none.
pub(crate) fn values(arguments: Vec<Vec<Node>>) -> Result<Vec<Value>, Error> {
    let value = |(index, nodes)| {
        node::value(nodes).map_err(|error| {
            let placed = Error::new(error.kind(), format!("argument {}: {}", index + 1, error.message()));
            error.remedy().map_or(placed.clone(), |remedy| placed.with_remedy(remedy))
        })
    };
    arguments.into_iter().enumerate().map(value).collect()
}

fn size_of_answer(answer: &Answer) -> usize {
    match answer {
        Ok(nodes) | Err(crate::error::CallError::Returned(nodes)) => node::size(nodes),
        Err(crate::error::CallError::Failed(failure)) => failure.message.len(),
    }
}
