-- # Lengths
--| [tables.t_lengths]
--| a = "email"
--| b = "name"
--| c = "address"
--| d = "hash"
--| e = "phone"
--| f = "username"
--| g = "city"
--> 20: SELECT count(*) FROM t_lengths WHERE length(c) BETWEEN 1 AND 8 AND length(d) BETWEEN 1 AND 5
CREATE TABLE t_lengths (id int PRIMARY KEY, a char(20), b varchar(10), c varchar(8), d char(5), e varchar(13), f varchar(8), g char(12));
INSERT INTO t_lengths SELECT n, 'planted@corp-mail.jp', 'Planted ' || n, 'Planted', 'Plan', '090-1234-' || 5600 + n, 'planted', 'Planted' FROM generate_series(1, 20) n;
INSERT INTO t_lengths VALUES (0, NULL, '', NULL, NULL, '', NULL, NULL);

-- # Domains, a domain over a domain, a domain that is not null, an array of a domain, a domain over an array
--| [tables.t_domains]
--| a = "email"
--| b = "email"
--| c = "email"
--| d = "hash"
--> 30: SELECT count(*) FROM t_domains WHERE a LIKE '%@%' AND b LIKE '%@%' AND cardinality(c) = 2 AND c[1] LIKE '%@%' AND cardinality(d) = 3 AND d[2] IS NULL
CREATE DOMAIN mail AS varchar(60) CHECK (VALUE LIKE '%@%');
CREATE DOMAIN must_mail AS mail NOT NULL CHECK (length(VALUE) > 5);
CREATE DOMAIN words AS text[] CHECK (cardinality(VALUE) < 5);
CREATE TABLE t_domains (id int PRIMARY KEY, a mail, b must_mail, c mail[], d words);
INSERT INTO t_domains SELECT n, 'planted@corp-mail.jp', 'planted.' || n || '@corp-mail.jp', ARRAY['planted@corp-mail.jp', 'planted2@corp-mail.jp'], ARRAY['planted', NULL, 'planted "2"'] FROM generate_series(1, 30) n;
INSERT INTO t_domains VALUES (0, NULL, 'planted@corp-mail.jp', NULL, '{}');

-- # Enums, one of another schema
--| [tables.t_enums]
--| mood = { constant = "so so" }
--> 10: SELECT count(*) FROM t_enums WHERE mood = 'so so'
CREATE SCHEMA "Kinds";
CREATE TYPE "Kinds"."Mood" AS ENUM ('glad', 'so so', 'it''s bad');
CREATE TABLE t_enums (id int PRIMARY KEY, mood "Kinds"."Mood", state "Kinds"."Mood" NOT NULL DEFAULT 'glad');
INSERT INTO t_enums SELECT n, 'it''s bad' FROM generate_series(1, 10) n;

-- # hstore, emptied
--| [tables.t_hstore]
--| extra = "null"
--| more = { constant = "" }
--> 9: SELECT count(*) FROM t_hstore WHERE extra IS NULL AND more = ''
CREATE EXTENSION hstore;
CREATE TABLE t_hstore (id int PRIMARY KEY, extra hstore, more hstore NOT NULL);
INSERT INTO t_hstore SELECT n, hstore('mail', 'planted@corp-mail.jp'), hstore('name', 'Planted') FROM generate_series(1, 9) n;

-- # hstore, as if it were text
--| [tables.t_hstore_text]
--| extra = "email"
--! t_hstore_text extra hstore
CREATE EXTENSION hstore;
CREATE TABLE t_hstore_text (id int PRIMARY KEY, extra hstore);
INSERT INTO t_hstore_text VALUES (1, 'mail=>planted@corp-mail.jp');

