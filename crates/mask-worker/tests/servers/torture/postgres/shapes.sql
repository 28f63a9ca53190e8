-- # Partitions by range, list and hash, two levels, a default, one attached with its columns in another order
--| "s_event.at" = "keep"
--| "s_event.kind" = "keep"
--| [tables.s_event]
--| who = "email"
--| note = { text = "drop" }
--> 120: SELECT count(*) FROM s_event WHERE who LIKE '%@example%' AND note = ''
--> 7: SELECT count(*) FROM pg_inherits WHERE inhparent::regclass::text LIKE 's\_event%' AND inhparent::regclass::text NOT LIKE '%idx'
CREATE TABLE s_event (id int, at date NOT NULL, kind text NOT NULL, who text, note text) PARTITION BY RANGE (at);
CREATE INDEX s_event_who_idx ON s_event (who);
CREATE TABLE s_event_2023 PARTITION OF s_event FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') PARTITION BY LIST (kind);
CREATE TABLE s_event_2023_a PARTITION OF s_event_2023 FOR VALUES IN ('a', 'b');
CREATE TABLE s_event_2023_rest PARTITION OF s_event_2023 DEFAULT PARTITION BY HASH (id);
CREATE TABLE s_event_2023_0 PARTITION OF s_event_2023_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE s_event_2023_1 PARTITION OF s_event_2023_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE s_event_2024 (note text, gone int, who text, kind text NOT NULL, at date NOT NULL, id int);
ALTER TABLE s_event_2024 DROP COLUMN gone;
ALTER TABLE s_event ATTACH PARTITION s_event_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE s_event_other PARTITION OF s_event DEFAULT;
CREATE TABLE s_detached (LIKE s_event_2024 INCLUDING ALL);
DROP TABLE s_detached;
INSERT INTO s_event SELECT n, date '2022-06-01' + n * 10, chr(97 + n % 4), 'planted.' || n || '@corp-mail.jp', 'Planted ' || n FROM generate_series(1, 120) n;
ALTER TABLE s_event_2023_a SET (fillfactor = 60);
COMMENT ON TABLE s_event_2024 IS 'this year';

-- # A partition that is chosen by a masked column
--| [tables.s_by_name]
--| name = "name"
--! s_by_name name partition
CREATE TABLE s_by_name (id int, name text) PARTITION BY HASH (name);
CREATE TABLE s_by_name_0 PARTITION OF s_by_name FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO s_by_name VALUES (1, 'Planted');

-- # Inheritance: a child with columns of its own, a child of two parents, a child that a rule names by itself
--| [tables.s_base]
--| name = "name"
--| [tables.s_other_base]
--| mail = "email"
--| [tables.s_child]
--| extra = "hash"
--| [tables.s_grandchild]
--| mail = "email"
--| extra = "hash"
--> 40: SELECT count(*) FROM s_base
--> 10: SELECT count(*) FROM ONLY s_base
--> 10: SELECT count(*) FROM s_grandchild WHERE mail LIKE '%@example%'
CREATE TABLE s_base (id int, name text CHECK (length(name) > 0));
CREATE TABLE s_other_base (n int, mail text);
CREATE TABLE s_child (extra text, extra_number int DEFAULT 3) INHERITS (s_base);
CREATE TABLE s_grandchild () INHERITS (s_child, s_other_base);
CREATE TABLE s_late (id int, name text, CONSTRAINT s_base_name_check CHECK (length(name) > 0));
ALTER TABLE s_late INHERIT s_base;
CREATE INDEX s_child_name ON s_child (name);
INSERT INTO s_base SELECT n, 'Planted ' || n FROM generate_series(1, 10) n;
INSERT INTO s_child SELECT n, 'Planted ' || n, 'planted' FROM generate_series(11, 20) n;
INSERT INTO s_grandchild SELECT n, 'Planted ' || n, 'planted', 4, n, 'planted@corp-mail.jp' FROM generate_series(21, 30) n;
INSERT INTO s_late SELECT n, 'Planted ' || n FROM generate_series(31, 40) n;

