# Done as if there were no connector: the working tables are captured, and nothing is read again.
tailrace lab mysql <<'SQL'
CREATE TABLE shop._{{table}}_new LIKE shop.{{table}};
ALTER TABLE shop._{{table}}_new ADD COLUMN total INT AS (price * quantity) STORED;
CREATE TRIGGER shop.keep_ins AFTER INSERT ON shop.{{table}} FOR EACH ROW
  REPLACE INTO shop._{{table}}_new (id, price, quantity) VALUES (NEW.id, NEW.price, NEW.quantity);
CREATE TRIGGER shop.keep_upd AFTER UPDATE ON shop.{{table}} FOR EACH ROW
  REPLACE INTO shop._{{table}}_new (id, price, quantity) VALUES (NEW.id, NEW.price, NEW.quantity);
INSERT IGNORE INTO shop._{{table}}_new (id, price, quantity) SELECT id, price, quantity FROM shop.{{table}} FOR SHARE;
RENAME TABLE shop.{{table}} TO shop._{{table}}_old, shop._{{table}}_new TO shop.{{table}};
DROP TRIGGER shop.keep_ins;
DROP TRIGGER shop.keep_upd;
SQL
tailrace learn check
