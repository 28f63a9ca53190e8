//! How a file of traps reads:
//!
//! ```sql
//! -- # What the trap is
//! --| [tables.people]                        the rules
//! --| email = "email"
//! --> 10: SELECT count(*) FROM people        what a query answers afterwards
//! --= SELECT count(*) FROM people            what a query answers before and afterwards
//! --! people email                           it must be refused, naming these
//! --? people email                           it may be refused, naming these
//! CREATE TABLE people …                      the trap itself
//! ```
//! A trap without `--!` and `--?` must be survived.

/// What must become of a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The run succeeds, and everything is right.
    Survived,
    /// Either.
    SurvivedOrRefused,
    /// The run is refused before the first write.
    Refused,
}

/// A query, and its one answer; without, the answer is what it was before.
#[derive(Clone, Debug)]
pub struct Claim {
    pub sql: String,
    pub expected: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Trap {
    pub name: String,
    pub rules: String,
    pub sql: String,
    pub claims: Vec<Claim>,
    pub fate: Fate,
    /// The words that a refusal must hold.
    pub named: Vec<String>,
}

impl Trap {
    fn new(name: &str) -> Self {
        Self {
            name: name.trim().to_owned(),
            rules: String::new(),
            sql: String::new(),
            claims: Vec::new(),
            fate: Fate::Survived,
            named: Vec::new(),
        }
    }

    /// All of these in one database.
    pub fn all(traps: &[Self]) -> Self {
        let mut all = Self::new("all together");
        // What stands above the sections belongs above all of them.
        let mut sections = String::new();
        for trap in traps {
            let (head, tail) = trap.rules.split_at(sections_of(&trap.rules));
            all.rules.push_str(head);
            sections.push_str(tail);
            all.sql.push_str(&trap.sql);
            all.claims.extend(trap.claims.iter().cloned());
        }
        all.rules.push_str(&sections);
        all
    }

    /// The same, with every masked column consistent in a group of its own.
    pub fn consistent(&self) -> Self {
        let linked = |(at, line): (usize, &str)| match line.split_once(" = \"") {
            Some((column, transform))
                if !column.contains('{')
                    && !matches!(transform, "keep\"" | "null\"" | "none\"" | "drop\"") =>
            {
                format!(
                    "{column} = {{ mask = \"{transform}, same = \"{} {at}\" }}\n",
                    self.name
                )
            }
            _ => format!("{line}\n"),
        };
        Self {
            name: format!("{}, consistent", self.name),
            rules: self.rules.lines().enumerate().map(linked).collect(),
            ..self.clone()
        }
    }

    fn line(&mut self, line: &str) {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        match line.get(..3) {
            Some("--|") => self.rules.push_str(&format!("{}\n", line[3..].trim())),
            Some("-->") => {
                let (expected, sql) = line[3..].split_once(": ").unwrap();
                self.claims.push(Claim {
                    sql: sql.trim().to_owned(),
                    expected: Some(expected.trim().to_owned()),
                });
            }
            Some("--=") => self.claims.push(Claim {
                sql: line[3..].trim().to_owned(),
                expected: None,
            }),
            Some("--!") => (self.fate, self.named) = (Fate::Refused, words(&line[3..])),
            Some("--?") => (self.fate, self.named) = (Fate::SurvivedOrRefused, words(&line[3..])),
            _ => self.sql.push_str(&format!("{line}\n")),
        }
    }
}

/// Where the first section of some rules begins.
fn sections_of(rules: &str) -> usize {
    if rules.starts_with('[') {
        0
    } else {
        rules.find("\n[").map_or(rules.len(), |at| at + 1)
    }
}

/// Every trap of a file.
pub fn read(text: &str) -> Vec<Trap> {
    let mut traps: Vec<Trap> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("-- #"), traps.last_mut()) {
            (Some(name), _) => traps.push(Trap::new(name)),
            (None, Some(trap)) => trap.line(line),
            (None, None) => {}
        }
    }
    traps
}
