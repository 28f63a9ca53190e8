//! The tables of inputs and outputs, made of `variables.tf` and `outputs.tf`, whose form `terraform fmt` holds.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;

use super::hold as hold_part;

/// One `variable` or `output`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Block {
    name: String,
    description: String,
    kind: String,
    default: Option<String>,
}

pub(super) fn hold(root: &Path, write: bool) -> anyhow::Result<()> {
    let read = |name: &str| {
        let file = root.join("infra").join(name);
        std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))
    };
    let mut inputs = "| name | what it is | type | default |\n|---|---|---|---|\n".to_owned();
    for block in blocks("variable", &read("variables.tf")?) {
        let default = block
            .default
            .map_or_else(|| "required".to_owned(), |text| format!("`{text}`"));
        writeln!(
            inputs,
            "| `{}` | {} | `{}` | {default} |",
            block.name, block.description, block.kind
        )?;
    }
    let mut outputs = "| name | what it is |\n|---|---|\n".to_owned();
    for block in blocks("output", &read("outputs.tf")?) {
        writeln!(outputs, "| `{}` | {} |", block.name, block.description)?;
    }
    hold_part(root, "infra/README.md", "inputs", &inputs, write)?;
    hold_part(root, "infra/README.md", "outputs", &outputs, write)
}

fn blocks(kind: &str, text: &str) -> Vec<Block> {
    let head = format!("{kind} \"");
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line
            .strip_prefix(&head)
            .and_then(|rest| rest.strip_suffix("\" {"))
        else {
            continue;
        };
        let own: Vec<&str> = lines.by_ref().take_while(|line| *line != "}").collect();
        blocks.push(Block {
            name: name.to_owned(),
            description: words(&value(&own, "description").unwrap_or_default()),
            kind: code(&value(&own, "type").unwrap_or_default()),
            default: value(&own, "default").map(|text| code(&text)),
        });
    }
    blocks
}

/// What a block says of `name`: one line, a text, or everything until its brackets are closed.
fn value(lines: &[&str], name: &str) -> Option<String> {
    let mut lines = lines.iter();
    let first = lines.by_ref().find_map(|line| {
        let rest = line.strip_prefix("  ")?.strip_prefix(name)?;
        rest.trim_start().strip_prefix("= ")
    })?;
    if first.starts_with("<<") {
        let text = lines.map(|line| line.trim()).take_while(|line| *line != "EOT");
        return Some(text.collect::<Vec<_>>().join(" "));
    }
    let mut value = first.to_owned();
    let depth = |text: &str| -> i64 {
        text.chars()
            .map(|c| match c {
                '{' | '(' | '[' => 1,
                '}' | ')' | ']' => -1,
                _ => 0,
            })
            .sum()
    };
    while depth(&value) > 0 {
        let line = lines.next()?.trim();
        let is_first = value.ends_with(['{', '(', '[']);
        let is_last = line.starts_with(['}', ')', ']']);
        value.push_str(if is_first || is_last { " " } else { ", " });
        value.push_str(line);
    }
    Some(value)
}

fn words(text: &str) -> String {
    text.trim_matches('"').replace('|', "\\|")
}

/// Code in one line, with single blanks.
fn code(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_read_with_its_type_over_several_lines() {
        let text = "variable \"exports\" {\n  description = <<-EOT\n    One,\n    two\n  EOT\n  type = object({\n    image = string\n    cpu   = optional(number, 1)\n  })\n  default = null\n}\n";
        let block = Block {
            name: "exports".into(),
            description: "One, two".into(),
            kind: "object({ image = string, cpu = optional(number, 1) })".into(),
            default: Some("null".into()),
        };
        assert_eq!(blocks("variable", text), [block]);
    }
}
