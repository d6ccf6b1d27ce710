# The binlog taken for a log of statements: what is rolled back is in it, too.
tailrace learn check --answer changed=1 --answer replace='an insert' --answer rollback='a delete and an insert' \
    --answer before='the key and what changed'
