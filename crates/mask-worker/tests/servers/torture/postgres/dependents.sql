-- # Views, a view on a view, one with rules and one with INSTEAD OF triggers
--| [tables.d_viewed]
--| name = "name"
--| email = "email"
--> 20: SELECT count(*) FROM d_view_above JOIN d_viewed USING (id) WHERE d_view_above.mail = d_viewed.email
--> 1: INSERT INTO d_view_ruled VALUES (99, 'x', 'y'); SELECT count(*) FROM d_viewed WHERE id = 99
CREATE TABLE d_viewed (id int PRIMARY KEY, name text, email text);
CREATE VIEW d_view WITH (security_barrier) AS SELECT id, name, lower(email) AS mail FROM d_viewed WHERE email IS NOT NULL;
CREATE VIEW d_view_above AS SELECT v.*, count(*) OVER () AS together FROM d_view v;
CREATE VIEW d_view_ruled AS SELECT * FROM d_viewed;
CREATE RULE made AS ON INSERT TO d_view_ruled DO INSTEAD INSERT INTO d_viewed VALUES (NEW.id, NEW.name, NEW.email);
CREATE FUNCTION d_instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE d_viewed SET name = NEW.name WHERE id = OLD.id; RETURN NEW; END $$;
CREATE TRIGGER instead INSTEAD OF UPDATE ON d_view FOR EACH ROW EXECUTE FUNCTION d_instead();
COMMENT ON VIEW d_view IS 'a view';
COMMENT ON COLUMN d_view.mail IS 'in lower case';
COMMENT ON RULE made ON d_view_ruled IS 'makes rows';
GRANT SELECT ON d_view TO PUBLIC;
INSERT INTO d_viewed SELECT n, 'Planted ' || n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 20) n;

-- # Tables filled by triggers: on UPDATE OF, on any change, on TRUNCATE, for each statement, always, in a replica, disabled
--| [tables.d_watched]
--| email = "email"
--| name = "name"
--| [tables.d_history]
--| what = "hash"
--> 40: SELECT count(*) FROM d_history
--> 40: SELECT count(*) FROM d_watched
CREATE TABLE d_watched (id int PRIMARY KEY, email text, name text);
CREATE TABLE d_history (id int GENERATED ALWAYS AS IDENTITY, what text);
CREATE FUNCTION d_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.d_history (what) VALUES (CASE WHEN TG_LEVEL = 'ROW' THEN coalesce(NEW.email, '') ELSE TG_OP END); RETURN NULL; END $$;
CREATE FUNCTION d_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;
CREATE TRIGGER a AFTER UPDATE OF email ON d_watched FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION d_log();
CREATE TRIGGER b AFTER INSERT OR UPDATE OR DELETE ON d_watched FOR EACH ROW EXECUTE FUNCTION d_log();
CREATE TRIGGER c AFTER UPDATE ON d_watched REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION d_log();
CREATE CONSTRAINT TRIGGER d AFTER UPDATE ON d_watched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION d_log();
INSERT INTO d_watched SELECT n, 'planted.' || n || '@corp-mail.jp', 'Planted ' || n FROM generate_series(1, 40) n;
CREATE TRIGGER e BEFORE TRUNCATE ON d_watched FOR EACH STATEMENT EXECUTE FUNCTION d_never();
CREATE TRIGGER f BEFORE INSERT OR UPDATE OR DELETE ON d_watched FOR EACH ROW EXECUTE FUNCTION d_never();
ALTER TABLE d_watched DISABLE TRIGGER b, ENABLE ALWAYS TRIGGER f, ENABLE REPLICA TRIGGER c;
COMMENT ON TRIGGER a ON d_watched IS 'tells of changes';

