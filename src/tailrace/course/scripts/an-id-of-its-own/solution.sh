tailrace connector create .tailrace/lab/worker/shop.json --name {{second}} --set topic.prefix={{second}} \
    --set sink.path="$PWD/.tailrace/lab/worker/events/{{second}}" --set 'table.include.list=shop\.{{table}}' \
    --set database.server.id=71001 --wait
tailrace learn check
