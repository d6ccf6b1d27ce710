# The initial snapshot reads whatever is captured, the old rows too.
tailrace connector create .tailrace/lab/worker/shop.json --wait
until tailrace events tail --connector shop --table shop.{{small}} --op r | grep -q 'id={{small_rows}} '; do sleep 0.2; done
tailrace learn check