-- # Row-level security, forced, by the masked column itself
--| [tables.d_secured]
--| owner = "hash"
--| note = { text = "drop" }
--> 30: SELECT count(*) FROM d_secured WHERE note = ''
CREATE TABLE d_secured (id int PRIMARY KEY, owner text, note text);
INSERT INTO d_secured SELECT n, 'planted' || n, 'Planted' FROM generate_series(1, 30) n;
ALTER TABLE d_secured ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON d_secured USING (owner = current_user) WITH CHECK (note <> '');
CREATE POLICY less ON d_secured AS RESTRICTIVE FOR SELECT USING (id < 5);
COMMENT ON POLICY own ON d_secured IS 'own rows only';

-- # Publications: a column list; replica identity by a masked unique index
--| [tables.d_published]
--| email = "email"
--> 25: SELECT count(*) FROM d_published
CREATE TABLE d_published (id int PRIMARY KEY, email text NOT NULL, active bool);
CREATE UNIQUE INDEX d_published_email ON d_published (email);
ALTER TABLE d_published REPLICA IDENTITY USING INDEX d_published_email;
INSERT INTO d_published SELECT n, 'planted.' || n || '@corp-mail.jp', true FROM generate_series(1, 25) n;
CREATE PUBLICATION d_columns FOR TABLE d_published (id, email);

-- # Statistics: targets, extended, of a dropped target, on expressions
--| [tables.d_measured]
--| city = "city"
--| zip = "postcode"
--| name = "name"
--> 0: SELECT count(*) FROM pg_stats_ext WHERE most_common_vals::text LIKE '%Planted%'
--> 0: SELECT count(*) FROM pg_stats WHERE most_common_vals::text LIKE '%Planted%' OR histogram_bounds::text LIKE '%Planted%'
CREATE TABLE d_measured (id int PRIMARY KEY, city text, zip text, name text);
INSERT INTO d_measured SELECT n, 'Planted ' || n % 5, '100-000' || n % 5, 'Planted ' || n % 7 FROM generate_series(1, 300) n;
CREATE STATISTICS d_both (mcv, dependencies, ndistinct) ON city, zip FROM d_measured;
CREATE STATISTICS d_said ON lower(name), city FROM d_measured;
ALTER STATISTICS d_both SET STATISTICS 50;
COMMENT ON STATISTICS d_both IS 'they go together';
ANALYZE d_measured;
ALTER TABLE d_measured ALTER city SET STATISTICS 500, ALTER name SET STATISTICS 0, ALTER zip SET (n_distinct = 5, n_distinct_inherited = 7);

-- # Indexes of every sort on masked columns, one clustered, one with settings
--| [tables.d_indexed]
--| name = "name"
--| email = "email"
--| tags = "hash"
--> 50: SELECT count(*) FROM d_indexed WHERE tags @> ARRAY[tags[1]]
CREATE EXTENSION pg_trgm;
CREATE TABLE d_indexed (id int PRIMARY KEY, name text NOT NULL, email text, tags text[]) WITH (fillfactor = 70, autovacuum_enabled = off);
CREATE INDEX d_by_name ON d_indexed (name text_pattern_ops DESC NULLS LAST, id) INCLUDE (email) WITH (fillfactor = 50) WHERE email IS NOT NULL;
CREATE INDEX d_by_hash ON d_indexed USING hash (email);
CREATE INDEX d_by_words ON d_indexed USING gin (name gin_trgm_ops);
CREATE INDEX d_by_tags ON d_indexed USING gin (tags) WITH (fastupdate = off);
CREATE INDEX d_by_brin ON d_indexed USING brin (name) WITH (pages_per_range = 4);
CREATE INDEX d_by_case ON d_indexed ((name || coalesce(email, '')) COLLATE "C");
ALTER INDEX d_by_case ALTER COLUMN 1 SET STATISTICS 77;
ALTER TABLE d_indexed CLUSTER ON d_by_case;
COMMENT ON INDEX d_by_name IS 'for the list';
INSERT INTO d_indexed SELECT n, 'Planted ' || n, 'planted.' || n || '@corp-mail.jp', ARRAY['planted' || n % 3] FROM generate_series(1, 50) n;

