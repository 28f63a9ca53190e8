//! RDS's faults: each code with its HTTP status, spelled as AWS's service model spells it (some end in `Fault`,
//! some do not).

use bytes::Bytes;

/// A fault's code and HTTP status.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code(pub &'static str, u16);

pub(super) const CLUSTER_EXISTS: Code = Code("DBClusterAlreadyExistsFault", 400);
pub(super) const CLUSTER_NOT_FOUND: Code = Code("DBClusterNotFoundFault", 404);
pub(super) const CLUSTER_QUOTA: Code = Code("DBClusterQuotaExceededFault", 403);
pub(super) const CLUSTER_STATE: Code = Code("InvalidDBClusterStateFault", 400);
pub(super) const INSTANCE_EXISTS: Code = Code("DBInstanceAlreadyExists", 400);
pub(super) const INSTANCE_NOT_FOUND: Code = Code("DBInstanceNotFound", 404);
pub(super) const INSTANCE_QUOTA: Code = Code("InstanceQuotaExceeded", 400);
pub(super) const INSTANCE_STATE: Code = Code("InvalidDBInstanceState", 400);
pub(super) const INSTANCE_CAPACITY: Code = Code("InsufficientDBInstanceCapacity", 400);
pub(super) const CLUSTER_GROUP_NOT_FOUND: Code = Code("DBClusterParameterGroupNotFound", 404);
pub(super) const GROUP_NOT_FOUND: Code = Code("DBParameterGroupNotFound", 404);
pub(super) const GROUP_EXISTS: Code = Code("DBParameterGroupAlreadyExists", 400);
pub(super) const GROUP_STATE: Code = Code("InvalidDBParameterGroupState", 400);
pub(super) const SUBNETS_NOT_FOUND: Code = Code("DBSubnetGroupNotFoundFault", 404);
pub(super) const SUBNETS_EXIST: Code = Code("DBSubnetGroupAlreadyExists", 400);
pub(super) const SUBNETS_TOO_FEW: Code = Code("DBSubnetGroupDoesNotCoverEnoughAZs", 400);
pub(super) const SUBNETS_STATE: Code = Code("InvalidDBSubnetGroupStateFault", 400);
pub(super) const SNAPSHOT_EXISTS: Code = Code("DBClusterSnapshotAlreadyExistsFault", 400);
pub(super) const SNAPSHOT_NOT_FOUND: Code = Code("DBClusterSnapshotNotFoundFault", 404);
pub(super) const SNAPSHOT_STATE: Code = Code("InvalidDBClusterSnapshotStateFault", 400);
pub(super) const INSTANCE_SNAPSHOT_NOT_FOUND: Code = Code("DBSnapshotNotFound", 404);
pub(super) const BACKUP_NOT_FOUND: Code = Code("DBClusterAutomatedBackupNotFoundFault", 404);
pub(super) const BACKUP_STATE: Code = Code("InvalidDBClusterAutomatedBackupStateFault", 400);
pub(super) const PROXY_NOT_FOUND: Code = Code("DBProxyNotFoundFault", 404);
pub(super) const RESOURCE_STATE: Code = Code("InvalidResourceStateFault", 400);
pub(super) const PROXY_EXISTS: Code = Code("DBProxyAlreadyExistsFault", 400);
pub(super) const PROXY_STATE: Code = Code("InvalidDBProxyStateFault", 400);
pub(super) const TARGET_REGISTERED: Code = Code("DBProxyTargetAlreadyRegisteredFault", 400);
pub(super) const TARGET_NOT_FOUND: Code = Code("DBProxyTargetNotFoundFault", 404);
pub(super) const TARGET_GROUP_NOT_FOUND: Code = Code("DBProxyTargetGroupNotFoundFault", 404);
pub(super) const INVALID_SUBNET: Code = Code("InvalidSubnet", 400);
pub(super) const RESOURCE_NOT_FOUND: Code = Code("ResourceNotFoundFault", 404);
pub(super) const INVALID_VALUE: Code = Code("InvalidParameterValue", 400);
pub(super) const INVALID_COMBINATION: Code = Code("InvalidParameterCombination", 400);
pub(super) const MISSING: Code = Code("MissingParameter", 400);
pub(super) const INVALID_ACTION: Code = Code("InvalidAction", 400);
pub(super) const INTERNAL: Code = Code("InternalFailure", 500);
pub(super) const UNAVAILABLE: Code = Code("ServiceUnavailable", 503);

/// A refused call.
#[derive(Debug)]
pub(super) struct Fault {
    pub code: Code,
    pub message: String,
}

impl Code {
    /// This fault, with what AWS would say about it.
    pub fn because(self, message: impl Into<String>) -> Fault {
        Fault {
            code: self,
            message: message.into(),
        }
    }
}

impl Fault {
    /// The answer on the wire.
    pub fn response(&self) -> http::Response<Bytes> {
        let blame = if self.code.1 < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>{blame}</Type>\
             <Code>{}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
            self.code.0,
            winterbaume_core::protocol::xml_escape(&self.message),
            uuid::Uuid::new_v4(),
        );
        let mut response = http::Response::new(Bytes::from(body));
        *response.status_mut() =
            http::StatusCode::from_u16(self.code.1).unwrap_or(http::StatusCode::BAD_REQUEST);
        response.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("text/xml"),
        );
        response
    }
}

/// A required field.
pub(super) fn required<'a>(value: &'a str, name: &str) -> Result<&'a str, Fault> {
    match value {
        "" => Err(MISSING.because(format!("The request must contain the parameter {name}."))),
        value => Ok(value),
    }
}

/// A cluster's, an instance's or a snapshot's name: 1–63 letters, digits and hyphens, first a letter, no hyphen
/// at the end or twice in a row. RDS keeps it in lower case.
pub(super) fn identifier(value: &str, name: &str) -> Result<String, Fault> {
    let value = required(value, name)?.to_lowercase();
    let good = value.len() <= 63
        && value.starts_with(|c: char| c.is_ascii_lowercase())
        && value
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !value.ends_with('-')
        && !value.contains("--");
    good.then_some(value).ok_or_else(|| {
        INVALID_VALUE.because(format!(
            "The parameter {name} is not a valid identifier. Identifiers must begin with a letter; must contain only \
             ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_rds_wants_them() {
        for good in ["a", "doppel-production-20261120-abc123", &"x".repeat(63)] {
            assert_eq!(identifier(good, "DBClusterIdentifier").unwrap(), good);
        }
        assert_eq!(identifier("Shop", "DBClusterIdentifier").unwrap(), "shop");
        for bad in ["1a", "-a", "a-", "a--b", "a_b", "ä", &"x".repeat(64)] {
            assert_eq!(
                identifier(bad, "DBClusterIdentifier").unwrap_err().code.0,
                "InvalidParameterValue",
                "{bad}"
            );
        }
        assert_eq!(
            identifier("", "DBClusterIdentifier").unwrap_err().code.0,
            "MissingParameter"
        );
    }
}
