"""From text to sqlglot's tree, with everything that could blow up refused before the parser sees it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Any, NoReturn

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

from sapa.formula.errors import FormulaError

MAX_LENGTH = 2000
MAX_TOKENS = 800
MAX_DEPTH = 40

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NUMBER = re.compile(r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_SYMBOLS = frozenset({"(", ")", ",", ".", "+", "-", "*", "/", "=", "<>", "!=", "<", "<=", ">", ">="})
_PREFIX = frozenset({"-", "+", "not"})
_KEYWORDS = frozenset(
    {"and", "or", "not", "is", "null", "in", "between", "case", "when", "then", "else", "end", "cast", "as"}
    | {"true", "false", "date"}
)
# The parser would read NUMBER as a decimal; DOUBLE has the same length, so positions stay.
_AS_NUMBER = re.compile(r"(?i)(?<=\bas )number\b")
TYPE_WORDS = {
    "string": "string", "varchar": "string", "text": "string",
    "integer": "integer", "bigint": "integer", "int": "integer",
    "number": "number", "double": "number",
    "decimal": "decimal", "boolean": "boolean", "date": "date",
}  # fmt: skip
_BEFORE_BRACKET = frozenset({"in", "and", "or", "not", "when", "then", "else", "case", "between", "decimal", "cast", "is"})
_HINTS = {
    "distinct": "write count_distinct(x)",
    "like": "write matches(x, 'pattern')",
    "filter": "write count_if(condition) or sum(CASE WHEN … END)",
    "len": "write length(x)",
    "mean": "write avg(x)",
    "ifnull": "write coalesce(x, y)",
    "select": "a formula is one expression, not a query",
}
GRAMMAR = "fields, literals, + - * /, comparisons, AND OR NOT, IS NULL, IN (…), BETWEEN, CASE, CAST and the listed functions"


def read(text: str, fields: Collection[str], functions: Collection[str]) -> exp.Expr:
    """Parse one expression over ``fields`` and ``functions``.

    Raises ``FormulaError`` on anything too long, too deep, unknown or not an expression.
    """
    if not isinstance(text, str) or not text.strip():
        raise FormulaError("the formula is empty", allowed=GRAMMAR, todo="write an expression")
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"the formula has {len(text)} characters",
            text=text,
            position=MAX_LENGTH + 1,
            allowed=f"at most {MAX_LENGTH}",
            todo="split it into several fields or indicators",
        )
    tokens = _tokenize(text)
    _check_tokens(text, tokens)
    _check_words(text, tokens, fields, functions)
    try:
        return parse_one(_AS_NUMBER.sub("DOUBLE", text), dialect="duckdb", into=exp.Condition)
    except SqlglotError as error:
        _refuse_syntax(text, error)
    except (RecursionError, ValueError, TypeError, AttributeError, IndexError, KeyError):
        # The parser is not ours: whatever it trips over is a formula we can't read.
        _refuse_syntax(text, None)


def _tokenize(text: str) -> list[Token]:
    try:
        return list(DuckDB().tokenize(text))
    except (SqlglotError, ValueError, IndexError) as error:
        raise FormulaError(
            "a quote is not closed or a character is not understood",
            text=text,
            allowed=GRAMMAR,
            todo="close every quote; texts stand in 'single quotes'",
        ) from error


def _check_tokens(text: str, tokens: list[Token]) -> None:
    """Bound size and nesting, and let only known symbols through: the parser's recursion follows these."""
    if len(tokens) > MAX_TOKENS:
        _too_big(text, tokens[MAX_TOKENS].start + 1, f"the formula has {len(tokens)} parts", f"at most {MAX_TOKENS}")
    depth = prefixes = 0
    for token in tokens:
        raw = text[token.start : token.end + 1]
        word = raw.lower()
        if token.comments:
            raise FormulaError(
                "comments are not part of a formula", text=text, position=token.start + 1, todo="remove the comment"
            )
        if not _known(raw):
            raise FormulaError(
                f"'{raw[:40]}' is not part of the language",
                text=text,
                position=token.start + 1,
                allowed=GRAMMAR,
                todo="remove it",
            )
        prefixes = prefixes + 1 if word in _PREFIX else 0
        depth += (word in ("(", "case")) - (word in (")", "end"))
        if depth + prefixes > MAX_DEPTH:
            _too_big(text, token.start + 1, "the formula is nested too deeply", f"at most {MAX_DEPTH} levels")


def _known(raw: str) -> bool:
    if raw in _SYMBOLS or _WORD.match(raw) or _NUMBER.match(raw):
        return True
    return len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "'\""


def _check_words(text: str, tokens: list[Token], fields: Collection[str], functions: Collection[str]) -> None:
    """Every word is a keyword, a listed function before a bracket, or a field: the rest is refused where it stands."""
    names = {part for name in fields for part in name.split(".")}
    for index, token in enumerate(tokens):
        raw = text[token.start : token.end + 1]
        quoted = raw[0] == '"'
        name = raw[1:-1] if quoted else raw
        if not quoted and not _WORD.match(raw):
            continue
        called = not quoted and index + 1 < len(tokens) and text[tokens[index + 1].start] == "("
        word = name.lower()
        if word == "decimal" and not called and name not in names:
            _too_big(text, token.start + 1, "a decimal needs its scale", "decimal(0) … decimal(18)", "write decimal(2)")
        cast_target = index > 0 and text[tokens[index - 1].start : tokens[index - 1].end + 1].lower() == "as"
        if called and word not in _BEFORE_BRACKET and word not in functions:
            _unknown(text, token, f"unknown function '{name[:40]}'", functions, "functions")
        if called or name in names or (not quoted and (word in _KEYWORDS or (cast_target and word in TYPE_WORDS))):
            continue
        _unknown(text, token, f"unknown field '{name[:40]}'", fields, "fields")


def _unknown(text: str, token: Token, problem: str, known: Collection[str], what: str) -> NoReturn:
    word = text[token.start : token.end + 1].strip('"').lower()
    close = difflib.get_close_matches(word, list(known), n=1)
    listed = ", ".join(sorted(known))
    shown = listed if len(listed) <= 600 else listed[:600] + " …"
    todo = _HINTS.get(word) or (f"did you mean '{close[0]}'?" if close else f"use one of the {what} listed")
    raise FormulaError(problem, text=text, position=token.start + 1, allowed=shown or "none", todo=todo)


def _too_big(
    text: str, position: int, problem: str, allowed: str, todo: str = "split it into several fields or indicators"
) -> NoReturn:
    raise FormulaError(problem, text=text, position=position, allowed=allowed, todo=todo)


def _refuse_syntax(text: str, error: SqlglotError | None) -> NoReturn:
    found: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    column = found[0].get("col") or 1
    highlight = str(found[0].get("highlight") or "")
    # sqlglot counts the column of the highlight's end; ours is where the offending word begins.
    position = max(1, int(column) - max(len(highlight) - 1, 0))
    near = f" near '{highlight[:40]}'" if highlight else ""
    raise FormulaError(
        f"this is not an expression{near}",
        text=text,
        position=position,
        allowed=GRAMMAR,
        todo="check brackets and operators; a field whose name is a reserved word stands in double quotes",
    ) from error
