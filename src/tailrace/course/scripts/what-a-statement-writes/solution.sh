tailrace learn check --answer changed=$(({{last}} - {{paid}})) --answer replace='an update' --answer rollback=nothing \
    --answer before='the key alone'
