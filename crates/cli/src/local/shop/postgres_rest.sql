ALTER TABLE order_items ADD PRIMARY KEY (order_id, line);
CREATE UNIQUE INDEX customers_email ON customers (email);
CREATE INDEX customers_full_name ON customers (full_name);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_contact_email ON orders (contact_email);
CREATE INDEX addresses_customer ON addresses (customer_id);
CREATE INDEX tickets_customer ON support_tickets (customer_id);
CREATE UNIQUE INDEX sessions_token ON sessions (token);
ALTER TABLE addresses ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders, ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE support_tickets ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE sessions ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE;
SELECT setval(pg_get_serial_sequence(name, 'id'), 10000000)
FROM unnest(ARRAY['customers', 'addresses', 'orders', 'payments', 'support_tickets', 'sessions']) AS name;

CREATE FUNCTION remember_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO customers_audit (customer_id, old_email, old_row, changed_at)
    VALUES (OLD.id, OLD.email, to_jsonb(OLD), now());
    RETURN NEW;
END $$;
CREATE TRIGGER remember_customer AFTER UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION remember_customer();
UPDATE customers SET credit = credit + 5 WHERE id % 50 = 1;

CREATE VIEW customer_orders AS
SELECT c.id, c.full_name, c.email, count(o.id) AS orders, coalesce(sum(o.total), 0) AS spent
FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
GROUP BY c.id;

CREATE MATERIALIZED VIEW best_customers AS
SELECT id, full_name, email, spent FROM customer_orders ORDER BY spent DESC, id LIMIT 100;
CREATE UNIQUE INDEX best_customers_id ON best_customers (id);

CREATE ROLE shop_reports LOGIN;
CREATE ROLE shop_app LOGIN;
GRANT USAGE ON SCHEMA public TO shop_reports;
GRANT USAGE, CREATE ON SCHEMA public TO shop_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO shop_reports;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO shop_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO shop_app;
GRANT shop_app TO CURRENT_USER;
ALTER TABLE orders OWNER TO shop_app;
ALTER TABLE order_items OWNER TO shop_app;
ALTER TABLE payments OWNER TO shop_app;
ALTER TABLE sessions OWNER TO shop_app;
SET ROLE shop_app;
GRANT SELECT ON orders, order_items, payments, sessions TO SESSION_USER;
RESET ROLE;
REVOKE shop_app FROM CURRENT_USER;
ANALYZE;
