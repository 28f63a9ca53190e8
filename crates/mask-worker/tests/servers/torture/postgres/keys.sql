-- # Tables that refer to themselves and to each other in a circle, checked at the end
--| [tables.k_staff]
--| name = "name"
--| email = "email"
--| boss = "email"
--| [tables.k_team]
--| name = "company"
--> 40: SELECT count(*) FROM k_staff s JOIN k_team t ON t.id = s.team JOIN k_staff b ON b.id = t.head
--> 39: SELECT count(*) FROM k_staff s JOIN k_staff b ON b.email = s.boss
--> t|t: SELECT condeferrable, condeferred FROM pg_constraint WHERE conname = 'k_team_head'
CREATE TABLE k_staff (id int PRIMARY KEY, name text, email text UNIQUE, boss text REFERENCES k_staff (email) ON UPDATE CASCADE ON DELETE SET NULL, team int);
CREATE TABLE k_team (id int PRIMARY KEY, name text, head int CONSTRAINT k_team_head REFERENCES k_staff DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE k_staff ADD CONSTRAINT k_staff_team FOREIGN KEY (team) REFERENCES k_team ON DELETE CASCADE DEFERRABLE;
INSERT INTO k_team SELECT n, 'Planted ' || n, n FROM generate_series(1, 4) n;
INSERT INTO k_staff SELECT n, 'Planted ' || n, 'planted.' || n || '@corp-mail.jp', CASE WHEN n > 1 THEN 'planted.' || n / 2 || '@corp-mail.jp' END, n % 4 + 1 FROM generate_series(1, 40) n;
COMMENT ON CONSTRAINT k_team_head ON k_team IS 'who leads';

-- # A chain of text keys, spelt in other cases, of other types
--| [tables.k_person]
--| email = "email"
--| [tables.k_account]
--| email = "email"
--| [tables.k_session]
--| email = "email"
--> 30: SELECT count(*) FROM k_session JOIN k_account USING (email) JOIN k_person USING (email)
--> 30: SELECT count(DISTINCT email) FROM k_person
CREATE EXTENSION citext;
CREATE TABLE k_person (id int PRIMARY KEY, email citext NOT NULL UNIQUE);
CREATE TABLE k_account (email citext PRIMARY KEY REFERENCES k_person (email) ON UPDATE CASCADE ON DELETE CASCADE, n int);
CREATE TABLE k_session (id int PRIMARY KEY, email citext REFERENCES k_account MATCH FULL);
INSERT INTO k_person SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 30) n;
INSERT INTO k_account SELECT upper(email::text), id FROM k_person;
INSERT INTO k_session SELECT n, initcap(email::text) FROM k_account;
INSERT INTO k_session VALUES (0, NULL);

-- # A composite key, partly masked, with NULLs
--| [tables.k_parent]
--| code = "hash"
--| [tables.k_child]
--| code = "hash"
--> 40: SELECT count(*) FROM k_child JOIN k_parent USING (tenant, code)
CREATE TABLE k_parent (id int, tenant int, code text, PRIMARY KEY (tenant, code));
CREATE TABLE k_child (id int, tenant int, code text, FOREIGN KEY (tenant, code) REFERENCES k_parent ON DELETE SET NULL (code));
INSERT INTO k_parent SELECT n, n % 3, 'planted' || n / 3 FROM generate_series(0, 39) n;
INSERT INTO k_child SELECT * FROM k_parent;
INSERT INTO k_child VALUES (99, NULL, 'planted nothing');

-- # A key that is not valid, and does not hold
--| [tables.k_loose_parent]
--| email = "email"
--| [tables.k_loose_child]
--| email = "email"
--> 10: SELECT count(*) FROM k_loose_child JOIN k_loose_parent USING (email)
--> f: SELECT convalidated FROM pg_constraint WHERE conname = 'not_yet'
CREATE TABLE k_loose_parent (id int PRIMARY KEY, email text UNIQUE);
CREATE TABLE k_loose_child (id int PRIMARY KEY, email text);
INSERT INTO k_loose_parent SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 10) n;
INSERT INTO k_loose_child SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 12) n;
ALTER TABLE k_loose_child ADD CONSTRAINT not_yet FOREIGN KEY (email) REFERENCES k_loose_parent (email) NOT VALID;

-- # The same value in tables that no key connects, because the rules say so
--| "*.k_mail" = { mask = "email", same = "mail" }
--| [tables.k_one]
--| k_login = { mask = "username", same = "login" }
--| [tables.k_two]
--| k_login = { mask = "username", same = "login" }
--> 60: SELECT count(*) FROM k_one JOIN k_two USING (k_mail, k_login)
CREATE TABLE k_one (id int PRIMARY KEY, k_mail text, k_login text);
CREATE TABLE k_two (id int PRIMARY KEY, k_mail varchar(80), k_login text);
INSERT INTO k_one SELECT n, 'planted.' || n || '@corp-mail.jp', 'planted' || n FROM generate_series(1, 60) n;
INSERT INTO k_two SELECT * FROM k_one;

-- # The same value in two columns that nothing connects: nobody can tell
--| [tables.k_apart]
--| a = "email"
--| b = "email"
--> 0: SELECT count(*) FROM k_apart WHERE a = b
CREATE TABLE k_apart (id int PRIMARY KEY, a text, b text);
INSERT INTO k_apart SELECT n, 'planted.' || n || '@corp-mail.jp', 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 60) n;

