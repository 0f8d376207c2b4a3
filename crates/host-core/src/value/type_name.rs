//! Types in WIT notation, for people.

use std::fmt::{self, Write};

use wasmtime::component::Type;
use wasmtime::component::types::{Case, Field};

use super::limited::{Limited, limited};

/// Bytes that the name of a type has at most; what is beyond is an ellipsis. Enough for every type that a person takes
/// in at a glance.
const TYPE_NAME_LIMIT: usize = 200;
/// Levels of nesting that are spelled out; what is below is an ellipsis.
const TYPE_NAME_DEPTH: usize = 8;

/// The name of `ty` in WIT notation, its named types spelled out where they stand: `list<record { name: string }>`.
///
/// At most about 200 bytes and 8 levels, an ellipsis in place of the rest. The name of a resource is unknown here:
/// `own<resource>`.
pub fn type_name(ty: &Type) -> String {
    limited(TYPE_NAME_LIMIT, |out| write_type(out, ty, TYPE_NAME_DEPTH))
}

fn write_type(out: &mut Limited, ty: &Type, depth: usize) -> fmt::Result {
    let Some(depth) = depth.checked_sub(1) else { return out.write_char('…') };
    match ty {
        Type::Bool => out.write_str("bool"),
        Type::S8 => out.write_str("s8"),
        Type::U8 => out.write_str("u8"),
        Type::S16 => out.write_str("s16"),
        Type::U16 => out.write_str("u16"),
        Type::S32 => out.write_str("s32"),
        Type::U32 => out.write_str("u32"),
        Type::S64 => out.write_str("s64"),
        Type::U64 => out.write_str("u64"),
        Type::Float32 => out.write_str("f32"),
        Type::Float64 => out.write_str("f64"),
        Type::Char => out.write_str("char"),
        Type::String => out.write_str("string"),
        Type::ErrorContext => out.write_str("error-context"),
        Type::Own(_) => out.write_str("own<resource>"),
        Type::Borrow(_) => out.write_str("borrow<resource>"),
        Type::List(list) => write_generic(out, "list", [list.ty()], depth),
        Type::Map(map) => write_generic(out, "map", [map.key(), map.value()], depth),
        Type::Tuple(tuple) => write_generic(out, "tuple", tuple.types(), depth),
        Type::Option(option) => write_generic(out, "option", [option.ty()], depth),
        Type::Future(future) => write_generic(out, "future", future.ty(), depth),
        Type::Stream(stream) => write_generic(out, "stream", stream.ty(), depth),
        Type::FixedLengthList(list) => {
            out.write_str("list<")?;
            write_type(out, &list.ty(), depth)?;
            write!(out, ", {}>", list.len())
        }
        Type::Result(result) => match (result.ok(), result.err()) {
            (None, Some(err)) => {
                out.write_str("result<_, ")?;
                write_type(out, &err, depth)?;
                out.write_char('>')
            }
            (ok, err) => write_generic(out, "result", ok.into_iter().chain(err), depth),
        },
        Type::Record(record) => write_braces(out, "record", record.fields(), |out, Field { name, ty }| {
            write!(out, "{name}: ")?;
            write_type(out, &ty, depth)
        }),
        Type::Variant(variant) => write_braces(out, "variant", variant.cases(), |out, Case { name, ty }| {
            out.write_str(name)?;
            let Some(ty) = ty else { return Ok(()) };
            out.write_char('(')?;
            write_type(out, &ty, depth)?;
            out.write_char(')')
        }),
        Type::Enum(cases) => write_braces(out, "enum", cases.names(), |out, name| out.write_str(name)),
        Type::Flags(flags) => write_braces(out, "flags", flags.names(), |out, name| out.write_str(name)),
    }
}

/// `name<a, b>`, or `name` alone without types.
fn write_generic(out: &mut Limited, name: &str, types: impl IntoIterator<Item = Type>, depth: usize) -> fmt::Result {
    out.write_str(name)?;
    let mut open = '<';
    for ty in types {
        out.write_char(open)?;
        if open == ',' {
            out.write_char(' ')?;
        }
        write_type(out, &ty, depth)?;
        open = ',';
    }
    if open == ',' { out.write_char('>') } else { Ok(()) }
}

/// `name { a, b }`.
fn write_braces<T>(
    out: &mut Limited,
    name: &str,
    parts: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut Limited, T) -> fmt::Result,
) -> fmt::Result {
    write!(out, "{name} {{ ")?;
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write(out, part)?;
    }
    out.write_str(" }")
}
