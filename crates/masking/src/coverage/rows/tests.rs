use super::*;
use crate::schema::{Column, Engine, Kind};

fn column(name: &str, nullable: bool) -> Column {
    Column {
        name: name.to_owned(),
        type_name: "bigint".to_owned(),
        kind: Kind::Integer,
        array: false,
        nullable,
        max_length: None,
        generated: false,
        labels: Vec::new(),
        case_insensitive: false,
        narrow_charset: false,
    }
}

/// `name: key key, column, column?`: the primary key, then other columns; `?` may be NULL.
fn table(spec: &str) -> Table {
    let (name, rest) = spec.split_once(": ").unwrap();
    let (key, columns) = rest.split_once(", ").unwrap_or((rest, ""));
    let primary_key: Vec<_> = key.split_whitespace().map(str::to_owned).collect();
    let others = columns.split(", ").filter(|column| !column.is_empty());
    let others = others.map(|name| column(name.trim_end_matches('?'), name.ends_with('?')));
    Table {
        name: TableName::new("shop", name),
        kind: TableKind::Base,
        parent: None,
        columns: primary_key
            .iter()
            .map(|name| column(name, false))
            .chain(others)
            .collect(),
        primary_key,
        uniques: Vec::new(),
        partition_key: Vec::new(),
        rows: 0,
        dependents: Vec::new(),
    }
}

/// `orders(customer_id) customers(id)`.
fn foreign_key(spec: &str) -> ForeignKey {
    let side = |text: &str| {
        let (table, columns) = text.trim_end_matches(')').split_once('(').unwrap();
        let columns: Vec<_> = columns.split(',').map(str::to_owned).collect();
        (TableName::new("shop", table), columns)
    };
    let (from, to) = spec.split_once(' ').unwrap();
    let ((table, columns), (to, to_columns)) = (side(from), side(to));
    let name = format!("{}_fk", columns.join("_"));
    ForeignKey {
        name,
        table,
        columns,
        to,
        to_columns,
    }
}

fn schema(engine: Engine, tables: &[&str], keys: &[&str]) -> Schema {
    Schema {
        engine,
        tables: tables.iter().map(|spec| table(spec)).collect(),
        foreign_keys: keys.iter().map(|spec| foreign_key(spec)).collect(),
        large_objects: 0,
    }
}

