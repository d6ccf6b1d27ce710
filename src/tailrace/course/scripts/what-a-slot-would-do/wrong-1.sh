# As a slot would have it: what was not read is kept.
tailrace learn check --answer purged=no --answer rolled_back=no --answer text=whole --answer connector=runs
