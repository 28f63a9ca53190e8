-- # Unique under collations that know no case, no accents, no blanks at the end
--| [tables.u_general]
--| email = "email"
--| [tables.u_loose]
--| nick = "hash"
--| [tables.u_latin]
--| email = "email"
--| [tables.u_exact]
--| email = "email"
--> 500: SELECT COUNT(DISTINCT email) FROM u_general WHERE email LIKE '%@example.%'
--> 500: SELECT COUNT(DISTINCT nick) FROM u_loose
--> 500: SELECT COUNT(DISTINCT email) FROM u_latin
--> 500: SELECT COUNT(DISTINCT email) FROM u_exact
CREATE TABLE u_general (id INT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE) COLLATE utf8mb4_general_ci;
CREATE TABLE u_loose (id INT PRIMARY KEY, nick VARCHAR(40) UNIQUE) COLLATE utf8mb4_uca1400_ai_ci;
CREATE TABLE u_latin (id INT PRIMARY KEY, email CHAR(40) UNIQUE) CHARSET latin1;
CREATE TABLE u_exact (id INT PRIMARY KEY, email VARCHAR(60) UNIQUE) COLLATE utf8mb4_nopad_bin;
INSERT INTO u_general SELECT seq, CONCAT('Planted.', seq, '@Corp-Mail.jp') FROM seq_1_to_500;
INSERT INTO u_loose SELECT seq, CONCAT('Plantéd ', seq) FROM seq_1_to_500;
INSERT INTO u_latin SELECT seq, CONCAT('Plantéd.', seq, '@corp-mail.jp') FROM seq_1_to_500;
INSERT INTO u_exact SELECT seq, CONCAT('planted.', seq DIV 2, IF(seq % 2, '@corp-mail.jp', '@Corp-Mail.jp')) FROM seq_1_to_500;

-- # Unique over a long enough prefix, over a whole text, together with another column, on a computed column
--| [tables.u_prefix]
--| email = "email"
--| [tables.u_text]
--| email = "email"
--| [tables.u_tenant]
--| email = "email"
--| [tables.u_made]
--| email = "email"
--> 300: SELECT COUNT(DISTINCT LEFT(email, 30)) FROM u_prefix
--> 300: SELECT COUNT(DISTINCT email) FROM u_text
--> 300: SELECT COUNT(DISTINCT tenant, email) FROM u_tenant
--> 300: SELECT COUNT(*) FROM u_made WHERE made_lower = LOWER(email)
CREATE TABLE u_prefix (id INT PRIMARY KEY, email VARCHAR(60), UNIQUE (email(30)));
CREATE TABLE u_text (id INT PRIMARY KEY, email TEXT, UNIQUE (email));
CREATE TABLE u_tenant (id INT PRIMARY KEY, tenant INT NOT NULL, email VARCHAR(60), UNIQUE (tenant, email));
CREATE TABLE u_made (id INT PRIMARY KEY, email VARCHAR(60), made_lower VARCHAR(60) AS (LOWER(email)) VIRTUAL UNIQUE);
INSERT INTO u_prefix SELECT seq, CONCAT('planted.', seq, '@corp-mail.jp') FROM seq_1_to_300;
INSERT INTO u_text SELECT * FROM u_prefix;
INSERT INTO u_tenant SELECT id, id % 3, email FROM u_prefix;
INSERT INTO u_made (id, email) SELECT id, email FROM u_prefix;

-- # Unique phone numbers, days, user names, uuids, links; a key of text
--| [tables.u_more]
--| phone = "phone"
--| born = "date"
--| login = "username"
--| token = "uuid"
--| site = "url"
--| [tables.u_key]
--| email = "email"
--> 300: SELECT COUNT(DISTINCT phone) FROM u_more
--> 300: SELECT COUNT(DISTINCT born) FROM u_more
--> 200: SELECT COUNT(DISTINCT email) FROM u_key
CREATE TABLE u_more (id INT PRIMARY KEY, phone VARCHAR(20) UNIQUE, born DATE UNIQUE, login VARCHAR(24) UNIQUE, token UUID UNIQUE, site VARCHAR(200) UNIQUE);
INSERT INTO u_more SELECT seq, CONCAT('+81 90-', LPAD(seq * 37, 5, '0'), '-', LPAD(seq, 4, '0')), DATE('1980-01-01') + INTERVAL seq * 3 DAY, CONCAT('planted', seq), MD5(seq), CONCAT('https://corp-mail.jp/', seq) FROM seq_1_to_300;
CREATE TABLE u_key (email VARCHAR(60) PRIMARY KEY, n INT, UNIQUE (n));
INSERT INTO u_key SELECT CONCAT('planted.', seq, '@corp-mail.jp'), seq FROM seq_1_to_200;

-- # Unique text that is too short for as many values
--| [tables.u_short]
--| code = "hash"
--! u_short code
CREATE TABLE u_short (id INT PRIMARY KEY, code VARCHAR(4) UNIQUE);
INSERT INTO u_short SELECT seq, CONCAT('P', seq) FROM seq_1_to_500;

-- # Unique names, unique numbers with noise
--| [tables.u_name]
--| name = "name"
--| number = "noise"
--! u_name.name u_name.number unique
CREATE TABLE u_name (id INT PRIMARY KEY, name VARCHAR(40) UNIQUE, number INT UNIQUE);

-- # Unique over a prefix that is too short
--| [tables.u_head]
--| email = "email"
--? u_head email
CREATE TABLE u_head (id INT PRIMARY KEY, email VARCHAR(60), UNIQUE (email(3)));
INSERT INTO u_head SELECT seq, CONCAT(CHAR(97 + seq DIV 676), CHAR(97 + seq DIV 26 % 26), CHAR(97 + seq % 26), '.planted@corp-mail.jp') FROM seq_0_to_1999;

-- # Unique on the first letter, computed
--| [tables.u_letter]
--| email = "email"
--? u_letter email
CREATE TABLE u_letter (id INT PRIMARY KEY, email VARCHAR(60), made_head VARCHAR(3) AS (LEFT(email, 3)) STORED UNIQUE);
INSERT INTO u_letter (id, email) SELECT seq, CONCAT(CHAR(97 + seq DIV 676), CHAR(97 + seq DIV 26 % 26), CHAR(97 + seq % 26), '.planted@corp-mail.jp') FROM seq_0_to_1999;
