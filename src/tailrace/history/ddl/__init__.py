"""Following tables through DDL: `parser.classify` a statement of the binlog, `effect.apply` it to the tables.

Nothing is imported here: it takes a tenth of a connector's start, and most connectors see no DDL.
"""
