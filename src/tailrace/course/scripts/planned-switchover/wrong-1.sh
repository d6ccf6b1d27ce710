# The replica promoted by hand, the old source still taking writes, the connector left where it was.
tailrace lab mysql --replica -e 'STOP REPLICA; RESET REPLICA ALL; SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF'
tailrace learn check
