-- # Unique under citext
--| [tables.u_citext]
--| email = "email"
--> 1000: SELECT count(DISTINCT lower(email::text)) FROM u_citext WHERE email ~ '^[^@]+@example\.(com|net|org)$'
CREATE EXTENSION citext;
CREATE TABLE u_citext (id int PRIMARY KEY, email citext NOT NULL UNIQUE);
INSERT INTO u_citext SELECT n, 'Planted.' || n || '@Corp-Mail.jp' FROM generate_series(1, 1000) n;

-- # Unique under a collation that knows neither case nor accents
--| [tables.u_loose]
--| nick = "hash"
--> 1000: SELECT count(DISTINCT nick) FROM u_loose
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE TABLE u_loose (id int, nick text COLLATE loose UNIQUE);
INSERT INTO u_loose SELECT n, 'Planted é ' || n FROM generate_series(1, 1000) n;

-- # Unique on lower(email), in a short column
--| [tables.u_lower]
--| email = "email"
--> 1000: SELECT count(DISTINCT lower(email)) FROM u_lower WHERE length(email) <= 30
CREATE TABLE u_lower (id int PRIMARY KEY, email varchar(30));
CREATE UNIQUE INDEX u_lower_email ON u_lower (lower(email) DESC);
INSERT INTO u_lower SELECT n, 'Planted.' || n || '@corp-mail.jp' FROM generate_series(1, 1000) n;

-- # Unique among some rows only
--| "u_partial.gone" = "keep"
--| [tables.u_partial]
--| email = "email"
--> 50: SELECT count(DISTINCT email) FROM u_partial WHERE gone IS NULL
CREATE TABLE u_partial (id int PRIMARY KEY, email text NOT NULL, gone date);
CREATE UNIQUE INDEX u_partial_email ON u_partial (email) WHERE gone IS NULL;
INSERT INTO u_partial SELECT n, 'planted.' || n % 50 || '@corp-mail.jp', CASE WHEN n < 50 THEN NULL ELSE date '2020-01-01' END FROM generate_series(0, 199) n;

-- # Unique together with a kept column
--| [tables.u_tenant]
--| email = { mask = "email", same = "tenant-mail" }
--> 100: SELECT count(DISTINCT (tenant, email)) FROM u_tenant
--> 50: SELECT count(*) FROM u_tenant a JOIN u_tenant b ON a.email = b.email AND a.tenant = 1 AND b.tenant = 2
CREATE TABLE u_tenant (id int PRIMARY KEY, tenant int NOT NULL, email text NOT NULL, UNIQUE (tenant, email));
INSERT INTO u_tenant SELECT n, n / 50 + 1, 'planted.' || n % 50 || '@corp-mail.jp' FROM generate_series(0, 99) n;

-- # Unique and padded with blanks
--| [tables.u_padded]
--| email = "email"
--> 100: SELECT count(DISTINCT email) FROM u_padded WHERE octet_length(email) = 40
CREATE TABLE u_padded (id int PRIMARY KEY, email char(40) UNIQUE);
INSERT INTO u_padded SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 100) n;

-- # Unique phone numbers, days, user names, uuids, links
--| [tables.u_more]
--| phone = "phone"
--| born = "date"
--| login = "username"
--| token = "uuid"
--| site = "url"
--> 300: SELECT count(DISTINCT phone) FROM u_more WHERE phone ~ '^\+81 \d{2}-\d{4}-\d{4}$'
--> 300: SELECT count(DISTINCT born) FROM u_more
CREATE TABLE u_more (id int PRIMARY KEY, phone varchar(20) UNIQUE, born date UNIQUE, login varchar(24) UNIQUE, token uuid UNIQUE, site text UNIQUE);
INSERT INTO u_more SELECT n, '+81 90-' || lpad((n * 37)::text, 4, '0') || '-' || lpad((n * 13)::text, 4, '0'), date '1960-01-01' + n * 3, 'planted' || n, md5(n::text)::uuid, 'https://corp-mail.jp/' || n
FROM generate_series(1, 300) n;

-- # A text key that is the primary key
--| [tables.u_key]
--| email = "email"
--> 200: SELECT count(DISTINCT email) FROM u_key
CREATE TABLE u_key (email text PRIMARY KEY, n int);
INSERT INTO u_key SELECT 'planted.' || n || '@corp-mail.jp', n FROM generate_series(1, 200) n;

