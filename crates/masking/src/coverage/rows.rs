//! Which rows stay: the rules' `rows`, closed over foreign keys, so that no row is left that refers to one that went.
//!
//! A condition is asked once, before anything is looked at or masked: the keys of the rows that stay are noted in a table
//! of their own, and every filter looks there. So a condition may use `now()` or `random()`, and no filter ever reads a
//! value that is masked already.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::kept::{Kept, missing_key};
use crate::rules::{Problem, Rows, RowsRule, Rules};
use crate::schema::{ForeignKey, Schema, Table, TableKind, TableName};
use crate::sql::ident;
use crate::transform::Transform;

/// The tables that lose rows.
#[derive(Debug, Default)]
pub(super) struct Staying {
    pub(super) emptied: BTreeSet<TableName>,
    pub(super) filters: BTreeMap<TableName, String>,
    /// To be run in order before anything is masked.
    pub(super) statements: Vec<String>,
}

/// A table, or all partitions of one that follow the same rules.
struct Node<'a> {
    table: &'a Table,
    rule: Option<&'a RowsRule>,
    /// Foreign keys to other nodes.
    references: Vec<(&'a ForeignKey, usize)>,
    /// Foreign keys to itself.
    own: Vec<&'a ForeignKey>,
    /// The rule because of which it loses rows.
    because: Option<Range<usize>>,
    outcome: Option<Outcome>,
}

#[derive(Clone)]
enum Outcome {
    All,
    None,
    /// Without a key by which to note them.
    Where(String),
    Kept(Kept),
}

/// Which rows stay, by the rules and the foreign keys.
pub(super) fn staying(rules: &Rules, schema: &Schema, problems: &mut Vec<Problem>) -> Staying {
    let mut closure = Closure {
        rules,
        schema,
        nodes: nodes(rules, schema),
        problems,
        staying: Staying::default(),
        noted: 0,
    };
    closure.spread();
    let ours: Vec<_> = (0..closure.nodes.len())
        .map(|at| closure.settle(at, &mut Vec::new()))
        .collect();
    for table in &schema.tables {
        let Some(at) = node_of(&closure.nodes, table) else {
            continue;
        };
        match &ours[at] {
            Outcome::All => {}
            Outcome::None => {
                closure.staying.emptied.insert(table.name.clone());
            }
            Outcome::Where(condition) => {
                closure
                    .staying
                    .filters
                    .insert(table.name.clone(), condition.clone());
            }
            Outcome::Kept(kept) => {
                closure
                    .staying
                    .filters
                    .insert(table.name.clone(), kept.is_kept(schema.engine));
            }
        }
    }
    closure.staying
}

fn is_partition(schema: &Schema, table: &Table) -> bool {
    let parent = table.parent.as_ref().and_then(|parent| schema.table(parent));
    parent.is_some_and(|parent| parent.kind == TableKind::Partitioned)
}

