tailrace learn check --answer purged=yes --answer rolled_back=no --answer text=whole --answer connector=fails
