-- # Partitions by range, list, hash, key, in two levels, by system time of none
--| "s_event.at" = "keep"
--| [tables.s_event]
--| who = "email"
--| note = { text = "drop" }
--| [tables.s_listed]
--| kind = "keep"
--| who = "email"
--| [tables.s_hashed]
--| who = "name"
--> 60: SELECT COUNT(*) FROM s_event WHERE who LIKE '%@example.%' AND note = ''
--> 20: SELECT COUNT(*) FROM s_event PARTITION (p2023)
--= SELECT COUNT(*) FROM s_listed PARTITION (p1)
CREATE TABLE s_event (id INT NOT NULL, at DATE NOT NULL, who VARCHAR(60), note TEXT, PRIMARY KEY (id, at), KEY (who)) PARTITION BY RANGE (YEAR(at)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p2023 VALUES LESS THAN (2024), PARTITION p2024 VALUES LESS THAN (2025), PARTITION rest VALUES LESS THAN MAXVALUE);
CREATE TABLE s_listed (id INT NOT NULL, kind VARCHAR(3) NOT NULL, who VARCHAR(60)) PARTITION BY LIST COLUMNS (kind) (PARTITION p1 VALUES IN ('a', 'b'), PARTITION p2 DEFAULT);
CREATE TABLE s_hashed (id INT NOT NULL PRIMARY KEY, who VARCHAR(60)) PARTITION BY KEY () PARTITIONS 3;
INSERT INTO s_event SELECT seq, DATE('2023-01-01') + INTERVAL (seq % 3) * 366 DAY, CONCAT('planted.', seq, '@corp-mail.jp'), 'Planted' FROM seq_1_to_60;
INSERT INTO s_listed SELECT seq, CHAR(97 + seq % 4), CONCAT('planted.', seq, '@corp-mail.jp') FROM seq_1_to_40;
INSERT INTO s_hashed SELECT seq, CONCAT('Planted ', seq) FROM seq_1_to_40;

-- # Other engines, formats, options
--| "*.s_f_*.name" = "name"
--> 10: SELECT COUNT(*) FROM s_f_myisam JOIN s_f_compressed USING (id) JOIN s_f_redundant USING (id) JOIN s_f_pages USING (id) JOIN s_f_memory USING (id)
CREATE TABLE s_f_myisam (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60), FULLTEXT KEY (name)) ENGINE = MyISAM CHECKSUM = 1 MAX_ROWS = 10000;
CREATE TABLE s_f_compressed (id INT PRIMARY KEY, name VARCHAR(60)) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8;
CREATE TABLE s_f_redundant (id INT PRIMARY KEY, name VARCHAR(60)) ROW_FORMAT = REDUNDANT;
CREATE TABLE s_f_pages (id INT PRIMARY KEY, name VARCHAR(60)) PAGE_COMPRESSED = 1;
CREATE TABLE s_f_memory (id INT PRIMARY KEY, name VARCHAR(60), KEY (name) USING HASH) ENGINE = MEMORY;
INSERT INTO s_f_myisam SELECT seq, CONCAT('Planted ', seq) FROM seq_1_to_10;
INSERT INTO s_f_compressed SELECT * FROM s_f_myisam;
INSERT INTO s_f_redundant SELECT * FROM s_f_myisam;
INSERT INTO s_f_pages SELECT * FROM s_f_myisam;
INSERT INTO s_f_memory SELECT * FROM s_f_myisam;

-- # Numbers that go on, with gaps, from a counter that is ahead; a zero
--| [tables.s_counted]
--| name = "name"
--| [tables.s_zero]
--| name = "name"
--| [tables.s_gone]
--| rows = "none"
--> 1000: INSERT INTO s_counted (name) VALUES ('x') RETURNING id
--> 7: INSERT INTO s_gone (name) VALUES ('x') RETURNING id
--> 0: SELECT MIN(id) FROM s_zero
CREATE TABLE s_counted (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60)) AUTO_INCREMENT = 1000;
INSERT INTO s_counted SELECT seq * 7, CONCAT('Planted ', seq) FROM seq_1_to_10;
CREATE TABLE s_zero (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60));
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO s_zero VALUES (0, 'Planted'), (-5, 'Planted'), (9, 'Planted');
DELETE FROM s_zero WHERE id < 0;
SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE s_gone (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60));
INSERT INTO s_gone VALUES (6, 'Planted');

