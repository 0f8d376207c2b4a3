//! Bodies: whole within a limit, or in pieces.

use crate::errors::{self, LuaError};
use crate::modules::memory;
use crate::wait;
use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use mlua::{AnyUserData, Lua, MetaMethod, Result, UserData, UserDataFields, UserDataMethods, Value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wippy_host_core::{Error, ErrorKind};
use wippy_import_http::HttpBody;

/// What `read()` gives at most when it is not told.
const PIECE: usize = 64 << 10;

/// The whole body.
pub(super) async fn whole(
    lua: &Lua,
    mut body: HttpBody,
    limit: usize,
) -> Result<std::result::Result<Vec<u8>, LuaError>> {
    let announced = http_body::Body::size_hint(&body).lower();
    let mut whole = Vec::new();
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Ok(Err(too_large(limit)));
    }
    while let Some(frame) = body.frame().await {
        let data = match frame {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => return Ok(Err(error.into())),
        };
        if data.len() > limit.saturating_sub(whole.len()) {
            return Ok(Err(too_large(limit)));
        }
        if whole.len().saturating_add(data.len()) > memory::room(lua) {
            return Err(memory::exhausted());
        }
        whole.extend_from_slice(&data);
    }
    Ok(Ok(whole))
}

fn too_large(limit: usize) -> LuaError {
    let message = format!("http_client: the response's body has more than {limit} bytes");
    Error::new(ErrorKind::RateLimited, message)
        .with_remedy("raise max_response_body, or read it with stream = true")
        .into()
}

/// `response.stream`. Dropping it, or `close`, cancels what is left.
#[derive(Clone)]
pub(super) struct Stream(Arc<Mutex<Option<Reading>>>);

struct Reading {
    body: HttpBody,
    /// What has arrived and was not asked for yet.
    held: Bytes,
    left: usize,
    limit: usize,
    wait: Duration,
}

impl Stream {
    pub(super) fn new(body: HttpBody, limit: usize, wait: Duration) -> Self {
        Self(Arc::new(Mutex::new(Some(Reading { body, held: Bytes::new(), left: limit, limit, wait }))))
    }

    fn take(&self) -> Option<Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, reading: Option<Reading>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reading;
    }

    /// At least one byte and at most `most`; nothing at the end. It ends after the first error.
    async fn read(&self, most: usize) -> std::result::Result<Option<Bytes>, LuaError> {
        // Nothing here, too, while another coroutine reads: it gets what comes.
        let Some(mut reading) = self.take() else { return Ok(None) };
        let wait = reading.wait;
        let piece = tokio::time::timeout(wait, reading.next(most)).await.unwrap_or_else(|_| Err(late(wait)))?;
        if piece.is_some() {
            self.put(Some(reading));
        }
        Ok(piece)
    }
}

impl Reading {
    async fn next(&mut self, most: usize) -> std::result::Result<Option<Bytes>, LuaError> {
        while !self.held.has_remaining() {
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let data = frame.map_err(LuaError::from)?.into_data().unwrap_or_default();
            self.left = self.left.checked_sub(data.len()).ok_or_else(|| too_large(self.limit))?;
            self.held = data;
        }
        Ok(Some(self.held.split_to(most.min(self.held.len()))))
    }
}

/// The error of a wait that was too long.
pub(super) fn late(wait: Duration) -> LuaError {
    let message = format!("http_client: no answer within {} ms", wait.as_millis());
    Error::new(ErrorKind::Timeout, message).with_remedy("raise timeout if the server needs longer").into()
}

impl UserData for Stream {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field_with(MetaMethod::Index, |lua| {
            let waiting = lua.create_table()?;
            let read = |lua: Lua, (stream, most): (AnyUserData, Option<i64>)| async move {
                let stream = stream.borrow::<Self>()?.clone();
                let most = usize::try_from(most.unwrap_or(PIECE as i64)).unwrap_or(0).max(1);
                let piece = match stream.read(most).await {
                    Ok(Some(piece)) => Ok(Value::String(lua.create_string(piece)?)),
                    Ok(None) => Ok(Value::Nil),
                    Err(error) => Err(error),
                };
                errors::pair(&lua, piece)
            };
            waiting.raw_set("read", wait::function(lua, read)?)?;
            Ok(waiting)
        });
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("close", |_, stream, ()| {
            stream.put(None);
            Ok(())
        });
    }
}
