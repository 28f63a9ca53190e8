//! What masking needs to know of a database's schema. The worker builds it from each engine's catalogue.

use std::fmt;

/// The database engine that a schema comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL, Aurora PostgreSQL.
    Postgres,
    /// MySQL, Aurora MySQL, MariaDB. A schema is what MySQL calls a database.
    Mysql,
}

/// All tables of a database that can hold rows, in every schema that is not the engine's own.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The engine.
    pub engine: Engine,
    /// Its tables, in the order of their names.
    pub tables: Vec<Table>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Large objects (PostgreSQL) that belong to no column.
    pub large_objects: u64,
}

impl Schema {
    /// The table of that name.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }
}

/// `schema.table`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The schema; in MySQL the database.
    pub schema: String,
    /// The table.
    pub table: String,
}

impl TableName {
    /// Both parts, as the catalogue spells them.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            table: table.into(),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

/// One table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// What it is.
    pub kind: TableKind,
    /// The table that it is a partition or an inheriting child of: rules for the parent hold for it too.
    pub parent: Option<TableName>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The primary key's columns; empty without one.
    pub primary_key: Vec<String>,
    /// Unique constraints and indexes, the primary key among them.
    pub uniques: Vec<Unique>,
    /// Columns that the partition of a row is chosen by.
    pub partition_key: Vec<String>,
    /// Rows, as the catalogue estimates them.
    pub rows: u64,
    /// What hangs on it and forbids a method of masking.
    pub dependents: Vec<Dependent>,
}

/// Something that hangs on a table, or on one of its columns, and forbids a method of masking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependent {
    /// What it is, in words: `view public.active_users`.
    pub what: String,
    /// The column that it hangs on; none where it hangs on the table as a whole.
    pub column: Option<String>,
    /// What it forbids.
    pub forbids: Forbids,
}

/// What a [`Dependent`] forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbids {
    /// Changing the column in place (`ALTER TABLE … ALTER COLUMN … USING`).
    Alter,
    /// Putting a new table in the place of the old one.
    Swap,
    /// Both.
    Both,
}

impl Table {
    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether the column's values are kept unique, by themselves or together with others.
    #[must_use]
    pub fn is_unique(&self, column: &str) -> bool {
        self.uniques
            .iter()
            .any(|unique| unique.columns.iter().any(|c| c == column))
    }
}

/// What kind of relation a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Holds rows of its own.
    Base,
    /// A PostgreSQL partitioned table: its partitions hold the rows.
    Partitioned,
    /// A foreign table: its rows lie in another database.
    Foreign,
    /// MariaDB's system-versioned table: past rows cannot be rewritten.
    Versioned,
}

/// A unique constraint or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// Its name.
    pub name: String,
    /// The columns that it is over, also those inside an expression such as `lower(email)`.
    pub columns: Vec<String>,
}

/// A foreign key: `columns` of `table` refer to `to_columns` of `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The referring table.
    pub table: TableName,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub to: TableName,
    /// The columns referred to, in the same order.
    pub to_columns: Vec<String>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the engine writes it, for messages.
    pub type_name: String,
    /// What its values are; an array's elements, a domain's base type.
    pub kind: Kind,
    /// Whether it is an array of `kind`.
    pub array: bool,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// The longest value in characters (bytes for [`Kind::Bytes`]), where the type limits it.
    pub max_length: Option<usize>,
    /// Computed by the database from other columns.
    pub generated: bool,
    /// An enum's labels.
    pub labels: Vec<String>,
    /// Compares without regard to case: citext, or a `_ci` collation.
    pub case_insensitive: bool,
    /// Its character set cannot hold Japanese.
    pub narrow_charset: bool,
}

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// Any other number, money too.
    Number,
    /// True or false; bits.
    Bool,
    /// One of a fixed list of words (MySQL's SET: some of them).
    Enum,
    /// A date.
    Date,
    /// A date and time.
    Timestamp,
    /// A time of day.
    Time,
    /// json, jsonb.
    Json,
    /// A UUID.
    Uuid,
    /// An IP address or network.
    Inet,
    /// Bytes.
    Bytes,
    /// A search vector: words of some text.
    TsVector,
    /// pgvector's `vector` or `halfvec`.
    Vector,
    /// hstore: keys and values of text.
    Hstore,
    /// A range or multirange of numbers or times.
    Range,
    /// xml.
    Xml,
    /// Anything else: it can only be kept, emptied or set to a constant.
    Other,
}

impl Kind {
    /// Whether a column of this kind may stay unnamed in the rules: it cannot hold text, dates, JSON, bytes or
    /// addresses. Arrays must be named whatever they hold.
    #[must_use]
    pub fn may_stay_unnamed(self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Number | Self::Bool | Self::Enum | Self::Uuid
        )
    }
}
