//! Builtins that could make something huge out of a small operand, with a bound.
//!
//! Between two steps of a policy the engine looks at the clock, but not inside a builtin: one call
//! with an operand from a request could take all memory. An operand beyond the bound is an error,
//! which ends in a denial.

use regorus::{Engine, Value};

use crate::bundle::BundleError;

/// The longest range, in numbers.
const MAX_RANGE: u64 = 100_000;

/// The widest shift to the left, in bits.
const MAX_SHIFT: u64 = 1024;

/// Puts the bounded builtins in front of the engine's own.
pub(crate) fn install(engine: &mut Engine) -> Result<(), BundleError> {
    let installed = engine
        .add_extension(
            "numbers.range".to_owned(),
            2,
            Box::new(|operands: Vec<Value>| match operands.as_slice() {
                [from, to] => Ok(range(from, to, 1).map_err(refusal)?),
                _ => Err(refusal("two operands are expected").into()),
            }),
        )
        .and_then(|()| {
            engine.add_extension(
                "numbers.range_step".to_owned(),
                3,
                Box::new(|operands: Vec<Value>| match operands.as_slice() {
                    [from, to, step] => {
                        let step = step.as_u64().ok().filter(|step| *step > 0);
                        let step =
                            step.ok_or_else(|| refusal("the step must be a positive integer"))?;
                        Ok(range(from, to, step).map_err(refusal)?)
                    }
                    _ => Err(refusal("three operands are expected").into()),
                }),
            )
        })
        .and_then(|()| {
            engine.add_extension(
                "bits.lsh".to_owned(),
                2,
                Box::new(|operands: Vec<Value>| match operands.as_slice() {
                    [value, by] => Ok(shifted(value, by).map_err(refusal)?),
                    _ => Err(refusal("two operands are expected").into()),
                }),
            )
        });
    installed.map_err(|error| BundleError::Engine {
        place: "policies".to_owned(),
        why: error.to_string(),
    })
}

fn refusal(why: &'static str) -> std::io::Error {
    std::io::Error::other(why)
}

fn range(from: &Value, to: &Value, step: u64) -> Result<Value, &'static str> {
    let bounds = from.as_i64().ok().zip(to.as_i64().ok());
    let (from, to) = bounds.ok_or("a range needs two integers")?;
    let count = from.abs_diff(to) / step;
    if count >= MAX_RANGE {
        return Err("the range is too long");
    }
    let step = i64::try_from(step).map_err(|_| "the step is too large")?;
    let step = if from <= to { step } else { -step };
    let numbers = std::iter::successors(Some(from), |number| number.checked_add(step));
    let count = usize::try_from(count).map_err(|_| "the range is too long")?;
    Ok(Value::from(
        numbers.take(count + 1).map(Value::from).collect::<Vec<_>>(),
    ))
}

fn shifted(value: &Value, by: &Value) -> Result<Value, &'static str> {
    if by.as_u64().ok().is_none_or(|bits| bits > MAX_SHIFT) {
        return Err("the shift is not an integer from 0 to 1024");
    }
    match (value, by) {
        (Value::Number(number), Value::Number(by)) => number
            .lsh(by)
            .map(Value::from)
            .ok_or("only integers are shifted"),
        _ => Err("only integers are shifted"),
    }
}
