# A number for each statement, as if GTIDs counted rows.
tailrace learn check --answer count=$(({{inserts}} + {{together}} + 2)) --answer next='after the largest' \
    --answer errant='of the source' --answer purged=stays
