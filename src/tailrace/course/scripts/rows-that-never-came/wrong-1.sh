# The cause is named and stopped, and the rows are left as they are.
tailrace lab mysql -e "SET PERSIST binlog_row_image = 'FULL'"
if tailrace connector config shop | grep -q skipped.operations; then
    tailrace connector config shop --unset skipped.operations --wait
fi
tailrace learn check --answer cause={{_cause}}
