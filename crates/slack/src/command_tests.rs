use domain::request::Options;

use super::*;

fn sources() -> Vec<SourceName> {
    ["production", "analytics"]
        .map(|name| name.parse().unwrap())
        .to_vec()
}

fn wish(class: Option<&str>, lifetime: Option<&str>, data_api: bool, proxy: bool) -> Command {
    Command::Create(Wish {
        source: Some("production".parse().unwrap()),
        class: class.map(|text| text.parse().unwrap()),
        lifetime: lifetime.map(|text| text.parse().unwrap()),
        options: Options { data_api, proxy },
        request: None,
    })
}

#[rstest::rstest]
#[case("production", wish(None, None, false, false))]
#[case(
    "production db.r6g.large 3d",
    wish(Some("db.r6g.large"), Some("3d"), false, false)
)]
#[case(
    "  3d   production\tdb.r6g.large ",
    wish(Some("db.r6g.large"), Some("3d"), false, false)
)]
#[case(
    "“production” ‘db.r6g.large’ \"3\"",
    wish(Some("db.r6g.large"), Some("3d"), false, false)
)]
#[case(
    "production class=serverless:0-4 for=8h data-api proxy",
    wish(Some("serverless:0-4"), Some("8h"), true, true)
)]
#[case(
    "create production serverless:0–4 for 8h",
    wish(Some("serverless:0-4"), Some("8h"), false, false)
)]
#[case("production —for=“8h” data_api=no", wish(None, Some("8h"), false, false))]
#[case(
    "source=production <http://db.r6g.large|db.r6g.large>",
    wish(Some("db.r6g.large"), None, false, false)
)]
#[case(
    "production db_instance_class=db.t4g.medium expire_days=3",
    wish(Some("db.t4g.medium"), Some("3d"), false, false)
)]
#[case("", Command::Open)]
#[case(" \u{a0} ", Command::Open)]
#[case(
    "Production DB.R6G.large for 8 hours",
    wish(Some("db.r6g.large"), Some("8h"), false, false)
)]
#[case("production 2 days proxy", wish(None, Some("2d"), false, true))]
#[case("list", Command::List)]
#[case("LIST", Command::List)]
#[case("help me", Command::Help)]
#[case("show k3x9qa", Command::Show(IdPart("k3x9qa".into())))]
#[case("delete doppel-production-20260131-k3x9qa", Command::Delete(IdPart("doppel-production-20260131-k3x9qa".into())))]
#[case("extend `k3x9qa` 2d", Command::Extend(IdPart("k3x9qa".into()), "2d".parse().unwrap()))]
#[case("extend k3x9qa for 2d", Command::Extend(IdPart("k3x9qa".into()), "2d".parse().unwrap()))]
#[case("extend k3x9qa for=12h", Command::Extend(IdPart("k3x9qa".into()), "12h".parse().unwrap()))]
fn every_spelling_is_understood(#[case] text: &str, #[case] command: Command) {
    assert_eq!(parse(text, &sources()), Ok(command));
}

#[rstest::rstest]
#[case("prodution", "`prodution` means nothing here; did you mean `production`?")]
#[case("lsit", "`lsit` means nothing here; did you mean `list`?")]
#[case("remove k3x9qa", "`remove` means nothing here; did you mean `delete`?")]
#[case("production list", "`list` comes first: write `/clone list`")]
#[case("k3x9qa", "`k3x9qa` means nothing here")]
#[case("production for", "`for` needs its value, such as `for=8h`")]
#[case(
    "production class 3d",
    "`class` needs its value, such as `class=db.r6g.large`"
)]
#[case("extend k3x9qa 2d now", "`now` is too much: `extend` takes no such word")]
#[case("extend k3x9qa class=2d", "`class=2d` is too much")]
#[case("extend k3x9qa until=2d", "`until` means nothing here")]
#[case(
    "production clas=db.r6g.large",
    "`clas` means nothing here; did you mean `class=…`?"
)]
#[case("production dataapi", "did you mean `data-api`?")]
#[case("production db.large", "`class`: `db.large` is no class")]
#[case("production serverless", "`class`: `serverless` is no class")]
#[case("production 3w", "`for`: `3w` is no lifetime")]
#[case("production for=soon", "`for`: `soon` is no lifetime")]
#[case("production proxy=maybe", "`proxy`: `maybe` is neither")]
#[case("production analytics", "`source` is said twice")]
#[case("production 3d 4d", "`for` is said twice")]
#[case("production data-api=no data-api", "`data-api` is said twice")]
#[case("production proxy proxy", "`proxy` is said twice")]
#[case("production request=somebody-elses", "`request` means nothing here")]
#[case("show", "`show` needs the id of a clone")]
#[case("show k3x9", "`k3x9` is no clone id")]
#[case("show doppel-k3x9qa", "`doppel-k3x9qa` is no clone id")]
#[case("delete k3x9qa now", "`now` is too much")]
#[case("list all", "`all` is too much: `list` takes no such word")]
#[case("extend k3x9qa", "such as `/clone extend k3x9qa 2d`")]
#[case("extend k3x9qa long", "`long` is no lifetime")]
#[case("extend k3x9qa -2h", "-2h")]
#[case("extend k3x9qa –2h", "-2h")]
#[case("production -1h", "-1h")]
#[case("production for=-1h", "`-1h` is no lifetime")]
#[case("<http://a|>", "`<http://a|>` means nothing here")]
#[case("<!channel>", "`<!channel>` means nothing here")]
fn what_is_wrong_is_named(#[case] text: &str, #[case] said: &str) {
    let error = parse(text, &sources()).unwrap_err().to_string();
    assert!(error.contains(said), "{error}");
}

#[test]
fn the_last_part_finds_a_clone_and_the_living_win() {
    let at = |id: &str, state| {
        let mut record = crate::message::samples::ready();
        record.id = id.parse().unwrap();
        record.state = state;
        record
    };
    use domain::CloneState::{Deleted, Ready};
    let living = at("doppel-production-20260131-k3x9qa", Ready);
    let gone = at("doppel-production-20260101-k3x9qa", Deleted);
    let other = at("doppel-analytics-20260131-k3x9qa", Ready);
    let part = IdPart::read("k3x9qa").unwrap();
    assert_eq!(
        part.find(vec![gone.clone(), living.clone()]),
        Found::One(Box::new(living.clone()))
    );
    assert_eq!(part.find(vec![gone.clone()]), Found::One(Box::new(gone)));
    assert_eq!(part.find(vec![]), Found::None);
    assert!(matches!(part.find(vec![living.clone(), other.clone()]), Found::Several(ids) if ids.len() == 2));
    let whole = IdPart::read(living.id.as_str()).unwrap();
    assert_eq!(
        whole.find(vec![other, living.clone()]),
        Found::One(Box::new(living))
    );
}

#[test]
fn a_text_that_no_command_can_be_is_refused_in_words_before_it_is_read() {
    let error = parse(&"production ".repeat(25_000), &sources()).unwrap_err();
    assert_eq!(error, Misread::TooLong(275_000));
    assert!(error.to_string().contains("at most 1000"), "{error}");
    assert!(parse(&"é".repeat(LONGEST), &sources()).is_err_and(|error| error != Misread::TooLong(LONGEST)));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_fall_and_no_request_is_forged(text in "\\PC{0,60}|(production|list|extend|for|class=|request=|db\\.r6g\\.large|[ <>|=“”-]){0,8}") {
        if let Ok(Command::Create(wish)) = parse(&text, &sources()) {
            assert_eq!(wish.request, None);
        }
    }
}