-- # No key, rows that are all alike, not logged, no rows, no columns
--| [tables.s_alike]
--| name = "name"
--| [tables.s_unlogged]
--| name = "name"
--| [tables.s_empty]
--| name = "name"
--> 30: SELECT count(*) FROM s_alike WHERE name <> ''
--> u: SELECT relpersistence FROM pg_class WHERE relname = 's_unlogged'
--> 3: SELECT count(*) FROM s_nothing
CREATE TABLE s_alike (name text);
INSERT INTO s_alike SELECT 'Planted' FROM generate_series(1, 30);
CREATE UNLOGGED TABLE s_unlogged (id int, name text);
INSERT INTO s_unlogged SELECT n, 'Planted ' || n FROM generate_series(1, 30) n;
CREATE TABLE s_empty (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE s_nothing ();
INSERT INTO s_nothing DEFAULT VALUES;
INSERT INTO s_nothing DEFAULT VALUES;
INSERT INTO s_nothing DEFAULT VALUES;

-- # Every column masked, also the key
--| [tables.s_all]
--| email = "email"
--| token = "uuid"
--> 30: SELECT count(DISTINCT (email, token)) FROM s_all
CREATE TABLE s_all (email text, token uuid, PRIMARY KEY (email, token));
INSERT INTO s_all SELECT 'planted.' || n || '@corp-mail.jp', md5(n::text)::uuid FROM generate_series(1, 30) n;

-- # The same name in two schemas, masked otherwise
--| [tables."s_one.person"]
--| name = "name"
--| [tables."s_two.person"]
--| name = "hash"
--> 5: SELECT count(*) FROM s_two.person WHERE name ~ '^[0-9a-f]+$'
--> 5: SELECT count(*) FROM s_one.person WHERE name !~ '^[0-9a-f]+$'
CREATE SCHEMA s_one;
CREATE SCHEMA s_two;
CREATE TABLE s_one.person (id int PRIMARY KEY, name text);
CREATE TABLE s_two.person (id int PRIMARY KEY, name text);
INSERT INTO s_one.person SELECT n, 'Planted ' || n FROM generate_series(1, 5) n;
INSERT INTO s_two.person SELECT n, 'Planted ' || n FROM generate_series(1, 5) n;

-- # Two hundred columns, with some dropped between them
--| "s_wide.c*" = "hash"
--> 20: SELECT count(*) FROM s_wide WHERE c1 ~ '^[0-9a-f]+$' AND c200 ~ '^[0-9a-f]+$' AND c77 IS NULL
DO $$ BEGIN EXECUTE 'CREATE TABLE s_wide (id int PRIMARY KEY, ' || (SELECT string_agg('c' || n || ' text', ', ') FROM generate_series(1, 210) n) || ')';
    EXECUTE 'INSERT INTO s_wide SELECT n, ' || (SELECT string_agg(CASE WHEN n = 77 THEN 'NULL' ELSE quote_literal('planted' || n) END, ', ') FROM generate_series(1, 210) n) || ' FROM generate_series(1, 20) n'; END $$;
ALTER TABLE s_wide DROP COLUMN c201, DROP COLUMN c150, DROP COLUMN c205;
ALTER TABLE s_wide ADD COLUMN c150 text DEFAULT 'planted default';

-- # A partition of a partition that is chosen by a masked column
--| [tables.s_deep]
--| name = "name"
--! s_deep name partition
CREATE TABLE s_deep (id int, name text) PARTITION BY RANGE (id);
CREATE TABLE s_deep_a PARTITION OF s_deep FOR VALUES FROM (0) TO (10) PARTITION BY LIST (name);
CREATE TABLE s_deep_a_p PARTITION OF s_deep_a FOR VALUES IN ('Planted');
INSERT INTO s_deep VALUES (1, 'Planted');

-- # A partition that is chosen by an expression of a masked column
--| [tables.s_said]
--| name = "name"
--! s_said name partition
CREATE TABLE s_said (id int, name text) PARTITION BY LIST (left(name, 1));
CREATE TABLE s_said_p PARTITION OF s_said FOR VALUES IN ('P');
INSERT INTO s_said VALUES (1, 'Planted');

-- # Names in quotes, in upper case, of signs that mean something, reserved, in other scripts, of 63 bytes
--| [tables."Odd \"Schema\".ユーザー 😀"]
--| "e-mail; --" = "email"
--| "SELECT" = "name"
--| "a\"b" = "hash"
--| "it's $1 %s {}" = "hash"
--| "it's \"both\"" = "hash"
--| [tables."public.User"]
--| "Name" = "name"
--| [tables."public.user"]
--| "Name" = "city"
--| [tables."public.a.b"]
--| "c.d" = "hash"
--| [tables.s2345678901234567890123456789012345678901234567890123456789_63]
--| c2345678901234567890123456789012345678901234567890123456789_63 = "hash"
--> 5: SELECT count(*) FROM "Odd ""Schema"""."ユーザー 😀" WHERE "e-mail; --" LIKE '%@example%' AND "a""b" <> 'planted'
--> 5: SELECT count(*) FROM "User" u JOIN "user" v USING (id) WHERE u."Name" <> v."Name"
CREATE SCHEMA "Odd ""Schema""";
CREATE TABLE "Odd ""Schema"""."ユーザー 😀" (id int, "e-mail; --" text UNIQUE, "SELECT" text, "a""b" text, "it's $1 %s {}" text DEFAULT 'x', "it's ""both""" text, "Order" int GENERATED ALWAYS AS IDENTITY);
CREATE INDEX "an; index" ON "Odd ""Schema"""."ユーザー 😀" ("SELECT", lower("a""b"));
INSERT INTO "Odd ""Schema"""."ユーザー 😀" SELECT n, 'planted.' || n || '@corp-mail.jp', 'Planted', 'planted', 'planted' FROM generate_series(1, 5) n;
CREATE TABLE "User" (id int PRIMARY KEY, "Name" text);
CREATE TABLE "user" (id int PRIMARY KEY REFERENCES "User", "Name" text);
INSERT INTO "User" SELECT n, 'Planted ' || n FROM generate_series(1, 5) n;
INSERT INTO "user" SELECT id, "Name" FROM "User";
CREATE TABLE "a.b" (id int PRIMARY KEY, "c.d" text);
INSERT INTO "a.b" VALUES (1, 'planted');
CREATE TABLE s2345678901234567890123456789012345678901234567890123456789_63 (id int PRIMARY KEY, c2345678901234567890123456789012345678901234567890123456789_63 text);
CREATE INDEX i2345678901234567890123456789012345678901234567890123456789_63 ON s2345678901234567890123456789012345678901234567890123456789_63 (c2345678901234567890123456789012345678901234567890123456789_63);
INSERT INTO s2345678901234567890123456789012345678901234567890123456789_63 SELECT n, 'planted ' || n FROM generate_series(1, 5) n;

-- # Rows taken out by a condition, with what refers to them
--| "s_order.at" = "keep"
--| [tables.s_order]
--| rows = { where = "at >= '2024-01-01'" }
--| name = "name"
--| [tables.s_line]
--| note = { text = "drop" }
--> 10: SELECT count(*) FROM s_order
--> 10: SELECT count(*) FROM s_line JOIN s_order ON s_order.id = s_line.order_id
--> 10: SELECT count(*) FROM s_line
CREATE TABLE s_order (id int PRIMARY KEY, at date NOT NULL, name text);
CREATE TABLE s_line (id int PRIMARY KEY, order_id int NOT NULL REFERENCES s_order, note text);
INSERT INTO s_order SELECT n, CASE WHEN n <= 20 THEN date '2023-05-05' ELSE '2024-05-05' END, 'Planted ' || n FROM generate_series(1, 30) n;
INSERT INTO s_line SELECT id, id, 'Planted' FROM s_order;