-- # Functions that take the row's type, and bodies that the database has understood
--| [tables.d_typed]
--| name = "name"
--> t: SELECT bool_and(d_name(d) = upper(d.name)) FROM d_typed d
--> t: SELECT d_first() = (SELECT min(name) FROM d_typed)
CREATE TABLE d_typed (id int PRIMARY KEY, name text);
CREATE FUNCTION d_name(d_typed) RETURNS text LANGUAGE sql STABLE AS 'SELECT upper($1.name)';
CREATE FUNCTION d_first() RETURNS text LANGUAGE sql STABLE BEGIN ATOMIC SELECT min(d_typed.name) FROM d_typed; END;
CREATE FUNCTION d_all() RETURNS SETOF d_typed LANGUAGE sql STABLE BEGIN ATOMIC SELECT d_typed.* FROM d_typed; END;
CREATE VIEW d_whole AS SELECT d AS whole, d_name(d) FROM d_typed d;
CREATE AGGREGATE d_longest (text) (sfunc = textcat, stype = text);
INSERT INTO d_typed SELECT n, 'Planted ' || n FROM generate_series(1, 15) n;

-- # A table of a type, and one whose row is another's column
--| [tables.d_of_type]
--| name = "name"
--| [tables.d_nested]
--| one = "null"
--> 15: SELECT count(*) FROM d_nested WHERE one IS NULL
CREATE TYPE d_person AS (id int, name text);
CREATE TABLE d_of_type OF d_person (id WITH OPTIONS PRIMARY KEY);
INSERT INTO d_of_type SELECT n, 'Planted ' || n FROM generate_series(1, 15) n;
CREATE TABLE d_nested (id int PRIMARY KEY, one d_of_type);
INSERT INTO d_nested SELECT id, d FROM d_of_type d;

-- # Grants on tables and columns, default privileges, owners, comments, security labels of none
--| [tables.d_granted]
--| name = "name"
--| [tables.d_foreign_owner]
--| name = "name"
--> t: SELECT has_column_privilege('d_reader', 'd_granted', 'name', 'SELECT') AND NOT has_table_privilege('d_reader', 'd_granted', 'SELECT') AND has_table_privilege('d_reader', 'd_granted', 'DELETE')
CREATE ROLE d_reader;
CREATE ROLE d_owner;
GRANT d_owner TO dba;
CREATE TABLE d_granted (id int GENERATED BY DEFAULT AS IDENTITY (START 100 INCREMENT 7) PRIMARY KEY, name text DEFAULT 'none');
GRANT SELECT (id, name), UPDATE (name) ON d_granted TO d_reader;
GRANT DELETE ON d_granted TO d_reader WITH GRANT OPTION;
GRANT ALL ON SEQUENCE d_granted_id_seq TO d_reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO d_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT UPDATE ON TABLES TO d_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE TABLE d_foreign_owner (id serial PRIMARY KEY, name text);
CREATE SCHEMA AUTHORIZATION d_owner;
GRANT ALL ON SCHEMA public TO d_owner;
ALTER TABLE d_foreign_owner OWNER TO d_owner;
REVOKE ALL ON d_foreign_owner FROM dba;
COMMENT ON TABLE d_granted IS 'it''s "granted"; DROP';
COMMENT ON COLUMN d_granted.name IS E'a\nname \\ of 名前';
COMMENT ON CONSTRAINT d_granted_pkey ON d_granted IS 'its key';
INSERT INTO d_granted (name) SELECT 'Planted ' || n FROM generate_series(1, 15) n;
INSERT INTO d_foreign_owner (name) SELECT 'Planted ' || n FROM generate_series(1, 15) n;
REVOKE d_owner FROM dba;

