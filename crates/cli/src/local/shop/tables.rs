//! The shop's rows, table by table.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use fastrand::Rng;
use serde_json::json;

use super::batch::Batch;
use super::people::{Person, pick};

/// A table, how many rows it has for so many customers, and how the row of a number is written.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static str,
    pub(super) rows: fn(customers: u64) -> u64,
    pub(super) write: fn(&Maker, number: u64, &mut Batch),
}

/// In an order in which no row refers to one that is not there yet.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "customers",
        columns: "id, email, full_name, phone, birthday, country, last_ip, notes, profile, newsletter, credit, created_at",
        rows: |customers| customers,
        write: Maker::customer,
    },
    Table {
        name: "addresses",
        columns: "id, customer_id, label, recipient, street, postal_code, city, country, phone",
        rows: |customers| customers,
        write: Maker::address,
    },
    Table {
        name: "products",
        columns: "id, sku, name, description, price",
        rows: |_| PRODUCTS,
        write: Maker::product,
    },
    Table {
        name: "orders",
        columns: "id, customer_id, contact_email, status, total, currency, shipping_name, shipping_address, gift_message, placed_at",
        rows: |customers| customers,
        write: Maker::order,
    },
    Table {
        name: "order_items",
        columns: "order_id, line, product_id, quantity, unit_price",
        rows: |customers| customers * 2,
        write: Maker::order_item,
    },
    Table {
        name: "payments",
        columns: "id, order_id, method, card_holder, card_last4, iban, amount, paid_at",
        rows: |customers| customers,
        write: Maker::payment,
    },
    Table {
        name: "support_tickets",
        columns: "id, customer_id, subject, body, opened_at",
        rows: |customers| customers.div_ceil(5),
        write: Maker::ticket,
    },
    Table {
        name: "sessions",
        columns: "id, customer_id, token, ip, user_agent, last_seen_at",
        rows: |customers| customers.div_ceil(2),
        write: Maker::session,
    },
];

const PRODUCTS: u64 = 400;
const THINGS: &[&str] = &[
    "Tea pot",
    "Desk lamp",
    "Wool blanket",
    "Notebook",
    "Rice cooker",
    "Umbrella",
    "Backpack",
    "Bicycle bell",
];
const STATUSES: &[&str] = &["placed", "paid", "packed", "shipped", "delivered", "returned"];
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Macintosh)",
    "Mozilla/5.0 (Windows NT 10.0)",
    "Mozilla/5.0 (Linux; Android 15)",
    "ShopApp/4.2 (iPhone)",
];

/// Makes rows: the same ones for the same seed and number of customers.
pub(super) struct Maker {
    pub(super) seed: u64,
    pub(super) customers: u64,
}

impl Maker {
    pub(super) fn person(&self, number: u64) -> Person {
        Person::new(self.seed, number)
    }

