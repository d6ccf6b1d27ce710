# Each row that WHERE finds counted, whether or not it changes; REPLACE as the manual describes it.
tailrace learn check --answer changed={{last}} --answer replace='a delete and an insert' --answer rollback=nothing \
    --answer before='all columns'
