CREATE ROLE hr_owner NOLOGIN;
CREATE ROLE reader NOLOGIN;
CREATE ROLE clerk NOLOGIN;
GRANT hr_owner TO dba;
GRANT CREATE ON DATABASE shop TO hr_owner;
SET ROLE hr_owner;
CREATE SCHEMA hr;
CREATE DOMAIN hr.contact AS varchar(60) CHECK (VALUE LIKE '%@%');
CREATE FUNCTION hr.note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO hr.log (what) VALUES ('fired ' || TG_NAME); RETURN coalesce(NEW, OLD); END $$;
CREATE TABLE hr.log (id serial PRIMARY KEY, what text);
CREATE TABLE hr.people (
    id int GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 5) NOT NULL,
    number serial,
    gone text,
    boss int,
    email hr.contact NOT NULL,
    name varchar(30) COLLATE "C",
    note text DEFAULT 'none',
    born date,
    score numeric(8, 2),
    home inet,
    tag uuid DEFAULT gen_random_uuid(),
    label text GENERATED ALWAYS AS ('P' || number) STORED,
    CONSTRAINT people_pk PRIMARY KEY (id),
    CONSTRAINT email_once UNIQUE (email) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT number_once EXCLUDE USING hash (number WITH =),
    CONSTRAINT has_dot CHECK (email LIKE '%.%'),
    CONSTRAINT own_boss FOREIGN KEY (boss) REFERENCES hr.people (id) DEFERRABLE
) WITH (fillfactor = 80, autovacuum_enabled = false, toast.autovacuum_enabled = false);
ALTER TABLE hr.people DROP COLUMN gone;
ALTER TABLE hr.people ALTER name SET STORAGE EXTERNAL, ALTER note SET COMPRESSION lz4, ALTER name SET STATISTICS 300,
    ALTER score SET STATISTICS 0, ALTER born SET (n_distinct = -0.5);