    fn rng(&self, table: u64, number: u64) -> Rng {
        Rng::with_seed(self.seed ^ (table << 56) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// The customer that row `number` of another table belongs to.
    fn owner(&self, rng: &mut Rng) -> u64 {
        rng.u64(1..=self.customers)
    }

    fn customer(&self, number: u64, row: &mut Batch) {
        let rng = &mut self.rng(1, number);
        let person = self.person(number);
        let birthday =
            NaiveDate::from_ymd_opt(1940, 1, 1).map(|day| day + TimeDelta::days(rng.i64(0..24_000)));
        let notes = (number.is_multiple_of(4)).then(|| note(rng, &person));
        let profile = json!({
            "nickname": person.first,
            "contact": { "email": person.email, "phones": [person.phone] },
            "shoe_size": rng.u8(35..47),
            "wishlist": [rng.u64(1..=PRODUCTS), rng.u64(1..=PRODUCTS)],
        });
        row.cell(number)
            .cell(&person.email)
            .cell(&person)
            .cell(&person.phone)
            .maybe(birthday);
        row.cell(person.country)
            .cell(&person.ip)
            .maybe(notes)
            .cell(profile);
        row.cell(rng.u8(..2)).cell(money(rng)).cell(moment(rng)).end();
    }

    fn address(&self, number: u64, row: &mut Batch) {
        let person = self.person(number);
        row.cell(number)
            .cell(number)
            .cell(if number.is_multiple_of(3) { "work" } else { "home" })
            .cell(&person);
        row.cell(&person.street)
            .cell(&person.postal_code)
            .cell(person.city)
            .cell(person.country);
        row.maybe((number.is_multiple_of(2)).then_some(&person.phone))
            .end();
    }

    fn product(&self, number: u64, row: &mut Batch) {
        let rng = &mut self.rng(2, number);
        let thing = pick(rng, THINGS);
        row.cell(number)
            .cell(format_args!("SKU-{number:05}"))
            .cell(format_args!("{thing} no. {number}"));
        row.cell(format_args!("A {} that lasts.", thing.to_lowercase()))
            .cell(money(rng))
            .end();
    }

    fn order(&self, number: u64, row: &mut Batch) {
        let rng = &mut self.rng(3, number);
        let owner = self.owner(rng);
        let person = self.person(owner);
        let gift = (number.is_multiple_of(10))
            .then(|| format!("Happy birthday! Yours, {person} ({})", person.phone));
        row.cell(number)
            .cell(owner)
            .cell(&person.email)
            .cell(pick(rng, STATUSES))
            .cell(money(rng))
            .cell("EUR");
        row.cell(&person).cell(format_args!(
            "{}\n{} {}",
            person.street, person.postal_code, person.city
        ));
        row.maybe(gift).cell(moment(rng)).end();
    }

    fn order_item(&self, number: u64, row: &mut Batch) {
        let rng = &mut self.rng(4, number);
        row.cell(number.div_ceil(2))
            .cell((number - 1) % 2 + 1)
            .cell(rng.u64(1..=PRODUCTS));
        row.cell(rng.u8(1..5)).cell(money(rng)).end();
    }

    fn payment(&self, number: u64, row: &mut Batch) {
        let rng = &mut self.rng(5, number);
        let person = self.person(self.owner(&mut self.rng(3, number)));
        let by_card = !number.is_multiple_of(3);
        let digits = rng.u64(..1_000_000_000_000_000_000);
        row.cell(number)
            .cell(number)
            .cell(if by_card { "card" } else { "transfer" })
            .cell(&person);
        row.maybe(by_card.then_some(format_args!("{:04}", digits % 10_000)));
        row.maybe((!by_card).then_some(format_args!("DE{:02}{digits:018}", digits % 97 + 2)));
        row.cell(money(rng)).cell(moment(rng)).end();
    }

    fn ticket(&self, number: u64, row: &mut Batch) {
        let rng = &mut self.rng(6, number);
        let owner = self.owner(rng);
        let (person, other) = (self.person(owner), self.person(self.owner(rng)));
        let body = format!(
            "Hello,\nmy parcel went to my neighbour {other}. Please write to {} or call {}.\n{person}\n{}, {} {}",
            person.email, person.phone, person.street, person.postal_code, person.city
        );
        row.cell(number)
            .cell(owner)
            .cell(format_args!("Parcel for {person}"))
            .cell(body)
            .cell(moment(rng))
            .end();
    }

    fn session(&self, number: u64, row: &mut Batch) {
        let rng = &mut self.rng(7, number);
        let owner = self.owner(rng);
        let person = self.person(owner);
        row.cell(number)
            .cell(owner)
            .cell(format_args!("{:016x}{:016x}", rng.u64(..), rng.u64(..)));
        row.cell(&person.ip)
            .cell(pick(rng, AGENTS))
            .cell(moment(rng))
            .end();
    }
}

fn note(rng: &mut Rng, person: &Person) -> String {
    match rng.u8(..3) {
        0 => format!(
            "Called on {} about a refund; prefers {}.",
            person.phone, person.email
        ),
        1 => format!(
            "Leave parcels with the neighbour at {}, {}.",
            person.street, person.city
        ),
        _ => format!("{person}'s brother may collect orders too."),
    }
}

/// From 1.00 to 500.00.
fn money(rng: &mut Rng) -> String {
    let cents = rng.u32(100..50_000);
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Somewhen in the six years from 2020, to the second.
fn moment(rng: &mut Rng) -> impl std::fmt::Display + use<> {
    let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(1_577_836_800 + rng.i64(0..189_000_000));
    at.naive_utc()
}
