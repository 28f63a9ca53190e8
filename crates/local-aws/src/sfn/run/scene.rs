//! What an expression sees: `$states`, the variables, the clock; and how its value or its failure is told.

use chrono::{DateTime, Utc};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::{Map, Value, json};

use super::super::asl::{Amount, Exit, Query, Template};
use super::failure::Failure;
use super::functions;

/// The most milliseconds that one expression may take: evaluation runs on the caller's own thread.
const EVALUATION_LIMIT: u64 = 1_000;

/// The most items that an expression may make on its way.
const SEQUENCE_LIMIT: usize = 100_000;

/// One moment of one state.
pub(super) struct Scene<'a> {
    pub(super) state: &'a str,
    /// The history event of the state's entry.
    pub(super) entered: i64,
    pub(super) now: DateTime<Utc>,
    pub(super) variables: &'a Map<String, Value>,
    pub(super) input: &'a Value,
    pub(super) result: Option<&'a Value>,
    pub(super) error: Option<Value>,
    pub(super) context: Value,
}

/// A state's output and the variables that it set.
pub(super) type Left = (Value, Vec<(String, Value)>);

impl Scene<'_> {
    /// The value of `template`, which stands in the field `field`.
    pub(super) fn evaluate(&self, template: &Template, field: &str) -> Result<Value, Failure> {
        self.fill(template, field, &mut None)
    }

    /// `Output` and `Assign` see the same variables; without `Output` the state's output is `otherwise`.
    /// `place` goes before the fields' names, as in `Catch[0]/`.
    pub(super) fn exit(&self, exit: &Exit, place: &str, otherwise: &Value) -> Result<Left, Failure> {
        let mut evaluator = None;
        let output = match &exit.output {
            Some(template) => self.fill(template, &format!("{place}Output"), &mut evaluator)?,
            None => otherwise.clone(),
        };
        let assigned = exit.assign.iter().map(|(name, template)| {
            let value = self.fill(template, &format!("{place}Assign/{name}"), &mut evaluator)?;
            Ok((name.clone(), value))
        });
        let assigned = assigned.collect::<Result<_, Failure>>()?;
        Ok((output, assigned))
    }

    /// A whole number from `least`.
    pub(super) fn amount(&self, amount: &Amount, field: &str, least: u64) -> Result<u64, Failure> {
        let (value, query) = match amount {
            Amount::Fixed(number) => return Ok(*number),
            Amount::Query(query) => (self.query(query, field, &mut None)?, query),
        };
        let number = value
            .as_f64()
            .ok_or_else(|| self.mistyped(query, field, "number", &value))?;
        if number.fract() != 0.0 || number < least as f64 || number > 99_999_999.0 {
            let cause =
                format!("The {field} field must be a whole number from {least} to 99999999, and is {value}");
            return Err(self.failed(field, cause));
        }
        Ok(number as u64)
    }

    pub(super) fn text(&self, template: &Template, field: &str) -> Result<String, Failure> {
        let value = self.evaluate(template, field)?;
        match (value, template) {
            (Value::String(text), _) => Ok(text),
            (other, Template::Query(query)) => Err(self.mistyped(query, field, "string", &other)),
            (other, _) => Err(self.failed(field, format!("The {field} field is no string: {other}"))),
        }
    }

    pub(super) fn truth(&self, template: &Template, field: &str) -> Result<bool, Failure> {
        match (self.evaluate(template, field)?, template) {
            (Value::Bool(truth), _) => Ok(truth),
            (other, Template::Query(query)) => Err(self.mistyped(query, field, "boolean", &other)),
            (other, _) => Err(self.failed(field, format!("The {field} field is no boolean: {other}"))),
        }
    }

    pub(super) fn array(&self, template: &Template, field: &str) -> Result<Vec<Value>, Failure> {
        match (self.evaluate(template, field)?, template) {
            (Value::Array(items), _) => Ok(items),
            (other, Template::Query(query)) => Err(self.mistyped(query, field, "array", &other)),
            (other, _) => Err(self.failed(field, format!("The {field} field is no array: {other}"))),
        }
    }

    fn fill(
        &self,
        template: &Template,
        field: &str,
        evaluator: &mut Option<Evaluator>,
    ) -> Result<Value, Failure> {
        match template {
            Template::Literal(value) => Ok(value.clone()),
            Template::Query(query) => self.query(query, field, evaluator),
            Template::List(items) => {
                let filled = items
                    .iter()
                    .enumerate()
                    .map(|(i, it)| self.fill(it, &format!("{field}[{i}]"), evaluator));
                filled.collect::<Result<_, _>>().map(Value::Array)
            }
            Template::Object(fields) => {
                let filled = fields.iter().map(|(key, it)| {
                    self.fill(it, &format!("{field}/{key}"), evaluator)
                        .map(|value| (key.clone(), value))
                });
                filled.collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }

    fn query(&self, query: &Query, field: &str, evaluator: &mut Option<Evaluator>) -> Result<Value, Failure> {
        let told = |what: String| {
            let said = format!(
                "The JSONata expression '{}' specified for the field '{field}' {what}",
                query.text
            );
            self.failed(field, said)
        };
        let threw = |error: &EvaluatorError| {
            let mark = if error.code().is_some() { '.' } else { ':' };
            told(format!(
                "threw an error during evaluation{mark} {}",
                error.message()
            ))
        };
        if evaluator.is_none() {
            *evaluator = Some(self.evaluator().map_err(|error| threw(&error))?);
        }
        let Some(evaluator) = evaluator else {
            return Err(Failure::runtime("no evaluator"));
        };
        let value = evaluator
            .evaluate(&query.ast, &JValue::Undefined)
            .map_err(|error| threw(&error))?;
        let value = value.unwrap_sequence();
        if value.is_undefined() {
            return Err(told("returned nothing (undefined).".to_owned()));
        }
        if value.is_function() || value.is_regex() {
            return Err(told("returned a function, which is no JSON value.".to_owned()));
        }
        serde_json::to_value(&value).map_err(|error| told(format!("gave no JSON value: {error}")))
    }

    fn evaluator(&self) -> Result<Evaluator, EvaluatorError> {
        let mut states = json!({"input": self.input, "context": self.context});
        if let Some(result) = self.result {
            states["result"] = result.clone();
        }
        if let Some(error) = &self.error {
            states["errorOutput"] = error.clone();
        }
        let mut context = Context::new();
        context.bind("states".to_owned(), JValue::from(states));
        for (name, value) in self.variables {
            context.bind(name.clone(), JValue::from(value.clone()));
        }
        let options = EvaluatorOptions {
            timeout_ms: Some(EVALUATION_LIMIT),
            max_sequence_length: Some(SEQUENCE_LIMIT),
            ..EvaluatorOptions::default()
        };
        let mut evaluator = Evaluator::with_options(context, options);
        functions::register(&mut evaluator, self.now)?;
        Ok(evaluator)
    }

    fn mistyped(&self, query: &Query, field: &str, expected: &str, value: &Value) -> Failure {
        let actual = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let cause = format!(
            "The JSONata expression '{}' specified for the field '{field}' returned an unexpected result type. Expected \
             '{expected}', but was '{actual}' for value: {value}",
            query.text
        );
        self.failed(field, cause)
    }

    /// A `States.QueryEvaluationError` at `field`.
    pub(super) fn failed(&self, field: &str, what: String) -> Failure {
        let cause = format!(
            "An error occurred while executing the state '{}' (entered at the event id #{}). {what}",
            self.state, self.entered
        );
        Failure {
            error: "States.QueryEvaluationError".to_owned(),
            cause,
            location: Some(field.to_owned()),
        }
    }
}
