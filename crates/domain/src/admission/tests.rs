use super::*;
use crate::plan::tests::{now, policy, record};
use crate::record::CloneState;

fn wish(fields: &[(&str, &str)]) -> Wish {
    let mut wish = Wish::default();
    for (field, text) in fields {
        wish.set(field, text).unwrap();
    }
    wish
}

#[test]
fn an_empty_wish_gets_the_only_source_its_default_class_and_a_day() {
    let granted = grant(&policy(), &Wish::default()).unwrap();
    assert_eq!(granted.source.as_str(), "production");
    assert_eq!(granted.class.to_string(), "db.t4g.medium");
    assert_eq!(granted.lifetime, Lifetime::DEFAULT);
}

#[test]
fn a_wish_that_names_no_lifetime_stays_within_a_short_limit() {
    let mut policy = policy();
    policy
        .sources
        .values_mut()
        .for_each(|source| source.max_lifetime = "4h".parse().unwrap());
    assert_eq!(
        grant(&policy, &Wish::default()).unwrap().lifetime.to_string(),
        "4h"
    );
}

#[rstest::rstest]
#[case(&[("source", "prod")], "there is no source `prod`; the policy knows `production`")]
#[case(&[("class", "db.x2g.huge")], "allowed are db.t4g.medium, serverless:0-4")]
#[case(&[("lifetime", "8d")], "8d is longer than the 7d")]
#[case(&[("proxy", "yes")], "`proxy`")]
#[case(&[("data_api", "yes"), ("class", "db.t4g.medium")], "T classes such as `db.t4g.medium`; of those of production it works on serverless:0-4")]
fn what_the_policy_does_not_allow_is_refused_by_field(#[case] fields: &[(&str, &str)], #[case] said: &str) {
    let refusal = grant(&policy(), &wish(fields)).unwrap_err().to_string();
    assert!(refusal.contains(said), "{refusal}");
}

#[test]
fn a_clone_that_may_pause_gets_no_proxy_which_would_keep_it_awake() {
    let mut policy = policy();
    let source = policy.sources.values_mut().next().unwrap();
    source.proxy = Some(crate::proxy::ProxyPlace {
        role: "arn:aws:iam::1:role/proxy".into(),
        security_group: "sg-proxy".into(),
        subnets: vec!["subnet-a".into(), "subnet-c".into()],
    });
    assert!(grant(&policy, &wish(&[("proxy", "yes")])).unwrap().options.proxy);
    let paused = grant(&policy, &wish(&[("proxy", "yes"), ("class", "serverless:0-4")]));
    let said = paused.unwrap_err().to_string();
    assert!(
        said.contains("`serverless:0-4` would never pause at 0 ACU"),
        "{said}"
    );
}

fn slack(user: &str) -> Principal {
    Principal::Slack(user.into())
}

fn list(members: &[&str]) -> Members {
    members.iter().map(|text| text.parse().unwrap()).collect()
}

/// Somebody in the group `S0LEADS`, or nobody knows whether.
fn groups(is_known: bool) -> Groups {
    let leads: std::collections::BTreeSet<_> = ["S0LEADS".to_owned()].into();
    let (of, unknown) = if is_known {
        (leads, Default::default())
    } else {
        (Default::default(), leads)
    };
    Groups { of, unknown }
}

fn who<'a>(principal: &'a Principal, channel: Option<&'a str>, groups: &'a Groups) -> Who<'a> {
    Who {
        principal,
        channel,
        groups,
    }
}

/// A policy in which `db.t4g.medium` and more than a day need the word of the leads.
fn with_approval() -> Policy {
    let mut policy = policy();
    let rule = crate::policy::ApprovalRule {
        classes: vec!["serverless:0-4".parse().unwrap()],
        above_lifetime: Some("1d".parse().unwrap()),
        approvers: list(&["S0LEADS", "U0DORA", "U0ALICE"]),
        within: "4h".parse().unwrap(),
        channel: None,
    };
    policy
        .sources
        .values_mut()
        .for_each(|source| source.approval = Some(rule.clone()));
    policy
}

#[test]
fn only_the_named_channels_and_people_may_ask() {
    let mut policy = policy();
    policy.people.channels = vec!["C1".into()];
    policy.people.users = list(&["U1", "S0LEADS"]);
    let nobody = Groups::default();
    let ask = |user: &str, channel: Option<&str>, groups: &Groups| {
        may_ask(&policy, who(&slack(user), channel, groups))
    };
    assert_eq!(ask("U1", Some("C1"), &nobody), Ok(()));
    assert_eq!(ask("U1", Some("C2"), &nobody), Err(Refusal::ChannelNotAllowed));
    assert_eq!(ask("U1", None, &nobody), Err(Refusal::ChannelNotAllowed));
    assert_eq!(ask("U2", Some("C1"), &nobody), Err(Refusal::PersonNotAllowed));
    assert_eq!(ask("U2", Some("C1"), &groups(true)), Ok(()));
    assert_eq!(ask("U2", Some("C1"), &groups(false)), Err(Refusal::GroupsUnknown));
}