-- # Unique text that is too short for as many values
--| [tables.u_short]
--| code = "hash"
--! u_short code
CREATE TABLE u_short (id int PRIMARY KEY, code varchar(4) UNIQUE);
INSERT INTO u_short SELECT n, 'P' || n FROM generate_series(1, 500) n;

-- # Unique names
--| [tables.u_name]
--| name = "name"
--! u_name name unique
CREATE TABLE u_name (id int PRIMARY KEY, name text UNIQUE);
INSERT INTO u_name SELECT n, 'Planted ' || n FROM generate_series(1, 500) n;

-- # Unique addresses of hosts: the documentation ranges hold few
--| [tables.u_ip]
--| ip = "ip"
--? u_ip ip unique
--> 1000: SELECT count(DISTINCT ip) FROM u_ip
CREATE TABLE u_ip (id int PRIMARY KEY, ip inet UNIQUE);
INSERT INTO u_ip SELECT n, inet '10.0.0.0' + n FROM generate_series(1, 1000) n;

-- # Unique numbers with noise
--| [tables.u_noise]
--| number = "noise"
--! u_noise number unique
CREATE TABLE u_noise (id int PRIMARY KEY, number int UNIQUE);
INSERT INTO u_noise SELECT n, n * 100 FROM generate_series(1, 500) n;

-- # Unique on a digest
--| [tables.u_digest]
--| email = "email"
--? u_digest email
CREATE TABLE u_digest (id int PRIMARY KEY, email text NOT NULL);
CREATE UNIQUE INDEX u_digest_email ON u_digest (md5(lower(email)));
INSERT INTO u_digest SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 500) n;

-- # Unique inside a document
--| [tables.u_document]
--| body = { json = { "$.email" = "email" } }
--? u_document body
--> 500: SELECT count(DISTINCT body ->> 'email') FROM u_document
CREATE TABLE u_document (id int PRIMARY KEY, body jsonb NOT NULL);
CREATE UNIQUE INDEX u_document_email ON u_document ((body ->> 'email'));
INSERT INTO u_document SELECT n, jsonb_build_object('email', 'planted.' || n || '@corp-mail.jp') FROM generate_series(1, 500) n;

-- # An exclusion over a masked column and a range
--| "u_rooms.during" = "keep"
--| [tables.u_rooms]
--| room = "hash"
--? u_rooms room
--> 40: SELECT count(*) FROM u_rooms
CREATE EXTENSION btree_gist;
CREATE TABLE u_rooms (id int PRIMARY KEY, room text, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO u_rooms SELECT n, 'planted ' || n % 10, tstzrange('2024-01-01'::timestamptz + n * interval '1 hour', '2024-01-01'::timestamptz + (n + 1) * interval '1 hour') FROM generate_series(1, 40) n;

-- # A masked range that may not overlap
--| [tables.u_range]
--| stay = { constant = "[2020-01-01,2020-02-01)" }
--! u_range stay
CREATE TABLE u_range (id int PRIMARY KEY, stay daterange, EXCLUDE USING gist (stay WITH &&));
INSERT INTO u_range SELECT n, daterange(date '2020-01-01' + n, date '2020-01-02' + n) FROM generate_series(1, 40) n;

-- # Unique with NULLs that count as equal, and a column carried along
--| [tables.u_nulls]
--| email = "email"
--| name = "name"
--> 1: SELECT count(*) FROM u_nulls WHERE email IS NULL
CREATE TABLE u_nulls (id int PRIMARY KEY, email text, name text);
CREATE UNIQUE INDEX u_nulls_email ON u_nulls (email) INCLUDE (name) NULLS NOT DISTINCT;
INSERT INTO u_nulls SELECT n, 'planted.' || n || '@corp-mail.jp', 'Planted ' || n FROM generate_series(1, 40) n;
INSERT INTO u_nulls VALUES (0, NULL, '');

-- # Unique on the first letters
--| [tables.u_head]
--| email = "email"
--? u_head email
CREATE TABLE u_head (id int PRIMARY KEY, email text NOT NULL);
CREATE UNIQUE INDEX u_head_email ON u_head (left(email, 3));
INSERT INTO u_head SELECT n, chr(97 + n / 676) || chr(97 + n / 26 % 26) || chr(97 + n % 26) || '.planted@corp-mail.jp' FROM generate_series(0, 1999) n;
