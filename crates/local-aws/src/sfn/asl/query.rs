//! A JSONata expression, parsed when the machine is created; what AWS refuses then is refused here.

use std::sync::Arc;

use jsonata_core::ast::{AstNode, PathStep, Stage};
use jsonata_core::parser;

/// An expression that parses.
#[derive(Clone, Debug)]
pub(in crate::sfn) struct Query {
    /// The text between `{%` and `%}`, trimmed, as error messages quote it.
    pub(in crate::sfn) text: String,
    pub(in crate::sfn) ast: Arc<AstNode>,
}

/// Why an expression is refused: AWS's code for it, and a message.
pub(super) type Refusal = (&'static str, String);

impl Query {
    /// Reads `text`; `catching` says whether `$states.errorOutput` has a value there.
    pub(super) fn parse(text: &str, catching: bool) -> Result<Self, Refusal> {
        let text = text.trim();
        let ast = parser::parse(text).map_err(|error| {
            let message = error.to_string();
            let bare = message
                .split_once(": ")
                .filter(|(code, _)| code.len() == 5)
                .map_or(&*message, |it| it.1);
            ("INVALID_JSONATA_EXPRESSION", bare.to_owned())
        })?;
        References { catching }.check(&ast)?;
        Ok(Self {
            text: text.to_owned(),
            ast: Arc::new(ast),
        })
    }
}

/// Looks for what has no value in Step Functions: the expression's input.
struct References {
    catching: bool,
}

impl References {
    fn check(&self, node: &AstNode) -> Result<(), Refusal> {
        match node {
            AstNode::Name(name) => Err(unsupported(format!(
                "Reference to '{name}' at the top level is not supported. Begin with $states.input, $states.result, \
                 $states.context or a variable"
            ))),
            AstNode::ParentVariable(_) => Err(unsupported(
                "Reference to '$$' is not supported: the state's input is $states.input".to_owned(),
            )),
            AstNode::Path { steps } => self.path(steps),
            AstNode::Binary { lhs, rhs, .. } => self.all([&**lhs, &**rhs]),
            AstNode::Unary { operand, .. } => self.check(operand),
            AstNode::Function { args, .. } => self.all(args),
            AstNode::Call { procedure, args } => self.check(procedure).and_then(|()| self.all(args)),
            AstNode::Lambda { body, .. } => self.check(body),
            AstNode::Array(items) | AstNode::Block(items) | AstNode::ArrayGroup(items) => self.all(items),
            AstNode::Object(pairs) => self.all(pairs.iter().flat_map(|(key, value)| [key, value])),
            AstNode::Conditional {
                condition,
                then_branch,
                else_branch,
            } => self.all(
                [Some(&**condition), Some(&**then_branch), else_branch.as_deref()]
                    .into_iter()
                    .flatten(),
            ),
            AstNode::FunctionApplication(inner) => self.check(inner),
            // Beyond their input these look at its items, where a bare name is right.
            AstNode::Sort { input, .. } | AstNode::ObjectTransform { input, .. } => self.check(input),
            _ => Ok(()),
        }
    }

    fn all<'a>(&self, nodes: impl IntoIterator<Item = &'a AstNode>) -> Result<(), Refusal> {
        nodes.into_iter().try_for_each(|node| self.check(node))
    }

    /// Only a path's first step looks at the top level; its filters look at the step's items.
    fn path(&self, steps: &[PathStep]) -> Result<(), Refusal> {
        let Some(first) = steps.first() else { return Ok(()) };
        if let (AstNode::Variable(name), Some(AstNode::Name(field))) =
            (&first.node, steps.get(1).map(|it| &it.node))
            && name == "states"
        {
            self.reserved(field)?;
        }
        let plain = first.stages.iter().all(|stage| !matches!(stage, Stage::Index(_)));
        if plain { self.check(&first.node) } else { Ok(()) }
    }

    fn reserved(&self, field: &str) -> Result<(), Refusal> {
        match field {
            "input" | "result" | "context" => Ok(()),
            "errorOutput" if self.catching => Ok(()),
            "errorOutput" => Err(unsupported(
                "Reference to '$states.errorOutput' is supported only in a Catch's Output and Assign"
                    .to_owned(),
            )),
            other => Err(unsupported(format!(
                "Reference to '$states.{other}' is not supported: there are $states.input, $states.result, \
                 $states.errorOutput and $states.context"
            ))),
        }
    }
}

fn unsupported(message: String) -> Refusal {
    ("UNSUPPORTED_JSONATA_EXPRESSION", message)
}
