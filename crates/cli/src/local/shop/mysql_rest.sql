ALTER TABLE customers ADD INDEX customers_full_name (full_name);
ALTER TABLE orders ADD INDEX orders_contact_email (contact_email);
CREATE TRIGGER remember_customer AFTER UPDATE ON customers FOR EACH ROW
INSERT INTO customers_audit (customer_id, old_email, old_row, changed_at)
VALUES (OLD.id, OLD.email, JSON_OBJECT('email', OLD.email, 'full_name', OLD.full_name, 'phone', OLD.phone), now());
UPDATE customers SET credit = credit + 5 WHERE id % 50 = 1;
CREATE VIEW customer_orders AS
SELECT c.id, c.full_name, c.email, count(o.id) AS orders, coalesce(sum(o.total), 0) AS spent
FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
GROUP BY c.id, c.full_name, c.email;
CREATE USER 'shop_app'@'%';
CREATE USER 'shop_reports'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON customers TO 'shop_app'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO 'shop_app'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON payments TO 'shop_app'@'%';
GRANT SELECT ON customers TO 'shop_reports'@'%';
GRANT SELECT ON orders TO 'shop_reports'@'%';
ANALYZE TABLE customers, addresses, products, orders, order_items, payments, support_tickets, sessions;