-- # Documents: json keeps its spelling, jsonb its numbers
--| [tables.t_json]
--| a = { json = { "$.user.email" = "email", "$.tags[*]" = "hash", "$.user.name" = "name" } }
--| b = { json = { "$.user.email" = "email", "$.tags[*]" = "hash", "$.user.name" = "name" } }
--> 25: SELECT count(*) FROM t_json WHERE a #>> '{user,email}' LIKE '%@example%' AND a ->> 'n' = '1.50' AND a -> 'gone' = 'null' AND a -> 'big' = '12345678901234567890.12345678901234567890' AND jsonb_array_length(a -> 'tags') = 2
--> 25: SELECT count(*) FROM t_json WHERE b #>> '{user,email}' LIKE '%@example%' AND b ->> 'big' = '12345678901234567890.12345678901234567890' AND b #>> '{user,name}' <> ''
CREATE TABLE t_json (id int PRIMARY KEY, a jsonb, b json);
INSERT INTO t_json SELECT n, d::jsonb, d::json FROM generate_series(1, 25) n,
    format('{"user": {"email": "planted.%s@corp-mail.jp", "name": "Planted \u00e9\"x"}, "n": 1.50, "gone": null, "tags": ["planted 1", "planted 2"], "big": 12345678901234567890.12345678901234567890}', n) d;
INSERT INTO t_json VALUES (0, NULL, NULL), (-1, '{}', '[]'), (-2, '"plain"', '3'), (-3, '{"user": null}', '{"user": {"email": null}}');

-- # Bytes, empty ones too, and a column that is stored outside
--| [tables.t_bytes]
--| a = "bytes"
--| b = "bytes"
--| c = { text = "drop" }
--> 20: SELECT count(*) FROM t_bytes WHERE length(a) = 9 AND length(b) = 20000 AND length(c) = 0
CREATE TABLE t_bytes (id int PRIMARY KEY, a bytea, b bytea, c bytea);
ALTER TABLE t_bytes ALTER b SET STORAGE EXTERNAL;
INSERT INTO t_bytes SELECT n, '\x00ff5c0a0d275c3101', convert_to(repeat('Planted' || E'\n' || '\0 ', 2000), 'UTF8') || '\x00', '\x01' FROM generate_series(1, 20) n;
UPDATE t_bytes SET b = substr(b, 1, 20000);
INSERT INTO t_bytes VALUES (0, '', NULL, '');

-- # Addresses of hosts and networks
--| "t_net.mac" = "keep"
--| [tables.t_net]
--| a = "ip"
--| b = "ip"
--| c = "ip"
--> 3: SELECT count(*) FROM t_net WHERE (family(a) = 4 AND a <<= ANY (ARRAY['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24']::inet[])) OR (family(a) = 6 AND a <<= '2001:db8::/32')
--> 3: SELECT count(*) FROM t_net WHERE (family(b) = 4 AND b <<= ANY (ARRAY['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24']::inet[])) OR (family(b) = 6 AND b <<= '2001:db8::/32')
CREATE TABLE t_net (id int PRIMARY KEY, a inet, b cidr, c text, mac macaddr);
INSERT INTO t_net VALUES (1, '10.1.2.3', '10.1.2.3', '10.1.2.3', '08:00:2b:01:02:03'), (2, '10.1.2.3/8', '10.0.0.0/8', '::1', NULL), (3, '2001:470::1/64', '2001:470::/64', '2001:470::7', NULL), (4, NULL, NULL, '', NULL);

-- # Ranges and multiranges
--| [tables.t_ranges]
--| a = "null"
--| b = { constant = "{[1,2)}" }
--| c = "keep"
--> 6: SELECT count(*) FROM t_ranges WHERE a IS NULL AND b = '{[1,2)}'
CREATE TABLE t_ranges (id int PRIMARY KEY, a daterange, b int4multirange, c nummultirange);
INSERT INTO t_ranges SELECT n, '[2001-02-03,2001-03-04)', '{[5,9),[11,20)}', '{[1.5,),(,-3]}' FROM generate_series(1, 6) n;

-- # Ranges, as if they were dates
--| [tables.t_range_date]
--| a = "date"
--? t_range_date a daterange
CREATE TABLE t_range_date (id int PRIMARY KEY, a daterange);
INSERT INTO t_range_date VALUES (1, '[2001-02-03,2001-03-04)');

