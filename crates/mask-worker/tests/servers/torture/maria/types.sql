-- # Columns in other character sets
--| [tables.t_sets]
--| a = "name"
--| b = { name = "full", locale = "ja" }
--| c = { name = "full", locale = "ja" }
--| d = "hash"
--| e = { mask = "address", locale = "ja" }
--| f = "email"
--| g = "keep"
--| h = "keep"
--> 20: SELECT COUNT(*) FROM t_sets WHERE b <> '' AND c <> '' AND e <> '' AND b NOT LIKE '%?%' AND c NOT LIKE '%?%' AND f LIKE '%@example.%'
--= SELECT HEX(g), HEX(h) FROM t_sets ORDER BY id
CREATE TABLE t_sets (id INT PRIMARY KEY, a VARCHAR(60) CHARACTER SET latin1, b VARCHAR(60) CHARACTER SET sjis, c VARCHAR(60) CHARACTER SET utf8mb3, d CHAR(40) CHARACTER SET ascii,
    e TEXT CHARACTER SET ujis, f VARCHAR(60) CHARACTER SET ucs2, g VARCHAR(20) CHARACTER SET latin1, h VARCHAR(20) CHARACTER SET sjis);
INSERT INTO t_sets SELECT seq, CONCAT('Plantéd ', seq), 'プラント 太郎', 'プラント 花子', CONCAT('planted', seq), '東京都千代田区', CONCAT('planted.', seq, '@corp-mail.jp'), 'kèpt ÿ', '表示ソ\\能' FROM seq_1_to_20;
INSERT INTO t_sets VALUES (0, NULL, '', NULL, '', NULL, '', '', NULL);

-- # Japanese where the character set cannot hold it
--| [tables.t_narrow]
--| name = { name = "full", locale = "ja" }
--! t_narrow name
CREATE TABLE t_narrow (id INT PRIMARY KEY, name VARCHAR(60) CHARACTER SET latin1);
INSERT INTO t_narrow VALUES (1, 'Planted');

-- # Lengths, in characters and in bytes
--| [tables.t_lengths]
--| a = "email"
--| b = "name"
--| c = { name = "full", locale = "ja" }
--| d = "hash"
--| e = "phone"
--| f = "username"
--| g = "city"
--> 20: SELECT COUNT(*) FROM t_lengths WHERE CHAR_LENGTH(a) <= 20 AND CHAR_LENGTH(b) <= 10 AND c <> '' AND CHAR_LENGTH(d) = 5
CREATE TABLE t_lengths (id INT PRIMARY KEY, a CHAR(20), b VARCHAR(10), c TINYTEXT, d CHAR(5), e VARCHAR(13), f VARCHAR(8), g CHAR(12));
INSERT INTO t_lengths SELECT seq, 'planted@corp-mail.jp', CONCAT('Planted ', seq), 'プラント', 'Plant', '090-1234-5678', 'planted', 'Planted' FROM seq_1_to_20;
INSERT INTO t_lengths VALUES (0, NULL, '', NULL, NULL, '', NULL, NULL);

-- # ENUM, SET, BIT, BOOLEAN, YEAR
--| [tables.t_words]
--| a = { constant = "it's" }
--| b = { constant = "x,z" }
--| c = "null"
--| d = { constant = "0" }
--> 10: SELECT COUNT(*) FROM t_words WHERE a = 'it''s' AND b = 'x,z' AND c IS NULL AND d = 0
--= SELECT id, e + 0, f, g, h FROM t_words ORDER BY id
CREATE TABLE t_words (id INT PRIMARY KEY, a ENUM('one', 'it''s', 'プ') NOT NULL, b SET('x', 'y', 'z'), c BIT(9), d BOOLEAN, e BIT(64), f YEAR, g ENUM('', 'a'), h SET('a', 'b'));
INSERT INTO t_words SELECT seq, 'プ', 'y', b'101010101', TRUE, 18446744073709551615 - seq, 1999, '', 'a,b' FROM seq_1_to_10;

