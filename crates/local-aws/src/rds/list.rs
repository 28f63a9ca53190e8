//! Filters and pages of the Describe calls.

use winterbaume_rds::model;

use super::fault::{self, Fault};

/// The filters of a call, all of which must pass.
pub(super) struct Filters<'a>(&'a [model::Filter]);

impl<'a> Filters<'a> {
    /// Refuses a filter that is not one of `known`.
    pub fn new(asked: Option<&'a model::FilterList>, known: &[&str]) -> Result<Self, Fault> {
        let filters = asked.map_or(&[][..], |list| &list.items);
        match filters
            .iter()
            .find(|filter| !known.contains(&filter.name.as_str()))
        {
            Some(unknown) => {
                Err(fault::INVALID_VALUE.because(format!("Unrecognized filter name: {}", unknown.name)))
            }
            None => Ok(Self(filters)),
        }
    }

    /// Whether a resource with any of `values` passes the filters called `name`.
    pub fn pass(&self, name: &str, values: &[Option<&str>]) -> bool {
        let asked = self.0.iter().filter(|filter| filter.name == name);
        asked.into_iter().all(|filter| {
            values
                .iter()
                .flatten()
                .any(|value| filter.values.items.iter().any(|v| v == value))
        })
    }
}

/// One page of `items` from `marker` on, and the marker of the next. A marker is a place in the list.
pub(super) fn page<T>(
    items: Vec<T>,
    marker: Option<&str>,
    size: Option<i32>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let size = match size.map_or(Ok(100), usize::try_from) {
        Ok(size @ 20..=100) => size,
        _ => {
            return Err(
                fault::INVALID_VALUE.because("Invalid value for max records. Must be between 20 and 100")
            );
        }
    };
    let start = match marker.map(str::parse::<usize>) {
        None => 0,
        Some(Ok(start)) => start,
        Some(Err(_)) => return Err(fault::INVALID_VALUE.because("The request contains an invalid Marker.")),
    };
    let next = (items.len() > start + size).then(|| (start + size).to_string());
    Ok((items.into_iter().skip(start).take(size).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other() {
        let items: Vec<_> = (0..45).collect();
        let (first, marker) = page(items.clone(), None, Some(20)).unwrap();
        let (second, marker) = page(items.clone(), marker.as_deref(), Some(20)).unwrap();
        let (third, end) = page(items.clone(), marker.as_deref(), Some(20)).unwrap();
        assert_eq!([first, second, third].concat(), items);
        assert_eq!(end, None);
        assert!(page(items, None, Some(19)).is_err());
    }
}
