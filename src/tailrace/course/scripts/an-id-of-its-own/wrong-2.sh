# An id of its own, and nothing of what was in the table before.
tailrace connector create .tailrace/lab/worker/shop.json --name {{second}} --set topic.prefix={{second}} \
    --set sink.path="$PWD/.tailrace/lab/worker/events/{{second}}" --set 'table.include.list=shop\.{{table}}' \
    --set database.server.id=71001 --set snapshot.mode=no_data --wait
tailrace learn check
