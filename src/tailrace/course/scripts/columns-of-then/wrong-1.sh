# Rows thought to be read by the table as it is now, and each row that has the new column counted as a change.
case '{{metadata}}' in FULL) name=remark ;; *) name=note ;; esac
tailrace learn check --answer start=runs --answer insert='id, amount, note and the new one' --answer before='no such column' \
    --answer events=$(({{rows}} + {{born}} + 1)) --answer name=$name
