//! Types that no value can carry.

use super::type_name;
use wasmtime::component::Type;

/// Parts of a type that are looked at. A larger one is let pass: the conversion refuses handles in any case.
const PARTS: usize = 10_000;

/// The first resource, stream, future or error context within a type, which belong to one instance.
pub(super) fn handle_in(ty: &Type) -> Option<String> {
    let mut open = vec![ty.clone()];
    for _ in 0..PARTS {
        match open.pop()? {
            ty @ (Type::Own(_) | Type::Borrow(_) | Type::Future(_) | Type::Stream(_) | Type::ErrorContext) => {
                return Some(type_name(&ty));
            }
            Type::List(list) => open.push(list.ty()),
            Type::FixedLengthList(list) => open.push(list.ty()),
            Type::Map(map) => open.extend([map.key(), map.value()]),
            Type::Option(option) => open.push(option.ty()),
            Type::Tuple(tuple) => open.extend(tuple.types()),
            Type::Record(record) => open.extend(record.fields().map(|field| field.ty)),
            Type::Variant(variant) => open.extend(variant.cases().filter_map(|case| case.ty)),
            Type::Result(result) => open.extend(result.ok().into_iter().chain(result.err())),
            _ => {}
        }
    }
    None
}
