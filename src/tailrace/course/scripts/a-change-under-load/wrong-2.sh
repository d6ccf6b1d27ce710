# A copy and a swap without triggers: what is sold between the two is lost.
tailrace connector config shop --set 'table.exclude.list=shop\._{{table}}_(new|old)' --wait
tailrace lab mysql <<'SQL'
CREATE TABLE shop._{{table}}_new LIKE shop.{{table}};
ALTER TABLE shop._{{table}}_new ADD COLUMN total INT AS (price * quantity) STORED;
INSERT INTO shop._{{table}}_new (id, price, quantity) SELECT id, price, quantity FROM shop.{{table}};
SQL
until [ "$(tailrace lab mysql -N -e 'SELECT (SELECT MAX(id) FROM shop.{{table}}) > (SELECT MAX(id) FROM shop._{{table}}_new)')" = 1 ]; do sleep 0.2; done
tailrace lab mysql -e "RENAME TABLE shop.{{table}} TO shop._{{table}}_old, shop._{{table}}_new TO shop.{{table}}"
tailrace snapshot start shop --table shop.{{table}} --wait
tailrace learn check