-- # Documents, with the check that they are some
--| [tables.t_json]
--| a = { json = { "$.user.email" = "email", "$.tags[*]" = "hash" } }
--| b = { json = { "$.user.email" = "email", "$.tags[*]" = "hash" } }
--> 25: SELECT COUNT(*) FROM t_json WHERE JSON_VALUE(a, '$.user.email') LIKE '%@example.%' AND JSON_VALUE(a, '$.n') = '1.50' AND JSON_VALID(a) AND a LIKE '%12345678901234567890.123456789%' AND JSON_LENGTH(b, '$.tags') = 2 AND made_mail = JSON_VALUE(a, '$.user.email')
CREATE TABLE t_json (id INT PRIMARY KEY, a JSON NOT NULL, b LONGTEXT CHECK (JSON_VALID(b)), made_mail VARCHAR(80) AS (JSON_VALUE(a, '$.user.email')) STORED, KEY (made_mail));
INSERT INTO t_json (id, a, b) SELECT seq, d, d FROM (SELECT seq, CONCAT('{"user": {"email": "planted.', seq, '@corp-mail.jp"}, "n": 1.50, "gone": null, "tags": ["planted 1", "planted \\"2\\""], "big": 12345678901234567890.123456789}') AS d FROM seq_1_to_25) x;
INSERT INTO t_json (id, a, b) VALUES (0, '{}', NULL), (-1, '[]', '3'), (-2, '"plain"', '{"user": {"email": null}}');

-- # Bytes
--| [tables.t_bytes]
--| a = "bytes"
--| b = "bytes"
--| c = { text = "drop" }
--| d = "bytes"
--| e = "keep"
--> 20: SELECT COUNT(*) FROM t_bytes WHERE LENGTH(a) = 16 AND LENGTH(b) = 20000 AND c = '' AND LENGTH(d) = 5
--= SELECT id, HEX(e) FROM t_bytes ORDER BY id
CREATE TABLE t_bytes (id INT PRIMARY KEY, a BINARY(16), b MEDIUMBLOB, c BLOB, d VARBINARY(9), e BLOB);
INSERT INTO t_bytes SELECT seq, UNHEX(MD5(seq)), LEFT(REPEAT('Planted\n\\\0', 2000), 20000), 'Planted', 'Plant', UNHEX('00FF5C270A0D1A22C3') FROM seq_1_to_20;
INSERT INTO t_bytes VALUES (0, NULL, '', '', '', NULL);

-- # Days that are none, times beyond a day, columns that know when they were written
--| "t_dates.d" = "keep"
--| "t_dates.e" = "keep"
--| "t_dates.f" = "keep"
--| [tables.t_dates]
--| a = { date = { shift_days = 20 } }
--| b = { date = { shift_days = 20 } }
--| c = { date = { shift_days = 20 } }
--> 2: SELECT COUNT(*) FROM t_dates WHERE ABS(DATEDIFF(a, '1975-06-07')) BETWEEN 1 AND 20 AND TIME(b) = '23:59:59.123456' AND TIME(c) = '01:02:03'
--> 1: SELECT COUNT(*) FROM t_dates WHERE id = 3 AND CAST(a AS CHAR) = '0000-00-00' AND CAST(b AS CHAR) LIKE '0000-00-00 %' AND CAST(c AS CHAR) LIKE '0000-00-00 %'
--= SELECT id, d, e, f FROM t_dates ORDER BY id
CREATE TABLE t_dates (id INT PRIMARY KEY, a DATE, b DATETIME(6), c TIMESTAMP NULL, d TIME(3), e TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), f DATE);
INSERT INTO t_dates VALUES (1, '1975-06-07', '1975-06-07 23:59:59.123456', '1975-06-07 01:02:03', '-838:59:59', '2001-02-03 04:05:06.789', '2020-00-00'), (2, '1975-06-07', '2001-01-01 23:59:59.123456', '2037-12-31 01:02:03', '100:00:00', '2001-02-03', '2020-02-31'),
    (3, '0000-00-00', '0000-00-00', '0000-00-00 00:00:00', NULL, '0000-00-00 00:00:00', '0000-00-00'), (4, NULL, NULL, NULL, NULL, '1970-01-01 00:00:01', '9999-12-31');

