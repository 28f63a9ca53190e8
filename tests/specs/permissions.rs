//! `infra/policies/` against the AWS calls that doppel really makes: nothing missing, nothing spare, and nothing that
//! could harm production. The embedded AWS has no IAM, so its part is played here.

mod calls;
mod policy;
mod unseen;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use domain::policy::Engine;
use specs::{ALICE, World};

use calls::{Access, roles_of};
use policy::{Place, Statement, role};

/// What people have attached to themselves is no program's.
const PROGRAMS: [&str; 15] = [
    "chatbot",
    "clone",
    "clone-machine",
    "events",
    "gateway",
    "mask-command",
    "mask-worker",
    "notify",
    "proxy",
    "query-worker",
    "release",
    "resize",
    "sweep",
    "sweep-machine",
    "task-execution",
];

/// Actions for which AWS knows no resource, after its service authorization reference.
const WITHOUT_RESOURCE: [&str; 8] = [
    "dynamodb:ListStreams",
    "ecr:GetAuthorizationToken",
    "pricing:GetProducts",
    "rds:CreateDBProxy",
    "rds:DescribeAccountAttributes",
    "rds:DescribeOrderableDBInstanceOptions",
    "secretsmanager:ListSecrets",
    "states:SendTaskSuccess",
];

fn is_write(action: &str) -> bool {
    action
        .split_once(':')
        .is_some_and(|(service, name)| service == "rds" && !name.starts_with("Describe"))
}

/// A role may do this: a statement of its own allows it, and none denies it.
fn may(place: &Place, name: &str, access: &Access) -> bool {
    let own = role(place, name);
    let denials = role(place, "protect-sources");
    own.iter().any(|statement| statement.allows(access))
        && !denials.iter().any(|statement| statement.denies(access))
}

#[test]
fn no_role_has_a_pattern_of_actions_or_a_star_where_aws_knows_a_resource() {
    let place = Place::somewhere();
    for name in PROGRAMS.iter().chain(&["engineers", "operators"]) {
        for statement in role(&place, name) {
            assert!(statement.is_allow, "{name}: {} denies", statement.sid);
            for action in &statement.actions {
                assert!(!action.contains('*'), "{name}: {action}");
                let bound = !statement.resources.iter().any(|resource| resource == "*");
                let cannot = WITHOUT_RESOURCE.contains(&action.as_str());
                assert!(bound != cannot, "{name}: {} {action}", statement.sid);
            }
        }
    }
}

#[test]
fn tags_are_put_on_nothing_but_what_is_called_like_a_clone() {
    let place = Place::somewhere();
    for name in PROGRAMS {
        // To list tags puts none on.
        let is_tagging = |action: &String| action.contains("Tag") && !action.contains(":List");
        let tagging = |statement: &Statement| statement.actions.iter().any(is_tagging);
        for statement in role(&place, name).iter().filter(|statement| tagging(statement)) {
            for resource in &statement.resources {
                let of_proxy = resource.ends_with(":db-proxy:*");
                assert!(
                    of_proxy || resource.contains(":doppel-*") || resource.contains(":doppel/doppel-*"),
                    "{name}: {resource}"
                );
            }
            assert!(
                statement.needs("aws:RequestTag/doppel:clone"),
                "{name}: {}",
                statement.sid
            );
        }
    }
}

#[test]
fn no_role_can_change_production_even_with_a_bug() {
    let place = Place::somewhere();
    let writes: BTreeSet<String> = PROGRAMS
        .iter()
        .flat_map(|name| role(&place, name))
        .flat_map(|statement| statement.actions)
        .filter(|action| is_write(action) && !WITHOUT_RESOURCE.contains(&action.as_str()))
        .collect();
    assert!(writes.len() > 8, "{writes:?}");
    let denials = role(&place, "protect-sources");
    let production = [
        place.rds("cluster", "production"),
        place.rds("db", "production-1"),
    ];
    let all = writes
        .iter()
        .flat_map(|action| production.iter().map(move |arn| (action, arn)));
    for (action, arn) in all {
        // Whatever tags a bug may have put on it, and whatever it says in its request.
        let access = Access::new(action, arn)
            .with("aws:ResourceTag/doppel:clone", "doppel-x")
            .with("aws:RequestTag/doppel:clone", "doppel-x");
        for name in PROGRAMS {
            let restores =
                name == "clone" && action == "rds:RestoreDBClusterToPointInTime" && arn.contains(":cluster:");
            assert_eq!(may(&place, name, &access), restores, "{name}: {action} on {arn}");
        }
    }
    let harmful = [
        "ModifyDBCluster",
        "DeleteDBCluster",
        "RebootDBCluster",
        "FailoverDBCluster",
        "AddTagsToResource",
        "RemoveTagsFromResource",
        "EnableHttpEndpoint",
        "AddRoleToDBCluster",
        "RemoveRoleFromDBCluster",
        "StopDBCluster",
        "CreateDBInstance",
        "CreateDBClusterSnapshot",
    ];
    for action in harmful {
        let access = Access::new(&format!("rds:{action}"), &production[0]);
        assert!(
            denials.iter().any(|statement| statement.denies(&access)),
            "{action} is not denied"
        );
    }
    let restore = Access::new("rds:RestoreDBClusterToPointInTime", &production[0]);
    assert!(
        !denials.iter().any(|statement| statement.denies(&restore)),
        "a clone needs it"
    );
}

