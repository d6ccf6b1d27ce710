# Of the source alone, and until its next restart.
tailrace lab mysql -e "SET GLOBAL binlog_expire_logs_seconds = $((2 * ({{outage}} + {{snapshot}}) * 3600)); SET GLOBAL binlog_expire_logs_auto_purge = ON"
tailrace learn check
