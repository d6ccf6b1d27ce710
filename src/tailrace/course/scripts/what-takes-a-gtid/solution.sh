tailrace learn check --answer count=$(({{inserts}} + 1)) --answer next='in the gap' --answer errant='of the replica' \
    --answer purged=stays
