# Of each transaction that has the row with 0 as its price: GTID, the price before, and how many rows it changed.
read -r gtid price rows < <(
    for log in $(tailrace lab mysql -N -e 'SHOW BINARY LOGS' | cut -f1); do
        tailrace lab mysqlbinlog -v --base64-output=DECODE-ROWS "$log"
    done | awk -v row='{{row}}' '
        /^SET @@SESSION.GTID_NEXT/ { split($0, part, "\x27"); gtid = part[2]; rows = 0; hit = 0 }
        /^### (INSERT|UPDATE|DELETE)/ { rows++; side = "" }
        /^### (WHERE|SET)/ { side = $2 }
        /^###   @1=/ { id = substr($2, 4) }
        /^###   @3=/ && side == "WHERE" { was = substr($2, 4) }
        /^###   @3=0$/ && side == "SET" && id == row { hit = 1; price = was }
        /^COMMIT/ && hit { print gtid, price, rows; hit = 0 }'
)
tailrace learn check --answer gtid="$gtid" --answer price="$price" --answer rows="$rows"
