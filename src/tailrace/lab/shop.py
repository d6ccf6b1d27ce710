"""The order shop: its tables, and the statements of one transaction. Decisions only; `workload` talks to the server.

Ids are handed out here, in a sequence of each writer's own, so a transaction is one round trip. No foreign keys: before
9.6 the server leaves what they cascade out of the binlog.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

TABLES = {
    "customers": """
        id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
        name VARCHAR(120) CHARACTER SET utf8mb4 NOT NULL,
        email VARCHAR(190) NOT NULL,
        country CHAR(2) NOT NULL,
        interests SET('books','music','garden','tools','games') NULL,
        is_active TINYINT(1) NOT NULL DEFAULT 1,
        birthday DATE NULL,
        member_since YEAR NOT NULL,
        preferences JSON NULL,
        avatar BLOB NULL,
        created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
        KEY (email)""",
    "orders": """
        id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
        customer_id BIGINT UNSIGNED NOT NULL,
        status ENUM('new','paid','packed','shipped','cancelled') NOT NULL,
        total DECIMAL(12,2) NOT NULL,
        note TEXT CHARACTER SET utf8mb4 NULL,
        flags BIT(12) NOT NULL DEFAULT b'0',
        deliver_after TIME NULL,
        weight_kg DOUBLE NULL,
        placed_at DATETIME(6) NOT NULL,
        changed_at TIMESTAMP(3) NOT NULL,
        KEY (customer_id)""",
    "order_items": """
        order_id BIGINT UNSIGNED NOT NULL,
        line SMALLINT UNSIGNED NOT NULL,
        sku VARCHAR(40) NOT NULL,
        quantity INT NOT NULL,
        price DECIMAL(10,4) NOT NULL,
        attributes JSON NULL,
        PRIMARY KEY (order_id, line)""",
    "payments": """
        id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
        order_id BIGINT UNSIGNED NOT NULL,
        method ENUM('card','transfer','cash') NOT NULL,
        amount DECIMAL(12,2) NOT NULL,
        fee FLOAT NULL,
        receipt VARBINARY(64) NULL,
        paid_at TIMESTAMP(3) NOT NULL,
        KEY (order_id)""",
}
DDL = (
    "ALTER TABLE orders ADD COLUMN gift_text VARCHAR(200) NULL AFTER note",
    "ALTER TABLE orders ADD INDEX by_status (status)",
    "ALTER TABLE orders RENAME COLUMN gift_text TO card_text",
    "ALTER TABLE customers ADD COLUMN points INT NOT NULL DEFAULT 7",
    "ALTER TABLE orders DROP INDEX by_status",
    "ALTER TABLE orders DROP COLUMN card_text",
    "ALTER TABLE customers DROP COLUMN points",
)
"""Run in turn, round and round: after the last the tables are as at first. No statement below names these columns."""
NAMES = (
    "Анна Ковалёва",
    "José Núñez",
    "李小龍",
    "Zoë O'Brien 🌷",
    "Ahmet Yılmaz",
    "Ada Lovelace",
    "Ελένη",
    "山田太郎 🚲",
)
NOTES = ("обновлено", "leave at the door 🚪", "naïve café", "", 'a "quoted" \\ line\nand a second', None)
COUNTRIES = ("DE", "RU", "ES", "TR", "JP", "BR")
OPEN_ORDERS = 400
"""How many of its own orders a writer keeps; older ones are deleted, so the tables stay of a size."""
STATUSES = ("paid", "packed", "shipped", "cancelled")


class Shop:
    """One writer's part of the shop: the sequence of its transactions follows from `random` alone."""

    def __init__(self, random: Random, first_id: int, step: int) -> None:
        self._random = random
        self._next = first_id
        self._step = step
        self._customers: list[int] = []
        self._orders: list[int] = []

    def transaction(self) -> list[str]:
        """The statements of the next transaction, without BEGIN and COMMIT."""
        draw = self._random.random()
        if len(self._customers) < 20 or draw < 0.05:  # noqa: PLR2004 - a small shop opens with a few customers
            return self._register()
        if len(self._orders) > OPEN_ORDERS:
            return self._forget()
        if not self._orders or draw < 0.50:  # noqa: PLR2004 - half of what happens are orders
            return self._order()
        if draw < 0.70:  # noqa: PLR2004 - a fifth are payments
            return self._pay()
        if draw < 0.90:  # noqa: PLR2004 - a fifth change an order
            return self._progress()
        return self._edit_customer()

    def _id(self) -> int:
        self._next += self._step
        return self._next

    def _register(self) -> list[str]:
        pick = self._random
        customer = self._id()
        self._customers.append(customer)
        interests = pick.sample(("books", "music", "garden", "tools", "games"), pick.randrange(4))
        preferences = json.dumps(
            {"lang": pick.choice(("ru", "en", "日本語")), "news": pick.random() < 0.5, "sizes": [1, 2.5, None]},  # noqa: PLR2004 - a coin
            ensure_ascii=False,
        )
        values = (
            str(customer),
            text(pick.choice(NAMES)),
            text(f"user{customer}@example.com"),
            text(pick.choice(COUNTRIES)),
            text(",".join(interests)) if pick.random() < 0.9 else "NULL",  # noqa: PLR2004 - some NULLs
            str(pick.randrange(2)),
            f"'{pick.randrange(1940, 2010)}-{pick.randrange(1, 13):02}-{pick.randrange(1, 29):02}'",
            str(pick.randrange(2000, 2027)),
            text(preferences),
            f"x'{pick.randbytes(pick.randrange(1, 60)).hex()}'",
        )
        return [
            "INSERT INTO customers (id, name, email, country, interests, is_active, birthday, member_since,"
            f" preferences, avatar) VALUES ({', '.join(values)})"
        ]

    def _order(self) -> list[str]:
        pick = self._random
        order = self._id()
        self._orders.append(order)
        hours = pick.randrange(-30, 100)
        values = (
            str(order),
            str(pick.choice(self._customers)),
            "'new'",
            f"{pick.randrange(1, 10**7) / 100:.2f}",
            text(pick.choice(NOTES)),
            f"b'{pick.randrange(2**12):b}'",
            f"'{hours}:{pick.randrange(60):02}:00'",
            repr(pick.random() * 30) if pick.random() < 0.8 else "NULL",  # noqa: PLR2004 - some NULLs
            "NOW(6)",
            "NOW(3)",
        )
        lines = ", ".join(
            f"({order}, {line}, 'sku-{pick.randrange(1000)}', {pick.randrange(1, 9)},"
            f" {pick.randrange(10**6) / 10**4:.4f},"
            f" {text(json.dumps({'colour': pick.choice(('red', 'blå')), 'n': line})) if line % 2 else 'NULL'})"
            for line in range(1, pick.randrange(2, 6))
        )
        return [
            "INSERT INTO orders (id, customer_id, status, total, note, flags, deliver_after, weight_kg, placed_at,"
            f" changed_at) VALUES ({', '.join(values)})",
            f"INSERT INTO order_items (order_id, line, sku, quantity, price, attributes) VALUES {lines}",
        ]

    def _pay(self) -> list[str]:
        pick = self._random
        order = pick.choice(self._orders)
        method = pick.choice(("card", "transfer", "cash"))
        return [
            "INSERT INTO payments (id, order_id, method, amount, fee, receipt, paid_at) VALUES"
            f" ({self._id()}, {order}, '{method}', {pick.randrange(1, 10**6) / 100:.2f}, {pick.randrange(100) / 8},"
            f" x'{pick.randbytes(12).hex()}', NOW(3))",
            f"UPDATE orders SET status = 'paid', changed_at = NOW(3) WHERE id = {order}",
        ]

    def _progress(self) -> list[str]:
        pick = self._random
        order = pick.choice(self._orders)
        return [
            f"UPDATE orders SET status = '{pick.choice(STATUSES)}', note = {text(pick.choice(NOTES))},"
            f" changed_at = NOW(3) WHERE id = {order}",
            f"UPDATE order_items SET quantity = quantity + 1 WHERE order_id = {order}",
        ]

    def _edit_customer(self) -> list[str]:
        pick = self._random
        return [
            f"UPDATE customers SET name = {text(pick.choice(NAMES))}, is_active = 1 - is_active,"
            f" preferences = JSON_SET(preferences, '$.visits', {pick.randrange(1000)})"
            f" WHERE id = {pick.choice(self._customers)}"
        ]

    def _forget(self) -> list[str]:
        order = self._orders.pop(0)
        return [
            f"DELETE FROM payments WHERE order_id = {order}",
            f"DELETE FROM order_items WHERE order_id = {order}",
            f"DELETE FROM orders WHERE id = {order}",
        ]


def text(value: str | None) -> str:
    """A string as an SQL literal, in the default sql_mode."""
    if value is None:
        return "NULL"
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"