/// The node that a table belongs to: its own, or that of the table that it is a partition of.
fn node_of(nodes: &[Node<'_>], table: &Table) -> Option<usize> {
    let of = |name: &TableName| nodes.iter().position(|node| node.table.name == *name);
    of(&table.name).or_else(|| table.parent.as_ref().and_then(of))
}

fn nodes<'a>(rules: &'a Rules, schema: &'a Schema) -> Vec<Node<'a>> {
    let apart = |table: &Table| {
        rules.table_rules(&table.name).any(|rule| rule.rows.is_some())
            || schema.foreign_keys.iter().any(|key| key.table == table.name)
    };
    let mut nodes: Vec<_> = schema
        .tables
        .iter()
        .filter(|table| table.kind != TableKind::Foreign && (!is_partition(schema, table) || apart(table)))
        .map(|table| Node {
            table,
            rule: rules.rows(table),
            references: Vec::new(),
            own: Vec::new(),
            because: None,
            outcome: None,
        })
        .collect();
    for key in schema
        .foreign_keys
        .iter()
        .filter(|key| !is_cut(rules, schema, key))
    {
        let Some(to) = schema.table(&key.to).and_then(|table| node_of(&nodes, table)) else {
            continue;
        };
        for (at, node) in nodes.iter_mut().enumerate() {
            let table = node.table;
            let follows = is_partition(schema, table) && table.parent.as_ref() == Some(&key.table);
            if at == to && table.name == key.table {
                node.own.push(key);
            } else if table.name == key.table || follows {
                node.references.push((key, to));
            }
        }
    }
    nodes
}

/// Whether the rules set a column of the key to NULL: then it refers to nothing afterwards.
fn is_cut(rules: &Rules, schema: &Schema, key: &ForeignKey) -> bool {
    schema.table(&key.table).is_some_and(|table| {
        let rule = |column: &String| rules.rule(table, column);
        key.columns
            .iter()
            .filter_map(rule)
            .any(|rule| rule.transform == Transform::Null)
    })
}

struct Closure<'a, 'p> {
    rules: &'a Rules,
    schema: &'a Schema,
    nodes: Vec<Node<'a>>,
    problems: &'p mut Vec<Problem>,
    staying: Staying,
    noted: usize,
}

impl Closure<'_, '_> {
    /// Finds every table that loses rows.
    fn spread(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &mut self.nodes[at];
            if let Some(rule) = node.rule.filter(|rule| rule.rows != Rows::All) {
                node.because = Some(rule.span.clone());
            }
        }
        self.refuse_dangling();
        loop {
            let reached = (0..self.nodes.len()).find_map(|at| {
                let node = &self.nodes[at];
                let from = |(_, to): &(_, usize)| self.nodes[*to].because.clone();
                let fresh = node.because.is_none() && !self.is_none(at);
                fresh.then(|| Some((at, node.references.iter().find_map(from)?)))?
            });
            let Some((at, because)) = reached else { break };
            self.nodes[at].because = Some(because);
        }
    }

    fn refuse_dangling(&mut self) {
        for at in (0..self.nodes.len())
            .filter(|at| !self.is_none(*at))
            .collect::<Vec<_>>()
        {
            for (key, to) in self.nodes[at].references.clone() {
                if self.nodes[to].rule.is_some_and(|rule| rule.rows == Rows::None) {
                    let message = format!(
                        "`{0}` cannot be emptied: `{1}` refers to it ({2}); empty that too, write \
                         `rows = {{ none = \"cascade\" }}` so that the rows that refer to it go with it, or mask the columns",
                        self.nodes[to].table.name, self.nodes[at].table.name, key.name
                    );
                    self.problem(to, message);
                }
            }
        }
    }

    fn is_none(&self, at: usize) -> bool {
        self.nodes[at].rule.is_some_and(|rule| rule.rows.empties())
    }

    fn problem(&mut self, at: usize, message: String) {
        let span = self.nodes[at].because.clone().unwrap_or_default();
        self.problems.push(self.rules.source.problem(&span, message));
    }

    /// What stays of a node, once that of all it refers to is known.
    fn settle(&mut self, at: usize, path: &mut Vec<usize>) -> Outcome {
        if let Some(outcome) = &self.nodes[at].outcome {
            return outcome.clone();
        }
        let outcome = if self.is_none(at) {
            Outcome::None
        } else if self.nodes[at].because.is_none() {
            Outcome::All
        } else if let Some(begin) = path.iter().position(|before| *before == at) {
            self.refuse_cycle(&path[begin..]);
            return Outcome::All;
        } else {
            path.push(at);
            let outcome = self.close(at, path);
            path.pop();
            outcome
        };
        self.nodes[at].outcome = Some(outcome.clone());
        outcome
    }

    fn refuse_cycle(&mut self, path: &[usize]) {
        let names: Vec<_> = path
            .iter()
            .map(|at| format!("`{}`", self.nodes[*at].table.name))
            .collect();
        self.problem(
            path[0],
            format!(
                "{} refer to each other in a circle, so which of their rows can stay cannot be said in one condition; \
                 keep all rows of them, empty them all, or break the circle: mask one of the referring columns with `null`",
                names.join(", ")
            ),
        );
    }

    fn close(&mut self, at: usize, path: &mut Vec<usize>) -> Outcome {
        let mut parts = Vec::new();
        if let Some(Rows::Where(condition)) = self.nodes[at].rule.map(|rule| &rule.rows) {
            if self.schema.engine == crate::schema::Engine::Mysql && condition.contains('#') {
                self.problem(at, "a condition holds no comments (`#`)".to_owned());
            }
            parts.push(format!("({condition})"));
        }
        for (key, to) in self.nodes[at].references.clone() {
            let stays = match self.settle(to, path) {
                Outcome::All | Outcome::Where(_) => continue,
                Outcome::None => None,
                Outcome::Kept(kept) => Some(kept.is_referred_to(self.schema.engine, key)),
            };
            match self.refers(at, key, stays) {
                Some(part) => parts.push(part),
                None => return Outcome::None,
            }
        }
        if parts.is_empty() {
            return Outcome::All;
        }
        let condition = parts.join(" AND ");
        // The answer is noted even where no row asks for it: the same rows must stay whenever somebody looks.
        if self.is_asked(at) || !(self.nodes[at].table.primary_key.is_empty() || self.is_split(at)) {
            self.note_keys(at, &condition)
        } else {
            Outcome::Where(condition)
        }
    }

    /// The row refers to nothing, or to something that stays; none where it must refer and nothing stays.
    fn refers(&self, at: usize, key: &ForeignKey, stays: Option<String>) -> Option<String> {
        let column = |name: &&String| self.nodes[at].table.column(name).is_some_and(|c| c.nullable);
        let mut ways: Vec<_> = key
            .columns
            .iter()
            .filter(column)
            .map(|name| format!("{} IS NULL", ident(self.schema.engine, name)))
            .collect();
        ways.extend(stays);
        (!ways.is_empty()).then(|| format!("({})", ways.join(" OR ")))
    }

    /// Whether other rows must know which of the node's rows stay.
    fn is_asked(&self, at: usize) -> bool {
        let by_others = self.nodes.iter().enumerate().any(|(from, node)| {
            from != at && !self.is_none(from) && node.references.iter().any(|(_, to)| *to == at)
        });
        by_others || !self.nodes[at].own.is_empty()
    }

    /// Whether a partition of the table goes its own way.
    fn is_split(&self, at: usize) -> bool {
        let table = self.nodes[at].table;
        self.nodes.iter().any(|node| {
            is_partition(self.schema, node.table) && node.table.parent.as_ref() == Some(&table.name)
        })
    }

    /// Notes the keys of the rows that stay.
    fn note_keys(&mut self, at: usize, condition: &str) -> Outcome {
        let (table, own) = (self.nodes[at].table, self.nodes[at].own.clone());
        if self.is_split(at) {
            let message = format!(
                "a partition of `{0}` has rows or references of its own, and other tables refer to `{0}`, which loses rows; \
                 give all partitions the same `rows`",
                table.name
            );
            self.problem(at, message);
            return Outcome::All;
        }
        if table.primary_key.is_empty() {
            self.problem(at, missing_key(&table.name));
            return Outcome::All;
        }
        let referred: Vec<_> = self
            .nodes
            .iter()
            .flat_map(|node| &node.references)
            .filter(|(_, to)| *to == at)
            .map(|(key, _)| *key)
            .collect();
        self.noted += 1;
        let kept = Kept::new(self.noted, table, &referred, &own);
        let statements = kept.statements(self.schema.engine, table, condition, &referred, &own);
        self.staying.statements.extend(statements);
        Outcome::Kept(kept)
    }
}

#[cfg(test)]
mod tests;
