//! Spanish words that made-up names and addresses are built of.

/// Given names.
#[rustfmt::skip]
pub(super) const FIRST: &[&str] = &[
    "Adrián", "Alba", "Alberto", "Alejandra", "Alejandro", "Alfonso", "Alicia", "Amparo", "Ana", "Andrea",
    "Andrés", "Antonio", "Beatriz", "Begoña", "Belén", "Blanca", "Bruno", "Carla", "Carlos", "Carmen",
    "Carolina", "Cecilia", "Clara", "Claudia", "Concepción", "Consuelo", "Cristina", "César", "Daniel",
    "David", "Diego", "Dolores", "Domingo", "Eduardo", "Elena", "Emilio", "Enrique", "Esteban", "Esther",
    "Eugenia", "Eva", "Federico", "Felipe", "Fernando", "Francisco", "Gabriel", "Gloria", "Gonzalo",
    "Guillermo", "Gustavo", "Hugo", "Héctor", "Ignacio", "Inés", "Irene", "Isabel", "Iván", "Jaime",
    "Javier", "Jesús", "Joaquín", "Jorge", "José", "Juan", "Juana", "Julia", "Laura", "Leonor", "Lorena",
    "Lucía", "Luis", "Manuel", "Marcos", "Margarita", "Mariano", "Marina", "Mario", "Marta", "Martín",
    "Mercedes", "Miguel", "Mónica", "Nicolás", "Nuria", "Pablo", "Paloma", "Patricia", "Pedro", "Pilar",
    "Rafael", "Ramón", "Raquel", "Raúl", "Rocío", "Rosa", "Rubén", "Salvador", "Samuel", "Sara", "Sergio",
    "Silvia", "Sofía", "Susana", "Teresa", "Tomás", "Verónica", "Vicente", "Víctor", "Yolanda", "Álvaro",
    "Ángel", "Óscar",
];

/// Family names.
#[rustfmt::skip]
pub(super) const LAST: &[&str] = &[
    "Aguilar", "Alonso", "Arias", "Benítez", "Blanco", "Bravo", "Caballero", "Cabrera", "Calvo", "Campos",
    "Cano", "Carmona", "Carrasco", "Castillo", "Castro", "Cortés", "Crespo", "Cruz", "Delgado", "Domínguez",
    "Durán", "Díaz", "Díez", "Esteban", "Fernández", "Ferrer", "Flores", "Fuentes", "Gallardo", "Gallego",
    "García", "Garrido", "Gil", "Giménez", "González", "Guerrero", "Gutiérrez", "Gómez", "Hernández",
    "Herrera", "Herrero", "Hidalgo", "Ibáñez", "Iglesias", "Jiménez", "León", "Lorenzo", "Lozano", "López",
    "Martín", "Martínez", "Marín", "Medina", "Molina", "Montero", "Mora", "Morales", "Moreno", "Muñoz",
    "Márquez", "Méndez", "Navarro", "Nieto", "Núñez", "Ortega", "Ortiz", "Parra", "Pascual", "Peña",
    "Prieto", "Pérez", "Ramos", "Ramírez", "Rey", "Reyes", "Rodríguez", "Rojas", "Romero", "Román", "Rubio",
    "Ruiz", "Santana", "Santiago", "Santos", "Sanz", "Serrano", "Soler", "Soto", "Suárez", "Sáez",
    "Sánchez", "Torres", "Vargas", "Vega", "Vicente", "Vidal", "Vázquez", "Álvarez",
];

/// Streets.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    "avenida de América", "avenida de Andalucía", "avenida de la Constitución", "avenida de la Paz",
    "avenida del Mar", "calle Alta", "calle Ancha", "calle Cervantes", "calle Colón", "calle Goya",
    "calle Mayor", "calle Nueva", "calle Real", "calle San José", "calle de la Cruz", "calle de la Fuente",
    "calle de la Iglesia", "calle de la Luna", "calle de la Rosa", "calle del Carmen", "calle del Molino",
    "calle del Olivo", "calle del Prado", "calle del Río", "calle del Sol", "camino Viejo",
    "camino de la Sierra", "paseo de la Alameda", "paseo del Parque", "plaza Mayor", "plaza de España",
    "plaza del Mercado", "ronda del Sur", "travesía del Pinar",
];

/// Cities.
#[rustfmt::skip]
pub(super) const CITIES: &[&str] = &[
    "Albacete", "Algeciras", "Alicante", "Almería", "Avilés", "Badajoz", "Bilbao", "Burgos", "Cartagena",
    "Castellón", "Ceuta", "Ciudad Real", "Cuenca", "Cáceres", "Cádiz", "Córdoba", "Elche", "Gandía",
    "Gerona", "Getafe", "Gijón", "Granada", "Guadalajara", "Huelva", "Huesca", "Jaén", "Jerez", "La Coruña",
    "León", "Linares", "Logroño", "Lorca", "Lugo", "Lérida", "Murcia", "Málaga", "Mérida", "Orense",
    "Oviedo", "Palencia", "Pamplona", "Ponferrada", "Pontevedra", "Reus", "Ronda", "Salamanca", "Santander",
    "Segovia", "Sevilla", "Soria", "Tarragona", "Teruel", "Toledo", "Valencia", "Valladolid", "Vigo",
    "Vitoria", "Zamora", "Zaragoza", "Ávila",
];
