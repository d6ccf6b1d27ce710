seconds=$((2 * ({{outage}} + {{snapshot}}) * 3600))
for server in '' --replica; do
    tailrace lab mysql $server -e "SET PERSIST binlog_expire_logs_seconds = $seconds; SET PERSIST binlog_expire_logs_auto_purge = ON"
done
tailrace learn check
