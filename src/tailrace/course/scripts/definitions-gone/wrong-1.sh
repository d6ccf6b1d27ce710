# Recovery whatever has happened, and the mode left behind: the next start reads definitions again.
tailrace connector stop shop --wait
tailrace connector config shop --set snapshot.mode=recovery
tailrace connector resume shop --wait || true
tailrace learn check --answer altered={{_altered}}