-- # Search columns: made by the database, by a trigger, and a stale one
--| [tables.t_search]
--| body = { text = "drop" }
--| title = "company"
--| by_trigger = { text = "drop" }
--> 0: SELECT count(*) FROM t_search WHERE made_search @@ 'planted' OR by_trigger @@ 'planted' OR made_upper LIKE '%PLANTED%'
--> 10: SELECT count(*) FROM t_search WHERE made_upper = upper(title) AND made_search = to_tsvector('simple', title || ' ' || body)
CREATE TABLE t_search (id int PRIMARY KEY, title text NOT NULL, body text NOT NULL, made_search tsvector GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || body)) STORED,
    made_upper text GENERATED ALWAYS AS (upper(title)) STORED UNIQUE, by_trigger tsvector);
ALTER TABLE t_search DROP CONSTRAINT t_search_made_upper_key;
CREATE INDEX t_search_made ON t_search USING gin (made_search);
CREATE INDEX t_search_body ON t_search USING gin (to_tsvector('english', body));
CREATE TRIGGER keep_search BEFORE INSERT OR UPDATE ON t_search FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger(by_trigger, 'pg_catalog.simple', title, body);
INSERT INTO t_search SELECT n, 'Planted ' || n, 'Planted text ' || n FROM generate_series(1, 10) n;

-- # A column that is made from another, masked by itself
--| [tables.t_made]
--| name = "name"
--| made_upper = "hash"
--! t_made made_upper computed
CREATE TABLE t_made (id int PRIMARY KEY, name text, made_upper text GENERATED ALWAYS AS (upper(name)) STORED);
INSERT INTO t_made (id, name) VALUES (1, 'Planted');

-- # A search column, left behind
--| [tables.t_stale]
--| name = "name"
--! t_stale words
CREATE TABLE t_stale (id int PRIMARY KEY, name text, words tsvector);
INSERT INTO t_stale VALUES (1, 'Planted', to_tsvector('Planted'));

-- # Dates without end, before Christ, far away; times, intervals
--| "t_dates.d" = "keep"
--| "t_dates.e" = "keep"
--| "t_dates.f" = "keep"
--| [tables.t_dates]
--| a = { date = { shift_days = 20 } }
--| b = { date = { shift_days = 20 } }
--| c = { date = { shift_days = 20 } }
--> 2: SELECT count(*) FROM t_dates WHERE abs(a - date '1975-06-07') BETWEEN 1 AND 20 AND b::time = '23:59:59.123456' AND (c AT TIME ZONE 'UTC')::time = '01:02:03'
--> infinity|-infinity: SELECT a, b FROM t_dates WHERE id = 3
CREATE TABLE t_dates (id int PRIMARY KEY, a date, b timestamp, c timestamptz, d time, e timetz, f interval);
INSERT INTO t_dates VALUES (1, '1975-06-07', '1975-06-07 23:59:59.123456', '1975-06-07 01:02:03+00', '24:00', '12:34:56+09', '1 year -3 days'), (2, '1975-06-07', '2001-01-01 23:59:59.123456', '1999-12-31 01:02:03Z', NULL, NULL, NULL),
    (3, 'infinity', '-infinity', 'infinity', NULL, NULL, NULL), (4, NULL, NULL, NULL, NULL, NULL, NULL);

-- # Dates before Christ and after the year 9999
--| [tables.t_far]
--| a = "date"
--| b = "date"
--> 2: SELECT count(*) FROM t_far WHERE isfinite(a) AND isfinite(b)
CREATE TABLE t_far (id int PRIMARY KEY, a date, b timestamptz);
INSERT INTO t_far VALUES (1, '0044-03-15 BC', '0044-03-15 12:00:00 BC'), (2, '99999-01-01', '12345-06-07 01:02:03+00');

