//! Secrets in what people write into a schema: bodies of functions and views, defaults, checks, comments, settings.

use std::sync::LazyLock;

use regex::Regex;

use super::patterns;

/// A text of the schema, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// What it belongs to: `function public.notify(text)`.
    pub(crate) what: String,
    /// The text; none where the master may not read it.
    pub(crate) text: Option<String>,
}

/// What a text of the schema holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    /// Something by which one could log in: it stops the release.
    Secret(&'static str),
    /// Something that the report names: somebody's data, or a call to another system.
    Noted(&'static str),
}

/// Patterns of secrets. Examples out of documentation are no secrets, and neither are places to be filled in.
const SECRETS: &[(&str, &str)] = &[
    ("a key of AWS", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    (
        "a connection string with a password",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'<>]+:[^\s:/@'<>{}$*]{3,}@[\w.-]+",
    ),
    ("a bearer token", r"(?i)\bbearer\s+[a-z0-9._~+/-]{20,}"),
    (
        "a token",
        r"\b(?:eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*|xox[abprs]-[\w-]{10,}|gh[pousr]_\w{30,}|github_pat_\w{30,}|AIza[\w-]{35}|sk_live_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,})",
    ),
    (
        "a password",
        r#"(?i)\b(?:pass(?:word|wd|phrase)?|pwd|secret|api_?key|(?:access|auth|secret)_?(?:token|key))["']?\s*(?::=|=>|=|:)\s*(?:'[^'\s{}$<>%*]{6,}'|"[^"\s{}$<>%*]{6,}")"#,
    ),
    (
        "a connection string with a password",
        r"(?i)\b(?:host|hostaddr|dbname|user|port)\s*=\s*[^\s=']+(?:\s+\w+\s*=\s*[^\s=']+)*?\s+password\s*=\s*[^\s'{}$<>%*]{3,}",
    ),
    (
        "a password",
        r"(?i)\b(?:identified\s+by|password)\s+'[^'\s{}$<>%*]{6,}'",
    ),
];

/// Calls to other systems.
const CALLS: &str = r"(?i)\b(?:aws_lambda\.invoke|lambda_a?sync\s*\(|mysql\.lambda_async|aws_s3\.\w+|dblink(?:_\w+)?\s*\(|net\.http_\w+|http_(?:get|post|put)\s*\(|sys_e(?:xec|val)\s*\(|into\s+outfile\s+s3|load\s+data\s+from\s+s3)";

#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compile =
        |(name, pattern): &(&'static str, &str)| (*name, Regex::new(pattern).expect("a valid pattern"));
    SECRETS.iter().map(compile).collect()
});
#[allow(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static CALLING: LazyLock<Regex> = LazyLock::new(|| Regex::new(CALLS).expect("a valid pattern"));

/// What a text holds, each once.
pub(super) fn find(text: &str) -> Vec<Holding> {
    let mut found = Vec::new();
    for (name, pattern) in PATTERNS.iter() {
        let real = pattern
            .find_iter(text)
            .any(|found| !found.as_str().contains("EXAMPLE"));
        if real && !found.contains(&Holding::Secret(name)) {
            found.push(Holding::Secret(name));
        }
    }
    let personal = patterns::find(text.as_bytes());
    let sorts = patterns::Personal::ALL
        .into_iter()
        .filter(|sort| personal.has(*sort));
    found.extend(sorts.map(|sort| Holding::Noted(sort.words())));
    if CALLING.is_match(text) {
        found.push(Holding::Noted("calls to other systems"));
    }
    found
}

/// Whether a setting's name says that its value is a secret.
pub(crate) fn is_secret_setting(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let says = [
        "password",
        "passwd",
        "secret",
        "token",
        "api_key",
        "apikey",
        "credential",
        "private_key",
    ]
    .into_iter()
    .any(|word| name.contains(word));
    // `password_encryption` and the like are the engine's own.
    let own = [
        "password_encryption",
        "password_",
        "default_password",
        "validate_password",
    ]
    .iter()
    .any(|own| name.starts_with(own));
    (says && !own && value.len() >= 4)
        || find(value)
            .iter()
            .any(|found| matches!(found, Holding::Secret(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_code() {
        for (text, expected) in [
            ("key := 'AKIAQ3EGRIJX7ZLM2PWT';", "a key of AWS"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
            (
                "dblink('postgres://app:hunter2@db.corp.jp/x')",
                "a connection string with a password",
            ),
            (
                "'host=db user=app password=hunter2'",
                "a connection string with a password",
            ),
            (
                "'Authorization: Bearer abcdefghijklmnopqrstuvwxyz012345'",
                "a bearer token",
            ),
            ("PASSWORD = 'hunter2!'", "a password"),
            ("{\"api_key\": \"d41d8cd98f00b204\"}", "a password"),
            ("CREATE USER x IDENTIFIED BY 'hunter2'", "a password"),
            ("'xoxb-123456789012-abcdef'", "a token"),
        ] {
            assert!(
                find(text).contains(&Holding::Secret(expected)),
                "{text}: {:?}",
                find(text)
            );
        }
    }

    #[test]
    fn what_is_no_secret_is_left_alone() {
        for text in [
            "UPDATE users SET password = NEW.password WHERE id = $1",
            "SELECT crypt(p_password, gen_salt('bf'))",
            "IF password = '' THEN RAISE EXCEPTION 'password: too short'; END IF;",
            "COMMENT 'the password, hashed'",
            "see https://corp.example/docs?password=reset and mail a@example.com",
            "'AKIAIOSFODNN7EXAMPLE'",
            "format('host=%s password=%s', h, p)",
            "'postgres://app:${PASSWORD}@db/x'",
            "token := md5(random()::text);",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
        assert_eq!(
            find("PERFORM aws_lambda.invoke(x)"),
            [Holding::Noted("calls to other systems")]
        );
        assert_eq!(
            find("-- ask anna@corp.jp"),
            [Holding::Noted("e-mail addresses that no rule made")]
        );
        assert!(
            is_secret_setting("app.jwt_secret", "abcd1234")
                && !is_secret_setting("password_encryption", "scram-sha-256")
        );
        assert!(!is_secret_setting("search_path", "public"));
    }
}