#[rstest::rstest]
#[case::everybody_may(&[], None, Ok(()))]
#[case::only_some_may(&["C1"], None, Err(Refusal::WorkflowsNotAllowed))]
#[case::the_policy_says_yes(&["C1"], Some(true), Ok(()))]
#[case::the_policy_says_no(&[], Some(false), Err(Refusal::WorkflowsNotAllowed))]
fn a_workflow_may_ask_where_everybody_may_unless_the_policy_says_otherwise(
    #[case] channels: &[&str],
    #[case] said: Option<bool>,
    #[case] expected: Result<(), Refusal>,
) {
    let (workflow, nobody) = (Principal::Workflow, Groups::default());
    let channels: Vec<String> = channels.iter().map(ToString::to_string).collect();
    let mut policy = policy();
    policy.people.workflow_steps = said;
    let mut of_source = policy.clone();
    policy.people.channels.clone_from(&channels);
    assert_eq!(may_ask(&policy, who(&workflow, None, &nobody)), expected);
    of_source
        .sources
        .values_mut()
        .for_each(|source| source.channels.clone_from(&channels));
    let asked = admit(&of_source, who(&workflow, None, &nobody), &Wish::default());
    assert_eq!(asked.map(drop), expected, "so for a source's own channels");
}

#[test]
fn a_source_may_have_channels_and_people_of_its_own() {
    let mut policy = policy();
    for source in policy.sources.values_mut() {
        source.channels = vec!["C1".into()];
        source.users = list(&["S0LEADS"]);
    }
    policy.people.admins = list(&["U0CAROL"]);
    let name: SourceName = "production".parse().unwrap();
    let ask = |user: &str, channel: Option<&str>, groups: &Groups| {
        admit(&policy, who(&slack(user), channel, groups), &Wish::default()).map(drop)
    };
    let nobody = Groups::default();
    assert_eq!(ask("U2", Some("C1"), &groups(true)), Ok(()));
    assert_eq!(ask("U0CAROL", Some("C1"), &nobody), Ok(()));
    assert_eq!(
        ask("U2", Some("C2"), &groups(true)),
        Err(Refusal::SourceNotInChannel(name.clone()))
    );
    assert_eq!(
        ask("U2", Some("C1"), &nobody),
        Err(Refusal::SourceNotAllowed(name))
    );
    assert_eq!(ask("U2", Some("C1"), &groups(false)), Err(Refusal::GroupsUnknown));
    let direct = Principal::Direct;
    assert!(admit(&policy, who(&direct, None, &nobody), &Wish::default()).is_ok());
}

#[test]
fn only_its_owner_or_an_admin_may_change_a_clone() {
    let mut policy = policy();
    policy.people.admins = list(&["UADMIN", "S0LEADS"]);
    let clone = record(CloneState::Ready);
    let change =
        |user: &str, groups: &Groups| may_change(&policy, who(&slack(user), None, groups), &clone, Deed::See);
    let nobody = Groups::default();
    assert_eq!(change("U0ALICE", &nobody), Ok(()));
    assert_eq!(
        change("U0ALICE", &groups(false)),
        Ok(()),
        "its owner needs no group"
    );
    assert_eq!(change("UADMIN", &nobody), Ok(()));
    assert_eq!(change("U0BOB", &groups(true)), Ok(()));
    let refusal = change("U0BOB", &nobody).unwrap_err();
    assert!(
        refusal
            .to_string()
            .ends_with("only its owner or an admin may see it"),
        "{refusal}"
    );
    assert_eq!(change("U0BOB", &groups(false)), Err(Refusal::GroupsUnknown));
}

#[rstest::rstest]
#[case(&[], None)]
#[case(&[("class", "serverless:0-4")], Some("the class `serverless:0-4`"))]
#[case(&[("lifetime", "25h")], Some("a lifetime of more than 1d"))]
#[case(&[("lifetime", "24h")], None)]
fn only_what_is_above_the_bounds_needs_an_approval(
    #[case] fields: &[(&str, &str)],
    #[case] why: Option<&str>,
) {
    let granted = grant(&with_approval(), &wish(fields)).unwrap();
    assert_eq!(granted.approval.map(|need| need.why).as_deref(), why);
}

#[test]
fn what_is_over_the_hard_limits_no_approval_can_bring() {
    let too_long = grant(&with_approval(), &wish(&[("lifetime", "8d")]));
    assert!(matches!(too_long, Err(Refusal::TooLong { .. })), "{too_long:?}");
}

