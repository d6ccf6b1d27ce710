# A month, as it was by default: more than the disk has.
for server in '' --replica; do
    tailrace lab mysql $server -e "SET PERSIST binlog_expire_logs_seconds = 2592000; SET PERSIST binlog_expire_logs_auto_purge = ON"
done
tailrace learn check
