CREATE USER 'analyst'@'%' IDENTIFIED BY 'analyst-password';
CREATE TABLE people (
    id INT AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(80) NOT NULL UNIQUE,
    login VARCHAR(80) NOT NULL,
    card VARCHAR(20),
    name VARCHAR(60) NOT NULL,
    phone VARCHAR(20),
    balance DECIMAL(12, 2) NOT NULL,
    token CHAR(36) NOT NULL,
    code VARCHAR(40) NOT NULL
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE orders (id INT PRIMARY KEY, person INT NOT NULL, number VARCHAR(40) NOT NULL, CONSTRAINT bought FOREIGN KEY (person) REFERENCES people (id)) COMMENT = 'what was bought' DEFAULT CHARSET = utf8mb4;
CREATE TABLE kept (
    id INT AUTO_INCREMENT PRIMARY KEY,
    note TEXT,
    latin VARCHAR(80) CHARACTER SET latin1,
    document JSON,
    raw VARBINARY(60),
    number BIGINT,
    at DATETIME(3),
    ratio DOUBLE,
    area POINT
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE sessions (token VARCHAR(64) PRIMARY KEY);
INSERT INTO people (email, login, card, name, phone, balance, token, code)
SELECT CONCAT('planted.', seq, '@example.com'), CONCAT('planted_', seq, '_login'), CONCAT('45391488', LPAD(seq, 8, '0')), CONCAT('Planted Name ', seq),
    CONCAT('090-', LPAD(seq * 37 % 10000, 4, '0'), '-', LPAD(seq, 4, '0')), seq, UUID(), IF(seq % 2, UPPER(MD5(seq)), MD5(seq)) FROM seq_1_to_3000;
INSERT INTO orders SELECT seq, seq, 20240000000000 + seq * 7919 FROM seq_1_to_3000;
INSERT INTO kept (note, latin, document, raw, number, at, ratio, area)
SELECT CONCAT(MD5(seq), ' ', UUID()), CONCAT('ä', seq), CONCAT('{"n": ', seq, '.50, "id": "', UUID(), '", "deep": ["', MD5(RAND()), '", null]}'), UNHEX(MD5(RAND())), seq * 1000000007,
    NOW(3) + INTERVAL seq SECOND, seq / 7, POINT(seq, seq / 3) FROM seq_1_to_8000;
INSERT INTO sessions SELECT CONCAT('planted-token-', seq) FROM seq_1_to_1000;
ANALYZE TABLE people PERSISTENT FOR ALL;
