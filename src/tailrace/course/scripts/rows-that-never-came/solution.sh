# What will not happen again: complete images, and updates among what is captured.
tailrace lab mysql -e "SET PERSIST binlog_row_image = 'FULL'"
if tailrace connector config shop | grep -q skipped.operations; then
    tailrace connector config shop --unset skipped.operations --wait
fi
# What the binlog does not have, the table has.
tailrace snapshot start shop --table shop.{{table}} --wait
tailrace learn check --answer cause={{_cause}}
