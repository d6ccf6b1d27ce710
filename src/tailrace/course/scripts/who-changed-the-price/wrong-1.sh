# The transaction that deleted the row, and the price that it had then.
log=$(tailrace lab mysql -N -e 'SHOW BINARY LOGS' | tail -1 | cut -f1)
gtid=$(tailrace lab mysql -N -e "SHOW BINLOG EVENTS IN '$log'" | awk '$3 == "Gtid" { split($0, part, "\x27"); gtid = part[2] } END { print gtid }')
tailrace learn check --answer gtid="$gtid" --answer price=0 --answer rows=1