-- # Money, bits, xml, composite values, geometry, and what else may be kept or set to NULL
--| "*.t_other.*" = "keep"
--| [tables.t_other]
--| b = "null"
--| c = "null"
--| d = "null"
--> 4: SELECT count(*) FROM t_other WHERE b IS NULL AND c IS NULL AND d IS NULL AND a = '$12.30'
CREATE TYPE pair AS (mail text, number int);
CREATE TABLE t_other (id int PRIMARY KEY, a money, b xml, c pair, d pair[], e point, f bit(5), g varbit, h "char", i name, j pg_lsn, k macaddr8, l tid, m int8range[], o oid, p regclass, q box, r jsonpath, s txid_snapshot);
INSERT INTO t_other SELECT n, 12.30::money, '<a>planted@corp-mail.jp</a>', ROW('planted@corp-mail.jp', 1)::pair, ARRAY[ROW('planted@corp-mail.jp', 1)::pair], '(1,2)', B'10101', B'1', 'x', 'some name', '0/1', '08:00:2b:01:02:03:04:05', '(1,1)',
    '{"[1,2)"}', 7, 'pg_class', '((0,0),(1,1))', '$.a', txid_current_snapshot() FROM generate_series(1, 4) n;

-- # A composite value, as if it were text
--| [tables.t_pair]
--| c = "email"
--! t_pair c pair
CREATE TYPE pair AS (mail text, number int);
CREATE TABLE t_pair (id int PRIMARY KEY, c pair);
INSERT INTO t_pair VALUES (1, ROW('planted@corp-mail.jp', 1)::pair);

-- # A composite value that no rule speaks of
--| [tables.t_unsaid]
--| a = "keep"
--! t_unsaid c pair
CREATE TYPE pair AS (mail text, number int);
CREATE TABLE t_unsaid (id int PRIMARY KEY, a text, c pair);

-- # Long texts, with every odd sign
--| [tables.t_long]
--| a = { text = "drop" }
--| b = { text = "redact" }
--| c = "hash"
--| d = "keep"
--> 6: SELECT count(*) FROM t_long WHERE a = '' AND length(b) > 100000 AND b LIKE '%[email]%'
--= SELECT md5(string_agg(d, ',' ORDER BY id)) FROM t_long
CREATE TABLE t_long (id int PRIMARY KEY, a text, b text, c text, d text);
ALTER TABLE t_long ALTER a SET STORAGE EXTERNAL, ALTER b SET COMPRESSION pglz;
INSERT INTO t_long SELECT n, repeat('Planted ', 20000), repeat('word ', 25000) || 'x@corp-mail.jp', E'planted \\ \t \r\n \b\f\v \\. \\N 😀', E'kept \\ \t \r\n \b\f\v \\. \\N "\u2028" 😀' FROM generate_series(1, 6) n;

-- # Arrays: nested, with NULLs, quotes, blanks, of lengths
--| [tables.t_arrays]
--| a = "hash"
--| b = "email"
--| c = "name"
--| d = "phone"
--| e = "ip"
--| f = "date"
--| g = "keep"
--> 2|2|NULL|t: SELECT array_length(a, 1), array_length(a, 2), coalesce(a[2][1], 'NULL'), bool_and(a[1][1] ~ '^[0-9a-f]+$') FROM t_arrays WHERE id = 1 GROUP BY a
--> 3|NULL|t|: SELECT cardinality(c), coalesce(c[2], 'NULL'), c[1] <> '', c[3] FROM t_arrays WHERE id = 1
--> t: SELECT e[1] << ANY (ARRAY['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24']::inet[]) AND f[1] <> '2001-02-03' AND f[2] IS NULL FROM t_arrays WHERE id = 1
CREATE TABLE t_arrays (id int PRIMARY KEY, a text[], b text[], c varchar(12)[], d text[], e inet[], f date[], g int[]);
INSERT INTO t_arrays VALUES (1, ARRAY[['planted "a"', 'planted\b'], [NULL, 'planted {c},']], ARRAY['planted@corp-mail.jp', NULL], ARRAY['Planted One', NULL, ''], ARRAY['090-1234-5678'], ARRAY['10.1.2.3'::inet], ARRAY['2001-02-03'::date, NULL], ARRAY[1, NULL]),
    (2, '{}', NULL, '{NULL}', ARRAY['null', ' planted '], '{}', '{}', '{}'), (3, ARRAY['NULL'], '{}', NULL, NULL, NULL, NULL, NULL);

