//! What a column's or a table's name says, in English and in Japanese (romanised or not).

use super::Proposal;

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

/// What a name is a sign of.
struct Sign {
    /// Whole words of the name.
    words: &'static [&'static str],
    /// Words that belong together.
    phrases: &'static [&'static str],
    /// Japanese words anywhere in it.
    japanese: &'static [&'static str],
    made: Made,
    reason: &'static str,
}

/// The rule that a sign leads to.
enum Made {
    /// As it stands.
    Rule(&'static str),
    /// A transform that has a language.
    Local(&'static str),
    /// A part of a person's name.
    Name(&'static str),
}

/// From the surest to the vaguest; the first that fits wins.
const SIGNS: &[Sign] = &[
    Sign {
        words: &["email", "mail", "emails"],
        phrases: &["e_mail"],
        japanese: &["メール"],
        made: Made::Rule("\"email\""),
        reason: "an e-mail address",
    },
    Sign {
        words: &[
            "password", "passwd", "pwd", "secret", "token", "salt", "digest", "otp", "apikey",
        ],
        phrases: &["api_key"],
        japanese: &["パスワード"],
        made: Made::Rule("\"hash\""),
        reason: "a credential",
    },
    Sign {
        words: &[
            "phone",
            "tel",
            "mobile",
            "fax",
            "telephone",
            "cellphone",
            "denwa",
            "phonenumber",
        ],
        phrases: &[],
        japanese: &["電話", "携帯"],
        made: Made::Rule("\"phone\""),
        reason: "a phone number",
    },
    Sign {
        words: &["ip", "ipaddress", "ipaddr"],
        phrases: &["remote_addr"],
        japanese: &[],
        made: Made::Rule("\"ip\""),
        reason: "a network address",
    },
    Sign {
        words: &["postcode", "zip", "zipcode", "postal", "yubin"],
        phrases: &[],
        japanese: &["郵便"],
        made: Made::Rule("\"postcode\""),
        reason: "a postcode",
    },
    Sign {
        words: &["address", "address1", "address2", "street", "addr", "jusho"],
        phrases: &[],
        japanese: &["住所"],
        made: Made::Local("address"),
        reason: "a street address",
    },
    Sign {
        words: &["username", "login", "nickname", "handle", "screenname"],
        phrases: &["user_name", "screen_name"],
        japanese: &["ニックネーム"],
        made: Made::Rule("\"username\""),
        reason: "a user's name",
    },
    Sign {
        words: &["firstname", "forename", "mei"],
        phrases: &["first_name", "given_name"],
        japanese: &[],
        made: Made::Name("first"),
        reason: "a given name",
    },
    Sign {
        words: &["lastname", "surname", "sei"],
        phrases: &["last_name", "family_name"],
        japanese: &["名字"],
        made: Made::Name("last"),
        reason: "a family name",
    },
    Sign {
        words: &[
            "fullname", "shimei", "namae", "kana", "furigana", "katakana", "yomi",
        ],
        phrases: &["full_name"],
        japanese: &["氏名", "名前", "フリガナ", "カナ"],
        made: Made::Name("full"),
        reason: "a person's name",
    },
    Sign {
        words: &["company", "organization", "employer"],
        phrases: &[],
        japanese: &["会社"],
        made: Made::Local("company"),
        reason: "a company",
    },
    Sign {
        words: &["url", "homepage", "website"],
        phrases: &[],
        japanese: &[],
        made: Made::Rule("\"url\""),
        reason: "a link",
    },
    Sign {
        words: &[
            "note", "notes", "comment", "comments", "memo", "message", "bio", "remarks", "bikou", "inquiry",
        ],
        phrases: &[],
        japanese: &["備考", "メモ"],
        made: Made::Rule("{ text = \"drop\" }"),
        reason: "free text",
    },
];

/// What the column's name says; nothing where it says nothing.
pub(super) fn judge(table: &str, column: &str, japanese: bool) -> Option<Proposal> {
    let words = words(column);
    let joined = words.join("_");
    let kana = words
        .iter()
        .any(|word| matches!(word.as_str(), "kana" | "furigana" | "katakana" | "yomi"))
        || column.contains("カナ");
    let name = |part: &str| {
        if kana {
            kana_rule(part)
        } else {
            name_rule(part, japanese)
        }
    };
    let fits = |sign: &&Sign| {
        words.iter().any(|word| sign.words.contains(&word.as_str()))
            || sign.phrases.iter().any(|phrase| joined.contains(phrase))
            || sign.japanese.iter().any(|word| column.contains(word))
    };
    let found = |rule: String, reason: &str| {
        Some(Proposal {
            rule,
            reason: format!("by its name: {reason}"),
        })
    };
    match SIGNS.iter().find(fits) {
        Some(Sign {
            made: Made::Rule(rule),
            reason,
            ..
        }) => found((*rule).to_owned(), reason),
        Some(Sign {
            made: Made::Local(transform),
            reason,
            ..
        }) if japanese => found(format!("{{ mask = \"{transform}\", locale = \"ja\" }}"), reason),
        Some(Sign {
            made: Made::Local(transform),
            reason,
            ..
        }) => found(format!("\"{transform}\""), reason),
        Some(Sign {
            made: Made::Name(part),
            reason,
            ..
        }) => found(name(part), reason),
        None if matches!(column, "姓" | "名") => found(
            name(if column == "姓" { "last" } else { "first" }),
            "a part of a person's name",
        ),
        None if joined == "name" && is_people(table) => {
            found(name("full"), "the name of a person, by its table")
        }
        None => None,
    }
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
