//! French words that made-up names and addresses are built of.

/// Given names.
#[rustfmt::skip]
pub(super) const FIRST: &[&str] = &[
    "Adrien", "Adèle", "Agathe", "Alain", "Alice", "Amélie", "André", "Antoine", "Arnaud", "Aurélie",
    "Bastien", "Benoît", "Bernard", "Brigitte", "Camille", "Caroline", "Catherine", "Chantal", "Charlotte",
    "Christophe", "Claire", "Claude", "Clément", "Colette", "Cécile", "Céline", "Damien", "Denis", "Didier",
    "Emma", "Estelle", "Fabien", "Fabrice", "Florence", "Françoise", "Frédéric", "Gabriel", "Geneviève",
    "Gilles", "Guillaume", "Guy", "Gérard", "Henri", "Hugo", "Hélène", "Inès", "Isabelle", "Jacques",
    "Jean", "Joël", "Julie", "Julien", "Jérôme", "Laurent", "Louis", "Louise", "Luc", "Lucie", "Léa",
    "Léon", "Madeleine", "Manon", "Marc", "Marcel", "Margaux", "Marie", "Mathieu", "Maxime", "Michel",
    "Monique", "Nathalie", "Nicolas", "Odile", "Olivier", "Pascal", "Patrick", "Pauline", "Philippe",
    "Pierre", "René", "Rémi", "Sandrine", "Simone", "Solange", "Sophie", "Stéphane", "Suzanne", "Sylvie",
    "Sébastien", "Thierry", "Théo", "Valérie", "Victor", "Vincent", "Véronique", "Yves", "Zoé", "Élise",
    "Élodie", "Émile", "Étienne",
];

/// Family names.
#[rustfmt::skip]
pub(super) const LAST: &[&str] = &[
    "André", "Aubert", "Bailly", "Barbier", "Baron", "Benoît", "Bernard", "Bertrand", "Besson", "Blanc",
    "Blanchard", "Bonnet", "Boucher", "Bourgeois", "Boyer", "Brun", "Caron", "Charpentier", "Chevalier",
    "Clément", "Colin", "Collet", "David", "Denis", "Deschamps", "Dubois", "Dufour", "Dumas", "Dumont",
    "Dupont", "Dupuis", "Durand", "Duval", "Fabre", "Faure", "Fernandez", "Fontaine", "Fournier",
    "François", "Gaillard", "Garnier", "Gauthier", "Gautier", "Girard", "Giraud", "Guillaume", "Guérin",
    "Gérard", "Henry", "Hubert", "Huet", "Jacquet", "Jean", "Joly", "Lambert", "Laurent", "Leblanc",
    "Leclerc", "Lefebvre", "Legrand", "Lemaire", "Leroux", "Leroy", "Lucas", "Marchand", "Marie", "Martin",
    "Martinez", "Masson", "Mathieu", "Menard", "Mercier", "Meunier", "Meyer", "Michel", "Moreau", "Morel",
    "Morin", "Muller", "Nicolas", "Noël", "Olivier", "Perrin", "Petit", "Picard", "Pierre", "Renard",
    "Renaud", "Richard", "Rivière", "Robert", "Robin", "Roche", "Rousseau", "Roussel", "Roux", "Roy",
    "Schmitt", "Simon", "Thomas", "Vidal", "Vincent",
];

/// Streets.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    "allée des Acacias", "allée des Tilleuls", "avenue Victor Hugo", "avenue de la Gare",
    "avenue de la Paix", "avenue des Roses", "boulevard Carnot", "boulevard des Alpes", "chemin des Vignes",
    "chemin du Lac", "chemin du Moulin", "impasse du Pré", "place de l'Église", "place de la Mairie",
    "place du Marché", "quai de la Rivière", "rue Jean Jaurès", "rue Pasteur", "rue de l'Abbaye",
    "rue de la Fontaine", "rue de la Poste", "rue de la République", "rue des Fleurs", "rue des Jardins",
    "rue des Lilas", "rue des Écoles", "rue du Château", "rue du Four", "rue du Port", "rue du Stade",
];

/// Cities.
#[rustfmt::skip]
pub(super) const CITIES: &[&str] = &[
    "Amiens", "Angers", "Annecy", "Arles", "Auxerre", "Avignon", "Bayonne", "Beauvais", "Besançon",
    "Biarritz", "Blois", "Bordeaux", "Bourges", "Brest", "Caen", "Calais", "Cannes", "Chartres", "Colmar",
    "Dijon", "Dunkerque", "Grenoble", "Laval", "Lille", "Limoges", "Lorient", "Lyon", "Metz", "Montauban",
    "Montpellier", "Mulhouse", "Nancy", "Nantes", "Nevers", "Nice", "Niort", "Nîmes", "Orléans", "Pau",
    "Perpignan", "Poitiers", "Quimper", "Reims", "Rennes", "Roanne", "Rouen", "Strasbourg", "Tarbes",
    "Toulon", "Toulouse", "Tours", "Troyes", "Valence", "Vannes", "Vichy", "Évreux",
];