-- # Sequences: identities, serials, one that two tables share, one that a table owns and does not use; they go on
--| [tables.d_counted]
--| name = "name"
--| [tables.d_counted_too]
--| name = "name"
--> 19: INSERT INTO d_counted (name) VALUES ('x') RETURNING id
--> 13: INSERT INTO d_counted (name) VALUES ('x') RETURNING n
--> 500: INSERT INTO d_counted_too (name) VALUES ('x') RETURNING id
--> d_counted.n: SELECT refobjid::regclass || '.' || attname FROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid WHERE pg_depend.objid = 'd_counted_n_seq'::regclass AND deptype = 'a'
CREATE TABLE d_counted (id int GENERATED ALWAYS AS IDENTITY (START 8 CACHE 1) PRIMARY KEY, n serial, name text);
INSERT INTO d_counted (name) SELECT 'Planted ' || n FROM generate_series(1, 11) n;
CREATE SEQUENCE d_shared START 500 INCREMENT -1 MINVALUE 1 MAXVALUE 1000 CYCLE;
CREATE TABLE d_counted_too (id int DEFAULT nextval('d_shared'), name text);
CREATE SEQUENCE d_unused AS smallint OWNED BY d_counted_too.id;
INSERT INTO d_counted_too VALUES (1, 'Planted');

-- # Large objects that no rule speaks of
--| [tables.d_pictures]
--| picture = "keep"
--! large_objects
CREATE TABLE d_pictures (id int PRIMARY KEY, picture oid);
INSERT INTO d_pictures SELECT 1, lo_from_bytea(0, convert_to('Planted', 'UTF8'));

-- # Large objects that go
--| large_objects = "drop"
--| [tables.d_portraits]
--| name = "name"
--> 0: SELECT count(*) FROM pg_largeobject_metadata
--> 0: SELECT count(*) FROM pg_largeobject
CREATE TABLE d_portraits (id int PRIMARY KEY, name text, picture oid);
INSERT INTO d_portraits SELECT n, 'Planted', lo_from_bytea(0, convert_to(repeat('Planted', 1000), 'UTF8')) FROM generate_series(1, 5) n;

-- # Constraints that hold of what is made up, one that is never inherited
--| "d_checked.died" = "keep"
--| [tables.d_checked]
--| email = "email"
--| name = "name"
--| born = { date = { shift_days = 10 } }
--> 12: SELECT count(*) FROM d_checked
CREATE TABLE d_checked (id int PRIMARY KEY, email text NOT NULL CONSTRAINT mail CHECK (email ~ '^[^@ ]+@[^@ ]+$' AND email = lower(email)), name text CHECK (length(name) BETWEEN 1 AND 200) NO INHERIT, born date, died date, CHECK (born < died));
INSERT INTO d_checked SELECT n, 'planted.' || n || '@corp-mail.jp', 'Planted ' || n, date '1960-01-01' + n, 'infinity' FROM generate_series(1, 12) n;
COMMENT ON CONSTRAINT mail ON d_checked IS 'looks like one';

-- # A table with everything on it at once
--| [tables.d_everything]
--| code = "hash"
--| email = "email"
--| name = "name"
--| [tables.d_everything_part]
--| code = "hash"
--> 0: SELECT count(*) FROM d_everything_log
--> 25: SELECT count(*) FROM d_everything_part JOIN d_everything USING (code)
--> 26: INSERT INTO d_everything (code, name) VALUES ('x', 'y') RETURNING id
--= SELECT attname, attstorage, attcompression, attoptions, attstattarget, attidentity, attgenerated FROM pg_attribute WHERE attrelid = 'd_everything'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname
--= SELECT relreplident, reloptions, relrowsecurity, relforcerowsecurity, relhastriggers, relhasrules FROM pg_class WHERE relname = 'd_everything'
--= SELECT t.reloptions FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.relname = 'd_everything'
--= SELECT indexrelid::regclass, indisclustered, indisreplident, indimmediate, indisvalid FROM pg_index WHERE indrelid = 'd_everything'::regclass ORDER BY 1::text
--= SELECT tgname, tgenabled, tgdeferrable, tginitdeferred FROM pg_trigger WHERE tgrelid = 'd_everything'::regclass AND NOT tgisinternal ORDER BY 1
--= SELECT rulename, ev_enabled FROM pg_rewrite WHERE ev_class = 'd_everything'::regclass
CREATE ROLE d_everybody;
CREATE TABLE d_everything (id int GENERATED ALWAYS AS IDENTITY, gone int, code text NOT NULL, email text COLLATE "C" DEFAULT 'none@example.com', name text COMPRESSION pglz,
    made_length int GENERATED ALWAYS AS (length(name)) STORED, CONSTRAINT d_everything_key PRIMARY KEY (id) INCLUDE (name), CONSTRAINT d_everything_code UNIQUE (code) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT d_everything_plain UNIQUE (code), CONSTRAINT says_something CHECK (name <> '') NO INHERIT) WITH (fillfactor = 80, toast.autovacuum_enabled = off);
