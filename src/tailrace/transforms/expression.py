"""Conditions over a record, in the part of Groovy that such conditions are written in.

`value.op == 'u' && value.before.id == 2`, `!(topic.endsWith('x'))` is not in it: names, fields by `.` and `[…]`,
literals, `== != < <= > >=`, `&& || !`, `in [..]`, `null`, `? :`. It is read by Python's own parser and carried out
node by node; nothing of Python can be reached from it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Scope = Mapping[str, Any]
Expression = Callable[[Scope], Any]

_TOKEN = re.compile(
    r"""(?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|(?P<and>&&)|(?P<or>\|\|)|(?P<not>!(?!=))|(?P<word>[A-Za-z_]\w*)|(?P<other>.)""",
    re.DOTALL,
)
_WORDS = {"null": "None", "true": "True", "false": "False"}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_CONDITIONAL = re.compile(r"^(?P<condition>[^?]+)\?(?P<yes>[^:]+):(?P<no>.+)$", re.DOTALL)


def compile_expression(text: str) -> Expression:
    """Raises ValueError with the reason where the text is not in the part that is understood."""
    if match := _CONDITIONAL.match(text):
        condition, yes, no = (compile_expression(match[part]) for part in ("condition", "yes", "no"))
        return lambda scope: yes(scope) if condition(scope) else no(scope)
    try:
        tree = ast.parse(_as_python(text).strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"the expression {text!r} cannot be read: {error.msg}") from None
    return _compile(tree.body, text)


def _as_python(text: str) -> str:
    return "".join(_token(match) for match in _TOKEN.finditer(text))


def _token(match: re.Match[str]) -> str:
    if match["and"]:
        return " and "
    if match["or"]:
        return " or "
    if match["not"]:
        return " not "
    if match["word"]:
        return _WORDS.get(match["word"], match["word"])
    return match[0]


def _compile(node: ast.expr, text: str) -> Expression:
    match node:
        case ast.Constant(value=value) if value is None or isinstance(value, (str, int, float, bool)):
            return lambda _: value
        case ast.Name(id=name):
            return lambda scope: _name(scope, name)
        case ast.Attribute(value=inner, attr=name):
            of = _compile(inner, text)
            return lambda scope: _field(of(scope), name)
        case ast.Subscript(value=inner, slice=index):
            of, at = _compile(inner, text), _compile(index, text)
            return lambda scope: _field(of(scope), at(scope))
        case ast.BoolOp(op=kind, values=values):
            parts = [_compile(value, text) for value in values]
            combine = all if isinstance(kind, ast.And) else any
            return lambda scope: combine(part(scope) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            operand = _compile(inner, text)
            return lambda scope: not operand(scope)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            operand = _compile(inner, text)
            return lambda scope: -operand(scope)
        case ast.List(elts=items):
            compiled = [_compile(item, text) for item in items]
            return lambda scope: [item(scope) for item in compiled]
        case ast.Compare(left=left, ops=[kind], comparators=[right]) if type(kind) in _COMPARE:
            first, second, compare = _compile(left, text), _compile(right, text), _COMPARE[type(kind)]
            return lambda scope: compare(first(scope), second(scope))
        case _:
            hint = "fields, literals, comparisons, && || ! and ?: are"
            raise ValueError(f"{ast.unparse(node)!r} in {text!r} is not understood; {hint}")


def _name(scope: Scope, name: str) -> Any:
    if name not in scope:
        raise ValueError(f"there is no {name} in a record; {', '.join(scope)} are")
    return scope[name]


def _field(value: Any, name: Any) -> Any:
    """Null where there is no such field, as in Groovy's `?.`."""
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list) and isinstance(name, int):
        return value[name] if name < len(value) else None
    return None
