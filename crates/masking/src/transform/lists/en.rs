//! English words that made-up names and addresses are built of.

/// Given names.
#[rustfmt::skip]
pub(super) const FIRST: &[&str] = &[
    "Abigail", "Adam", "Adrian", "Agnes", "Alan", "Albert", "Alexander", "Alice", "Amber", "Andrew", "Anna",
    "Arthur", "Audrey", "Barbara", "Beatrice", "Ben", "Benjamin", "Bernard", "Brian", "Bridget", "Carol",
    "Caroline", "Catherine", "Cecil", "Charles", "Chloe", "Christine", "Claire", "Clara", "Colin", "Connor",
    "Craig", "Daisy", "Daniel", "David", "Deborah", "Dennis", "Diana", "Dominic", "Donna", "Dorothy",
    "Douglas", "Dylan", "Edgar", "Edith", "Edward", "Elaine", "Eleanor", "Elizabeth", "Elliot", "Emily",
    "Emma", "Esther", "Ethan", "Evelyn", "Felix", "Fiona", "Florence", "Frances", "Frank", "Gareth",
    "George", "Gordon", "Grace", "Graham", "Gregory", "Gwen", "Hannah", "Harold", "Harry", "Hazel", "Helen",
    "Henry", "Hugh", "Imogen", "Iris", "Isaac", "Ivy", "Jack", "Jacob", "James", "Jane", "Jasper",
    "Jennifer", "Joan", "John", "Jonathan", "Joseph", "Joyce", "Julia", "Karen", "Kate", "Keith", "Kenneth",
    "Kevin", "Laura", "Lawrence", "Leo", "Leonard", "Lewis", "Lillian", "Linda", "Lisa", "Louise", "Lucy",
    "Luke", "Lydia", "Mabel", "Malcolm", "Marcus", "Margaret", "Maria", "Marion", "Mark", "Martha", "Mary",
    "Matthew", "Maxwell", "Megan", "Michael", "Miriam", "Monica", "Nancy", "Nathan", "Neil", "Nigel",
    "Nora", "Norman", "Olive", "Oliver", "Oscar", "Owen", "Pamela", "Patricia", "Paul", "Penelope", "Peter",
    "Philip", "Phoebe", "Quentin", "Rachel", "Ralph", "Raymond", "Rebecca", "Richard", "Robert", "Robin",
    "Roger", "Roland", "Rose", "Rosemary", "Rupert", "Russell", "Ruth", "Sally", "Samuel", "Sarah",
    "Sebastian", "Sheila", "Sidney", "Simon", "Sophie", "Stella", "Stephen", "Stuart", "Susan", "Sylvia",
    "Teresa", "Theodore", "Thomas", "Timothy", "Toby", "Tristan", "Ursula", "Valerie", "Vernon", "Victor",
    "Vincent", "Violet", "Vivian", "Walter", "Wendy", "William", "Winifred",
];

/// Family names.
#[rustfmt::skip]
pub(super) const LAST: &[&str] = &[
    "Abbott", "Adams", "Allen", "Anderson", "Archer", "Armstrong", "Atkinson", "Austin", "Bailey", "Baker",
    "Baldwin", "Barker", "Barnes", "Barrett", "Bell", "Bennett", "Bishop", "Black", "Bradley", "Brooks",
    "Brown", "Burton", "Butler", "Campbell", "Carpenter", "Carter", "Chambers", "Chapman", "Clark",
    "Clarke", "Coleman", "Collins", "Cook", "Cooper", "Cox", "Cross", "Curtis", "Davis", "Dawson", "Day",
    "Dixon", "Douglas", "Edwards", "Elliott", "Ellis", "Evans", "Farmer", "Ferguson", "Field", "Fisher",
    "Fleming", "Fletcher", "Ford", "Foster", "Fox", "Francis", "Freeman", "Garcia", "Gibson", "Gordon",
    "Graham", "Grant", "Gray", "Green", "Griffin", "Hall", "Hamilton", "Harper", "Harris", "Harrison",
    "Hart", "Harvey", "Hawkins", "Hayes", "Henderson", "Hill", "Holland", "Holmes", "Hopkins", "Howard",
    "Hudson", "Hughes", "Hunter", "Ingram", "Jackson", "James", "Jenkins", "Johnson", "Jones", "Jordan",
    "Kelly", "Kennedy", "King", "Knight", "Lawrence", "Lee", "Lewis", "Little", "Long", "Lowe", "Marsh",
    "Marshall", "Martin", "Mason", "Matthews", "Miller", "Mitchell", "Moore", "Morgan", "Morris", "Murphy",
    "Nelson", "Nichols", "Norris", "Osborne", "Owen", "Page", "Palmer", "Parker", "Payne", "Pearson",
    "Perry", "Phillips", "Porter", "Powell", "Price", "Ray", "Reed", "Reynolds", "Rhodes", "Richardson",
    "Riley", "Rivera", "Roberts", "Robinson", "Rogers", "Rose", "Ross", "Russell", "Sanders", "Saunders",
    "Scott", "Shaw", "Simpson", "Slater", "Smith", "Spencer", "Stevens", "Stewart", "Stone", "Sutton",
    "Taylor", "Thomas", "Thompson", "Tucker", "Turner", "Vaughan", "Walker", "Wallace", "Ward", "Warren",
    "Watson", "Watts", "Webb", "Wells", "West", "Wheeler", "White", "Williams", "Willis", "Wilson", "Wood",
    "Woods", "Wright", "Yates", "Young",
];

/// Streets.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    "Ash Grove", "Beech Road", "Bridge Street", "Castle Street", "Cedar Lane", "Chestnut Avenue",
    "Church Lane", "College Road", "Court Lane", "Elm Street", "Farm Lane", "Forest Road", "Garden Street",
    "Green Lane", "High Street", "Hill Road", "Juniper Drive", "King Street", "Lake View", "Manor Road",
    "Maple Avenue", "Market Street", "Meadow Lane", "Mill Road", "North Street", "Oak Street",
    "Orchard Way", "Park Avenue", "Pine Street", "Queen Street", "River Lane", "School Lane",
    "South Street", "Spring Street", "Station Road", "Sunset Drive", "Union Street", "Valley Road",
    "Walnut Street", "Willow Way",
];

/// Cities.
#[rustfmt::skip]
pub(super) const CITIES: &[&str] = &[
    "Aberdeen", "Albany", "Arlington", "Ashford", "Auburn", "Bedford", "Brighton", "Bristol", "Burlington",
    "Cambridge", "Carlisle", "Chester", "Clifton", "Concord", "Dayton", "Denver", "Dover", "Durham",
    "Exeter", "Fairview", "Franklin", "Georgetown", "Greenville", "Hamilton", "Hastings", "Ipswich",
    "Jackson", "Kingston", "Lancaster", "Lexington", "Lincoln", "Madison", "Manchester", "Milton",
    "Newport", "Norwich", "Oxford", "Plymouth", "Portland", "Preston", "Quincy", "Richmond", "Rochester",
    "Salem", "Springfield", "Stirling", "Trenton", "Wakefield", "Warwick", "Winchester", "Windsor", "York",
];
