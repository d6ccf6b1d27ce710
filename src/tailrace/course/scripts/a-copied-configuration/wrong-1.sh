# Each suggestion of the validation taken, no_data too: it runs, and the rows that were there never come.
cd .tailrace/lab/worker
sed -e 's/^database.server.name=/topic.prefix=/' -e '/^database.history/d' -e 's/^snapshot.mode=.*/snapshot.mode=no_data/' \
    -e 's/^table.include.list=.*/table.include.list=shop[.]orders,shop[.]{{table}}/' -e 's/=strng$/=string/' -e 's/=10s$/=10000/' \
    -e "s|/run/secrets/cdc.properties|$PWD/secrets.properties|" draft.properties > mended.properties
cd - >/dev/null
tailrace connector create .tailrace/lab/worker/mended.properties --wait
tailrace learn check