-- # Keys to and from partitioned tables
--| [tables.k_region]
--| code = "hash"
--| [tables.k_sale]
--| code = "hash"
--| [tables.k_refund]
--| code = "hash"
--> 60: SELECT count(*) FROM k_sale JOIN k_region USING (code)
--> 60: SELECT count(*) FROM k_refund JOIN k_sale USING (id, code)
CREATE TABLE k_region (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE k_sale (id int, code text REFERENCES k_region (code), UNIQUE (id, code)) PARTITION BY RANGE (id);
CREATE TABLE k_sale_a PARTITION OF k_sale FOR VALUES FROM (0) TO (30);
CREATE TABLE k_sale_b PARTITION OF k_sale DEFAULT;
CREATE TABLE k_refund (id int, code text, n int PRIMARY KEY, FOREIGN KEY (id, code) REFERENCES k_sale (id, code));
INSERT INTO k_region SELECT n, 'planted' || n FROM generate_series(0, 9) n;
INSERT INTO k_sale SELECT n, 'planted' || n % 10 FROM generate_series(0, 59) n;
INSERT INTO k_refund SELECT id, code, id FROM k_sale;

-- # Both sides of a key, masked unlike each other
--| [tables.k_left]
--| email = "email"
--| [tables.k_right]
--| email = "hash"
--! k_right.email k_left.email alike
CREATE TABLE k_left (id int PRIMARY KEY, email text UNIQUE);
CREATE TABLE k_right (id int PRIMARY KEY, email text REFERENCES k_left (email));

-- # Emptying a table that others refer to
--| [tables.k_full]
--| rows = "none"
--! k_full k_points
CREATE TABLE k_full (id int PRIMARY KEY, name text);
CREATE TABLE k_points (id int PRIMARY KEY, to_full int REFERENCES k_full);

-- # Emptying tables in a circle, with counters that go on
--| [tables.k_chicken]
--| rows = "none"
--| [tables.k_egg]
--| rows = "none"
--> 0: SELECT (SELECT count(*) FROM k_chicken) + (SELECT count(*) FROM k_egg)
--> 6: INSERT INTO k_egg (chicken, note) VALUES (NULL, 'x') RETURNING id
CREATE TABLE k_chicken (id serial PRIMARY KEY, egg int, note text);
CREATE TABLE k_egg (id serial PRIMARY KEY, chicken int REFERENCES k_chicken, note text);
INSERT INTO k_egg (note) SELECT 'Planted' FROM generate_series(1, 5);
INSERT INTO k_chicken (egg, note) SELECT id, 'Planted' FROM k_egg;
ALTER TABLE k_chicken ADD FOREIGN KEY (egg) REFERENCES k_egg ON DELETE CASCADE;

-- # A text and a varchar that refer to each other
--| [tables.k_long]
--| code = "hash"
--| [tables.k_narrow]
--| code = "hash"
--> 50: SELECT count(*) FROM k_narrow JOIN k_long USING (code)
CREATE TABLE k_long (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE k_narrow (id int PRIMARY KEY, code varchar(20) REFERENCES k_long (code));
INSERT INTO k_long SELECT n, 'planted-' || n FROM generate_series(1, 50) n;
INSERT INTO k_narrow SELECT id, code FROM k_long;

-- # A smallint that refers to a bigint: what one can hold, the other cannot
--| [tables.k_wide]
--| number = "pattern"
--| [tables.k_small]
--| number = "pattern"
--! k_small.number k_wide.number smallint bigint
CREATE TABLE k_wide (number bigint PRIMARY KEY);
CREATE TABLE k_small (id int PRIMARY KEY, number smallint REFERENCES k_wide);
INSERT INTO k_wide SELECT n FROM generate_series(20000, 32000, 100) n;
INSERT INTO k_small SELECT number, number FROM k_wide;

-- # A citext that refers to a text
--| [tables.k_exact]
--| code = "hash"
--| [tables.k_folded]
--| code = "hash"
--! k_folded.code k_exact.code case
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE k_exact (code text PRIMARY KEY);
CREATE TABLE k_folded (id int PRIMARY KEY, code citext REFERENCES k_exact);
INSERT INTO k_exact SELECT 'Planted ' || n FROM generate_series(1, 20) n;
INSERT INTO k_folded SELECT row_number() OVER (), code FROM k_exact;

-- # Dates of a key that move with somebody who is no part of it
--| [tables.k_day]
--| who = "keep"
--| day = { date = { shift_days = 40, by = "who" } }
--| [tables.k_visit]
--| who = "keep"
--| day = { date = { shift_days = 40, by = "who" } }
--! k_visit.day k_day.day who
CREATE TABLE k_day (day date PRIMARY KEY, who text);
CREATE TABLE k_visit (id int PRIMARY KEY, day date REFERENCES k_day, who text);
INSERT INTO k_day SELECT date '2020-01-01' + n, 'planted ' || n FROM generate_series(1, 20) n;
INSERT INTO k_visit SELECT n, date '2020-01-01' + n, 'planted ' || 20 - n FROM generate_series(1, 20) n;

-- # Numbers and padded texts, on both sides of a key
--| [tables.k_numbered]
--| number = "pattern"
--| code = "hash"
--| [tables.k_numbers]
--| number = "pattern"
--| code = "hash"
--> 40: SELECT count(*) FROM k_numbers JOIN k_numbered USING (number) JOIN k_numbered x ON x.code = k_numbers.code
CREATE TABLE k_numbered (number int PRIMARY KEY, code char(24) UNIQUE);
CREATE TABLE k_numbers (id int PRIMARY KEY, number int REFERENCES k_numbered, code char(24) REFERENCES k_numbered (code));
INSERT INTO k_numbered SELECT n * 37, 'planted ' || n FROM generate_series(1, 40) n;
INSERT INTO k_numbers SELECT number, number, code FROM k_numbered;
