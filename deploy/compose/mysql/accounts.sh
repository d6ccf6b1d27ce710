# shellcheck shell=bash
# Read by the image's entrypoint, once, on each of the two servers (so it is not executable): accounts, the same on both.
# They are no transactions: a server begins with an empty gtid_executed.
secrets=${SECRETS:-/run/secrets}
quoted() { sed "s/[\\\\']/\\\\&/g" "$secrets/$1"; }

docker_process_sql <<SQL
SET sql_log_bin = 0;
CREATE USER capture@'%' IDENTIFIED BY '$(quoted capture_password)' REQUIRE SSL;
GRANT SELECT, RELOAD, LOCK TABLES, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, BACKUP_ADMIN, XA_RECOVER_ADMIN
  ON *.* TO capture@'%';
CREATE USER replication@'%' IDENTIFIED BY '$(quoted replication_password)' REQUIRE SSL;
GRANT REPLICATION SLAVE ON *.* TO replication@'%';
-- Who asks for lag and fails over.
CREATE USER operator@'%' IDENTIFIED BY '$(quoted operator_password)' REQUIRE SSL;
GRANT SELECT, RELOAD, REPLICATION CLIENT, SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, REPLICATION_SLAVE_ADMIN
  ON *.* TO operator@'%';
RESET BINARY LOGS AND GTIDS;
SQL
