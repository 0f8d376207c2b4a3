//! One text or byte string in, one out: how `funcs` calls whatever stands behind a target.

use super::{CallContext, Function};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{
    CallShape, ResultError, TextOrBytes, call_input_to_args, call_result_to_bytes, call_result_to_text,
};

/// Calls `function` with `input` and gives back what it was given: text for text, bytes for bytes.
pub(super) async fn call<F: Function + ?Sized>(
    function: &F,
    context: &CallContext,
    input: TextOrBytes,
) -> Result<TextOrBytes> {
    let text = matches!(input, TextOrBytes::Text(_));
    let shape = function.signature().map_or(CallShape::UNTYPED, crate::value::Signature::shape);
    let arguments = call_input_to_args(input, shape.input)?;
    let result = function.call(context, arguments).await?;
    let output = if text {
        call_result_to_text(result, shape.result).map(TextOrBytes::Text)
    } else {
        call_result_to_bytes(result, shape.result).map(TextOrBytes::Bytes)
    };
    output.map_err(|error| match error {
        ResultError::Failed(message) => Error::new(ErrorKind::Internal, message),
        ResultError::Value(error) => error.into(),
    })
}
