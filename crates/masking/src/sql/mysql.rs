//! MySQL and MariaDB's way of saying a transform.
//!
//! `RAND()` and `RANDOM_BYTES()` are asked anew for each row and each place where they are written. Every expression
//! lets NULL be NULL and empty text be empty. None makes the old value and a new one the outcomes of one choice: the
//! server would have to find a character set for both.

mod format;
mod numbers;

use super::{Place, ident};
use crate::schema::{Column, Engine, Kind};
use crate::transform::{Locale, Part, Transform, lists};

pub(super) fn expression(place: &Place<'_>) -> Option<String> {
    let column = place.column;
    let name = ident(Engine::Mysql, &column.name);
    match &place.treatment.transform {
        Transform::Null => Some("NULL".to_owned()),
        Transform::Constant(value) => Some(format!("IF({name} IS NULL, NULL, {})", literal(value))),
        Transform::TextDrop if matches!(column.kind, Kind::Text | Kind::Bytes) => {
            Some(format!("IF({name} IS NULL, NULL, '')"))
        }
        Transform::Date { shift_days } => numbers::date(place, &name, *shift_days),
        Transform::Birthday => numbers::birthday(place, &name),
        Transform::Noise { percent } => numbers::noise(column, &name, *percent),
        Transform::Bucket(width) => numbers::bucket(column, &name, *width),
        _ => {
            let made = made(place, &name)?;
            // LENGTH counts bytes: NULL and none are neither.
            Some(format!(
                "CASE WHEN LENGTH({name}) > 0 THEN {made} WHEN {name} IS NOT NULL THEN '' END"
            ))
        }
    }
}

/// The new value of a column that holds something.
fn made(place: &Place<'_>, name: &str) -> Option<String> {
    let (column, unique) = (place.column, place.treatment.unique);
    let transform = &place.treatment.transform;
    match transform {
        Transform::Bytes if !unique => return random_bytes(column, name),
        _ if column.kind != Kind::Text => return None,
        Transform::Email => return told_apart(place, "u", "@example.com"),
        Transform::Username => return told_apart(place, "user_", ""),
        Transform::Url => return told_apart(place, "https://example.com/", ""),
        Transform::Hash => return hash(column, unique),
        Transform::Uuid => return Some(uuid()),
        _ if unique || (column.narrow_charset && !is_ascii(transform)) => return None,
        _ => {}
    }
    let text = match transform {
        Transform::Ip => return Some(ip(column, name)),
        Transform::Phone => return format::phone(column, name),
        Transform::Postcode => return format::postcode(column, name),
        Transform::Name { part, locale } => person(*part, *locale),
        Transform::Company(locale) => company(*locale),
        Transform::City(locale) => pick(lists::cities(*locale)),
        Transform::Address(locale) => street(*locale),
        _ => return None,
    };
    Some(match column.max_length {
        Some(limit) if limit < LONGEST => format!("LEFT({text}, {limit})"),
        _ => text,
    })
}

/// Whether its words are written without accents: what spells others for a narrow character set is the worker.
fn is_ascii(transform: &Transform) -> bool {
    match transform {
        Transform::Name { locale, .. }
        | Transform::Company(locale)
        | Transform::City(locale)
        | Transform::Address(locale) => *locale == Locale::En,
        _ => true,
    }
}

/// The most digits of a whole number, its sign among them.
const ROW_ID: usize = 20;
/// No name, city or street of the lists is longer.
const LONGEST: usize = 60;

/// Text in quotes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A whole number from 0 to `count - 1`.
fn below(count: usize) -> String {
    format!("FLOOR(RAND() * {count})")
}

/// One of the words.
fn pick(words: &[&str]) -> String {
    let list = words
        .iter()
        .map(|word| literal(word))
        .collect::<Vec<_>>()
        .join(", ");
    format!("ELT(1 + {}, {list})", below(words.len()))
}

fn person(part: Part, locale: Locale) -> String {
    let (first, last) = (
        || pick(lists::first_names(locale)),
        || pick(lists::last_names(locale)),
    );
    match (part, locale) {
        (Part::First, _) => first(),
        (Part::Last, _) => last(),
        (Part::Full, Locale::Ja | Locale::Kana) => format!("CONCAT({}, ' ', {})", last(), first()),
        (Part::Full, _) => format!("CONCAT({}, ' ', {})", first(), last()),
    }
}

