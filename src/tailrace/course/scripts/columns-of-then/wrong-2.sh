# The types, which are all that a table map with MINIMAL has, taken for names; those of FULL not trusted.
case '{{metadata}}' in FULL) name='it fails' ;; *) name=remark ;; esac
tailrace learn check --answer start=runs --answer insert='id, qty, note' --answer before=null \
    --answer events=$(({{born}} + 1)) --answer name=$name
