//! A WIT type with its parts looked up ahead of the values.
//!
//! Each part that Wasmtime's `Type` is asked for counts references to the types of a whole component up and down: for a small record,
//! that takes longer than its conversion.

use wasmtime::component::{Type, types};

/// Parts of one type that are looked up ahead. The others are looked up for each value that gets there: what a component says in a
/// kilobyte may unfold to a million parts.
const PARTS: usize = 1_000;

/// A type and its parts.
#[derive(Clone, Debug)]
pub(super) struct KnownType {
    /// The same for messages.
    pub(super) ty: Type,
    pub(super) kind: Kind,
}

/// What a type is made of.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    Float32,
    Float64,
    Char,
    String,
    List(Box<KnownType>),
    FixedLengthList(Box<KnownType>, u32),
    Map(Box<KnownPair>),
    Tuple(Box<[KnownType]>),
    Record(Box<[KnownField]>),
    Variant(Box<[KnownCase]>),
    /// Their names stay where they are: nobody knows how many types have the same.
    Enum(types::Enum),
    Flags(types::Flags),
    Option(Box<KnownType>),
    Result(Box<KnownResult>),
    /// Of one instance: no value can carry it.
    Handle,
    /// Not looked up.
    Later,
}

#[derive(Clone, Debug)]
pub(super) struct KnownPair {
    pub(super) key: KnownType,
    pub(super) value: KnownType,
}

#[derive(Clone, Debug)]
pub(super) struct KnownField {
    pub(super) name: Box<str>,
    pub(super) ty: KnownType,
}

#[derive(Clone, Debug)]
pub(super) struct KnownCase {
    pub(super) name: Box<str>,
    pub(super) payload: Option<KnownType>,
}

#[derive(Clone, Debug)]
pub(super) struct KnownResult {
    pub(super) ok: Option<KnownType>,
    pub(super) err: Option<KnownType>,
}

impl KnownType {
    pub(super) fn of(ty: &Type) -> Self {
        Self::within(ty.clone(), &mut PARTS.clone())
    }

    /// The type with its own parts, and not those of its parts: where [`Kind::Later`] stands.
    pub(super) fn shallow(ty: &Type) -> Self {
        Self::within(ty.clone(), &mut 1)
    }

    /// `left` parts may be looked up.
    fn within(ty: Type, left: &mut usize) -> Self {
        let kind = Kind::of(&ty, left);
        Self { ty, kind }
    }

    pub(super) fn is_option(&self) -> bool {
        matches!(self.ty, Type::Option(_))
    }
}

impl Kind {
    fn of(ty: &Type, left: &mut usize) -> Self {
        match ty {
            Type::Bool => return Self::Bool,
            Type::S8 => return Self::S8,
            Type::U8 => return Self::U8,
            Type::S16 => return Self::S16,
            Type::U16 => return Self::U16,
            Type::S32 => return Self::S32,
            Type::U32 => return Self::U32,
            Type::S64 => return Self::S64,
            Type::U64 => return Self::U64,
            Type::Float32 => return Self::Float32,
            Type::Float64 => return Self::Float64,
            Type::Char => return Self::Char,
            Type::String => return Self::String,
            Type::Enum(cases) => return Self::Enum(cases.clone()),
            Type::Flags(flags) => return Self::Flags(flags.clone()),
            Type::Own(_) | Type::Borrow(_) | Type::Future(_) | Type::Stream(_) | Type::ErrorContext => {
                return Self::Handle;
            }
            _ if *left == 0 => return Self::Later,
            // Names count, too.
            Type::Record(record) => *left = left.saturating_sub(1 + record.fields().len()),
            Type::Variant(variant) => *left = left.saturating_sub(1 + variant.cases().len()),
            _ => *left -= 1,
        }
        let mut known = |ty| KnownType::within(ty, left);
        match ty {
            Type::List(list) => Self::List(Box::new(known(list.ty()))),
            Type::FixedLengthList(list) => Self::FixedLengthList(Box::new(known(list.ty())), list.len()),
            Type::Map(map) => Self::Map(Box::new(KnownPair { key: known(map.key()), value: known(map.value()) })),
            Type::Tuple(tuple) => Self::Tuple(tuple.types().map(known).collect()),
            Type::Record(record) => {
                Self::Record(record.fields().map(|f| KnownField { name: f.name.into(), ty: known(f.ty) }).collect())
            }
            Type::Variant(variant) => {
                let case =
                    |case: types::Case<'_>| KnownCase { name: case.name.into(), payload: case.ty.map(&mut known) };
                Self::Variant(variant.cases().map(case).collect())
            }
            Type::Option(option) => Self::Option(Box::new(known(option.ty()))),
            Type::Result(result) => {
                Self::Result(Box::new(KnownResult { ok: result.ok().map(&mut known), err: result.err().map(known) }))
            }
            _ => Self::Later,
        }
    }
}
