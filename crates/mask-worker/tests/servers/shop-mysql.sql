CREATE USER 'app'@'%' IDENTIFIED BY 'app-password';
CREATE USER 'analyst'@'10.%' IDENTIFIED BY 'analyst-password';
CREATE TABLE customers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(80) NOT NULL,
    name VARCHAR(60) NOT NULL,
    phone VARCHAR(20) CHECK (CHAR_LENGTH(phone) >= 3),
    address TEXT,
    born DATE,
    last_ip VARCHAR(45) CHARACTER SET ascii,
    notes TEXT,
    profile JSON NOT NULL DEFAULT '{}',
    photo VARBINARY(40),
    mail_domain VARCHAR(80) GENERATED ALWAYS AS (SUBSTRING_INDEX(email, '@', -1)) STORED,
    state ENUM('open', 'paid') NOT NULL DEFAULT 'open',
    flags BIT(5) NOT NULL DEFAULT b'0',
    score FLOAT,
    ratio DOUBLE,
    place POINT,
    area GEOMETRY NOT NULL,
    balance DECIMAL(12, 2) NOT NULL DEFAULT 0,
    seen DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    started TIME(3),
    odd_day DATE,
    UNIQUE KEY customers_email (email),
    KEY customers_name (name, phone),
    FULLTEXT KEY customers_words (notes)
) COMMENT = 'who buys' DEFAULT CHARSET = utf8mb4;
CREATE TABLE logins (
    email VARCHAR(80) NOT NULL PRIMARY KEY,
    hits INT NOT NULL,
    CONSTRAINT logins_email FOREIGN KEY (email) REFERENCES customers (email) ON UPDATE CASCADE ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE orders (
    id BIGINT NOT NULL,
    customer_id BIGINT UNSIGNED NOT NULL,
    ordered DATE NOT NULL,
    ship_to VARCHAR(200),
    amount DECIMAL(12, 2) NOT NULL,
    PRIMARY KEY (id, ordered)
) DEFAULT CHARSET = utf8mb4 PARTITION BY RANGE (YEAR(ordered)) (PARTITION p2023 VALUES LESS THAN (2024), PARTITION p2024 VALUES LESS THAN (2025));
CREATE TABLE audit (at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, what VARCHAR(200) NOT NULL);
CREATE TABLE sessions (token VARCHAR(64) PRIMARY KEY, customer_id BIGINT UNSIGNED, data TEXT, CONSTRAINT sessions_customer FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE VIEW mailing AS SELECT name, email FROM customers;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM sessions;
INSERT INTO customers (email, name, phone, address, born, last_ip, notes, profile, photo, state, flags, score, ratio, place, area, balance, seen, started, odd_day)
SELECT CONCAT('planted.', seq, '@corp-mail.jp'), CONCAT('Planted Person ', seq), CONCAT('090-', LPAD(seq * 37 % 10000, 4, '0'), '-', LPAD(seq, 4, '0')),
    CONCAT('Planted Street ', seq), DATE('1970-01-01') + INTERVAL seq DAY, CONCAT('10.1.', seq DIV 256, '.', seq % 256), CONCAT('Planted note ', seq, ' with tab\t and \\ slash'),
    CONCAT('{"user": {"email": "planted.', seq, '@corp-mail.jp", "level": ', seq, '.50}, "plan": "basic"}'), UNHEX(MD5(seq)), IF(seq % 2, 'open', 'paid'), seq % 32,
    seq / 7, seq / 7, POINT(seq, seq / 3), POINT(seq, seq / 7), seq * 1.5, TIMESTAMP('2024-01-01 00:00:00.123456') + INTERVAL seq HOUR, '-12:34:56.789', IF(seq % 5 = 0, '0000-00-00', '2020-02-29')
FROM seq_1_to_3000;
UPDATE customers SET phone = NULL, address = '', born = NULL WHERE id % 10 = 0;
INSERT INTO logins SELECT UPPER(email), id FROM customers WHERE id % 2 = 0;
INSERT INTO orders SELECT seq, seq % 3000 + 1, DATE('2023-01-01') + INTERVAL (seq % 700) DAY, CONCAT('Planted Street ', seq), seq FROM seq_1_to_9000;
INSERT INTO sessions SELECT CONCAT('planted-token-', seq), seq, 'planted data' FROM seq_1_to_100;
CREATE TRIGGER changes AFTER UPDATE ON customers FOR EACH ROW BEGIN INSERT INTO audit (what) VALUES (OLD.email); END;
CREATE TRIGGER arrivals BEFORE INSERT ON customers FOR EACH ROW SET NEW.balance = 0;
INSERT INTO audit (what) VALUES ('deploy'), ('deploy');
ANALYZE TABLE customers PERSISTENT FOR ALL;
