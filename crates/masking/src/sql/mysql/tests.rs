//! What each transform is in MySQL's words.

use super::super::Place;
use super::*;
use crate::coverage::ColumnTreatment;

fn say(
    transform: Transform,
    kind: Kind,
    type_name: &str,
    limit: Option<usize>,
    unique: bool,
) -> Option<String> {
    let column = Column {
        name: "a`b".to_owned(),
        type_name: type_name.to_owned(),
        kind,
        array: false,
        nullable: true,
        max_length: limit,
        generated: false,
        labels: Vec::new(),
        case_insensitive: false,
        narrow_charset: false,
    };
    let treatment = ColumnTreatment {
        column: "a`b".to_owned(),
        transform,
        group: "g".to_owned(),
        linked: false,
        fold: false,
        unique,
        apart: unique,
        room: limit,
    };
    let place = Place {
        column: &column,
        treatment: &treatment,
        row_id: Some("id"),
        tag: "xyz".to_owned(),
    };
    expression(&place)
}

#[test]
fn a_unique_text_is_told_apart_by_the_rows_own_number_and_refused_without_room() {
    let email = |limit| say(Transform::Email, Kind::Text, "varchar", Some(limit), true);
    insta::assert_snapshot!(email(80).unwrap());
    assert_eq!(email(35), None);
    assert_eq!(say(Transform::Phone, Kind::Text, "varchar", Some(20), true), None);
}

#[test]
fn a_common_format_is_made_at_once_and_any_other_place_by_place() {
    let said = say(Transform::Postcode, Kind::Text, "varchar(2)", Some(2), false).unwrap();
    insta::assert_snapshot!(said);
    assert_eq!(
        say(Transform::Phone, Kind::Text, "text", Some(65_535), false),
        None
    );
}

#[test]
fn a_bucket_is_below_the_number_and_a_birthday_another_day_of_the_year() {
    let bucket = |type_name| say(Transform::Bucket(10), Kind::Integer, type_name, None, false).unwrap();
    assert_eq!(bucket("int(10) unsigned"), "`a``b` - `a``b` % 10");
    assert_eq!(
        bucket("tinyint(4)"),
        "`a``b` - `a``b` % 10 - IF(`a``b` % 10 < 0 AND `a``b` > -63, 10, 0)"
    );
    let birthday = say(Transform::Birthday, Kind::Date, "date", None, false).unwrap();
    assert!(
        birthday.contains("% 365 + 1 - DAYOFYEAR(`a``b`) DAY"),
        "{birthday}"
    );
}

#[test]
fn a_date_moves_inwards_at_the_ends_of_its_range_and_zeros_stay() {
    let shift = |type_name, days| {
        say(
            Transform::Date { shift_days: days },
            Kind::Timestamp,
            type_name,
            None,
            false,
        )
    };
    insta::assert_snapshot!(shift("datetime(6)", 30).unwrap());
    assert_eq!(
        shift("timestamp", 36_500),
        None,
        "that could leave a timestamp's range"
    );
}

#[test]
fn a_number_never_leaves_the_range_of_its_type() {
    let noise = |type_name| {
        say(
            Transform::Noise { percent: 10 },
            Kind::Integer,
            type_name,
            None,
            false,
        )
    };
    insta::assert_snapshot!(noise("int(11) unsigned").unwrap());
    assert_eq!(noise("year(4)"), None);
    assert_eq!(inner("decimal(12,2)"), "4000000000");
}

fn inner(type_name: &str) -> String {
    let said = say(
        Transform::Noise { percent: 10 },
        Kind::Number,
        type_name,
        None,
        false,
    )
    .unwrap();
    let after = said.split("-").nth(1).unwrap();
    after.split(' ').next().unwrap().to_owned()
}

#[test]
fn words_are_quoted_and_cut_to_the_column() {
    let constant = say(
        Transform::Constant("it's \\".to_owned()),
        Kind::Text,
        "text",
        None,
        false,
    );
    assert_eq!(constant.unwrap(), "IF(`a``b` IS NULL, NULL, 'it''s \\\\')");
    let city = say(
        Transform::City(Locale::Ja),
        Kind::Text,
        "varchar(2)",
        Some(2),
        false,
    )
    .unwrap();
    assert!(city.contains("THEN LEFT(ELT(1 + FLOOR(RAND() * "), "{city}");
}
