tailrace lab mysql <<'SQL'
CREATE TABLE {{base}}.{{signals}} (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32) NOT NULL, data VARCHAR({{longest}}) NULL);
GRANT INSERT ON {{base}}.{{signals}} TO tailrace;
SQL
tailrace connector config shop --set signal.data.collection={{base}}.{{signals}} --wait
tailrace learn check