fn company(locale: Locale) -> String {
    let name = pick(lists::last_names(locale));
    let (before, after): (&str, &[&str]) = match locale {
        Locale::En => ("", &[" Ltd", " Inc", " Trading", " Works", " & Sons"]),
        Locale::Ja => ("株式会社", &["商事", "製作所", "電機", "物産", "工業"]),
        Locale::Kana => ("カブシキガイシャ", &["ショウジ", "コウギョウ", "ブッサン"]),
        Locale::De => ("", &[" GmbH", " AG", " KG", " Handel"]),
        Locale::Fr => ("", &[" SARL", " SA", " et Fils"]),
        Locale::Es => ("", &[" S.A.", " S.L.", " e Hijos"]),
    };
    format!("CONCAT({}, {name}, {})", literal(before), pick(after))
}

fn street(locale: Locale) -> String {
    let street = pick(lists::streets(locale));
    let house = format!("1 + {}", below(300));
    match locale {
        Locale::En | Locale::Fr => format!("CONCAT({house}, ' ', {street})"),
        Locale::De => format!("CONCAT({street}, ' ', {house})"),
        Locale::Es => format!("CONCAT({street}, ', ', {house})"),
        Locale::Ja | Locale::Kana => format!(
            "CONCAT({street}, 1 + {}, '-', 1 + {}, '-', 1 + {})",
            below(9),
            below(30),
            below(20)
        ),
    }
}

/// A text that no other row of the column has: by the row's own number where the run keeps that, else, where none
/// must be unique, by chance.
fn told_apart(place: &Place<'_>, before: &str, after: &str) -> Option<String> {
    let tag = &place.tag;
    let room = place.column.max_length.unwrap_or(usize::MAX);
    let fixed = before.len() + tag.len() + after.len();
    if let Some(row_id) = place.row_id
        && fixed + ROW_ID <= room
    {
        let id = ident(Engine::Mysql, row_id);
        return Some(format!("CONCAT('{before}', {id}, '{tag}{after}')"));
    }
    let digits = room.saturating_sub(fixed).min(12);
    if place.treatment.unique || digits < 4 {
        return None;
    }
    let number = format!("LPAD({}, {digits}, '0')", below(10_usize.pow(digits as u32)));
    Some(format!("CONCAT('{before}', {number}, '{tag}{after}')"))
}

/// Hexadecimal digits from the server's own source of secrets: they meet nobody's by chance.
fn hash(column: &Column, unique: bool) -> Option<String> {
    let digits = column.max_length.unwrap_or(32).min(32);
    if unique && digits < 20 {
        return None;
    }
    let hex = format!("LOWER(HEX(RANDOM_BYTES({})))", digits.div_ceil(2));
    Some(if digits.is_multiple_of(2) {
        hex
    } else {
        format!("LEFT({hex}, {digits})")
    })
}

fn hex(bytes: usize) -> String {
    format!("LOWER(HEX(RANDOM_BYTES({bytes})))")
}

fn uuid() -> String {
    let (four, two, six) = (hex(4), hex(2), hex(6));
    let variant = pick(&["8", "9", "a", "b"]);
    format!(
        "CONCAT({four}, '-', {two}, '-4', SUBSTR({two}, 2), '-', {variant}, SUBSTR({two}, 2), '-', {six})"
    )
}

/// An address of the documentation ranges, as long as there is room; a network becomes a network.
fn ip(column: &Column, name: &str) -> String {
    let range = pick(&["192.0.2.", "198.51.100.", "203.0.113."]);
    let (address, network) = (
        format!("CONCAT({range}, {})", below(256)),
        format!("CONCAT({range}, '0/24')"),
    );
    let group = || format!("LOWER(HEX({}))", below(65536));
    let v6 = if column.max_length.is_some_and(|limit| limit < 24) {
        address.clone()
    } else {
        format!(
            "CONCAT('2001:db8:', {}, IF(LOCATE('/', {name}), '::/48', CONCAT(':', {}, '::', {})))",
            group(),
            group(),
            group()
        )
    };
    // To look for a character costs as much as all the rest: the commonest comes first.
    format!(
        "CASE WHEN IS_IPV4({name}) THEN {address} WHEN LOCATE(':', {name}) THEN {v6} \
         WHEN LOCATE('/', {name}) THEN {network} ELSE {address} END"
    )
}

/// As many random bytes as there were; the server makes a kilobyte at once at most.
fn random_bytes(column: &Column, name: &str) -> Option<String> {
    let short = column.max_length.is_some_and(|limit| limit <= 1024);
    (short && column.kind == Kind::Bytes).then(|| format!("RANDOM_BYTES(LENGTH({name}))"))
}

#[cfg(test)]
mod tests;
