//! The functions that Step Functions adds to JSONata, and those it changes.

use chrono::{DateTime, Utc};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha1::Digest;
use uuid::Uuid;

type Answer = Result<JValue, EvaluatorError>;

/// The most items that `$range` and `$partition` make, as AWS limits them.
const MOST_ITEMS: usize = 1000;

/// Registers them all; `now` is what `$now` and `$millis` tell.
pub(super) fn register(evaluator: &mut Evaluator, now: DateTime<Utc>) -> Result<(), EvaluatorError> {
    evaluator.register_fn("parse", |args: &[JValue]| {
        JValue::from_json_str(text(args, 0, "parse")?)
            .map_err(|error| fails(format!("$parse: not JSON: {error}")))
    })?;
    evaluator.register_fn("uuid", |_: &[JValue]| {
        Ok(JValue::from(Uuid::new_v4().to_string()))
    })?;
    evaluator.register_fn("hash", |args: &[JValue]| {
        hash(text(args, 0, "hash")?, text(args, 1, "hash")?)
    })?;
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn_override("random", |args: &[JValue]| {
        Ok(JValue::from(match args.first().and_then(JValue::as_f64) {
            Some(seed) => StdRng::seed_from_u64(seed.to_bits()).random::<f64>(),
            None => rand::rng().random::<f64>(),
        }))
    })?;
    evaluator.register_fn_override("eval", |_: &[JValue]| {
        Err(fails(
            "T1006: Attempted to invoke a non-function: $eval is not supported".to_owned(),
        ))
    })?;
    evaluator.register_fn_override("now", move |args: &[JValue]| told(now, args))?;
    evaluator.register_fn_override("millis", move |_: &[JValue]| {
        Ok(JValue::from(now.timestamp_millis()))
    })
}

fn fails(message: String) -> EvaluatorError {
    EvaluatorError::EvaluationError(message)
}

fn wrong(position: usize, function: &str) -> EvaluatorError {
    fails(format!(
        "T0410: Argument {} of function \"{function}\" does not match function signature",
        position + 1
    ))
}

fn text<'a>(args: &'a [JValue], position: usize, function: &str) -> Result<&'a str, EvaluatorError> {
    args.get(position)
        .and_then(JValue::as_str)
        .ok_or_else(|| wrong(position, function))
}

fn number(args: &[JValue], position: usize, function: &str) -> Result<f64, EvaluatorError> {
    args.get(position)
        .and_then(JValue::as_f64)
        .ok_or_else(|| wrong(position, function))
}

/// `now` in the picture and the time zone of `args`, if they are given: JSONata's own `$fromMillis` writes it.
fn told(now: DateTime<Utc>, args: &[JValue]) -> Answer {
    let mut context = Context::new();
    for (name, value) in ["picture", "zone"].into_iter().zip(args) {
        context.bind(name.to_owned(), value.clone());
    }
    context.bind("at".to_owned(), JValue::from(now.timestamp_millis()));
    let call = match args.len() {
        0 => "$fromMillis($at)",
        1 => "$fromMillis($at, $picture)",
        _ => "$fromMillis($at, $picture, $zone)",
    };
    let ast = parser::parse(call).map_err(|error| fails(error.to_string()))?;
    Evaluator::with_context(context).evaluate(&ast, &JValue::Undefined)
}

fn hash(data: &str, algorithm: &str) -> Answer {
    let digest = match algorithm {
        "MD5" => hex::encode(md5::Md5::digest(data)),
        "SHA-1" => hex::encode(sha1::Sha1::digest(data)),
        "SHA-256" => hex::encode(sha2::Sha256::digest(data)),
        "SHA-384" => hex::encode(sha2::Sha384::digest(data)),
        "SHA-512" => hex::encode(sha2::Sha512::digest(data)),
        other => {
            let known = "MD5, SHA-1, SHA-256, SHA-384, SHA-512";
            return Err(fails(format!(
                "$hash: there is no algorithm '{other}', only {known}"
            )));
        }
    };
    Ok(JValue::from(digest))
}

/// `$partition(array, size)`: the items in groups of `size`, the last one as long as it gets.
fn partition(args: &[JValue]) -> Answer {
    let items = args
        .first()
        .and_then(JValue::as_array)
        .ok_or_else(|| wrong(0, "partition"))?;
    let size = number(args, 1, "partition")?.floor();
    if size < 1.0 {
        return Err(fails("$partition: a group has at least one item".to_owned()));
    }
    let groups: Vec<JValue> = items
        .chunks(size as usize)
        .map(|group| JValue::array(group.to_vec()))
        .collect();
    if groups.len() > MOST_ITEMS {
        return Err(fails(format!("$partition: more than {MOST_ITEMS} groups")));
    }
    Ok(JValue::array(groups))
}

/// `$range(first, last, step)`: the numbers from `first` to `last`, both included.
fn range(args: &[JValue]) -> Answer {
    let (first, last, step) = (
        number(args, 0, "range")?,
        number(args, 1, "range")?,
        number(args, 2, "range")?,
    );
    if step == 0.0 {
        return Err(fails("$range: the step cannot be 0".to_owned()));
    }
    let count = ((last - first) / step).floor() + 1.0;
    if count > MOST_ITEMS as f64 {
        return Err(fails(format!("$range: more than {MOST_ITEMS} numbers")));
    }
    Ok(JValue::array(
        (0..count.max(0.0) as usize)
            .map(|i| JValue::from(first + step * i as f64))
            .collect(),
    ))
}