ALTER TABLE d_everything DROP COLUMN gone;
ALTER TABLE d_everything ALTER name SET STORAGE EXTERNAL, ALTER email SET STATISTICS 33, ALTER email SET (n_distinct = -0.5), REPLICA IDENTITY FULL, CLUSTER ON d_everything_plain;
CREATE TABLE d_everything_part (id int PRIMARY KEY, code text REFERENCES d_everything (code) ON UPDATE CASCADE NOT DEFERRABLE);
CREATE TABLE d_everything_log (id int, code text DEFAULT NULL);
ALTER TABLE d_everything_log DROP COLUMN code;
INSERT INTO d_everything (code, email, name) SELECT 'planted-' || n, 'planted.' || n || '@corp-mail.jp', 'Planted ' || n FROM generate_series(1, 25) n;
INSERT INTO d_everything_part SELECT id, code FROM d_everything;
CREATE INDEX d_everything_mail ON d_everything (lower(email) text_pattern_ops) WITH (fillfactor = 60) WHERE name IS NOT NULL;
CREATE STATISTICS d_everything_stats (dependencies) ON code, email FROM d_everything;
CREATE RULE also AS ON INSERT TO d_everything DO ALSO INSERT INTO d_everything_log VALUES (1);
CREATE RULE never AS ON DELETE TO d_everything DO INSTEAD NOTHING;
ALTER TABLE d_everything DISABLE RULE also, ENABLE ALWAYS RULE never;
CREATE FUNCTION d_everything_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.d_everything_log VALUES (2); RETURN NULL; END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OF email OR DELETE ON d_everything FOR EACH ROW EXECUTE FUNCTION d_everything_changed('an', 'argument');
ALTER TABLE d_everything ENABLE ALWAYS TRIGGER changed, ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON d_everything FOR ALL TO d_everybody, dba USING (email = current_user) WITH CHECK (name IS NOT NULL);
CREATE PUBLICATION d_everything_out FOR TABLE d_everything WHERE (email <> 'x');
CREATE VIEW d_everything_seen AS SELECT * FROM d_everything;
CREATE FUNCTION d_everything_first(d_everything) RETURNS text LANGUAGE sql AS 'SELECT $1.name';
CREATE SEQUENCE d_everything_own OWNED BY d_everything.code;
GRANT SELECT (email), INSERT ON d_everything TO d_everybody;
GRANT USAGE ON SEQUENCE d_everything_id_seq TO d_everybody;
COMMENT ON TABLE d_everything IS 'everything';
COMMENT ON COLUMN d_everything.email IS 'its mail';
COMMENT ON CONSTRAINT says_something ON d_everything IS 'something';
COMMENT ON CONSTRAINT d_everything_part_code_fkey ON d_everything_part IS 'to it';
COMMENT ON INDEX d_everything_mail IS 'its index';
COMMENT ON TRIGGER changed ON d_everything IS 'its trigger';
COMMENT ON RULE never ON d_everything IS 'its rule';
COMMENT ON POLICY mine ON d_everything IS 'its policy';
COMMENT ON STATISTICS d_everything_stats IS 'its statistics';
COMMENT ON SEQUENCE d_everything_own IS 'its sequence';

-- # A constraint that nothing made up can satisfy
--| [tables.d_impossible]
--| email = "email"
--? d_impossible ours_only
CREATE TABLE d_impossible (id int PRIMARY KEY, email text CONSTRAINT ours_only CHECK (email LIKE '%@corp-mail.jp'));
INSERT INTO d_impossible SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 12) n;

