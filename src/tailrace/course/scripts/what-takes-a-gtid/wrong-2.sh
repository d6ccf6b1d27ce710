# What is rolled back takes a number; the set is taken for a list of what the files have.
tailrace learn check --answer count=$(({{inserts}} + 2)) --answer next='in the gap' --answer errant=nothing \
    --answer purged=shrinks
