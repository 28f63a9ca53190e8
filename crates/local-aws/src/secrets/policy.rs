//! Resource policies: kept and shown, with no effect, as IAM is not there.

use winterbaume_secretsmanager::model::{
    DeleteResourcePolicyResponse, GetResourcePolicyResponse, PutResourcePolicyRequest,
    PutResourcePolicyResponse,
};

use super::{Refused, Secrets};

impl Secrets {
    pub(super) fn policy(&self, id: &str) -> Result<GetResourcePolicyResponse, Refused> {
        let store = self.lock();
        let secret = store.get(id)?;
        let (arn, name) = (Some(secret.arn.clone()), Some(secret.name.clone()));
        Ok(GetResourcePolicyResponse {
            a_r_n: arn,
            name,
            resource_policy: secret.policy.clone(),
        })
    }

    pub(super) fn put_policy(
        &self,
        input: PutResourcePolicyRequest,
    ) -> Result<PutResourcePolicyResponse, Refused> {
        let mut store = self.lock();
        let secret = store.usable_mut(&input.secret_id)?;
        secret.policy = Some(input.resource_policy);
        Ok(PutResourcePolicyResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
        })
    }

    pub(super) fn delete_policy(&self, id: &str) -> Result<DeleteResourcePolicyResponse, Refused> {
        let mut store = self.lock();
        let secret = store.usable_mut(id)?;
        secret.policy = None;
        Ok(DeleteResourcePolicyResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
        })
    }
}
