//! PostgreSQL's way of saying a transform.

use super::Place;
use crate::transform::Transform;

pub(super) fn expression(place: &Place<'_>) -> Option<String> {
    match &place.treatment.transform {
        Transform::Null => Some("NULL".to_owned()),
        _ => None,
    }
}
