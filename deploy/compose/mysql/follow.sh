# shellcheck shell=bash
# Read by the image's entrypoint of the replica, once, after the accounts: whom it follows. It begins when the server starts.
docker_process_sql <<SQL
CHANGE REPLICATION SOURCE TO
  SOURCE_HOST = '$PRIMARY_HOST', SOURCE_PORT = $PRIMARY_PORT,
  SOURCE_USER = 'replication', SOURCE_PASSWORD = '$(quoted replication_password)',
  SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 5;
SET PERSIST super_read_only = ON;
SQL
