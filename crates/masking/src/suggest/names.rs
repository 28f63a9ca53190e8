//! What a column's or a table's name says, in English and in Japanese (romanised or not).

use super::{Confidence, Proposal};
use crate::schema::{Column, Kind};

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

impl Sign {
    fn fits(&self, column: &str, words: &[String]) -> bool {
        let joined = words.join("_");
        words.iter().any(|word| self.words.contains(&word.as_str()))
            || self.phrases.iter().any(|phrase| joined.contains(phrase))
            || self.japanese.iter().any(|word| column.contains(word))
    }

    /// Whether a column of numbers can hold it.
    fn numeric(&self) -> bool {
        matches!(
            self.made,
            Made::Number(_) | Made::Rule("\"phone\"" | "\"postcode\"")
        )
    }
}

/// The rule that a sign leads to.
enum Made {
    /// As it stands.
    Rule(&'static str),
    /// A transform that has a language.
    Local(&'static str),
    /// A number of a known form.
    Number(&'static str),
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
            "password",
            "passwd",
            "pwd",
            "secret",
            "token",
            "salt",
            "digest",
            "otp",
            "apikey",
            "encrypted",
        ],
        phrases: &["api_key", "private_key", "access_key"],
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
        words: &["iban"],
        phrases: &[],
        japanese: &[],
        made: Made::Number("\"iban\""),
        reason: "a bank account",
    },
    Sign {
        words: &["pan", "cardnumber", "creditcard"],
        phrases: &["card_number", "card_no", "credit_card", "cc_number"],
        japanese: &["カード番号"],
        made: Made::Number("\"card\""),
        reason: "a card number",
    },
    Sign {
        words: &[
            "ssn",
            "passport",
            "mynumber",
            "nationalid",
            "taxid",
            "cpf",
            "nino",
            "kouza",
            "koza",
        ],
        phrases: &[
            "my_number",
            "kojin_bango",
            "kojinbango",
            "national_id",
            "tax_id",
            "social_security",
            "license_number",
            "licence_number",
            "account_number",
            "account_no",
            "bank_account",
            "insurance_number",
        ],
        japanese: &["マイナンバー", "個人番号", "口座", "免許", "旅券", "保険証"],
        made: Made::Number("\"pattern\""),
        reason: "a number that belongs to one person",
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
        words: &["city", "town", "shichoson", "shikuchoson"],
        phrases: &[],
        japanese: &["市区町村"],
        made: Made::Local("city"),
        reason: "a city",
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
        words: &["url", "homepage", "website", "link"],
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
pub(super) fn judge(table: &str, column: &str, kind: Kind, japanese: bool) -> Option<Proposal> {
    let found = |rule: &str, reason: &str| {
        let reason = format!("by its name: {reason}");
        Some(Proposal::new(rule, Confidence::Medium, reason))
    };
    match kind {
        Kind::Date | Kind::Timestamp if is_birthday(column) => {
            found("\"birthday\"", "a birthday").map(|p| Proposal {
                otherwise: &["{ date = { shift_days = 365 } }"],
                ..p
            })
        }
        Kind::Integer | Kind::Number => number(column, kind).and_then(|(rule, reason)| found(rule, reason)),
        Kind::Text => {
            let (rule, otherwise, reason) = text(table, column, japanese)?;
            found(&rule, reason).map(|proposal| Proposal {
                otherwise,
                ..proposal
            })
        }
        _ => None,
    }
}

/// What a number means by its column's name, if it speaks of somebody.
pub(crate) fn personal_number(column: &Column) -> Option<&'static str> {
    let is_number = matches!(column.kind, Kind::Integer | Kind::Number);
    let (_, reason) = number(&column.name, column.kind).filter(|_| is_number)?;
    Some(reason)
}

/// The rule for a number that speaks of somebody, and what it is.
fn number(column: &str, kind: Kind) -> Option<(&'static str, &'static str)> {
    let words = words(column);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if any(&["lat", "latitude", "lng", "lon", "longitude"]) {
        return Some(("\"noise\"", "a place on the earth"));
    }
    if any(&["salary", "income", "wage", "kyuyo", "nenshu"])
        || ["給与", "年収"].iter().any(|word| column.contains(word))
    {
        return Some(("\"noise\"", "what somebody earns"));
    }
    let rule = match kind {
        Kind::Integer => "\"pattern\"",
        _ => "\"noise\"",
    };
    if is_birthday(column) {
        return Some((rule, "a birthday"));
    }
    let sign = SIGNS.iter().find(|sign| sign.fits(column, &words))?;
    // `national_id` is somebody's number, `phone_id` another row's, `phone_count` nobody's.
    let counts = words.last().is_some_and(|last| COUNTS.contains(&last.as_str()));
    let is_whole = sign.phrases.contains(&words.join("_").as_str());
    (sign.numeric() && (is_whole || !counts)).then_some((rule, sign.reason))
}

/// Last words of names that make a number of what stands before them.
const COUNTS: &[&str] = &[
    "id", "ids", "key", "count", "counts", "total", "size", "length", "limit", "version", "type", "kind",
    "status", "state", "flag", "seconds", "attempts", "index", "order", "position", "percent", "rate",
];

fn text(
    table: &str,
    column: &str,
    japanese: bool,
) -> Option<(String, &'static [&'static str], &'static str)> {
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
    if let Some(sign) = SIGNS.iter().find(|sign| sign.fits(column, &words)) {
        let (rule, otherwise): (String, &[&str]) = match &sign.made {
            Made::Rule(rule) => ((*rule).to_owned(), &[]),
            Made::Number(rule) => ((*rule).to_owned(), &["\"pattern\"", "\"hash\""]),
            Made::Local(transform) if japanese => {
                (format!("{{ mask = \"{transform}\", locale = \"ja\" }}"), &[])
            }
            Made::Local(transform) => (format!("\"{transform}\""), &[]),
            Made::Name(part) => (name(part), &[]),
        };
        return Some((rule, otherwise, sign.reason));
    }
    match column {
        "姓" => Some((name("last"), &[], "a part of a person's name")),
        "名" => Some((name("first"), &[], "a part of a person's name")),
        _ if joined == "name" && is_people(table) => {
            Some((name("full"), &[], "the name of a person, by its table"))
        }
        _ => None,
    }
}

fn is_birthday(column: &str) -> bool {
    let words = words(column);
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "birth" | "birthday" | "birthdate" | "dob" | "born" | "tanjoubi" | "seinengappi"
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
pub(super) fn words(name: &str) -> Vec<String> {
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
