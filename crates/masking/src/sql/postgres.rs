//! PostgreSQL's way of saying a transform: built-ins of versions 13 to 17, and cheap ones.
//!
//! NULL and empty values stay what they are. No text is made from the old one; numbers and dates are moved by a random
//! amount, as their transforms say. Explicit casts cut what is too long for the column.

use super::{Place, ident};
use crate::schema::{Column, Engine, Kind};
use crate::transform::{Locale, Part, Transform, lists};

pub(super) fn expression(place: &Place<'_>) -> Option<String> {
    let column = ident(Engine::Postgres, &place.column.name);
    let transform = &place.treatment.transform;
    let said = match transform {
        Transform::Null => return Some("NULL".to_owned()),
        Transform::Constant(value) => return Some(always(place.column, &column, value)),
        _ if place.column.array => return None,
        Transform::TextDrop => return Some(always(place.column, &column, "")),
        _ => match place.column.kind {
            Kind::Text => {
                let text = text(transform, place, &column)?;
                format!("CASE WHEN octet_length({column}::text) > 0 THEN {text} ELSE {column}::text END")
            }
            _ if place.treatment.unique => unique(transform, place.column.kind, &column)?,
            Kind::Integer | Kind::Number => number(transform, place.column, &column)?,
            Kind::Date | Kind::Timestamp => date(transform, place.column.kind, &column)?,
            Kind::Inet => address(transform, &place.column.type_name, &column)?,
            kind => unique(transform, kind, &column)?,
        },
    };
    Some(format!("({said})::{}", place.column.type_name))
}

/// The same value in every row that has one.
fn always(described: &Column, column: &str, value: &str) -> String {
    let type_name = &described.type_name;
    format!(
        "CASE WHEN {column} IS NOT NULL THEN {}::{type_name} END",
        literal(value)
    )
}

/// A value of text: made up, whatever it was.
fn text(transform: &Transform, place: &Place<'_>, column: &str) -> Option<String> {
    let room = place.column.max_length.unwrap_or(usize::MAX);
    let made = match transform {
        Transform::Email => return mark(place, "u", "@example.com", room),
        Transform::Username => return mark(place, "user_", "", room),
        Transform::Url => return mark(place, "https://example.com/", "", room),
        Transform::Hash if place.treatment.unique && room < 32 => {
            let id = ident(Engine::Postgres, place.row_id.filter(|_| room >= 16)?);
            return Some(format!("lpad(to_hex({id}::int8), 16, '0')"));
        }
        Transform::Hash => {
            "(to_hex((1.2e18 + random() * 8e18)::int8) || to_hex((1.2e18 + random() * 8e18)::int8))"
                .to_owned()
        }
        Transform::Uuid => return Some("gen_random_uuid()::text".to_owned()),
        _ if place.treatment.unique => return None,
        Transform::Name { part, locale } => name(*part, *locale),
        Transform::Company(locale) => company(*locale),
        Transform::City(locale) => pick(lists::cities(*locale)),
        Transform::Address(locale) => street(*locale),
        Transform::Ip => format!(
            "CASE WHEN strpos({column}::text, ':') > 0 THEN host({}) ELSE host({}) END",
            v6(),
            v4()
        ),
        _ => return None,
    };
    Some(if room == usize::MAX {
        made
    } else {
        format!("left({made}, {room})")
    })
}

/// `before`, letters that no other row of the run has or that chance gives, `after`.
fn mark(place: &Place<'_>, before: &str, after: &str, room: usize) -> Option<String> {
    // A number of eight bytes has at most sixteen hexadecimal digits.
    let head = format!("{before}{}", place.tag);
    let fits = head.len() + 16 + after.len() <= room;
    let body = match place.row_id {
        Some(id) if fits => format!("to_hex({}::int8)", ident(Engine::Postgres, id)),
        _ if place.treatment.unique => return None,
        _ if fits => "to_hex((random() * 1e15)::int8)".to_owned(),
        _ => {
            let digits = room
                .checked_sub(before.len() + after.len())
                .filter(|digits| *digits > 0)?;
            let body = format!("lpad(to_hex((random() * 1e15)::int8), {}, '0')", digits.min(12));
            return Some(joined(before, &body, after));
        }
    };
    Some(joined(&head, &body, after))
}

