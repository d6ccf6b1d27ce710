# A table as it should be, of which the connector knows nothing.
tailrace lab mysql <<'SQL'
CREATE TABLE {{base}}.{{signals}} (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32) NOT NULL, data TEXT);
GRANT INSERT ON {{base}}.{{signals}} TO tailrace;
SQL
tailrace learn check
