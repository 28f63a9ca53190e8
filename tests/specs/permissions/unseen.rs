//! Rights that the calls do not show, each with the reason. Kept by hand.

/// Role, statement, action (`*` stands for all of them), reason.
type Right = (&'static str, &'static str, &'static str, &'static str);

/// What AWS asks behind a call, and what the embedded AWS does not have. What is seen after all is told to be struck out.
const UNSEEN: &[Right] = &[
    ("*", "Log", "*", "Lambda and ECS write the logs"),
    ("*", "Config", "*", "the config folder lies on disk here"),
    ("*", "Rules", "*", "the config folder lies on disk here"),
    ("*", "NoPrices", "*", "the config folder lies on disk here"),
    (
        "*",
        "SecretsKey",
        "*",
        "Secrets Manager asks KMS with the caller's rights",
    ),
    (
        "clone",
        "SharedSources",
        "*",
        "no source here belongs to another account",
    ),
    ("clone", "SourceKey", "*", "RDS asks KMS with the caller's rights"),
    (
        "clone",
        "MasterSecret",
        "secretsmanager:PutResourcePolicy",
        "callers have no ARNs here",
    ),
    (
        "release",
        "ProxyRole",
        "*",
        "RDS asks whether it may be given the role",
    ),
    (
        "notify",
        "Stream",
        "*",
        "Lambda reads the stream with the function's rights",
    ),
    (
        "notify",
        "Streams",
        "*",
        "Lambda reads the stream with the function's rights",
    ),
    (
        "notify",
        "Undelivered",
        "*",
        "Lambda puts there what the function does not take",
    ),
    (
        "clone-machine",
        "Tasks",
        "*",
        "Step Functions waits for tasks inside the embedded AWS",
    ),
    (
        "clone-machine",
        "TaskRoles",
        "*",
        "ECS asks whether a task may be given its roles",
    ),
    (
        "clone-machine",
        "TaskEvents",
        "*",
        "Step Functions waits for tasks inside the embedded AWS",
    ),
    (
        "query-worker",
        "Connect",
        "*",
        "the database asks IAM whether the token is good",
    ),
    ("task-execution", "*", "*", "ECS starts tasks with it"),
    ("proxy", "*", "*", "RDS Proxy reads secrets with it"),
    ("release", "ProxySecret", "*", "no clone here has a proxy"),
    ("release", "NewProxy", "*", "no clone here has a proxy"),
    ("release", "TagProxy", "*", "no clone here has a proxy"),
    ("release", "LookAtProxy", "*", "no clone here has a proxy"),
    ("release", "ProxyTags", "*", "no clone here has a proxy"),
    ("release", "FillProxy", "*", "no clone here has a proxy"),
    (
        "sweep",
        "CloseDataApi",
        "*",
        "nobody here switches it on before the clone is verified",
    ),
    ("sweep", "LookAtProxy", "*", "no clone here has a proxy"),
    ("sweep", "ProxyTags", "*", "no clone here has a proxy"),
    ("sweep", "DeleteProxy", "*", "no clone here has a proxy"),
];

/// What is done only if two things come at the same time, or an answer is lost: seen in one run, and not in another.
const SOMETIMES: &[Right] = &[
    (
        "clone",
        "Wake",
        "*",
        "an answer comes in between a task's start and its token's note",
    ),
    (
        "gateway",
        "Once",
        "dynamodb:GetItem",
        "the write that remembers a request was lost or comes twice",
    ),
    (
        "notify",
        "Once",
        "dynamodb:GetItem",
        "the write that claims a message was lost or comes twice",
    ),
    (
        "notify",
        "Requests",
        "*",
        "a request is refused after the gateway has granted it",
    ),
];

/// Why no call shows this right, if that is so.
pub(crate) fn why(role: &str, sid: &str, action: &str) -> Option<&'static str> {
    find(UNSEEN, role, sid, action)
}

/// Whether a call shows this right only sometimes.
pub(crate) fn is_sometimes(role: &str, sid: &str, action: &str) -> bool {
    find(SOMETIMES, role, sid, action).is_some()
}

fn find(rights: &[Right], role: &str, sid: &str, action: &str) -> Option<&'static str> {
    let is = |wanted: &str, given: &str| wanted == "*" || wanted == given;
    let found = rights
        .iter()
        .find(|(of, statement, what, _)| is(of, role) && is(statement, sid) && is(what, action));
    found.map(|(.., why)| *why)
}