fn joined(before: &str, body: &str, after: &str) -> String {
    let after = if after.is_empty() {
        String::new()
    } else {
        format!(" || {}", literal(after))
    };
    format!("{} || {body}{after}", literal(before))
}

/// One of a list, by chance.
fn pick<'a>(words: impl IntoIterator<Item = &'a &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().copied().collect();
    let quoted: Vec<_> = words.iter().map(|word| literal(word)).collect();
    let (list, count) = (quoted.join(","), words.len());
    // All of an array of names have the same size, so that the one is found without passing the others.
    let sized = if words.iter().all(|word| word.len() < 64) {
        "::name[]"
    } else {
        ""
    };
    format!("((ARRAY[{list}]{sized})[1 + floor(random() * {count})::int4])::text")
}

fn name(part: Part, locale: Locale) -> String {
    let (first, last) = (pick(lists::first_names(locale)), pick(lists::last_names(locale)));
    match (part, locale) {
        (Part::First, _) => first,
        (Part::Last, _) => last,
        (Part::Full, Locale::Ja | Locale::Kana) => format!("{last} || ' ' || {first}"),
        (Part::Full, _) => format!("{first} || ' ' || {last}"),
    }
}

fn company(locale: Locale) -> String {
    let name = pick(lists::last_names(locale));
    let (before, after): (&str, &[&str]) = match locale {
        Locale::En => ("", &[" Ltd", " Inc", " Trading", " Works", " & Sons"]),
        Locale::Ja => ("株式会社", &["商事", "製作所", "電機", "物産", "工業"]),
        Locale::Kana => ("カブシキガイシャ", &["ショウジ", "コウギョウ", "ブッサン"]),
        Locale::De => ("", &[" GmbH", " AG", " & Söhne", " KG", " Handel"]),
        Locale::Fr => ("", &[" SARL", " SA", " et Fils", " Frères"]),
        Locale::Es => ("", &[" S.A.", " S.L.", " e Hijos", " Hermanos"]),
    };
    format!("{} || {name} || {}", literal(before), pick(after))
}

fn street(locale: Locale) -> String {
    let number = |most| format!("(1 + floor(random() * {most}))::int4");
    let street = pick(lists::streets(locale));
    match locale {
        Locale::En | Locale::Fr => format!("{} || ' ' || {street}", number(300)),
        Locale::De => format!("{street} || ' ' || {}", number(300)),
        Locale::Es => format!("{street} || ', ' || {}", number(300)),
        Locale::Ja | Locale::Kana => {
            format!(
                "{street} || {} || '-' || {} || '-' || {}",
                number(9),
                number(30),
                number(20)
            )
        }
    }
}

/// What unique values of other types, and types of few transforms, can be said by.
fn unique(transform: &Transform, kind: Kind, column: &str) -> Option<String> {
    match (transform, kind) {
        (Transform::Uuid, Kind::Uuid) => Some(format!(
            "CASE WHEN {column} IS NOT NULL THEN gen_random_uuid() END"
        )),
        _ => None,
    }
}

/// A thousandth of the range at least, upwards or downwards; downwards where the other way would overflow.
fn number(transform: &Transform, column: &Column, name: &str) -> Option<String> {
    let percent = match transform {
        Transform::Noise { percent } => percent,
        Transform::Bucket(width) => return bucket(*width, &column.type_name, name),
        _ => return None,
    };
    let most = f64::from(*percent) / 100.0;
    let (limit, rounding) = limit(&column.type_name)?;
    let safe = limit / (1.0 + most);
    let safe = match rounding {
        Rounding::Whole => format!("{safe:.0}"),
        Rounding::Float => format!("{safe:e}::float8"),
        Rounding::Scale => format!("{safe:e}"),
    };
    let sign =
        format!("CASE WHEN {name} NOT BETWEEN -{safe} AND {safe} OR random() < 0.5 THEN -1 ELSE 1 END");
    let factor = format!("(1 + {sign} * (0.001 + 0.999 * random()) * {most})");
    Some(match rounding {
        Rounding::Whole => format!("{name} * {factor}"),
        Rounding::Float => format!(
            "CASE WHEN {name} - {name} = 0 AND abs({name}) > 1e-30 THEN {name} * {factor} ELSE {name} END"
        ),
        Rounding::Scale => format!(
            "CASE WHEN {name} - {name} = 0 THEN round({name} * {factor}::numeric, scale({name})) ELSE {name} END"
        ),
    })
}

