//! The people of the shop: made up, and the same for the same seed and number.

use std::fmt;

use fastrand::Rng;

/// One made-up person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Given name, as it is spelt.
    pub first: &'static str,
    /// Family name, as it is spelt.
    pub last: &'static str,
    /// The name in front of the e-mail's `@`; no two people share one.
    pub handle: String,
    /// The e-mail address.
    pub email: String,
    /// The phone number, with its country code.
    pub phone: String,
    /// Street and house number.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: &'static str,
    /// The country's two letters.
    pub country: &'static str,
    /// An IPv4 address that the person was seen at.
    pub ip: String,
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.first, self.last)
    }
}

/// As it is spelt, and in ASCII for the e-mail address.
type Name = (&'static str, &'static str);

const FIRST: &[Name] = &[
    ("Haruto", "haruto"),
    ("陽菜", "hina"),
    ("Yui", "yui"),
    ("健太", "kenta"),
    ("Aoi", "aoi"),
    ("Sakura", "sakura"),
    ("Zoë", "zoe"),
    ("François", "francois"),
    ("José", "jose"),
    ("Renée", "renee"),
    ("Søren", "soren"),
    ("Jürgen", "juergen"),
    ("Olivia", "olivia"),
    ("Liam", "liam"),
    ("Amelia", "amelia"),
    ("Noah", "noah"),
    ("Siobhán", "siobhan"),
    ("Maeve", "maeve"),
    ("Łukasz", "lukasz"),
    ("Agnieszka", "agnieszka"),
    ("Dmitri", "dmitri"),
    ("Anastasia", "anastasia"),
    ("Mehmet", "mehmet"),
    ("Elif", "elif"),
    ("Priya", "priya"),
    ("Arjun", "arjun"),
    ("Wei", "wei"),
    ("Mei-Ling", "mei-ling"),
    ("Thandiwe", "thandiwe"),
    ("Kwame", "kwame"),
    ("Fatima", "fatima"),
    ("Omar", "omar"),
];

const LAST: &[Name] = &[
    ("Satō", "sato"),
    ("鈴木", "suzuki"),
    ("Takahashi", "takahashi"),
    ("渡辺", "watanabe"),
    ("Itō", "ito"),
    ("Yamamoto", "yamamoto"),
    ("O'Brien", "obrien"),
    ("Müller", "mueller"),
    ("Nuñez", "nunez"),
    ("Lefèvre", "lefevre"),
    ("Håkansson", "hakansson"),
    ("Nowak", "nowak"),
    ("Kowalczyk", "kowalczyk"),
    ("Petrov", "petrov"),
    ("Yılmaz", "yilmaz"),
    ("Sharma", "sharma"),
    ("Chen", "chen"),
    ("Dlamini", "dlamini"),
    ("Okafor", "okafor"),
    ("Haddad", "haddad"),
    ("Silva", "silva"),
    ("Rossi", "rossi"),
    ("van der Berg", "vanderberg"),
    ("Smith", "smith"),
    ("Johnson", "johnson"),
    ("Garcia", "garcia"),
    ("Nguyễn", "nguyen"),
    ("Kim", "kim"),
    ("Andersson", "andersson"),
    ("Horváth", "horvath"),
    ("Papadopoulos", "papadopoulos"),
    ("Byrne", "byrne"),
];

/// City, country, the country's phone code, a street.
const PLACES: &[(&str, &str, &str, &str)] = &[
    ("東京", "JP", "+81", "千代田区丸の内"),
    ("Ōsaka", "JP", "+81", "Kita-ku Umeda"),
    ("Berlin", "DE", "+49", "Torstraße"),
    ("München", "DE", "+49", "Leopoldstraße"),
    ("Paris", "FR", "+33", "rue de Rivoli"),
    ("Dublin", "IE", "+353", "Camden Street"),
    ("Kraków", "PL", "+48", "ulica Floriańska"),
    ("New York", "US", "+1", "Bleecker Street"),
    ("Austin", "US", "+1", "Congress Avenue"),
    ("São Paulo", "BR", "+55", "Rua Augusta"),
    ("İstanbul", "TR", "+90", "İstiklal Caddesi"),
    ("Cape Town", "ZA", "+27", "Long Street"),
    ("Malmö", "SE", "+46", "Södergatan"),
    ("Hà Nội", "VN", "+84", "Phố Huế"),
    ("Athina", "GR", "+30", "Ermou"),
    ("Mumbai", "IN", "+91", "Linking Road"),
];

const HOSTS: &[&str] = &[
    "mail.example",
    "post.example",
    "inbox.example.org",
    "letters.example.net",
    "keitai.example.jp",
];

impl Person {
    /// The person of that number, from 1.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (first, last) = (pick(&mut rng, FIRST), pick(&mut rng, LAST));
        let (city, country, code, street) = *pick(&mut rng, PLACES);
        let handle = format!("{}.{}{number}", first.1, last.1);
        Self {
            first: first.0,
            last: last.0,
            email: format!("{handle}@{}", pick(&mut rng, HOSTS)),
            handle,
            phone: format!(
                "{code} {:02} {:04} {:04}",
                rng.u32(10..99),
                rng.u32(..10_000),
                rng.u32(..10_000)
            ),
            street: format!("{street} {}", rng.u32(1..400)),
            postal_code: format!("{:05}", rng.u32(1_000..99_999)),
            city,
            country,
            ip: format!(
                "{}.{}.{}.{}",
                rng.u8(11..=223),
                rng.u8(..),
                rng.u8(..),
                rng.u8(1..)
            ),
        }
    }
}

/// One of `choices`.
pub(super) fn pick<'a, T>(rng: &mut Rng, choices: &'a [T]) -> &'a T {
    &choices[rng.usize(..choices.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_the_same_for_the_same_seed_and_number() {
        assert_eq!(Person::new(7, 3), Person::new(7, 3));
        assert_ne!(Person::new(7, 3), Person::new(8, 3));
    }

    #[test]
    fn no_two_people_share_an_address() {
        let emails: std::collections::HashSet<_> = (1..=5_000).map(|n| Person::new(1, n).email).collect();
        assert_eq!(emails.len(), 5_000);
    }
}
