# The right place and the right snapshot, and rows that were deleted in the gap left at the sink.
offset=$(tailrace connector offsets show shop | awk '$1 == "gtids" { print $2 }')
gap=$(tailrace lab mysql -N -e "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_purged, '$offset')")
tailrace connector stop shop --wait
tailrace connector offsets set shop --set gtids="$(tailrace lab mysql -N -e 'SELECT @@GLOBAL.gtid_purged')"
tailrace connector resume shop --wait
tailrace snapshot start shop --table shop.{{table}} --wait
tailrace learn check --answer gap="$gap"
