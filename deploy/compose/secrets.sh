#!/usr/bin/env bash
# Draws each secret of compose.yaml that is not there yet, into secrets/: one file each.
set -euo pipefail
cd "$(dirname "$0")"
# The folder keeps others of this machine out. Compose gives the containers the files as they are, and each container's own user must read them.
mkdir -p secrets
chmod 0700 secrets
for name in mysql_root_password capture_password operator_password replication_password ops_password dashboard_token grafana_password; do
  if [ ! -s "secrets/$name" ]; then
    head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"secrets/$name"
    chmod 0644 "secrets/$name"
    echo "secrets/$name: made"
  fi
done
