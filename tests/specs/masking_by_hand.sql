-- A team's own masking of the generated shop: complete, and as plain as a rake task's.
ALTER TABLE customers DISABLE TRIGGER USER;
UPDATE customers SET email = 'user' || id || '@example.com', full_name = 'Somebody', phone = '+1 555 0100',
    birthday = DATE '1990-01-01', last_ip = '192.0.2.1', notes = NULL, profile = '{}';
ALTER TABLE customers ENABLE TRIGGER USER;
UPDATE addresses SET recipient = 'Somebody', street = '1 Main Street', postal_code = '00000', city = 'Town', phone = '+1 555 0100';
UPDATE orders o SET contact_email = c.email, shipping_name = 'Somebody', shipping_address = '1 Main Street', gift_message = NULL
    FROM customers c WHERE c.id = o.customer_id;
UPDATE payments SET card_holder = 'Somebody', card_last4 = '0000', iban = NULL;
UPDATE support_tickets SET subject = '', body = '';
TRUNCATE sessions;
UPDATE customers_audit SET old_email = 'user' || customer_id || '@example.com', old_row = NULL;
-- An emptied table keeps its statistics, which hold values, until a column is altered.
ALTER TABLE sessions ALTER id TYPE bigint, ALTER customer_id TYPE bigint, ALTER token TYPE varchar(64), ALTER ip TYPE inet,
    ALTER user_agent TYPE varchar(200), ALTER last_seen_at TYPE timestamptz;
REFRESH MATERIALIZED VIEW best_customers;
VACUUM FULL;
ANALYZE;
