//! What a built guest imports and exports, read from its type: no engine is asked, so that a build without WASI 0.3 can
//! read guests of both tracks.

use super::wit::{Name, tracked};
use crate::support::guest_bytes;
use std::collections::BTreeSet;
use wit_component::DecodedWasm;
use wit_parser::{WorldItem, WorldKey};

pub(super) struct Guest {
    /// Its compiler leaves out what is declared and not called.
    pub(super) imports: BTreeSet<Name>,
    /// Functions within interfaces as `interface#function`.
    pub(super) exports: BTreeSet<String>,
}

impl Guest {
    pub(super) fn read(name: &str) -> Self {
        let bytes = wat::parse_bytes(&guest_bytes(name)).unwrap().into_owned();
        let DecodedWasm::Component(resolve, world) = wit_component::decode(&bytes).unwrap() else {
            panic!("{name} is no component")
        };
        let mut guest = Self { imports: BTreeSet::new(), exports: BTreeSet::new() };
        for (_, item) in &resolve.worlds[world].imports {
            let WorldItem::Interface { id, .. } = item else { continue };
            let interface = tracked(&resolve.id_of(*id).unwrap());
            let functions = resolve.interfaces[*id].functions.keys();
            guest.imports.extend(functions.map(|function| (interface.clone(), function.clone())));
        }
        for (key, item) in &resolve.worlds[world].exports {
            match (key, item) {
                (WorldKey::Name(name), WorldItem::Function(_)) => drop(guest.exports.insert(name.clone())),
                (_, WorldItem::Interface { id, .. }) => {
                    let interface = resolve.name_world_key(key);
                    let functions = resolve.interfaces[*id].functions.keys();
                    guest.exports.extend(functions.map(|function| format!("{interface}#{function}")));
                }
                _ => {}
            }
        }
        guest
    }
}