CREATE INDEX people_lower ON hr.people (lower(name) text_pattern_ops) INCLUDE (born) WITH (fillfactor = 70) WHERE name IS NOT NULL;
CREATE INDEX people_score ON hr.people (score DESC NULLS LAST);
CREATE UNIQUE INDEX people_mail ON hr.people (lower(email));
ALTER INDEX hr.people_lower ALTER COLUMN 1 SET STATISTICS 500;
ALTER TABLE hr.people CLUSTER ON people_score;
ALTER TABLE hr.people REPLICA IDENTITY USING INDEX people_pk;
CREATE STATISTICS hr.people_together (dependencies, mcv) ON name, born FROM hr.people;
ALTER STATISTICS hr.people_together SET STATISTICS 50;
CREATE TABLE hr.visits (person int CONSTRAINT visited REFERENCES hr.people ON DELETE CASCADE, at date, why text);
ALTER TABLE hr.visits ADD CONSTRAINT why_short CHECK (length(why) < 100);
CREATE VIEW hr.cards WITH (security_barrier) AS SELECT id, name, email, born FROM hr.people WHERE name IS NOT NULL;
CREATE VIEW hr.named AS SELECT c.name, p.note FROM hr.cards c JOIN hr.people p USING (id);
CREATE VIEW hr.checked AS SELECT id, score FROM hr.people WHERE score > 0 WITH LOCAL CHECK OPTION;
CREATE POLICY everybody ON hr.people AS PERMISSIVE FOR SELECT TO PUBLIC USING (name IS DISTINCT FROM 'hidden');
CREATE POLICY writers ON hr.people AS RESTRICTIVE FOR UPDATE TO reader, clerk USING (true) WITH CHECK (note <> 'x');
CREATE POLICY through ON hr.visits USING (EXISTS (SELECT 1 FROM hr.people p WHERE p.id = person AND p.name <> ''));
ALTER TABLE hr.people ENABLE ROW LEVEL SECURITY;
ALTER TABLE hr.people FORCE ROW LEVEL SECURITY;
CREATE TRIGGER of_name BEFORE UPDATE OF name ON hr.people FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION hr.note();
CREATE TRIGGER always AFTER INSERT OR DELETE ON hr.people FOR EACH ROW EXECUTE FUNCTION hr.note();
CREATE TRIGGER emptied AFTER TRUNCATE ON hr.people EXECUTE FUNCTION hr.note();
CREATE TRIGGER off AFTER UPDATE ON hr.people FOR EACH ROW EXECUTE FUNCTION hr.note();
CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON hr.people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hr.note();
ALTER TABLE hr.people ENABLE ALWAYS TRIGGER always;
ALTER TABLE hr.people DISABLE TRIGGER off;
CREATE RULE spared AS ON DELETE TO hr.people WHERE OLD.name = 'spared' DO INSTEAD NOTHING;
CREATE RULE elsewhere AS ON DELETE TO hr.visits DO ALSO UPDATE hr.people SET note = 'left' WHERE id = OLD.person;
COMMENT ON TABLE hr.people IS 'who works here';
COMMENT ON COLUMN hr.people.name IS 'as she writes it';
COMMENT ON CONSTRAINT people_pk ON hr.people IS 'the key';
COMMENT ON CONSTRAINT has_dot ON hr.people IS 'it''s a domain';
COMMENT ON CONSTRAINT visited ON hr.visits IS 'both ways';
COMMENT ON INDEX hr.people_lower IS 'for searching';
COMMENT ON STATISTICS hr.people_together IS 'names have fashions';
COMMENT ON POLICY everybody ON hr.people IS 'nearly';
COMMENT ON TRIGGER of_name ON hr.people IS 'noted';
COMMENT ON RULE spared ON hr.people IS 'some stay';
COMMENT ON SEQUENCE hr.people_id_seq IS 'by fives';
COMMENT ON VIEW hr.cards IS 'for the door';
GRANT USAGE ON SCHEMA hr TO reader, clerk;
REVOKE DELETE ON hr.people FROM hr_owner;
GRANT SELECT, REFERENCES ON hr.people TO reader;
GRANT SELECT ON hr.people TO clerk WITH GRANT OPTION;
GRANT UPDATE (name, note) ON hr.people TO clerk;
GRANT USAGE ON SEQUENCE hr.people_id_seq TO clerk;
GRANT SELECT ON hr.cards TO reader;
GRANT INSERT ON hr.log TO PUBLIC;
RESET ROLE;
CREATE PUBLICATION news FOR TABLE hr.people (id, name) WHERE (id > 0), TABLE hr.visits;
SET ROLE hr_owner;
ALTER TABLE hr.people NO FORCE ROW LEVEL SECURITY;
INSERT INTO hr.people (boss, email, name, note, born, score, home)
SELECT CASE WHEN n > 1 THEN 5 END, 'planted' || n || '@corp-mail.jp', 'Planted ' || n, E'Planted\tnote\n' || n, date '1980-01-01' + n, 100 + n,
    ('10.0.' || n % 9 || '.' || n % 251)::inet
FROM generate_series(1, 900) n;
UPDATE hr.people SET name = NULL, note = '', home = '2a00::1' WHERE number % 10 = 0;
UPDATE hr.people SET home = '10.7.0.0/16' WHERE number % 10 = 1;
INSERT INTO hr.visits SELECT 5 * n, date '2024-01-01' + n, 'Planted reason ' || n FROM generate_series(1, 900) n;
COMMIT;
ALTER TABLE hr.people ADD CONSTRAINT not_first CHECK (number > 1) NOT VALID;
ALTER TABLE hr.visits ADD CONSTRAINT unchecked FOREIGN KEY (person) REFERENCES hr.people (id) NOT VALID;
ALTER TABLE hr.people FORCE ROW LEVEL SECURITY;
TRUNCATE hr.log;
RESET ROLE;
ANALYZE;
