CREATE TABLE kinds (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    mail VARCHAR(60) NOT NULL,
    town VARCHAR(30) CHARACTER SET latin1,
    who VARCHAR(30) CHARACTER SET sjis,
    note TEXT INVISIBLE,
    tiny TINYINT,
    big BIGINT UNSIGNED,
    exact DECIMAL(30, 10),
    single FLOAT,
    twice DOUBLE,
    bits BIT(64),
    one BIT(1),
    since YEAR,
    day DATE,
    moment DATETIME(6),
    instant TIMESTAMP(3) NULL DEFAULT NULL,
    span TIME(6),
    latin VARCHAR(40) CHARACTER SET latin1,
    shift VARCHAR(40) CHARACTER SET sjis,
    narrow VARCHAR(40) CHARACTER SET utf8mb3,
    wide VARCHAR(40) COLLATE utf8mb4_bin DEFAULT 'it''s, (\\ a KEY',
    padded CHAR(10),
    raw VARBINARY(300),
    fixed BINARY(8),
    document JSON,
    place GEOMETRY,
    choice ENUM('a', 'b''c', 'd,e'),
    several SET('x', 'y', 'z'),
    address INET6,
    token UUID,
    shown VARCHAR(80) GENERATED ALWAYS AS (LOWER(wide)) VIRTUAL,
    kept VARCHAR(80) GENERATED ALWAYS AS (CONCAT(tiny, '/', big)) STORED,
    UNIQUE KEY mail (mail),
    UNIQUE KEY several_of (big, tiny, shown),
    KEY towns (town(5), who) COMMENT 'a, (b',
    KEY downwards (day DESC, moment),
    KEY computed (kept),
    FULLTEXT KEY words (note),
    FULLTEXT KEY more_words (wide),
    CONSTRAINT sane CHECK (tiny IS NULL OR tiny > -129)
) DEFAULT CHARSET = utf8mb4 COMMENT = 'every kind; ENGINE=none' AUTO_INCREMENT = 5000 ROW_FORMAT = DYNAMIC;
CREATE TABLE keyless (
    code VARCHAR(20) NOT NULL,
    mail VARCHAR(60),
    number INT NOT NULL AUTO_INCREMENT,
    UNIQUE KEY code (code),
    KEY number (number)
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE heap (mail VARCHAR(60), flag TINYINT(1)) DEFAULT CHARSET = utf8mb4;
CREATE TABLE spread (
    id BIGINT NOT NULL,
    year INT NOT NULL,
    mail VARCHAR(60),
    PRIMARY KEY (id, year),
    KEY mails (mail)
) DEFAULT CHARSET = utf8mb4 PARTITION BY LIST (year) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (3));
CREATE TABLE below (
    id INT PRIMARY KEY,
    kind INT,
    mail VARCHAR(60),
    CONSTRAINT below_kind FOREIGN KEY (kind) REFERENCES kinds (id) ON DELETE SET NULL,
    CONSTRAINT below_mail FOREIGN KEY (mail) REFERENCES kinds (mail) ON UPDATE CASCADE
) DEFAULT CHARSET = utf8mb4;
INSERT INTO kinds (id, mail, town, who, note, tiny, big, exact, single, twice, bits, one, since, day, moment, instant, span, latin, shift, narrow, wide, padded,
    raw, fixed, document, place, choice, several, address, token)
SELECT seq, CONCAT('planted.', seq, '@corp-mail.jp'), CONCAT('Planted Köln ', seq), CONCAT('田中', seq), CONCAT('Planted note ', seq), seq % 128, seq, seq / 7, seq / 3, seq / 3,
    seq * 7919, seq % 2, 1990 + seq % 30, DATE('1990-01-01') + INTERVAL seq DAY, TIMESTAMP('2024-01-01 00:00:00.123456') + INTERVAL seq HOUR,
    TIMESTAMP('2001-01-01 00:00:00.125') + INTERVAL seq HOUR, SEC_TO_TIME(seq * 61.25), CONCAT('é', seq), CONCAT('表ソ', seq), CONCAT('日本', seq), CONCAT('😀\\', seq, '\t\n'), CONCAT('p', seq),
    CONCAT(CHAR(0, 9, 10, 13, 34, 39, 92, 255), seq), UNHEX(LPAD(HEX(seq), 16, '0')), JSON_OBJECT('n', seq, 'text', 'a\\tb"'), POINT(seq / 7, seq), 1 + seq % 3, seq % 8,
    CONCAT('2001:db8::', HEX(seq)), CONCAT('123e4567-e89b-12d3-a456-', LPAD(seq, 12, '0'))
FROM seq_1_to_1500;
INSERT INTO kinds (id, mail) VALUES (2000, 'planted.null@corp-mail.jp');
INSERT INTO kinds (id, mail, town, who, note, tiny, big, exact, single, twice, bits, one, since, day, moment, instant, span, latin, shift, narrow, wide, padded,
    raw, fixed, document, several, address)
VALUES (2001, 'planted.ends@corp-mail.jp', '', '', '', -128, 18446744073709551615, -99999999999999999999.9999999999, 16777217, -1.7976931348623157e308, b'1000000000000000000000000000000000000000000000000000000000000001',
    b'1', 0, '0000-00-00', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999', '-838:59:59.000000', '', 'ﾃｽﾄ\\', '', '\\N', '', '', '', '{}', '', '::'),
    (2002, 'planted.odd@corp-mail.jp', 'x', 'x', 'NULL', 127, 0, 1e-10, 1e-38, 0.1 + 0.2, 0, 0, 1901, '2020-02-31', '0000-00-00 00:00:00', 0, '00:00:00.000001', 'ÿ', 'x', 'x', 'N', ' x',
    '\\N', '\\N', '[]', 'x,z', '::ffff:1.2.3.4');
INSERT IGNORE INTO kinds (id, mail, choice) VALUES (2003, 'planted.unknown@corp-mail.jp', 'unknown');
INSERT INTO keyless (code, mail) SELECT CONCAT('c', seq * 7919 % 1000), CONCAT('planted.', seq, '@corp-mail.jp') FROM seq_1_to_1000;
INSERT INTO heap SELECT CONCAT('planted.', seq, '@corp-mail.jp'), seq % 2 FROM seq_1_to_500;
INSERT INTO heap VALUES ('', 0), (NULL, 1);
INSERT INTO spread SELECT seq, 1 + seq % 3, CONCAT('planted.', seq, '@corp-mail.jp') FROM seq_1_to_500;
INSERT INTO below SELECT seq, seq, CONCAT('PLANTED.', seq, '@corp-mail.jp') FROM seq_1_to_300;
