//! What a column's or a table's name says, in English and in Japanese (romanised or not).

use super::{Proposal, rule};

/// Tables that hold work in flight or credentials; a clone is better off without their rows.
pub(super) fn transient(table: &str) -> Option<&'static str> {
    let words = words(table);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if any(&["session", "sessions", "token", "tokens", "otp", "otps"]) {
        Some("sessions and tokens open accounts")
    } else if any(&["outbox", "webhook", "webhooks"])
        || (any(&["job", "jobs"]) && any(&["delayed", "queue", "background", "failed", "good", "solid"]))
    {
        Some("work in flight: a clone must not send it")
    } else {
        None
    }
}

/// What the column's name says; nothing where it says nothing.
pub(super) fn judge(table: &str, column: &str, japanese: bool) -> Option<Proposal> {
    let words = words(column);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let joined = words.join("_");
    let kana =
        has(&["kana", "furigana", "katakana", "yomi"]) || column.contains("カナ") || column.contains("かな");
    let name = |part: &str| {
        if kana {
            kana_rule(part)
        } else {
            name_rule(part, japanese)
        }
    };
    let found = |rule: String, reason: &str| {
        Some(Proposal {
            rule,
            reason: format!("by its name: {reason}"),
        })
    };
    let locale = |name: &str| {
        if japanese {
            format!("{{ mask = \"{name}\", locale = \"ja\" }}")
        } else {
            format!("\"{name}\"")
        }
    };
    if has(&["email", "mail", "emails"]) || joined.contains("e_mail") || column.contains("メール") {
        return found("\"email\"".to_owned(), "an e-mail address");
    }
    if has(&[
        "password", "passwd", "pwd", "secret", "token", "salt", "digest", "otp", "apikey",
    ]) || joined.contains("api_key")
        || column.contains("パスワード")
    {
        return found("\"hash\"".to_owned(), "a credential");
    }
    if has(&[
        "phone",
        "tel",
        "mobile",
        "fax",
        "telephone",
        "cellphone",
        "denwa",
        "phonenumber",
    ]) || column.contains("電話")
        || column.contains("携帯")
    {
        return found("\"phone\"".to_owned(), "a phone number");
    }
    if has(&["ip", "ipaddress", "ipaddr"]) || joined.contains("remote_addr") {
        return Some(rule("ip", "by its name: a network address"));
    }
    if has(&["postcode", "zip", "zipcode", "postal", "yubin"]) || column.contains("郵便") {
        return found("\"postcode\"".to_owned(), "a postcode");
    }
    if has(&["address", "address1", "address2", "street", "addr", "jusho"]) || column.contains("住所") {
        return found(locale("address"), "a street address");
    }
    if has(&["username", "login", "nickname", "handle", "screenname"])
        || joined.contains("user_name")
        || joined.contains("screen_name")
    {
        return found("\"username\"".to_owned(), "a user's name");
    }
    if joined.contains("first_name")
        || has(&["firstname", "forename", "mei"])
        || joined.contains("given_name")
        || column == "名"
    {
        return found(name("first"), "a given name");
    }
    if joined.contains("last_name")
        || has(&["lastname", "surname", "sei"])
        || joined.contains("family_name")
        || column == "姓"
    {
        return found(name("last"), "a family name");
    }
    if joined.contains("full_name")
        || has(&["fullname", "shimei", "namae"])
        || column.contains("氏名")
        || kana
    {
        return found(name("full"), "a person's name");
    }
    if has(&["company", "organization", "employer"]) || column.contains("会社") {
        return found(locale("company"), "a company");
    }
    if joined == "name" && is_people(table) {
        return found(name("full"), "the name of a person, by its table");
    }
    if has(&["url", "homepage", "website"]) {
        return found("\"url\"".to_owned(), "a link");
    }
    if has(&[
        "note", "notes", "comment", "comments", "memo", "message", "bio", "remarks", "bikou", "inquiry",
    ]) || column.contains("備考")
    {
        return found("{ text = \"drop\" }".to_owned(), "free text");
    }
    None
}

pub(super) fn is_birthday(column: &str) -> bool {
    let words = words(column);
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "birth" | "birthday" | "birthdate" | "dob" | "born" | "tanjoubi"
        )
    }) || column.contains("生年月日")
        || column.contains("誕生日")
}

/// The `name` rule for a part of a name.
pub(super) fn name_rule(part: &str, japanese: bool) -> String {
    if japanese {
        format!("{{ name = \"{part}\", locale = \"ja\" }}")
    } else {
        format!("{{ name = \"{part}\" }}")
    }
}

fn kana_rule(part: &str) -> String {
    format!("{{ name = \"{part}\", locale = \"kana\" }}")
}

fn is_people(table: &str) -> bool {
    const PEOPLE: &[&str] = &[
        "user",
        "customer",
        "person",
        "people",
        "member",
        "employee",
        "staff",
        "contact",
        "patient",
        "student",
        "author",
        "actor",
        "client",
        "recipient",
        "subscriber",
        "driver",
        "teacher",
        "guest",
        "account",
        "profile",
    ];
    words(table).iter().any(|word| {
        PEOPLE
            .iter()
            .any(|people| word.trim_end_matches('s') == people.trim_end_matches('s'))
    }) || ["顧客", "会員", "社員", "利用者"]
        .iter()
        .any(|word| table.contains(word))
}

/// `billingEmail`, `billing_email` and `Billing-Email` are `billing`, `email`.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            spaced.push('_');
        }
        spaced.extend(c.to_lowercase());
        before = c;
    }
    spaced
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
