"""Following tables through DDL: `classify` a statement of the binlog, `apply` it to the tables."""

from tailrace.history.ddl.effect import Change, Context, apply
from tailrace.history.ddl.parser import Ddl, Dml, Other, classify

__all__ = ["Change", "Context", "Ddl", "Dml", "Other", "apply", "classify"]