-- # Days without a day or a month
--| [tables.t_half]
--| a = "date"
--> 2: SELECT COUNT(*) FROM t_half WHERE a IS NOT NULL
CREATE TABLE t_half (id INT PRIMARY KEY, a DATE);
INSERT INTO t_half VALUES (1, '2020-00-00'), (2, '2020-02-00');

-- # Hosts, uuids, places
--| [tables.t_other]
--| a = "ip"
--| b = "ip"
--| c = "ip"
--| d = "uuid"
--| e = "null"
--| f = "keep"
--> 5: SELECT COUNT(*) FROM t_other WHERE (a LIKE '192.0.2.%' OR a LIKE '198.51.100.%' OR a LIKE '203.0.113.%') AND b LIKE '2001:db8:%' AND d <> '00000000-0000-0000-0000-000000000001' AND e IS NULL
--= SELECT id, HEX(f), ST_SRID(f) FROM t_other ORDER BY id
CREATE TABLE t_other (id INT PRIMARY KEY, a INET4, b INET6, c VARCHAR(45), d UUID, e POINT, f GEOMETRY NOT NULL, SPATIAL KEY (f));
INSERT INTO t_other SELECT seq, CONCAT('10.0.0.', seq), CONCAT('fd00::', seq), CONCAT('10.0.0.', seq), CONCAT('10000000-0000-4000-8000-00000000000', seq), POINT(1, seq), ST_GeomFromText('LINESTRING(0 0, 1 1)', 4326) FROM seq_1_to_5;

-- # Places, as if they were text
--| [tables.t_place]
--| place = "address"
--! t_place place
CREATE TABLE t_place (id INT PRIMARY KEY, place POINT);

-- # Long texts, with every odd sign
--| [tables.t_long]
--| a = { text = "drop" }
--| b = { text = "redact" }
--| c = "hash"
--| d = "keep"
--| e = "name"
--> 6: SELECT COUNT(*) FROM t_long WHERE a = '' AND LENGTH(b) > 100000 AND b LIKE '%[email]%' AND e <> ''
--= SELECT id, HEX(d) FROM t_long ORDER BY id
CREATE TABLE t_long (id INT PRIMARY KEY, a LONGTEXT, b MEDIUMTEXT, c TEXT, d TEXT, e TEXT /*M!100301 COMPRESSED*/);
INSERT INTO t_long SELECT seq, REPEAT('Planted ', 20000), CONCAT(REPEAT('word ', 25000), 'x@corp-mail.jp'), 'planted \\ \t \r\n \b\Z\0 😀', 'kept \\ \t \r\n \b\Z\0 \'" \\N 😀 ', REPEAT('Planted ', 20) FROM seq_1_to_6;

-- # Numbers at their ends
--| [tables.t_numbers]
--| a = { noise = { percent = 10 } }
--| b = { noise = { percent = 10 } }
--| c = { noise = { percent = 50 } }
--| d = { noise = { percent = 50 } }
--| e = { noise = { percent = 50 } }
--> 20: SELECT COUNT(*) FROM t_numbers WHERE a BETWEEN 900 AND 1100 AND a <> 1000 AND c BETWEEN 50 AND 127 AND d BETWEEN 100 AND 255 AND e <> 0
--= SELECT id, f, g FROM t_numbers ORDER BY id
CREATE TABLE t_numbers (id INT PRIMARY KEY, a DECIMAL(10, 2), b DOUBLE, c TINYINT, d TINYINT UNSIGNED, e DECIMAL(65, 30), f DECIMAL(65, 30), g BIGINT UNSIGNED);
INSERT INTO t_numbers SELECT seq, 1000, 100, 127 - seq, 255 - seq, 12345678901234567890123456789012345.123456789012345678901234567890, 99999999999999999999999999999999999.999999999999999999999999999999, 18446744073709551615 FROM seq_1_to_20;
INSERT INTO t_numbers VALUES (0, NULL, NULL, 0, 0, 0, 0, 0);
