# Only the connector moved: it reads a replica now.
port=$(tailrace lab mysql --replica -N -e 'SELECT @@port')
tailrace connector config shop --set database.port=$port --wait
tailrace learn check