#[test]
fn a_clones_master_is_known_to_the_worker_and_whoever_sets_it_alone() {
    let place = Place::somewhere();
    let reads = |secret: &str| -> Vec<&str> {
        let arn = place.arn("secretsmanager", &format!("secret:{secret}-AbCdEf"));
        let access = Access::new("secretsmanager:GetSecretValue", &arn)
            .with("aws:ResourceTag/doppel:clone", "doppel-x");
        let readers = PROGRAMS.iter().filter(|name| may(&place, name, &access));
        readers.copied().collect()
    };
    assert_eq!(reads("doppel/doppel-x/master"), ["clone", "mask-worker"]);
    assert_eq!(
        reads("doppel/doppel-x/user"),
        ["clone", "mask-worker", "proxy", "release"]
    );
    assert_eq!(reads("doppel/slack/token"), ["gateway", "notify"]);
    assert_eq!(reads("doppel/slack/signing"), ["gateway"]);
    assert_eq!(reads("production/master"), Vec::<&str>::new());
}

#[test]
fn who_asked_and_who_approved_is_the_gateways_to_write() {
    let place = Place::somewhere();
    let put = Access::new("dynamodb:PutItem", &place.table()).with("dynamodb:LeadingKeys", "request#slack-1");
    let writers: Vec<_> = PROGRAMS.iter().filter(|name| may(&place, name, &put)).collect();
    assert_eq!(writers, [&"gateway"]);
}

/// A role, a statement of it, an action.
type Right = (&'static str, String, String);

/// What a world's calls would be refused, and the rights that they use.
fn judge(world: &World, place: &Place) -> (BTreeSet<String>, BTreeSet<Right>) {
    let policies: BTreeMap<_, _> = PROGRAMS.iter().map(|name| (*name, role(place, name))).collect();
    let denials = role(place, "protect-sources");
    let (mut missing, mut used) = (BTreeSet::new(), BTreeSet::new());
    for call in world.aws().calls() {
        // The harness is no program of ours, nor is what it does.
        let Some(roles) = roles_of(&call.principal) else {
            continue;
        };
        for access in calls::accesses(&call, place) {
            let own = roles
                .iter()
                .flat_map(|name| policies[name].iter().map(|statement| (*name, statement)));
            let allowing: Vec<_> = own.filter(|(_, statement)| statement.allows(&access)).collect();
            if allowing.is_empty() || denials.iter().any(|statement| statement.denies(&access)) {
                let (action, resource) = (&access.action, &access.resource);
                missing.insert(format!("{}: {action} on {resource}", call.principal));
            }
            let rights = allowing
                .iter()
                .map(|(name, statement)| (*name, statement.sid.clone(), access.action.clone()));
            used.extend(rights);
        }
    }
    (missing, used)
}

#[tokio::test]
async fn each_program_may_do_what_it_does_and_nothing_else() {
    let world = world::everything().await;
    let place = Place::of(world.state_machine_arn());
    let (missing, used) = judge(&world, &place);
    world.stop().await;
    assert_eq!(missing, BTreeSet::new(), "missing");
    let mut wrong = Vec::new();
    for (name, statement) in PROGRAMS
        .iter()
        .flat_map(|name| role(&place, name).into_iter().map(move |s| (*name, s)))
    {
        let sid = &statement.sid;
        for action in &statement.actions {
            if unseen::is_sometimes(name, sid, action) {
                continue;
            }
            let is_used = used.contains(&(name, sid.clone(), action.clone()));
            match (is_used, unseen::why(name, sid, action)) {
                (false, None) => wrong.push(format!("{name}: {sid} {action} is allowed and never done")),
                (true, Some(why)) => {
                    wrong.push(format!("{name}: {sid} {action} is done, in spite of: {why}"))
                }
                _ => {}
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "spare, or told wrongly");
}

#[tokio::test]
async fn a_clone_of_mysql_needs_no_other_rights() {
    let world = World::builder()
        .engine(Engine::Mysql)
        .speed(240)
        .setup_limit("20h")
        .start()
        .await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
    let (missing, used) = judge(&world, &Place::of(world.state_machine_arn()));
    world.stop().await;
    assert!(used.len() > 30, "{used:?}");
    assert_eq!(missing, BTreeSet::new(), "missing");
}
