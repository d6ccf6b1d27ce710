# What was late is on time again, and nobody will be woken the next time either.
tailrace lab mysql --follower -e "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA"
tailrace connector resume shop --wait
tailrace learn check --answer cause={{_cause}}