-- # No key, rows all alike, no rows, keys of several columns, every column masked
--| [tables.s_alike]
--| name = "name"
--| [tables.s_empty]
--| name = "name"
--| [tables.s_several]
--| b = "keep"
--| name = "name"
--| [tables.s_all]
--| email = "email"
--| token = "hash"
--> 30: SELECT COUNT(*) FROM s_alike WHERE name <> ''
--> 30: SELECT COUNT(DISTINCT email, token) FROM s_all
CREATE TABLE s_alike (name VARCHAR(60));
INSERT INTO s_alike SELECT 'Planted' FROM seq_1_to_30;
CREATE TABLE s_empty (id INT PRIMARY KEY, name VARCHAR(60) NOT NULL);
CREATE TABLE s_several (a INT, b VARCHAR(10), c DATE DEFAULT '2001-02-03', id INT, name VARCHAR(60), PRIMARY KEY (b, a, id), UNIQUE (id, a)) COMMENT 'b: keep';
ALTER TABLE s_several DROP COLUMN c;
CREATE TABLE s_all (email VARCHAR(60), token CHAR(32), PRIMARY KEY (email, token));
INSERT INTO s_all SELECT CONCAT('planted.', seq, '@corp-mail.jp'), MD5(seq) FROM seq_1_to_30;

-- # Names in backticks, with dots, quotes, percent signs, in other scripts, reserved
--| [tables."odd `db`; -- %.ユーザー 表"]
--| "e-mail; --" = "email"
--| "SELECT" = "name"
--| "a`b" = "hash"
--| "it's $1 %s ?" = "hash"
--| [tables."my_shop.a.b"]
--| "c.d" = "hash"
--| [tables."shop.same"]
--| name = "name"
--| [tables."my_shop.same"]
--| name = "hash"
--> 5: SELECT COUNT(*) FROM `odd ``db``; -- %`.`ユーザー 表` WHERE `e-mail; --` LIKE '%@example.%' AND `a``b` <> 'planted'
--> 5: SELECT COUNT(*) FROM my_shop.same WHERE name REGEXP '^[0-9a-f]+$'
--> 5: SELECT COUNT(*) FROM shop.same WHERE name NOT REGEXP '^[0-9a-f]+$'
CREATE DATABASE `odd ``db``; -- %`;
CREATE TABLE `odd ``db``; -- %`.`ユーザー 表` (id INT, `e-mail; --` VARCHAR(60) UNIQUE, `SELECT` VARCHAR(60), `a``b` VARCHAR(60), `it's $1 %s ?` VARCHAR(60) DEFAULT '?', `Order` INT NOT NULL DEFAULT 3, KEY `an; index` (`SELECT`, `a``b`));
INSERT INTO `odd ``db``; -- %`.`ユーザー 表` SELECT seq, CONCAT('planted.', seq, '@corp-mail.jp'), 'Planted', 'planted', 'planted', seq FROM seq_1_to_5;
CREATE DATABASE my_shop;
CREATE TABLE my_shop.`a.b` (id INT PRIMARY KEY, `c.d` VARCHAR(60));
INSERT INTO my_shop.`a.b` VALUES (1, 'planted');
CREATE TABLE same (id INT PRIMARY KEY, name VARCHAR(60));
CREATE TABLE my_shop.same (id INT PRIMARY KEY, name VARCHAR(60));
INSERT INTO same SELECT seq, CONCAT('Planted ', seq) FROM seq_1_to_5;
INSERT INTO my_shop.same SELECT * FROM same;

