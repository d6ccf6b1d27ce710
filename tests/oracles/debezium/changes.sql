-- Updates, deletes, a changed key, and one transaction over two tables. Run while streaming, after rows.sql.
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', SESSION time_zone = '+00:00', timestamp = 1700000001.654321;
USE golden;
UPDATE numbers SET ti = ti + 1, d12_2 = -d12_2 WHERE id IN (2, 3);
UPDATE texts SET l1 = 'ñ', g = NULL WHERE id <= 2;
UPDATE documents SET j = JSON_SET(j, '$.b', 2) WHERE id = 1;
UPDATE keyless SET b = 'z' WHERE a = 1;
UPDATE composite SET a = 2 WHERE b = 'x';
BEGIN;
DELETE FROM numbers WHERE id IN (1, 5);
INSERT INTO keyless VALUES (9, 'tx');
DELETE FROM keyless WHERE a IS NULL;
COMMIT;
DELETE FROM composite WHERE b = 'y';
DELETE FROM temporals;
TRUNCATE TABLE shapes;