#[test]
fn nobody_in_particular_cannot_get_an_approval() {
    let (policy, nobody) = (with_approval(), Groups::default());
    for principal in [Principal::Direct, Principal::Workflow] {
        let ask = |fields: &[(&str, &str)]| admit(&policy, who(&principal, None, &nobody), &wish(fields));
        assert!(ask(&[]).is_ok());
        assert!(matches!(ask(&[("lifetime", "2d")]), Err(Refusal::NobodyAsks(_))));
    }
}

#[test]
fn an_approver_decides_and_never_on_a_request_of_their_own() {
    let (policy, clone) = (with_approval(), record(CloneState::Requested));
    let decide = |user: &str, groups: &Groups| may_decide(&policy, who(&slack(user), None, groups), &clone);
    let nobody = Groups::default();
    assert_eq!(decide("U0DORA", &nobody), Ok(()));
    assert_eq!(decide("U0BOB", &groups(true)), Ok(()));
    assert_eq!(
        decide("U0BOB", &nobody),
        Err(Refusal::NotAnApprover(clone.source.clone()))
    );
    assert_eq!(decide("U0BOB", &groups(false)), Err(Refusal::GroupsUnknown));
    assert_eq!(
        decide("U0ALICE", &groups(true)),
        Err(Refusal::OwnRequest(clone.id.clone())),
        "an approver too"
    );
}

#[test]
fn a_life_is_extended_up_to_the_policys_total_and_only_after_hand_over() {
    let policy = policy();
    let (alice, nobody) = (slack("U0ALICE"), Groups::default());
    let extended = |clone: &CloneRecord, more: &str| {
        extend(
            &policy,
            who(&alice, None, &nobody),
            clone,
            more.parse().unwrap(),
            now(),
        )
    };
    let clone = record(CloneState::Ready);
    assert_eq!(
        extended(&clone, "1d"),
        Ok(clone.expires_at + chrono::TimeDelta::days(1))
    );
    assert_eq!(
        extended(&clone, "60d").unwrap_err().to_string(),
        "60d more would make 61d in all, and clones of production may live 14d; at most 13d can be added"
    );
    let mut old = clone.clone();
    old.expires_at = old.ready_at.unwrap() + chrono::TimeDelta::days(14);
    let refusal = extended(&old, "1d").unwrap_err().to_string();
    assert!(
        refusal.starts_with("1d more would make 15d in all") && refusal.ends_with("nothing can be added"),
        "{refusal}"
    );
    let unfinished = record(CloneState::Masking);
    assert!(matches!(
        extended(&unfinished, "1d"),
        Err(Refusal::NotExtendable(..))
    ));
}

#[test]
fn a_life_beyond_what_needs_an_approval_is_given_by_an_approver_alone() {
    let (policy, mut clone) = (with_approval(), record(CloneState::Ready));
    clone.expires_at = clone.ready_at.unwrap() + chrono::TimeDelta::hours(4);
    let nobody = Groups::default();
    let more = |user: &str, groups: &Groups, more: &str| {
        let principal = slack(user);
        extend(
            &policy,
            who(&principal, None, groups),
            &clone,
            more.parse().unwrap(),
            now(),
        )
    };
    assert!(more("U0ALICE", &nobody, "20h").is_ok(), "up to a day");
    assert!(matches!(
        more("U0ALICE", &nobody, "21h"),
        Err(Refusal::ExtensionNeedsApprover { .. })
    ));
    let left = |user: &str, clone: &CloneRecord| {
        let principal = slack(user);
        extendable(&policy, who(&principal, None, &nobody), clone, now()).map(|left| left.num_hours())
    };
    assert_eq!(left("U0ALICE", &clone), Ok(20), "as much as needs no approval");
    assert_eq!(left("U0DORA", &clone), Ok(14 * 24 - 4), "as much as there is");
    let mut used = clone.clone();
    used.expires_at = used.ready_at.unwrap() + chrono::TimeDelta::hours(24);
    assert!(matches!(
        left("U0ALICE", &used),
        Err(Refusal::ExtensionNeedsApprover { .. })
    ));
    assert!(more("U0DORA", &nobody, "21h").is_ok());
    assert_eq!(more("U0BOB", &groups(false), "21h"), Err(Refusal::GroupsUnknown));
    let dora = slack("U0DORA");
    assert_eq!(may_extend(&policy, who(&dora, None, &nobody), &clone), Ok(()));
    let eve = slack("U0EVE");
    assert_eq!(
        may_extend(&policy, who(&eve, None, &nobody), &clone),
        Err(Refusal::NotYours(clone.id.clone(), Deed::Extend))
    );
}