-- # Two hundred columns
--| "*.s_wide.c*" = "hash"
--> 20: SELECT COUNT(*) FROM s_wide WHERE c1 REGEXP '^[0-9a-f]+$' AND c200 REGEXP '^[0-9a-f]+$' AND c77 IS NULL
SET SESSION group_concat_max_len = 100000;
SET @made = CONCAT('CREATE TABLE s_wide (id INT PRIMARY KEY, ', (SELECT GROUP_CONCAT('c', seq, ' VARCHAR(20)' ORDER BY seq) FROM seq_1_to_200), ') CHARSET latin1');
EXECUTE IMMEDIATE @made;
SET @made = CONCAT('INSERT INTO s_wide SELECT seq, ', (SELECT GROUP_CONCAT(IF(seq = 77, 'NULL', CONCAT('''planted', seq, '''')) ORDER BY seq) FROM seq_1_to_200), ' FROM seq_1_to_20');
EXECUTE IMMEDIATE @made;

-- # Rows taken out by a condition, with what refers to them
--| "s_order.at" = "keep"
--| [tables.s_order]
--| rows = { where = "at >= '2024-01-01'" }
--| name = "name"
--| [tables.s_line]
--| note = { text = "drop" }
--> 10: SELECT COUNT(*) FROM s_order
--> 10: SELECT COUNT(*) FROM s_line JOIN s_order ON s_order.id = s_line.order_id
--> 10: SELECT COUNT(*) FROM s_line
--> 31: INSERT INTO s_order (at, name) VALUES ('2024-01-01', 'x') RETURNING id
CREATE TABLE s_order (id INT AUTO_INCREMENT PRIMARY KEY, at DATE NOT NULL, name VARCHAR(60));
CREATE TABLE s_line (id INT PRIMARY KEY, order_id INT NOT NULL, note TEXT, FOREIGN KEY (order_id) REFERENCES s_order (id));
INSERT INTO s_order SELECT seq, IF(seq <= 20, '2023-05-05', '2024-05-05'), CONCAT('Planted ', seq) FROM seq_1_to_30;
INSERT INTO s_line SELECT id, id, 'Planted' FROM s_order;

-- # Partitions of a list by a masked column
--| [tables.s_by_name]
--| name = "name"
--! s_by_name.name partition
CREATE TABLE s_by_name (id INT NOT NULL, name VARCHAR(60) NOT NULL) PARTITION BY LIST COLUMNS (name) (PARTITION p1 VALUES IN ('Planted 1', 'Planted 2'), PARTITION p2 VALUES IN ('Planted 3'));
INSERT INTO s_by_name SELECT seq, CONCAT('Planted ', seq) FROM seq_1_to_3;

-- # Partitions by what is computed from a masked column
--| [tables.s_by_month]
--| born = { date = { shift_days = 400 } }
--! s_by_month.born partition
CREATE TABLE s_by_month (id INT NOT NULL, born DATE NOT NULL, made_month INT AS (YEAR(born)) STORED) PARTITION BY RANGE (made_month) (PARTITION p1 VALUES LESS THAN (1980), PARTITION p2 VALUES LESS THAN (1990));
INSERT INTO s_by_month (id, born) SELECT seq, DATE('1989-12-01') + INTERVAL seq DAY FROM seq_1_to_30;

-- # Partitions by a hash of a masked column, which can take any value
--| [tables.s_by_key]
--| name = "hash"
--> 40: SELECT COUNT(*) FROM s_by_key WHERE name REGEXP '^[0-9a-f]+$'
CREATE TABLE s_by_key (id INT NOT NULL, name VARCHAR(60) NOT NULL) PARTITION BY KEY (name) PARTITIONS 3;
INSERT INTO s_by_key SELECT seq, CONCAT('Planted ', seq) FROM seq_1_to_40;

-- # Numbers that are counted within a kind, as MyISAM and Aria can
--| "s_n_*.kind" = "keep"
--| "*.s_n_*.name" = "name"
--= SELECT kind, id FROM s_n_myisam ORDER BY 1, 2
--= SELECT kind, id FROM s_n_aria ORDER BY 1, 2
--> 11: INSERT INTO s_n_myisam (kind, name) VALUES ('b', 'x') RETURNING id
--> 11: INSERT INTO s_n_aria (kind, name) VALUES ('b', 'x') RETURNING id
--> 11: INSERT INTO s_n_beside (kind, name) VALUES ('b', 'x') RETURNING id
CREATE TABLE s_n_myisam (kind VARCHAR(3), id INT AUTO_INCREMENT, name VARCHAR(60), PRIMARY KEY (kind, id), KEY (name)) ENGINE = MyISAM;
CREATE TABLE s_n_aria (kind VARCHAR(3), id INT AUTO_INCREMENT, name VARCHAR(60), PRIMARY KEY (kind, id)) ENGINE = Aria;
CREATE TABLE s_n_beside (kind VARCHAR(3), id INT AUTO_INCREMENT, name VARCHAR(60), KEY (kind, id), KEY (name(4))) ENGINE = MyISAM;
INSERT INTO s_n_myisam (kind, name) SELECT IF(seq % 2, 'a', 'b'), CONCAT('Planted ', seq) FROM seq_1_to_20;
INSERT INTO s_n_aria (kind, name) SELECT IF(seq % 2, 'a', 'b'), CONCAT('Planted ', seq) FROM seq_1_to_20;
INSERT INTO s_n_beside (kind, name) SELECT IF(seq % 2, 'a', 'b'), CONCAT('Planted ', seq) FROM seq_1_to_20;

-- # Aria with its options said, unsaid, and said otherwise than they came to be
--| "*.s_a_*.name" = "name"
--> 20: SELECT COUNT(*) FROM s_a_said JOIN s_a_unsaid USING (id) JOIN s_a_other USING (id) JOIN s_a_plain USING (id)
CREATE TABLE s_a_said (id INT PRIMARY KEY, name VARCHAR(60), KEY (name)) ENGINE = Aria TRANSACTIONAL = 1 PAGE_CHECKSUM = 1;
CREATE TABLE s_a_unsaid (id INT PRIMARY KEY, name VARCHAR(60), KEY (name)) ENGINE = Aria TRANSACTIONAL = 1;
CREATE TABLE s_a_other (id INT PRIMARY KEY, name VARCHAR(60), KEY (name)) ENGINE = Aria ROW_FORMAT = DYNAMIC TRANSACTIONAL = 1 PAGE_CHECKSUM = 0;
CREATE TABLE s_a_plain (id INT PRIMARY KEY, name VARCHAR(60), KEY (name)) ENGINE = Aria ROW_FORMAT = DYNAMIC TRANSACTIONAL = 0;
INSERT INTO s_a_said SELECT seq, CONCAT('Planted ', seq) FROM seq_1_to_20;
INSERT INTO s_a_unsaid SELECT * FROM s_a_said;
INSERT INTO s_a_other SELECT * FROM s_a_said;
INSERT INTO s_a_plain SELECT * FROM s_a_said;
