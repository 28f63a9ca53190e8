-- A team's own masking of the generated shop: complete, and as plain as a rake task's.
ALTER TABLE customers DISABLE TRIGGER USER;
UPDATE customers SET email = 'user' || id || '@example.com', full_name = 'Somebody', phone = '+1 555 0100',
    birthday = DATE '1990-01-01', last_ip = '192.0.2.1', notes = NULL, profile = '{}';
ALTER TABLE customers ENABLE TRIGGER USER;
UPDATE addresses SET recipient = 'Somebody', street = '1 Main Street', postal_code = '00000', city = 'Town', phone = '+1 555 0100';
UPDATE orders o SET contact_email = c.email, shipping_name = 'Somebody', shipping_address = '1 Main Street', gift_message = NULL
    FROM customers c WHERE c.id = o.customer_id;
UPDATE payments SET card_holder = 'Somebody', card_last4 = '0000', iban = NULL;
UPDATE support_tickets SET subject = 'A question', body = 'Text';
TRUNCATE sessions;
TRUNCATE customers_audit;
REFRESH MATERIALIZED VIEW best_customers;
VACUUM FULL;
ANALYZE;
