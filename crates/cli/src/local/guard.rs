//! Who may use which secret through the Data API: what the engineers' IAM policy says, here and there.

use domain::observed::{TAG_CLONE, TAG_OWNER};
use local_aws::data_api::Guard;

/// Whose a clone is, its secret's tag says: `cli/NAME`, `slack/U…`, or nobody's in particular. Everybody in the embedded
/// Slack is whoever sits at this machine, so the clones that were asked for there are the operator's.
pub(super) fn of_clones(operator: &str) -> Guard {
    let operator = operator.to_owned();
    Guard::new(move |who, tags| {
        if !tags.contains_key(TAG_CLONE) {
            return true;
        }
        let owner = tags
            .get(TAG_OWNER)
            .map(|owner| owner.split_once('/').unwrap_or(("", owner)));
        match owner {
            Some(("cli", name)) => name == who,
            Some(("slack", _)) => who == operator,
            Some((_, _)) => true,
            None => false,
        }
    })
}