/// Whole numbers only: rounded down, towards zero where the type ends.
fn bucket(width: u64, type_name: &str, name: &str) -> Option<String> {
    let least = match type_name {
        "smallint" => i64::from(i16::MIN),
        "integer" => i64::from(i32::MIN),
        "bigint" => i64::MIN,
        _ => return None,
    };
    let width = i64::from(u32::try_from(width).ok()?);
    let towards_zero = format!("({name}::int8 - {name}::int8 % {width})");
    Some(format!(
        "CASE WHEN {name} < 0 AND {name}::int8 % {width} <> 0 AND {towards_zero} >= {} THEN {towards_zero} - {width} ELSE {towards_zero} END",
        least.saturating_add(width)
    ))
}

enum Rounding {
    Whole,
    Float,
    Scale,
}

/// The largest number that a type holds for sure.
fn limit(type_name: &str) -> Option<(f64, Rounding)> {
    Some(match type_name {
        "smallint" => (32_000.0, Rounding::Whole),
        "integer" => (2.1e9, Rounding::Whole),
        "bigint" => (9.2e18, Rounding::Whole),
        "real" => (3.4e38, Rounding::Float),
        "double precision" => (1.7e308, Rounding::Float),
        "numeric" => (1e300, Rounding::Scale),
        _ => {
            let (precision, scale) = type_name
                .strip_prefix("numeric(")?
                .strip_suffix(')')?
                .split_once(',')?;
            let whole: i32 = precision.parse::<i32>().ok()? - scale.parse::<i32>().ok()?;
            // Rounding up must not add a digit.
            (10_f64.powi(whole.min(300)) * 0.999, Rounding::Scale)
        }
    })
}

/// Moved by days, never by none, and away from the ends of what the type holds.
fn date(transform: &Transform, kind: Kind, column: &str) -> Option<String> {
    let moved = |days: &str| match kind {
        Kind::Date => format!("{column} + ({days})"),
        _ => format!("{column} + make_interval(days => {days})"),
    };
    match transform {
        Transform::Date { shift_days } => Some(moved(&format!(
            "(1 + floor(random() * {shift_days}))::int4 * CASE WHEN {column} > '9999-01-01' THEN -1 \
             WHEN {column} < '0001-01-01' OR random() < 0.5 THEN 1 ELSE -1 END"
        ))),
        // Any of 365 days but its own.
        Transform::Birthday => {
            let day = format!("extract(doy FROM {column})::int4");
            let moved = moved(&format!(
                "({day} + floor(random() * 364)::int4) % 365 - {day} + 1"
            ));
            Some(format!(
                "CASE WHEN isfinite({column}) THEN {moved} ELSE {column} END"
            ))
        }
        _ => None,
    }
}

/// An address of the documentation ranges, a network where it was one.
fn address(transform: &Transform, type_name: &str, column: &str) -> Option<String> {
    if *transform != Transform::Ip {
        return None;
    }
    let network = match type_name {
        "cidr" => "network",
        "inet" => "",
        _ => return None,
    };
    Some(format!(
        "CASE WHEN family({column}) = 4 THEN CASE masklen({column}) WHEN 32 THEN {} ELSE {network}(set_masklen({}, 24)) END \
         WHEN family({column}) = 6 THEN CASE masklen({column}) WHEN 128 THEN {} ELSE ('2001:db8:' || to_hex(floor(random() * 65536)::int4) || '::/48')::inet END END",
        v4(),
        v4(),
        v6()
    ))
}

/// RFC 5737.
fn v4() -> String {
    "((ARRAY['192.0.2.0','198.51.100.0','203.0.113.0']::inet[])[1 + floor(random() * 3)::int4] + floor(random() * 256)::int8)".to_owned()
}

/// RFC 3849: the half of the address that names a host is drawn.
fn v6() -> String {
    "('2001:db8::'::inet + floor(random() * 9e18)::int8)".to_owned()
}

/// A text of the rules or of our own lists in quotes.
fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    if text.contains('\\') {
        format!("E'{escaped}'")
    } else {
        format!("'{escaped}'")
    }
}

#[cfg(test)]
mod tests;
