//! Types come back right, and go in as the Data API's driver sends them.

use aws_sdk_rdsdata::primitives::Blob;
use aws_sdk_rdsdata::types::{
    ArrayValue, DecimalReturnType, Field, LongReturnType, RecordsFormatType, ResultSetOptions, TypeHint,
};
use local_aws::engine::EngineKind;

use crate::support::{World, hinted, parameter};

fn text(text: &str) -> Field {
    Field::StringValue(text.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresqls_types_come_back_right() {
    let world = World::start(EngineKind::Postgres).await;
    world.runs("CREATE TYPE mood AS ENUM ('calm', 'cross')").await;
    let numbers = |numbers: &[i64]| {
        Field::ArrayValue(ArrayValue::LongValues(
            numbers.iter().copied().map(Some).collect(),
        ))
    };
    let texts = |texts: &[&str]| {
        Field::ArrayValue(ArrayValue::StringValues(
            texts.iter().map(|text| Some((*text).to_owned())).collect(),
        ))
    };
    for (sql, expected) in [
        ("7::smallint", Field::LongValue(7)),
        ("(-2147483648)::int", Field::LongValue(-2_147_483_648)),
        ("9223372036854775807::bigint", Field::LongValue(i64::MAX)),
        ("0.1::real", Field::DoubleValue(0.1)),
        ("1e300::float8", Field::DoubleValue(1e300)),
        ("true", Field::BooleanValue(true)),
        ("NULL::int", Field::IsNull(true)),
        ("0.00::numeric", text("0.00")),
        (
            "(-12345678901234567890.0123400)::numeric",
            text("-12345678901234567890.0123400"),
        ),
        ("1000000::numeric", text("1000000")),
        ("0.0001::numeric(8,4)", text("0.0001")),
        ("1e-20::numeric", text("0.00000000000000000001")),
        ("'NaN'::numeric", text("NaN")),
        ("'héllo'::text", text("héllo")),
        ("'ab'::char(4)", text("ab  ")),
        ("'a'::varchar", text("a")),
        ("'{\"a\": [1, null]}'::jsonb", text("{\"a\": [1, null]}")),
        ("'{ \"a\":1}'::json", text("{ \"a\":1}")),
        ("'\\x00ff'::bytea", Field::BlobValue(Blob::new([0, 255]))),
        (
            "'6f1d3f0e-1d2c-4a5b-8c9d-0e1f2a3b4c5d'::uuid",
            text("6f1d3f0e-1d2c-4a5b-8c9d-0e1f2a3b4c5d"),
        ),
        ("'1969-07-20'::date", text("1969-07-20")),
        ("'23:59:59.5'::time", text("23:59:59.500")),
        ("'2026-02-28 12:00:00'::timestamp", text("2026-02-28 12:00:00")),
        (
            "'1999-12-31 23:59:59.123456'::timestamp",
            text("1999-12-31 23:59:59.123456"),
        ),
        (
            "'2026-02-28 12:00:00+09'::timestamptz",
            text("2026-02-28 03:00:00"),
        ),
        ("'10.0.0.1'::inet", text("10.0.0.1")),
        ("'10.0.0.0/8'::cidr", text("10.0.0.0/8")),
        ("'cross'::mood", text("cross")),
        ("ARRAY[1, 2, 3]", numbers(&[1, 2, 3])),
        ("ARRAY['a', 'b,c']", texts(&["a", "b,c"])),
        ("ARRAY[1.50, 2.25]::numeric[]", texts(&["1.50", "2.25"])),
        ("'{}'::text[]", texts(&[])),
        (
            "ARRAY[true, NULL]",
            Field::ArrayValue(ArrayValue::BooleanValues(vec![Some(true), None])),
        ),
        ("'NaN'::float8 = 'NaN'", Field::BooleanValue(true)),
        ("'-Infinity'::float8", Field::DoubleValue(f64::NEG_INFINITY)),
    ] {
        assert_eq!(
            world.row(&format!("SELECT {sql} AS value")).await,
            [expected],
            "{sql}"
        );
    }
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_that_the_data_api_does_not_return_is_refused_by_name() {
    let world = World::start(EngineKind::Postgres).await;
    for (sql, name) in [
        ("'1 day'::interval", "INTERVAL"),
        ("'12:00+02'::timetz", "TIMETZ"),
        ("point(1, 2)", "POINT"),
        ("12::money", "MONEY"),
        ("'pg_class'::regclass", "REGCLASS"),
        ("ARRAY[[1, 2], [3, 4]]", "_INT4"),
    ] {
        let refusal = world.refusal(world.statement(&format!("SELECT {sql}"))).await;
        let expected =
            format!("UnsupportedResultException: The result contains the unsupported data type {name}.");
        assert_eq!(refusal, expected, "{sql}");
    }
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mysqls_types_come_back_right() {
    let world = World::start(EngineKind::Mysql).await;
    world
        .runs(
            "CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, flag boolean, tiny tinyint, big bigint unsigned, price decimal(12,3), \
             ratio float, sum double, name varchar(20), body text, raw varbinary(10), pic blob, doc json, day date, at datetime(3), \
             stamp timestamp NULL, span time, gap int, kind enum('a', 'b'))",
        )
        .await;
    let made = world
        .runs(
            "INSERT INTO t (flag, tiny, big, price, ratio, sum, name, body, raw, pic, doc, day, at, stamp, span, kind) VALUES \
             (true, -5, 18446744073709551615, -1.250, 0.1, 1e300, 'héllo', 'long', x'00ff', x'ff00', '{\"a\": 1}', '1969-07-20', \
             '2026-02-28 12:00:00.250', '2026-02-28 12:00:00', '-25:00:01', 'b')",
        )
        .await;
    assert_eq!(
        (made.number_of_records_updated, made.records.is_none()),
        (1, true)
    );
    assert_eq!(
        made.generated_fields(),
        [Field::LongValue(1)],
        "the number that it was given"
    );
    let expected = [
        Field::LongValue(1),
        Field::BooleanValue(true),
        Field::LongValue(-5),
        text("18446744073709551615"),
        text("-1.250"),
        Field::DoubleValue(0.1),
        Field::DoubleValue(1e300),
        text("héllo"),
        text("long"),
        Field::BlobValue(Blob::new([0, 255])),
        Field::BlobValue(Blob::new([255, 0])),
        text("{\"a\": 1}"),
        text("1969-07-20"),
        text("2026-02-28 12:00:00.250"),
        text("2026-02-28 12:00:00"),
        text("-25:00:01"),
        Field::IsNull(true),
        text("b"),
    ];
    assert_eq!(world.row("SELECT * FROM t").await, expected);
    let by_parameter = world
        .statement("SELECT * FROM t WHERE id = :id AND name = :name")
        .parameters(parameter("id", Field::LongValue(1)))
        .parameters(parameter("name", text("héllo")));
    let found = by_parameter.send().await.unwrap();
    assert_eq!(
        found.records(),
        [expected.to_vec()],
        "a parameter changes no type"
    );
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_go_in_as_what_they_are() {
    let world = World::start(EngineKind::Postgres).await;
    world
        .runs("CREATE TABLE t (id int, ok boolean, sum float8, price numeric(10,2), name text, raw bytea, doc jsonb, day date, at timestamp, clock time, key uuid, nothing int)")
        .await;
    let insert = world
        .statement("INSERT INTO t VALUES (:id, :ok, :sum, :price, :name, :raw, :doc, :day, :at, :clock, :key, :nothing)")
        .parameters(parameter("id", Field::LongValue(7)))
        .parameters(parameter("ok", Field::BooleanValue(true)))
        .parameters(parameter("sum", Field::DoubleValue(0.1)))
        .parameters(hinted("price", "12.30", TypeHint::Decimal))
        .parameters(parameter("name", text("it's; \"quoted\" :id")))
        .parameters(parameter("raw", Field::BlobValue(Blob::new([0, 255]))))
        .parameters(hinted("doc", "{\"a\": 1}", TypeHint::Json))
        .parameters(hinted("day", "2026-02-28", TypeHint::Date))
        .parameters(hinted("at", "2026-02-28 12:00:00.5", TypeHint::Timestamp))
        .parameters(hinted("clock", "12:00:00", TypeHint::Time))
        .parameters(hinted("key", "6f1d3f0e-1d2c-4a5b-8c9d-0e1f2a3b4c5d", TypeHint::Uuid))
        .parameters(parameter("nothing", Field::IsNull(true)));
    assert_eq!(insert.send().await.unwrap().number_of_records_updated, 1);
    let row = world.row("SELECT * FROM t WHERE nothing IS NULL").await;
    assert_eq!(row[0], Field::LongValue(7));
    assert_eq!(row[3..5], [text("12.30"), text("it's; \"quoted\" :id")]);
    assert_eq!(row[7..9], [text("2026-02-28"), text("2026-02-28 12:00:00.500")]);

    let by_text = world
        .statement("SELECT 1 FROM t WHERE id = :id")
        .parameters(parameter("id", text("7")));
    let refusal = world.refusal(by_text).await;
    assert!(
        refusal.starts_with("DatabaseErrorException: ERROR: operator does not exist: integer = text; Hint: ")
            && refusal.ends_with("SQLState: 42883"),
        "a text is no number, as in AWS: {refusal}"
    );
    let bad_day = world
        .statement("SELECT :day::date")
        .parameters(hinted("day", "soon", TypeHint::Date));
    assert!(world.refusal(bad_day).await.contains("SQLState: 22007"));
    let missing = world
        .statement("SELECT :id, :other")
        .parameters(parameter("id", Field::LongValue(1)));
    assert_eq!(
        world.refusal(missing).await,
        "ValidationException: Cannot find parameter: other"
    );
    let list = Field::ArrayValue(ArrayValue::LongValues(vec![Some(1)]));
    let array = world.statement("SELECT :ids").parameters(parameter("ids", list));
    assert_eq!(
        world.refusal(array).await,
        "ValidationException: Array parameters are not supported."
    );
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_comes_with_metadata_as_json_or_in_other_numbers_if_it_is_asked_for() {
    let world = World::start(EngineKind::Postgres).await;
    let sql = "SELECT 1::bigint AS id, 1.50::numeric(6,2) AS price, 2::numeric AS whole, 'a'::varchar(9) AS name, NULL::date AS day";
    assert_eq!(world.runs(sql).await.column_metadata, None);
    let shown = world
        .statement(sql)
        .include_result_metadata(true)
        .send()
        .await
        .unwrap();
    let columns: Vec<_> = shown
        .column_metadata()
        .iter()
        .map(|column| {
            (
                column.label().unwrap(),
                column.type_name().unwrap(),
                column.r#type(),
                column.precision(),
                column.scale(),
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("id", "int8", -5, 19, 0),
            ("price", "numeric", 2, 6, 2),
            ("whole", "numeric", 2, 0, 0),
            ("name", "varchar", 12, 9, 0),
            ("day", "date", 91, 13, 0),
        ]
    );
    let options = ResultSetOptions::builder()
        .decimal_return_type(DecimalReturnType::DoubleOrLong)
        .long_return_type(LongReturnType::String)
        .build();
    let other = world
        .statement(sql)
        .result_set_options(options)
        .send()
        .await
        .unwrap();
    let expected = [
        text("1"),
        Field::DoubleValue(1.5),
        Field::LongValue(2),
        text("a"),
        Field::IsNull(true),
    ];
    assert_eq!(other.records(), [expected.to_vec()]);

    let json = |sql: &str| world.statement(sql).format_records_as(RecordsFormatType::Json);
    let told = json(sql).send().await.unwrap();
    assert_eq!(
        told.formatted_records(),
        Some(r#"[{"id":1,"price":1.50,"whole":2,"name":"a","day":null}]"#)
    );
    assert_eq!(told.records, None);
    let none = json("SELECT 1 AS a WHERE false").send().await.unwrap();
    assert_eq!(none.formatted_records(), Some("[]"));
    let twice = world.refusal(json("SELECT 1 AS a, 2 AS a")).await;
    assert!(twice.contains("several columns called a"), "{twice}");
    let written = json("CREATE TABLE t (id int)").send().await.unwrap();
    assert_eq!(written.formatted_records(), None, "only a query has records");
    world.aws.shutdown().await;
}
