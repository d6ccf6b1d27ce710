at_replica='${env:TAILRACE_AURORA_REPLICA_ADMIN_DSN}'
seconds={{_seconds}}
if [ "$seconds" = grows ]; then
    while tailrace lag shop --source "$at_replica" --fail-above 6s > own.txt 2>&1; do sleep 0.2; done
    seconds=$(awk '/ lag / { print int($(NF - 1)); exit }' own.txt)
fi
for server in --replica --distant --follower; do
    tailrace lab mysql $server -e "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA"
done
tailrace connector resume shop --wait
until tailrace lag shop --source "$at_replica" --fail-above 3s; do sleep 0.2; done
tailrace lag publish shop --once --source "$at_replica"
tailrace learn check --answer hop={{_hop}} --answer figure={{_figure}} --answer seconds="$seconds"
