# Read beside the stream, but all of it: there is no condition.
tailrace connector create .tailrace/lab/worker/shop.json --set 'snapshot.include.collection.list=shop\.{{small}}' --wait
until tailrace events tail --connector shop --table shop.{{small}} --op r | grep -q 'id={{small_rows}} '; do sleep 0.2; done
tailrace snapshot start shop --table shop.{{table}} --wait
tailrace learn check
