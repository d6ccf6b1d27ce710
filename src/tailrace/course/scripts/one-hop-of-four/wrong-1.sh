# All is mended; and AuroraBinlogReplicaLag is taken for the figure of a connector, in milliseconds.
for server in --replica --distant --follower; do
    tailrace lab mysql $server -e "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA"
done
tailrace connector resume shop --wait
tailrace lag publish shop --once --source '${env:TAILRACE_AURORA_REPLICA_ADMIN_DSN}'
tailrace learn check --answer hop=connector --answer figure=AuroraBinlogReplicaLag --answer seconds=12000
