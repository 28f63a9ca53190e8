//! A table's definition, taken apart: what must be there before the rows, what is cheaper after them.

/// `SHOW CREATE TABLE`, its parts word for word as the server wrote them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// Columns, checks, the primary key and whatever key the table cannot be without.
    core: Vec<String>,
    /// Secondary indexes.
    indexes: Vec<String>,
    /// Full-text indexes: InnoDB makes one at a time.
    fulltext: Vec<String>,
    foreign_keys: Vec<String>,
    /// What follows the closing parenthesis: engine, counter, character set, comment, partitions.
    options: String,
}

impl Definition {
    /// Reads what `SHOW CREATE TABLE` says; none if it is no such text.
    pub(super) fn parse(create: &str) -> Option<Self> {
        let (elements, options) = split(create)?;
        let mut definition = Self {
            core: Vec::new(),
            indexes: Vec::new(),
            fulltext: Vec::new(),
            foreign_keys: Vec::new(),
            options: options.trim().to_owned(),
        };
        for element in elements {
            let place = match element.split_whitespace().next()? {
                "UNIQUE" | "KEY" | "INDEX" | "SPATIAL" => &mut definition.indexes,
                "FULLTEXT" => &mut definition.fulltext,
                "CONSTRAINT" if is_foreign_key(element) => &mut definition.foreign_keys,
                _ => &mut definition.core,
            };
            place.push(element.to_owned());
        }
        definition.keep_needed_keys();
        Some(definition)
    }

    /// A column that counts must have a key at all times; a table without primary key is stored in the order of its
    /// first unique key, and adding that later would write the table anew.
    fn keep_needed_keys(&mut self) {
        let has_primary = self.core.iter().any(|element| element.starts_with("PRIMARY KEY"));
        let has_leading = self.leads_a_key();
        let mut needed = Vec::new();
        for (at, index) in self.indexes.iter().enumerate() {
            let parts = key_parts(index);
            let is_first_clustered = !has_primary
                && !needed
                    .iter()
                    .any(|at: &usize| self.indexes[*at].starts_with("UNIQUE"))
                && index.starts_with("UNIQUE")
                && parts.iter().all(|part| self.is_not_null(part));
            let counts = parts.first().is_some_and(|part| self.counts(part));
            // MyISAM and Aria also count within what stands before the column in a key.
            let counts_within = !has_leading && parts.iter().any(|part| self.counts(part));
            if is_first_clustered || counts || counts_within {
                needed.push(at);
            }
        }
        for at in needed.into_iter().rev() {
            let index = self.indexes.remove(at);
            self.core.push(index);
        }
    }

    /// Whether a key begins with the column that counts.
    fn leads_a_key(&self) -> bool {
        let keys = self.core.iter().filter(|element| is_key(element));
        keys.chain(&self.indexes)
            .any(|key| key_parts(key).first().is_some_and(|part| self.counts(part)))
    }

    fn column(&self, quoted: &str) -> Option<&str> {
        let found = self.core.iter().find(|element| element.starts_with(quoted))?;
        Some(found.as_str())
    }

    fn is_not_null(&self, part: &str) -> bool {
        self.column(part)
            .is_some_and(|column| bare(column).contains(" NOT NULL"))
    }

    fn counts(&self, part: &str) -> bool {
        let (end, _) = unquoted(part).next().unwrap_or((part.len(), 0));
        self.column(&part[..end])
            .is_some_and(|column| bare(column).contains(" AUTO_INCREMENT"))
    }

    /// The statement that makes the table without its secondary indexes and foreign keys, under another name.
    pub(super) fn create(&self, name: &str) -> String {
        format!(
            "CREATE TABLE {name} ({})\n{}",
            self.core.join(",\n"),
            self.options
        )
    }

