CREATE TABLE customers (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email       varchar(190) NOT NULL UNIQUE,
    full_name   varchar(120) NOT NULL,
    phone       varchar(32),
    birthday    date,
    country     char(2) NOT NULL,
    last_ip     varchar(45),
    notes       text,
    profile     json NOT NULL,
    newsletter  boolean NOT NULL,
    credit      decimal(10, 2) NOT NULL,
    created_at  datetime NOT NULL
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE addresses (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id bigint NOT NULL,
    label       varchar(16) NOT NULL,
    recipient   varchar(120) NOT NULL,
    street      varchar(200) NOT NULL,
    postal_code varchar(16) NOT NULL,
    city        varchar(80) NOT NULL,
    country     char(2) NOT NULL,
    phone       varchar(32),
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE products (
    id          bigint NOT NULL PRIMARY KEY,
    sku         varchar(32) NOT NULL UNIQUE,
    name        varchar(120) NOT NULL,
    description text NOT NULL,
    price       decimal(10, 2) NOT NULL
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE orders (
    id               bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id      bigint NOT NULL,
    contact_email    varchar(190) NOT NULL,
    status           varchar(16) NOT NULL,
    total            decimal(10, 2) NOT NULL,
    currency         char(3) NOT NULL,
    shipping_name    varchar(120) NOT NULL,
    shipping_address text NOT NULL,
    gift_message     text,
    placed_at        datetime NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customers (id)
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE order_items (
    order_id   bigint NOT NULL,
    line       integer NOT NULL,
    product_id bigint NOT NULL,
    quantity   integer NOT NULL,
    unit_price decimal(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (product_id) REFERENCES products (id)
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE payments (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id    bigint NOT NULL,
    method      varchar(16) NOT NULL,
    card_holder varchar(120) NOT NULL,
    card_last4  char(4),
    iban        varchar(34),
    amount      decimal(10, 2) NOT NULL,
    paid_at     datetime NOT NULL,
    FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE support_tickets (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id bigint NOT NULL,
    subject     varchar(200) NOT NULL,
    body        text NOT NULL,
    opened_at   datetime NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customers (id)
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE sessions (
    id           bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id  bigint NOT NULL,
    token        varchar(64) NOT NULL UNIQUE,
    ip           varchar(45) NOT NULL,
    user_agent   varchar(200) NOT NULL,
    last_seen_at datetime NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE customers_audit (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id bigint NOT NULL,
    old_email   varchar(190) NOT NULL,
    old_row     json,
    changed_at  datetime NOT NULL
) DEFAULT CHARSET = utf8mb4;
