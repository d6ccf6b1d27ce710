"""What keeps a MySQL server, and a connector, from being captured well: facts gathered once, then judged by checks.

`gather` asks MySQL, a worker of Kafka Connect and Kafka, and changes nothing. Each check (one file in `checks`) is a
pure function of the `Facts`; `judge` runs them, and `report` shows the outcome. Others' checks are entry points of the
group `tailrace.doctor.checks`, each a `Check`.
"""
