-- # Triggers of every time, in their order, of another definer, in another mode; a table that they fill
--| [tables.d_watched]
--| email = "email"
--| name = "name"
--| [tables.d_history]
--| what = "hash"
--> 30: SELECT COUNT(*) FROM d_history
--= SELECT id, n FROM d_watched ORDER BY id
CREATE USER 'definer'@'10.%' IDENTIFIED BY 'x';
CREATE TABLE d_watched (id INT PRIMARY KEY, email VARCHAR(60), name VARCHAR(60), n INT NOT NULL DEFAULT 7);
CREATE TABLE d_history (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(80));
INSERT INTO d_watched SELECT seq, CONCAT('planted.', seq, '@corp-mail.jp'), CONCAT('Planted ', seq), seq FROM seq_1_to_30;
CREATE TRIGGER b_after AFTER UPDATE ON d_watched FOR EACH ROW INSERT INTO d_history (what) VALUES (OLD.email);
CREATE TRIGGER a_after AFTER UPDATE ON d_watched FOR EACH ROW FOLLOWS b_after INSERT INTO d_history (what) VALUES (OLD.name);
CREATE TRIGGER c_before BEFORE INSERT ON d_watched FOR EACH ROW BEGIN SET NEW.n = 0; IF NEW.id > 100 THEN SIGNAL SQLSTATE '45000'; END IF; END;
CREATE TRIGGER d_gone BEFORE DELETE ON d_watched FOR EACH ROW INSERT INTO d_history (what) VALUES ('gone');
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
CREATE TRIGGER e_mode AFTER DELETE ON d_watched FOR EACH ROW INSERT INTO "d_history" (what) VALUES (OLD.email || 'x');
SET sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO d_history (what) SELECT email FROM d_watched;

-- # Views, views on views, routines, an event that goes
--| [tables.d_viewed]
--| name = "name"
--| email = "email"
--> 20: SELECT COUNT(*) FROM d_above a JOIN d_viewed v ON v.id = a.id WHERE a.mail = LOWER(v.email) AND d_letter(v.id) = LEFT(v.email, 1)
--> 0: SELECT COUNT(*) FROM information_schema.events WHERE event_schema NOT IN ('sys')
CREATE TABLE d_viewed (id INT PRIMARY KEY, name VARCHAR(60), email VARCHAR(60));
CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW d_view AS SELECT id, name, LOWER(email) AS mail FROM d_viewed WHERE email IS NOT NULL WITH CASCADED CHECK OPTION;
CREATE ALGORITHM = TEMPTABLE VIEW d_above AS SELECT id, mail, (SELECT COUNT(*) FROM d_view) AS together FROM d_view;
CREATE FUNCTION d_letter(which INT) RETURNS VARCHAR(1) READS SQL DATA RETURN (SELECT LEFT(email, 1) FROM d_viewed WHERE id = which);
CREATE PROCEDURE d_all() COMMENT 'all of them' SELECT * FROM d_viewed;
CREATE EVENT d_nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM d_viewed;
INSERT INTO d_viewed SELECT seq, CONCAT('Planted ', seq), CONCAT('planted.', seq, '@corp-mail.jp') FROM seq_1_to_20;

-- # Indexes of every sort, one ignored; statistics of values
--| "d_indexed.area" = "keep"
--| [tables.d_indexed]
--| name = "name"
--| notes = { text = "redact" }
--| email = "email"
--> 0: SELECT COUNT(*) FROM mysql.column_stats WHERE CONCAT_WS('|', min_value, max_value, histogram) LIKE '%lanted%'
--> 40: SELECT COUNT(*) FROM d_indexed WHERE MATCH (notes) AGAINST ('wordy')
CREATE TABLE d_indexed (id INT PRIMARY KEY, name VARCHAR(60) NOT NULL COMMENT 'it''s "the" name \\ 名前', notes TEXT, email VARCHAR(60) DEFAULT (CONCAT('a', '@b')), area GEOMETRY NOT NULL DEFAULT POINT(1, 1),
    KEY by_name (name DESC, email(7)) COMMENT 'for lists', KEY by_mail (email) IGNORED, FULLTEXT KEY by_words (notes), FULLTEXT KEY by_both (notes, name), SPATIAL KEY by_area (area)) COMMENT = 'it''s indexed' STATS_PERSISTENT = 1 STATS_SAMPLE_PAGES = 30;
