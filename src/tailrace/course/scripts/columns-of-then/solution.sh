case '{{metadata}}' in FULL) name=remark ;; *) name=note ;; esac
tailrace learn check --answer start=runs --answer insert='id, qty, note' --answer before='the default' \
    --answer events=$(({{born}} + 1)) --answer name=$name