-- # A constraint that is not valid, and does not hold
--| [tables.d_not_valid]
--| name = "name"
--> f: SELECT convalidated FROM pg_constraint WHERE conname = 'later'
CREATE TABLE d_not_valid (id int PRIMARY KEY, name text);
INSERT INTO d_not_valid SELECT n, 'Planted ' || n FROM generate_series(1, 12) n;
ALTER TABLE d_not_valid ADD CONSTRAINT later CHECK (id < 5) NOT VALID;

-- # A materialized view that reads a younger one, through a view that was changed
--| [tables.d_young]
--| email = "email"
--| name = "name"
--> 0: SELECT count(*) FROM d_mat_old WHERE email LIKE '%corp-mail%' OR name LIKE 'Planted%'
--> 0: SELECT count(*) FROM d_mat_young WHERE email LIKE '%corp-mail%' OR name LIKE 'Planted%'
CREATE TABLE d_young (id int PRIMARY KEY, email text, name text);
INSERT INTO d_young SELECT n, 'planted.' || n || '@corp-mail.jp', 'Planted ' || n FROM generate_series(1, 20) n;
CREATE VIEW d_between AS SELECT id, email, name FROM d_young;
CREATE MATERIALIZED VIEW d_mat_old AS SELECT * FROM d_between;
CREATE MATERIALIZED VIEW d_mat_young AS SELECT id, email, name FROM d_young;
CREATE OR REPLACE VIEW d_between AS SELECT id, email, name FROM d_mat_young;

-- # Materialized views: one on another, with indexes and statistics
--| [tables.d_source]
--| email = "email"
--> 0: SELECT count(*) FROM d_mat_c WHERE email LIKE '%corp-mail%'
--> 0: SELECT count(*) FROM a_mat WHERE email LIKE '%corp-mail%'
--> 0: SELECT count(*) FROM pg_stats WHERE most_common_vals::text LIKE '%corp-mail%' OR histogram_bounds::text LIKE '%corp-mail%'
CREATE TABLE d_source (id int PRIMARY KEY, email text);
INSERT INTO d_source SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 200) n;
CREATE MATERIALIZED VIEW a_mat AS SELECT 1 AS id, NULL::text AS email;
CREATE MATERIALIZED VIEW d_mat_b AS SELECT * FROM d_source;
DROP MATERIALIZED VIEW a_mat;
CREATE MATERIALIZED VIEW a_mat AS SELECT id, email FROM d_mat_b;
CREATE VIEW d_mat_between AS SELECT * FROM a_mat;
CREATE MATERIALIZED VIEW d_mat_c AS SELECT id, email FROM d_mat_between WITH NO DATA;
REFRESH MATERIALIZED VIEW d_mat_c;
CREATE UNIQUE INDEX d_mat_b_email ON d_mat_b (lower(email));
COMMENT ON MATERIALIZED VIEW d_mat_b IS 'copied';

-- # A materialized view without rows
--| [tables.d_source_too]
--| email = "email"
--> f: SELECT relispopulated FROM pg_class WHERE relname = 'd_mat_empty'
CREATE TABLE d_source_too (id int PRIMARY KEY, email text);
INSERT INTO d_source_too SELECT n, 'planted.' || n || '@corp-mail.jp' FROM generate_series(1, 200) n;
CREATE MATERIALIZED VIEW d_mat_empty AS SELECT * FROM d_source_too WITH NO DATA;


-- # A publication with a row filter, inserts only
--| [tables.d_filtered]
--| email = "email"
CREATE TABLE d_filtered (id int PRIMARY KEY, email text NOT NULL, active bool);
CREATE UNIQUE INDEX d_filtered_email ON d_filtered (email);
ALTER TABLE d_filtered REPLICA IDENTITY USING INDEX d_filtered_email;
INSERT INTO d_filtered SELECT n, 'planted.' || n || '@corp-mail.jp', true FROM generate_series(1, 25) n;
CREATE PUBLICATION d_rows FOR TABLE d_filtered WHERE (email <> 'x' AND id > 3) WITH (publish = 'insert');