INSERT INTO d_indexed (id, name, notes, email) SELECT seq, CONCAT('Planted ', seq), CONCAT('wordy x', seq, '@corp-mail.jp'), CONCAT('planted.', seq, '@corp-mail.jp') FROM seq_1_to_40;
ANALYZE TABLE d_indexed PERSISTENT FOR ALL;

-- # Keys over masked text: self, chain, circle, two columns, between databases
--| [tables.d_person]
--| email = "email"
--| boss = "email"
--| [tables.d_login]
--| email = "email"
--| [tables.d_visit]
--| email = "email"
--| [tables.d_parent]
--| code = "hash"
--| [tables.d_child]
--| code = "hash"
--| [tables.d_member]
--| name = "name"
--> 40: SELECT COUNT(*) FROM d_visit JOIN d_login USING (email) JOIN d_person USING (email)
--> 39: SELECT COUNT(*) FROM d_person p JOIN d_person b ON b.email = p.boss
--> 30: SELECT COUNT(*) FROM elsewhere.d_child JOIN d_parent USING (tenant, code)
--> 4: SELECT COUNT(*) FROM d_team JOIN d_member ON d_member.id = d_team.head AND d_member.team = d_team.id
CREATE DATABASE elsewhere CHARACTER SET latin1;
CREATE TABLE d_person (id INT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE, boss VARCHAR(60), CONSTRAINT d_boss FOREIGN KEY (boss) REFERENCES d_person (email) ON UPDATE CASCADE ON DELETE SET NULL);
CREATE TABLE d_login (email VARCHAR(60) PRIMARY KEY, n INT, FOREIGN KEY (email) REFERENCES d_person (email) ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE d_visit (id INT PRIMARY KEY, email VARCHAR(60), FOREIGN KEY (email) REFERENCES d_login (email));
CREATE TABLE d_parent (id INT, tenant INT, code VARCHAR(20), PRIMARY KEY (tenant, code), KEY (code));
CREATE TABLE elsewhere.d_child (id INT PRIMARY KEY, tenant INT, code VARCHAR(20) CHARACTER SET utf8mb4, FOREIGN KEY (tenant, code) REFERENCES shop.d_parent (tenant, code));
CREATE TABLE d_team (id INT PRIMARY KEY, head INT);
CREATE TABLE d_member (id INT PRIMARY KEY, team INT, name VARCHAR(40), FOREIGN KEY (team) REFERENCES d_team (id) ON DELETE CASCADE);
ALTER TABLE d_team ADD CONSTRAINT d_head FOREIGN KEY (head) REFERENCES d_member (id);
INSERT INTO d_person SELECT seq, CONCAT('planted.', seq, '@corp-mail.jp'), NULL FROM seq_1_to_40;
UPDATE d_person SET boss = CONCAT('planted.', id DIV 2, '@corp-mail.jp') WHERE id > 1;
INSERT INTO d_login SELECT UPPER(email), id FROM d_person;
INSERT INTO d_visit SELECT n, email FROM d_login;
INSERT INTO d_parent SELECT seq, seq % 3, CONCAT('planted', seq DIV 3) FROM seq_1_to_30;
INSERT INTO elsewhere.d_child SELECT * FROM d_parent;
INSERT INTO d_team SELECT seq, NULL FROM seq_1_to_4;
INSERT INTO d_member SELECT seq, (seq - 1) % 4 + 1, CONCAT('Planted ', seq) FROM seq_1_to_12;
UPDATE d_team SET head = id;

-- # Checks that hold of what is made up; columns that nobody sees; defaults from a sequence that goes on
--| "d_checked.died" = "keep"
--| [tables.d_checked]
--| email = "email"
--| name = "name"
--| secret = "hash"
--> 12: SELECT COUNT(*) FROM d_checked WHERE secret NOT LIKE 'planted%'
--> 512: SELECT NEXTVAL(d_numbers)
CREATE SEQUENCE d_numbers START WITH 500 INCREMENT BY 1 NOCACHE;
CREATE TABLE d_checked (id INT PRIMARY KEY, number BIGINT DEFAULT NEXTVAL(d_numbers), email VARCHAR(60) CHECK (email LIKE '%_@_%' AND email = LOWER(email)), name VARCHAR(60), secret VARCHAR(60) INVISIBLE, died DATE INVISIBLE DEFAULT '9999-12-31', CONSTRAINT long_enough CHECK (CHAR_LENGTH(name) > 1));
INSERT INTO d_checked (id, email, name, secret) SELECT seq, CONCAT('planted.', seq, '@corp-mail.jp'), CONCAT('Planted ', seq), CONCAT('planted', seq) FROM seq_1_to_12;

-- # A table that keeps its past
--| [tables.d_past]
--| name = "name"
--! d_past versioning
CREATE TABLE d_past (id INT PRIMARY KEY, name VARCHAR(60)) WITH SYSTEM VERSIONING;
INSERT INTO d_past VALUES (1, 'Planted');
UPDATE d_past SET name = 'Planted 2';

-- # Both sides of a key, masked unlike each other
--| [tables.d_left]
--| email = "email"
--| [tables.d_right]
--| email = "hash"
--! d_right.email d_left.email alike
CREATE TABLE d_left (id INT PRIMARY KEY, email VARCHAR(60) UNIQUE);
CREATE TABLE d_right (id INT PRIMARY KEY, email VARCHAR(60), FOREIGN KEY (email) REFERENCES d_left (email));

-- # A check that nothing made up can satisfy
--| [tables.d_impossible]
--| email = "email"
--? d_impossible email
CREATE TABLE d_impossible (id INT PRIMARY KEY, email VARCHAR(60), CONSTRAINT ours_only CHECK (email LIKE '%@corp-mail.jp'));
INSERT INTO d_impossible SELECT seq, CONCAT('planted.', seq, '@corp-mail.jp') FROM seq_1_to_12;

-- # A table that keeps its past, emptied
--| [tables.d_past_gone]
--| rows = "none"
--? d_past_gone
--> 0: SELECT COUNT(*) FROM d_past_gone FOR SYSTEM_TIME ALL
CREATE TABLE d_past_gone (id INT PRIMARY KEY, name VARCHAR(60)) WITH SYSTEM VERSIONING;
INSERT INTO d_past_gone VALUES (1, 'Planted');
UPDATE d_past_gone SET name = 'Planted 2';

-- # Numbers, and texts with blanks at their end that do not count, on both sides of a key
--| [tables.d_codes]
--| number = "pattern"
--| code = "hash"
--| [tables.d_coded]
--| number = "pattern"
--| code = "hash"
--> 40: SELECT COUNT(*) FROM d_coded JOIN d_codes USING (number) JOIN d_codes x ON x.code = d_coded.code
CREATE TABLE d_codes (number INT(5) PRIMARY KEY, code VARCHAR(24) NOT NULL UNIQUE);
CREATE TABLE d_coded (id INT PRIMARY KEY, number INT, code VARCHAR(24), FOREIGN KEY (number) REFERENCES d_codes (number), FOREIGN KEY (code) REFERENCES d_codes (code));
INSERT INTO d_codes SELECT seq * 37, CONCAT('planted', seq) FROM seq_1_to_40;
INSERT INTO d_coded SELECT number, number, CONCAT(UPPER(code), ' ') FROM d_codes;
