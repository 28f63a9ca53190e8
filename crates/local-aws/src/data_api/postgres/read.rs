//! PostgreSQL's binary values.

use std::error::Error as StdError;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use postgres_protocol::types as wire;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Kind, Type};

use super::super::fault::{self, Fault};
use super::super::value::Cell;

type Unreadable = Box<dyn StdError + Sync + Send>;

/// Whether the Data API returns values of this type at all.
pub(super) fn check(kind: &Type) -> Result<(), Fault> {
    let element = match kind.kind() {
        Kind::Array(element) => element,
        _ => kind,
    };
    match is_known(element) {
        true => Ok(()),
        false => Err(Fault::unsupported(kind.name())),
    }
}

fn is_known(kind: &Type) -> bool {
    matches!(
        *kind,
        Type::BOOL
            | Type::INT2
            | Type::INT4
            | Type::INT8
            | Type::OID
            | Type::FLOAT4
            | Type::FLOAT8
            | Type::NUMERIC
            | Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::UNKNOWN
            | Type::BYTEA
            | Type::JSON
            | Type::JSONB
            | Type::UUID
            | Type::DATE
            | Type::TIME
            | Type::TIMESTAMP
            | Type::TIMESTAMPTZ
            | Type::INET
            | Type::CIDR
            | Type::XML
            | Type::VOID
    ) || matches!(kind.kind(), Kind::Enum(_))
        || kind.name() == "citext"
}

/// All values of a row.
pub(super) fn row(row: &Row) -> Result<Vec<Cell>, Fault> {
    row.columns()
        .iter()
        .enumerate()
        .map(|(at, column)| match row.try_get::<_, Option<Raw<'_>>>(at) {
            Ok(None) => Ok(Cell::Null),
            Ok(Some(Raw(bytes))) => cell(column.type_(), bytes),
            Err(_) => Err(fault::INTERNAL.because("A value could not be read.")),
        })
        .collect()
}

/// A value as it comes.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Unreadable> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn cell(kind: &Type, bytes: &[u8]) -> Result<Cell, Fault> {
    match kind.kind() {
        Kind::Array(element) => array(kind, element, bytes),
        _ => scalar(kind, bytes).map_err(|error| match error.downcast::<NoDate>() {
            Ok(infinite) => fault::INTERNAL.because(infinite.to_string()),
            Err(_) => fault::INTERNAL.because("A value could not be read."),
        }),
    }
}

fn array(kind: &Type, element: &Type, bytes: &[u8]) -> Result<Cell, Fault> {
    // Of more dimensions than one it is not read, and not returned.
    let values =
        Vec::<Option<Raw<'_>>>::from_sql(kind, bytes).map_err(|_| Fault::unsupported(kind.name()))?;
    let cells = values.into_iter().map(|value| match value {
        Some(Raw(bytes)) => cell(element, bytes),
        None => Ok(Cell::Null),
    });
    cells.collect::<Result<_, _>>().map(Cell::Array)
}

fn scalar(kind: &Type, bytes: &[u8]) -> Result<Cell, Unreadable> {
    let text =
        |bytes: &[u8]| -> Result<Cell, Unreadable> { Ok(Cell::Text(wire::text_from_sql(bytes)?.to_owned())) };
    Ok(match *kind {
        Type::BOOL => Cell::Bool(wire::bool_from_sql(bytes)?),
        Type::INT2 => Cell::Long(wire::int2_from_sql(bytes)?.into()),
        Type::INT4 => Cell::Long(wire::int4_from_sql(bytes)?.into()),
        Type::INT8 => Cell::Long(wire::int8_from_sql(bytes)?),
        Type::OID => Cell::Long(wire::oid_from_sql(bytes)?.into()),
        // By its shortest text, so that 0.1 stays 0.1.
        Type::FLOAT4 => Cell::Double(wire::float4_from_sql(bytes)?.to_string().parse()?),
        Type::FLOAT8 => Cell::Double(wire::float8_from_sql(bytes)?),
        Type::NUMERIC => numeric(bytes)?,
        Type::BYTEA => Cell::Blob(bytes.to_vec()),
        // One byte of version stands first.
        Type::JSONB => text(bytes.get(1..).unwrap_or_default())?,
        Type::UUID => Cell::Text(uuid::Uuid::from_bytes(wire::uuid_from_sql(bytes)?).to_string()),
        Type::DATE => Cell::Text(date(wire::date_from_sql(bytes)?)?.to_string()),
        Type::TIME => Cell::Text(clock(midnight(wire::time_from_sql(bytes)?)?)),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            let at = moment(wire::timestamp_from_sql(bytes)?)?;
            Cell::Text(format!("{} {}", at.date(), clock(at.time())))
        }
        Type::INET | Type::CIDR => {
            let read = wire::inet_from_sql(bytes)?;
            let whole = if read.addr().is_ipv4() { 32 } else { 128 };
            let is_host = *kind == Type::INET && read.netmask() == whole;
            Cell::Text(match is_host {
                true => read.addr().to_string(),
                false => format!("{}/{}", read.addr(), read.netmask()),
            })
        }
        Type::VOID => Cell::Text(String::new()),
        _ => text(bytes)?,
    })
}

