//! German words that made-up names and addresses are built of.

/// Given names.
#[rustfmt::skip]
pub(super) const FIRST: &[&str] = &[
    "Anja", "Anke", "Annette", "Barbara", "Bernd", "Birgit", "Brigitte", "Carsten", "Christa", "Claudia",
    "Daniela", "Dieter", "Dirk", "Elke", "Emil", "Erika", "Ernst", "Felix", "Finn", "Frank", "Friedrich",
    "Fritz", "Gabriele", "Georg", "Gerda", "Gisela", "Günter", "Hannelore", "Hans", "Heike", "Heinz",
    "Helga", "Helmut", "Holger", "Ilse", "Ines", "Ingrid", "Jan", "Jutta", "Jörg", "Jürgen", "Karin",
    "Karl", "Katja", "Klaus", "Lena", "Lotte", "Lukas", "Maike", "Manfred", "Marlene", "Matthias", "Moritz",
    "Nadine", "Nils", "Olaf", "Oskar", "Otto", "Paula", "Petra", "Rainer", "Renate", "Rolf", "Rosemarie",
    "Rüdiger", "Sabine", "Silke", "Stefan", "Sven", "Tanja", "Theo", "Thorsten", "Ulrike", "Ursula", "Uwe",
    "Volker", "Walter", "Werner", "Wolfgang",
];

/// Family names.
#[rustfmt::skip]
pub(super) const LAST: &[&str] = &[
    "Albrecht", "Arnold", "Bauer", "Baumann", "Beck", "Becker", "Berger", "Bergmann", "Brandt", "Braun",
    "Busch", "Böhm", "Dietrich", "Engel", "Fischer", "Frank", "Franke", "Friedrich", "Fuchs", "Graf",
    "Groß", "Günther", "Haas", "Hahn", "Hartmann", "Heinrich", "Herrmann", "Hofmann", "Horn", "Huber",
    "Jung", "Jäger", "Kaiser", "Keller", "Klein", "Koch", "Kraus", "Krause", "Krämer", "Krüger", "Kuhn",
    "Köhler", "König", "Kühn", "Lang", "Lange", "Lehmann", "Lorenz", "Ludwig", "Maier", "Martin", "Mayer",
    "Meier", "Meyer", "Möller", "Müller", "Neumann", "Otto", "Peters", "Pfeiffer", "Pohl", "Richter",
    "Roth", "Sauer", "Schmidt", "Schmitt", "Schmitz", "Schneider", "Scholz", "Schröder", "Schubert",
    "Schulz", "Schumacher", "Schuster", "Schwarz", "Schäfer", "Seidel", "Simon", "Sommer", "Stein",
    "Thomas", "Vogel", "Vogt", "Voigt", "Wagner", "Walter", "Weber", "Weiß", "Werner", "Winkler", "Winter",
    "Wolf", "Ziegler", "Zimmermann",
];

/// Streets.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    "Ahornweg", "Am Bahnhof", "Am Markt", "Amselweg", "Bahnhofstraße", "Bergstraße", "Birkenweg",
    "Blumenstraße", "Brunnenstraße", "Buchenweg", "Dorfstraße", "Eichenweg", "Feldstraße", "Finkenweg",
    "Gartenstraße", "Goethestraße", "Hauptstraße", "Jahnstraße", "Kirchgasse", "Kirchstraße",
    "Lindenstraße", "Mittelstraße", "Mozartstraße", "Mühlenweg", "Ringstraße", "Rosenweg", "Schillerstraße",
    "Schulstraße", "Sonnenweg", "Talstraße", "Waldstraße", "Wiesenweg",
];

/// Cities.
#[rustfmt::skip]
pub(super) const CITIES: &[&str] = &[
    "Aachen", "Augsburg", "Bamberg", "Bielefeld", "Bochum", "Bonn", "Braunschweig", "Bremen", "Celle",
    "Chemnitz", "Darmstadt", "Dortmund", "Dresden", "Duisburg", "Erfurt", "Essen", "Flensburg", "Freiburg",
    "Fulda", "Göttingen", "Hagen", "Halle", "Hannover", "Heidelberg", "Jena", "Karlsruhe", "Kassel", "Kiel",
    "Koblenz", "Konstanz", "Leipzig", "Lübeck", "Magdeburg", "Mainz", "Mannheim", "Münster", "Nürnberg",
    "Oldenburg", "Osnabrück", "Passau", "Potsdam", "Regensburg", "Rostock", "Schwerin", "Stuttgart",
    "Trier", "Tübingen", "Ulm", "Weimar", "Würzburg",
];