/// What happens to the rows of each table, and the statements before it.
fn told(rules: &str, schema: &Schema) -> String {
    let rules = Rules::parse("shop.toml", rules).unwrap();
    match crate::coverage(&rules, schema) {
        Err(refused) => refused.to_string(),
        Ok(classified) => {
            let tables = classified.tables.iter().map(|table| {
                let filter = table.filter.as_deref().unwrap_or("all");
                let rows = if table.emptied { "none" } else { filter };
                format!("{}: {rows}", table.name.table)
            });
            classified
                .notes
                .iter()
                .cloned()
                .chain(tables)
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

const SHOP: &[&str] = &[
    "customers: id, created",
    "orders: id, customer_id, coupon_id?",
    "lines: order_id number",
    "returns: id, order_id?, line?",
    "plans: id",
    "coupons: id",
];
const KEYS: &[&str] = &[
    "orders(customer_id) customers(id)",
    "orders(coupon_id) coupons(id)",
    "lines(order_id) orders(id)",
    "returns(order_id,line) lines(order_id,number)",
];

#[test]
fn what_refers_to_rows_that_go_goes_too() {
    let rules = "[tables.customers]\nrows = { where = \"created > 7\" }\n[tables.coupons]\nrows = { where = \"id > 9\" }";
    insta::assert_snapshot!("postgres", told(rules, &schema(Engine::Postgres, SHOP, KEYS)));
    insta::assert_snapshot!("mysql", told(rules, &schema(Engine::Mysql, SHOP, KEYS)));
}

#[test]
fn a_table_that_is_referred_to_is_emptied_only_with_those_that_refer_to_it() {
    let schema = schema(Engine::Postgres, SHOP, KEYS);
    let refused = told("[tables.coupons]\nrows = \"none\"", &schema);
    assert!(
        refused.contains(
            "shop.toml:2: `shop.coupons` cannot be emptied: `shop.orders` refers to it (coupon_id_fk)"
        ),
        "{refused}"
    );
    // A column that may be NULL lets its row stay; one that may not takes it along, and so on.
    let cascade = "[tables.coupons]\nrows = { none = \"cascade\" }";
    assert!(told(cascade, &schema).contains("orders: EXISTS"));
    let customers = told("[tables.customers]\nrows = { none = \"cascade\" }", &schema);
    let (notes, customers) = customers.split_at(customers.find("customers: none").unwrap());
    assert!(
        notes.contains("\"returns\" WHERE (\"order_id\" IS NULL OR \"line\" IS NULL)"),
        "{notes}"
    );
    assert_eq!(
        customers,
        "customers: none\norders: none\nlines: none\nreturns: EXISTS (SELECT 1 FROM doppel_rows.kept_1 WHERE doppel_k1 = \"id\")\nplans: all\ncoupons: all"
    );
    // Who masks the reference away refers to nothing.
    let cut = "[tables.coupons]\nrows = \"none\"\n[tables.orders]\ncoupon_id = \"null\"";
    assert_eq!(
        told(cut, &schema),
        "customers: all\norders: all\nlines: all\nreturns: all\nplans: all\ncoupons: none"
    );
}

#[test]
fn a_tables_rows_may_refer_to_each_other() {
    let tables = ["people: id, boss_id?, city"];
    let keys = ["people(boss_id) people(id)"];
    let rules = "[tables.people]\nrows = { where = \"city = 1\" }";
    insta::assert_snapshot!(
        "self_postgres",
        told(rules, &schema(Engine::Postgres, &tables, &keys))
    );
    insta::assert_snapshot!("self_mysql", told(rules, &schema(Engine::Mysql, &tables, &keys)));
}

#[test]
fn a_circle_is_refused_with_the_way_out() {
    let tables = ["users: id, team_id", "teams: id, owner_id?"];
    let keys = ["users(team_id) teams(id)", "teams(owner_id) users(id)"];
    let schema = schema(Engine::Postgres, &tables, &keys);
    let some = "[tables.users]\nrows = { where = \"id < 100\" }";
    insta::assert_snapshot!(told(some, &schema));
    let broken = format!("{some}\n[tables.teams]\nowner_id = \"null\"");
    assert!(
        told(&broken, &schema).contains("teams: all"),
        "a circle that is cut is none"
    );
    let emptied = "[tables.users]\nrows = { none = \"cascade\" }\n[tables.teams]\nrows = \"none\"";
    assert_eq!(told(emptied, &schema), "users: none\nteams: none");
}

#[test]
fn rows_that_others_must_find_need_a_primary_key() {
    let mut schema = schema(Engine::Postgres, SHOP, KEYS);
    schema.tables[0].primary_key.clear();
    let refused = told("[tables.customers]\nrows = { where = \"created > 7\" }", &schema);
    assert!(
        refused.contains("shop.toml:2: only some rows of `shop.customers` stay"),
        "{refused}"
    );
}

#[test]
fn partitions_follow_their_table() {
    let mut schema = schema(Engine::Postgres, SHOP, KEYS);
    schema.tables[0].kind = TableKind::Partitioned;
    let mut partition = table("customers_2026: id, created");
    partition.parent = Some(schema.tables[0].name.clone());
    schema.tables.push(partition);
    let all = told("[tables.customers]\nrows = { where = \"created > 7\" }", &schema);
    assert!(
        all.contains("FROM \"shop\".\"customers\" WHERE (created > 7)"),
        "{all}"
    );
    assert!(
        all.contains("customers_2026: EXISTS (SELECT 1 FROM doppel_rows.kept_1 WHERE doppel_k1 = \"id\")"),
        "{all}"
    );
    let one =
        "[tables.customers]\nrows = { where = \"created > 7\" }\n[tables.customers_2026]\nrows = \"none\"";
    assert!(told(one, &schema).contains("give all partitions the same `rows`"));
}
