# The set of all GTIDs in place of one; the price of the table's first rows; the rows of one event, not of the transaction.
gtid=$(tailrace lab mysql -N -e 'SELECT @@GLOBAL.gtid_executed')
tailrace learn check --answer gtid="$gtid" --answer price=$((100 + {{row}})) --answer rows=1