    /// The statement that makes a temporary table with the same columns, checks and unique keys.
    pub(super) fn create_temporary(&self, name: &str) -> String {
        let unique = self.indexes.iter().filter(|index| index.starts_with("UNIQUE"));
        let mut elements: Vec<_> = self.core.iter().chain(unique).map(String::as_str).collect();
        // InnoDB wants a column that counts at the beginning of a key; MyISAM and Aria do not.
        let counter = self.core.iter().find_map(|element| {
            let name = quoted_name(element)?;
            self.counts(name).then(|| format!("KEY ({name})"))
        });
        elements.extend(counter.as_deref().filter(|_| !self.leads_a_key()));
        // Of the options only those that say what the columns leave unsaid.
        let character_set = bare(&self.options)
            .split_whitespace()
            .filter(|word| word.starts_with("CHARSET=") || word.starts_with("COLLATE="))
            .collect::<Vec<_>>()
            .join(" ");
        format!(
            "CREATE TEMPORARY TABLE {name} ({}) ENGINE=InnoDB {character_set}",
            elements.join(",\n")
        )
    }

    /// The statements that add the secondary indexes: one for all, and one more for each further full-text index.
    pub(super) fn add_indexes(&self, name: &str) -> Vec<String> {
        let (first, more) = match self.fulltext.split_first() {
            Some((first, more)) => (Some(first), more),
            None => (None, Default::default()),
        };
        let together: Vec<_> = self
            .indexes
            .iter()
            .chain(first)
            .map(|index| format!("ADD {index}"))
            .collect();
        let mut statements = Vec::new();
        if !together.is_empty() {
            statements.push(format!("ALTER TABLE {name} {}", together.join(", ")));
        }
        statements.extend(more.iter().map(|index| format!("ALTER TABLE {name} ADD {index}")));
        statements
    }

    /// The statement that adds the foreign keys, if there are any.
    pub(super) fn add_foreign_keys(&self, name: &str) -> Option<String> {
        let added: Vec<_> = self.foreign_keys.iter().map(|key| format!("ADD {key}")).collect();
        (!added.is_empty()).then(|| format!("ALTER TABLE {name} {}", added.join(", ")))
    }

    /// Whether one of its columns is counted up by the server.
    pub(super) fn has_counter(&self) -> bool {
        self.core
            .iter()
            .any(|element| bare(element).contains(" AUTO_INCREMENT"))
    }
}

fn is_key(element: &str) -> bool {
    ["PRIMARY KEY", "UNIQUE KEY", "KEY"]
        .iter()
        .any(|word| element.starts_with(word))
}

/// The column that an element describes, in its quotes.
fn quoted_name(element: &str) -> Option<&str> {
    let (end, _) = unquoted(element).next()?;
    element.starts_with('`').then(|| &element[..end])
}

fn is_foreign_key(element: &str) -> bool {
    bare(element).contains(" FOREIGN KEY ")
}

