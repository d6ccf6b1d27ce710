"""`mysql.rds_set_configuration` and `mysql.rds_show_configuration`, as Aurora MySQL has them, on the lab's servers.

'binlog retention hours': NULL (lazily purged) until it is set, 1 to 2160. The setting is replicated, so a failover
keeps it, as Aurora's shared storage does; here it is also put into effect, through binlog_expire_logs_seconds.
"""

from __future__ import annotations

from typing import Final

from tailrace.lab.aws.database import Database

RETENTION: Final = "binlog retention hours"
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS mysql.rds_configuration (
  name VARCHAR(100) NOT NULL PRIMARY KEY, value VARCHAR(100), description VARCHAR(300) NOT NULL
)
"""
_ROW: Final = (
    "INSERT IGNORE INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL,"
    " 'binlog retention hours specifies the duration in hours before binary logs are automatically deleted.')"
)
_SHOW: Final = (
    "CREATE PROCEDURE mysql.rds_show_configuration() SELECT name, value, description FROM mysql.rds_configuration"
)
_SET: Final = """
CREATE PROCEDURE mysql.rds_set_configuration(IN configuration_name VARCHAR(100), IN configuration_value INT)
BEGIN
  IF configuration_name <> 'binlog retention hours' THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Invalid configuration name';
  END IF;
  IF configuration_value IS NOT NULL AND configuration_value NOT BETWEEN 1 AND 2160 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT =
      'For binlog retention hours the value must be between 1 and 2160 inclusive or be NULL';
  END IF;
  UPDATE mysql.rds_configuration SET value = configuration_value WHERE name = configuration_name;
  SET GLOBAL binlog_expire_logs_seconds = IFNULL(configuration_value, 24) * 3600;
END
"""
_MAKE: Final = (
    _TABLE,
    _ROW,
    "DROP PROCEDURE IF EXISTS mysql.rds_show_configuration",
    "DROP PROCEDURE IF EXISTS mysql.rds_set_configuration",
    _SHOW,
    _SET,
)


def install(writer: Database) -> None:
    """Where they are not yet; replicas have them by replication. Raises pymysql.Error."""
    there = writer.ask(
        "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'mysql'"
        " AND ROUTINE_NAME IN ('rds_show_configuration', 'rds_set_configuration')"
    )
    if there[0][0] == 2:  # noqa: PLR2004 - both
        return
    for statement in _MAKE:
        writer.ask(statement)


def put_into_effect(database: Database) -> None:
    """What is set, on a server that has become the writer. Raises pymysql.Error."""
    found = database.ask("SELECT value FROM mysql.rds_configuration WHERE name = %s", RETENTION)
    if found and found[0][0] is not None:
        database.ask("SET GLOBAL binlog_expire_logs_seconds = %s", int(found[0][0]) * 3600)