/// Infinity, or a year that no calendar of ours has.
#[derive(Debug, thiserror::Error)]
#[error("The result contains a date or a timestamp that is infinite or out of range.")]
struct NoDate;

/// PostgreSQL counts from here.
fn epoch() -> NaiveDateTime {
    DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(10_957)
}

fn date(days: i32) -> Result<NaiveDate, NoDate> {
    let span = TimeDelta::try_days(days.into()).ok_or(NoDate)?;
    epoch().date().checked_add_signed(span).ok_or(NoDate)
}

/// Of a time zone's timestamp, the time in UTC, which is what the Data API returns.
fn moment(microseconds: i64) -> Result<NaiveDateTime, NoDate> {
    let span = TimeDelta::microseconds(microseconds);
    epoch().checked_add_signed(span).ok_or(NoDate)
}

fn midnight(microseconds: i64) -> Result<NaiveTime, NoDate> {
    let seconds = u32::try_from(microseconds / 1_000_000).map_err(|_| NoDate)?;
    let rest = u32::try_from(microseconds % 1_000_000).map_err(|_| NoDate)?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest * 1000).ok_or(NoDate)
}

/// No fraction where there is none, else milliseconds, or microseconds where those do not say it.
pub(in crate::data_api) fn clock(time: NaiveTime) -> String {
    let format = match time.nanosecond() % 1_000_000_000 {
        0 => "%H:%M:%S",
        nanoseconds if nanoseconds % 1_000_000 == 0 => "%H:%M:%S%.3f",
        _ => "%H:%M:%S%.6f",
    };
    time.format(format).to_string()
}

/// An exact number: groups of four digits, the first of them worth 10000 to the `weight`.
fn numeric(bytes: &[u8]) -> Result<Cell, Unreadable> {
    let words: Vec<i16> = bytes
        .chunks_exact(2)
        .map(|pair| i16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    let [count, weight, sign, scale, groups @ ..] = words.as_slice() else {
        return Err("a numeric has four numbers before its digits".into());
    };
    let special = match *sign as u16 {
        0xC000 => Some("NaN"),
        0xD000 => Some("Infinity"),
        0xF000 => Some("-Infinity"),
        _ => None,
    };
    if let Some(special) = special {
        return Ok(Cell::Decimal(special.to_owned(), false));
    }
    let (count, scale) = (usize::try_from(*count)?, usize::try_from(*scale)?);
    let group = |at: i32| {
        let known = usize::try_from(at).ok().filter(|at| *at < count);
        known.and_then(|at| groups.get(at)).copied().unwrap_or(0)
    };
    let weight = i32::from(*weight);
    let whole: String = (0..=weight).map(|at| format!("{:04}", group(at))).collect();
    let whole = whole.trim_start_matches('0');
    let fraction: String = (1..=scale.div_ceil(4))
        .map(|at| format!("{:04}", group(weight + i32::try_from(at).unwrap_or(i32::MAX))))
        .collect();
    let mut text = if *sign as u16 == 0x4000 { "-" } else { "" }.to_owned();
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        text.push('.');
        text.push_str(&fraction[..scale]);
    }
    Ok(Cell::Decimal(text, scale == 0))
}
