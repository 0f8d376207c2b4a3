//! How deep and how large the types of a `wit` text are, each counted as often as it is used.
//!
//! A type of a few bytes may stand for one of billions of fields, and those who write the component walk all of it.

use crate::error::{Error, Result};
use std::collections::HashMap;
use wit_parser::{Handle, Resolve, Type, TypeDefKind, TypeId};

/// As deep as the text itself may nest one type.
const MAX_DEPTH: usize = 100;

/// The validator's own limit of a component's types is a million.
const MAX_SIZE: usize = 100_000;

/// Types, interfaces and functions of a text and what it uses, together: WASI has some 500.
const MAX_ITEMS: usize = 20_000;

#[derive(Clone, Copy, Default)]
struct Measure {
    depth: usize,
    size: usize,
    /// Whether a value is of no fixed length, and so needs `cabi_realloc` to be passed to the module.
    dynamic: bool,
}

/// What every type of a text was found to be.
pub(crate) struct Bounds(HashMap<TypeId, Measure>);

impl Bounds {
    /// Measures all types. Fails where one is too deep or too large.
    pub(crate) fn of(resolve: &Resolve) -> Result<Self> {
        let functions: usize = resolve.interfaces.iter().map(|(_, interface)| interface.functions.len()).sum();
        if resolve.types.len() + resolve.interfaces.len() + functions > MAX_ITEMS {
            return Err(too_large(format!("it has more than {MAX_ITEMS} types, interfaces and functions")));
        }
        let mut bounds = Self(HashMap::with_capacity(resolve.types.len()));
        // A type stands behind those that it is made of.
        for (id, ty) in resolve.types.iter() {
            let measure = bounds.kind(&ty.kind);
            if measure.depth > MAX_DEPTH {
                return Err(too_large(format!("its types nest deeper than {MAX_DEPTH}")));
            }
            if measure.size > MAX_SIZE {
                return Err(too_large(format!("one of its types has more than {MAX_SIZE} parts")));
            }
            bounds.0.insert(id, measure);
        }
        Ok(bounds)
    }

    /// Whether a value of this type can only be handed to the module in memory that the module reserves.
    pub(crate) fn is_dynamic(&self, ty: &Type) -> bool {
        self.ty(ty).dynamic
    }

    fn ty(&self, ty: &Type) -> Measure {
        match ty {
            Type::Id(id) => self.0.get(id).copied().unwrap_or_default(),
            Type::String | Type::ErrorContext => Measure { depth: 1, size: 1, dynamic: true },
            _ => Measure { depth: 1, size: 1, dynamic: false },
        }
    }

    fn kind(&self, kind: &TypeDefKind) -> Measure {
        let all = |types: &mut dyn Iterator<Item = &Type>| {
            types.fold(Measure { depth: 1, size: 1, dynamic: false }, |sum, ty| {
                let part = self.ty(ty);
                Measure {
                    depth: sum.depth.max(part.depth.saturating_add(1)),
                    size: sum.size.saturating_add(part.size),
                    dynamic: sum.dynamic || part.dynamic,
                }
            })
        };
        match kind {
            TypeDefKind::Record(record) => all(&mut record.fields.iter().map(|field| &field.ty)),
            TypeDefKind::Tuple(tuple) => all(&mut tuple.types.iter()),
            TypeDefKind::Variant(variant) => all(&mut variant.cases.iter().filter_map(|case| case.ty.as_ref())),
            TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => all(&mut [ty].into_iter()),
            TypeDefKind::Result(result) => all(&mut result.ok.iter().chain(&result.err)),
            TypeDefKind::List(ty) => Measure { dynamic: true, ..all(&mut [ty].into_iter()) },
            TypeDefKind::Map(key, value) => Measure { dynamic: true, ..all(&mut [key, value].into_iter()) },
            TypeDefKind::FixedLengthList(ty, length) => {
                let one = all(&mut [ty].into_iter());
                Measure { size: one.size.saturating_mul(usize::try_from(*length).unwrap_or(usize::MAX)), ..one }
            }
            TypeDefKind::Future(ty) | TypeDefKind::Stream(ty) => all(&mut ty.iter()),
            TypeDefKind::Flags(flags) => Measure { size: flags.flags.len(), ..all(&mut [].into_iter()) },
            TypeDefKind::Enum(names) => Measure { size: names.cases.len(), ..all(&mut [].into_iter()) },
            TypeDefKind::Handle(Handle::Own(_) | Handle::Borrow(_)) | TypeDefKind::Resource | TypeDefKind::Unknown => {
                all(&mut [].into_iter())
            }
        }
    }
}

fn too_large(why: String) -> Error {
    Error::invalid(format!("the wit text is too large: {why}")).with_remedy("split the types, or make them smaller")
}