/// The elements between the parentheses, and what follows them.
fn split(create: &str) -> Option<(Vec<&str>, &str)> {
    let (mut depth, mut start, mut elements) = (0, 0, Vec::new());
    for (at, byte) in unquoted(create) {
        match byte {
            b'(' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            b',' if depth == 1 => {
                elements.push(create[start..at].trim());
                start = at + 1;
            }
            b')' => {
                depth -= 1;
                if depth == 0 {
                    elements.push(create[start..at].trim());
                    return Some((elements, &create[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// The bytes of a statement that stand in no quotes.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut quote, mut escaped) = (None, false);
    text.bytes().enumerate().filter(move |(_, byte)| {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(b'\'' | b'"') if *byte == b'\\' => escaped = true,
            Some(open) if open == *byte => quote = None,
            Some(_) => {}
            None if matches!(byte, b'\'' | b'"' | b'`') => quote = Some(*byte),
            None => return true,
        }
        false
    })
}

/// A statement without what stands in quotes.
fn bare(text: &str) -> String {
    let bytes = unquoted(text).map(|(_, byte)| byte).collect();
    String::from_utf8(bytes).unwrap_or_default()
}

/// The parts of a key: columns in their quotes, with a length or an order where they have one, or expressions.
fn key_parts(index: &str) -> Vec<&str> {
    split(index).map(|(parts, _)| parts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "CREATE TABLE `odd(name` (\n  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT COMMENT 'a, b) \\' KEY it''s',\n  \
        `kind` enum('a,(','b') DEFAULT 'a,(',\n  `low` varchar(9) GENERATED ALWAYS AS (lower(`kind`)) VIRTUAL,\n  PRIMARY KEY (`id`),\n  \
        UNIQUE KEY `u` (`kind`,`low`),\n  KEY `k` (`low`(3) DESC) COMMENT 'x, y',\n  FULLTEXT KEY `f` (`kind`),\n  FULLTEXT KEY `g` (`low`),\n  \
        CONSTRAINT `fk` FOREIGN KEY (`id`) REFERENCES `other` (`id`) ON DELETE CASCADE,\n  CONSTRAINT `c` CHECK (`id` > 0)\n\
        ) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=latin1 COLLATE=latin1_bin COMMENT='CHARSET=no'\n PARTITION BY HASH (`id`)\nPARTITIONS 2";

    #[test]
    fn a_definition_is_taken_apart_word_for_word() {
        let definition = Definition::parse(SHOWN).unwrap();
        insta::assert_snapshot!(definition.create("new"), @r"
        CREATE TABLE new (`id` bigint(20) unsigned NOT NULL AUTO_INCREMENT COMMENT 'a, b) \' KEY it''s',
        `kind` enum('a,(','b') DEFAULT 'a,(',
        `low` varchar(9) GENERATED ALWAYS AS (lower(`kind`)) VIRTUAL,
        PRIMARY KEY (`id`),
        CONSTRAINT `c` CHECK (`id` > 0))
        ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=latin1 COLLATE=latin1_bin COMMENT='CHARSET=no'
         PARTITION BY HASH (`id`)
        PARTITIONS 2
        ");
        insta::assert_snapshot!(definition.add_indexes("new").join("\n"), @r"
        ALTER TABLE new ADD UNIQUE KEY `u` (`kind`,`low`), ADD KEY `k` (`low`(3) DESC) COMMENT 'x, y', ADD FULLTEXT KEY `f` (`kind`)
        ALTER TABLE new ADD FULLTEXT KEY `g` (`low`)
        ");
        assert_eq!(
            definition.add_foreign_keys("new").as_deref(),
            Some(
                "ALTER TABLE new ADD CONSTRAINT `fk` FOREIGN KEY (`id`) REFERENCES `other` (`id`) ON DELETE CASCADE"
            )
        );
        assert!(
            definition
                .create_temporary("t")
                .ends_with("UNIQUE KEY `u` (`kind`,`low`)) ENGINE=InnoDB CHARSET=latin1 COLLATE=latin1_bin")
        );
    }

    #[test]
    fn a_key_that_the_table_cannot_be_without_is_there_from_the_start() {
        let create = "CREATE TABLE `t` (\n  `n` int NOT NULL AUTO_INCREMENT,\n  `code` char(2) NOT NULL,\n  `name` char(2) DEFAULT NULL,\n  \
            UNIQUE KEY `name` (`name`),\n  UNIQUE KEY `code` (`code`),\n  UNIQUE KEY `two` (`code`,`n`),\n  KEY `n` (`n`),\n  KEY `m` (`code`)\n) ENGINE=InnoDB";
        let definition = Definition::parse(create).unwrap();
        assert_eq!(
            definition.add_indexes("t"),
            [
                "ALTER TABLE t ADD UNIQUE KEY `name` (`name`), ADD UNIQUE KEY `two` (`code`,`n`), ADD KEY `m` (`code`)"
            ]
        );
        assert!(definition.has_counter());
    }

    #[test]
    fn a_column_that_counts_within_another_keeps_its_key_and_is_given_one_for_the_rehearsal() {
        let create = "CREATE TABLE `t` (\n  `kind` char(2) NOT NULL,\n  `n` int NOT NULL AUTO_INCREMENT,\n  `name` char(9) DEFAULT NULL,\n  \
            KEY `by_name` (`name`(3)),\n  KEY `by_kind` (`kind`,`n` DESC)\n) ENGINE=MyISAM";
        let definition = Definition::parse(create).unwrap();
        assert_eq!(
            definition.add_indexes("t"),
            ["ALTER TABLE t ADD KEY `by_name` (`name`(3))"]
        );
        let temporary = definition.create_temporary("t");
        assert!(temporary.contains("KEY (`n`)) ENGINE=InnoDB"), "{temporary}");
    }
}
