# As with TOAST: a long value that did not change is left out.
tailrace learn check --answer purged=yes --answer rolled_back=no --answer text=missing --answer connector=fails
