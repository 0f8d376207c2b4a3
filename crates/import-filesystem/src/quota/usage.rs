//! What a mount holds.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Weak};

/// Device and inode, as Wasmtime's hash of them.
pub(crate) type Object = (u64, u64);

/// What a mount holds, as far as its entry knows.
#[derive(Default)]
pub(crate) struct Usage {
    /// The lengths of all regular files; a file with several names counts once.
    pub(crate) bytes: u64,
    /// The names below the mount: files, directories, links and whatever else.
    pub(crate) files: u64,
    /// The files that guests hold open.
    open: HashMap<Object, Vec<Weak<File>>>,
    /// When `open` is looked through next.
    look_at: usize,
    /// Files without a name and their lengths: they take room until the last guest has closed them.
    nameless: HashMap<Object, u64>,
}

/// What a name stands for.
pub(super) struct Named {
    pub(super) object: Object,
    /// The length of a regular file that has no other name.
    pub(super) last_of: Option<u64>,
}

impl Usage {
    pub(super) fn resize(&mut self, from: u64, to: u64) {
        self.bytes = self.bytes.saturating_sub(from).saturating_add(to);
    }

    /// A file that may have no name any more has got another length.
    pub(super) fn resize_nameless(&mut self, object: Object, length: u64) {
        if let Some(known) = self.nameless.get_mut(&object) {
            *known = length;
        }
    }

    /// A name is gone.
    pub(super) fn removed(&mut self, named: Option<Named>) {
        self.files = self.files.saturating_sub(1);
        let Some(Named { object, last_of: Some(length) }) = named else { return };
        if self.is_open(object) {
            self.nameless.insert(object, length);
        } else {
            self.bytes = self.bytes.saturating_sub(length);
        }
    }

    /// A guest has opened a file.
    pub(super) fn opened(&mut self, object: Object, file: &Arc<File>) {
        if self.open.len() >= self.look_at {
            self.forget_closed();
            self.look_at = (2 * self.open.len()).max(64);
        } else if self.nameless.contains_key(&object) {
            // The number of a file that is gone is given to another.
            self.forget_closed();
        }
        let handles = self.open.entry(object).or_default();
        if handles.len() == handles.capacity() {
            handles.retain(is_alive);
        }
        handles.push(Arc::downgrade(file));
    }

    /// Gives back what nameless files took that nobody holds open any more.
    pub(super) fn forget_closed(&mut self) {
        self.open.retain(|_, handles| {
            handles.retain(is_alive);
            !handles.is_empty()
        });
        let (open, bytes) = (&self.open, &mut self.bytes);
        self.nameless.retain(|object, length| {
            let stays = open.contains_key(object);
            if !stays {
                *bytes = bytes.saturating_sub(*length);
            }
            stays
        });
    }

    fn is_open(&self, object: Object) -> bool {
        self.open.get(&object).is_some_and(|handles| handles.iter().any(is_alive))
    }
}

fn is_alive(handle: &Weak<File>) -> bool {
    handle.strong_count() > 0
}