-- # Numbers: none, endless, huge, tiny
--| [tables.t_numbers]
--| a = { noise = { percent = 10 } }
--| b = { noise = { percent = 10 } }
--| c = { noise = { percent = 10 } }
--| d = { noise = { percent = 50 } }
--| e = { noise = { percent = 10 } }
--> 20: SELECT count(*) FROM t_numbers WHERE a BETWEEN 900 AND 1100 AND a <> 1000 AND scale(a) = 2 AND b BETWEEN 90 AND 110 AND d BETWEEN 16384 AND 32767
--> NaN|Infinity|-Infinity: SELECT a, b, c FROM t_numbers WHERE id = 0
CREATE TABLE t_numbers (id int PRIMARY KEY, a numeric, b float8, c numeric, d int2, e numeric(40, 20));
INSERT INTO t_numbers SELECT n, 1000.00, 100, 123456789012345678901234567890.123456789, 32700 - n, 12345678901234567890.12345678901234567890 FROM generate_series(1, 20) n;
INSERT INTO t_numbers VALUES (0, 'NaN', 'Infinity', '-Infinity', 0, 0), (-1, NULL, NULL, NULL, NULL, NULL);

-- # An array whose first element is not the first
--| [tables.t_bounds]
--| a = "email"
--| b = "hash"
--> 0|1: SELECT array_lower(a, 1), array_upper(a, 1) FROM t_bounds
--> -2|7: SELECT array_lower(b, 1), array_lower(b, 2) FROM t_bounds
CREATE TABLE t_bounds (id int PRIMARY KEY, a text[], b text[]);
INSERT INTO t_bounds VALUES (1, '[0:1]={planted@corp-mail.jp,NULL}', '[-2:-1][7:8]={{planted1,planted2},{NULL,planted3}}');

-- # Days so far away that few calendars reach them
--| [tables.t_farthest]
--| day = { mask = "date", same = "far" }
--| moment = { date = { shift_days = 3, by = "id" } }
--> 4: SELECT count(*) FROM t_farthest WHERE extract(year FROM day) > 299999 AND extract(year FROM moment) > 294000
CREATE TABLE t_farthest (id int PRIMARY KEY, day date, moment timestamp);
INSERT INTO t_farthest SELECT n, date '5874000-12-31' - n * 1000, timestamp '294200-12-31 23:59:59.999999' - n * interval '1 day' FROM generate_series(0, 3) n;

-- # Lists of UUIDs
--| [tables.t_uuid_lists]
--| masked = "uuid"
--| kept = "keep"
--> 20: SELECT count(*) FROM t_uuid_lists WHERE cardinality(masked) = 3 AND masked[2] IS NULL AND masked[1] <> kept[1]
--= SELECT md5(string_agg(kept::text, ',' ORDER BY id)) FROM t_uuid_lists
CREATE TABLE t_uuid_lists (id int PRIMARY KEY, masked uuid[], kept uuid[]);
INSERT INTO t_uuid_lists SELECT n, ARRAY[md5('a' || n)::uuid, NULL, md5('b' || n)::uuid], ARRAY[md5('c' || n)::uuid] FROM generate_series(1, 20) n;
INSERT INTO t_uuid_lists VALUES (0, NULL, '{}');

-- # Whole numbers of sixteen digits that nobody masks: some look like the number of a card
--| [tables.t_long_numbers]
--| email = "email"
CREATE TABLE t_long_numbers (id bigint PRIMARY KEY, n numeric, email text);
INSERT INTO t_long_numbers SELECT 4100000000000000 + n * 1000003::bigint, 5500000000000000 + n * 1000003::bigint, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 2000) n;
