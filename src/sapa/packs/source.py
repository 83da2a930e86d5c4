"""YAML with positions: a document becomes plain data plus the line and column of every key and value.

Strict on purpose: no anchors or aliases (a handful of lines can unfold into gigabytes), no tags, no duplicate keys, bounded
size and depth; only ``true``/``false`` are booleans, so that the country code ``NO`` and the answer ``yes`` stay text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from sapa.packs.findings import Finding

MAX_BYTES = 8_000_000
MAX_DEPTH = 40

Path = tuple[str | int, ...]
_INTEGER = re.compile(r"^[-+]?(0|[1-9][0-9]{0,17})$")  # longer ones stay text: no integer column could hold them
_FLOAT = re.compile(r"^[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,30}([eE][-+]?[0-9]{1,2})?$")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Source:
    """One YAML file: its data and where each part of it stands (1-based line, column)."""

    file: str
    data: Any = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def position(self, path: Path) -> tuple[int, int]:
        """Position of the key at ``path``, else of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            part = path[:length]
            if part in self.keys:
                return self.keys[part]
            if part in self.values:
                return self.values[part]
        return (0, 0)

    def report(self, code: str, message: str, path: Path = (), *, allowed: str = "", todo: str = "") -> None:
        """Note a mistake at ``path``."""
        line, column = self.position(path)
        self.findings.append(Finding(self.file, line, column, code, message, dotted(path), allowed, todo))


def dotted(path: Path) -> str:
    """``("indicators", 3, "title")`` → ``indicators[3].title``."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else (f".{part}" if out else str(part))
    return out


def read_yaml(text: bytes, file: str) -> Source:
    """Parse one file. Never raises on content: whatever is wrong is in ``findings``."""
    source = Source(file)
    if len(text) > MAX_BYTES:
        source.report("file-too-large", f"the file has {len(text)} bytes", allowed=f"at most {MAX_BYTES}", todo="split the file")
        return source
    try:
        _refuse_references(text.decode("utf-8"))
        node = yaml.compose(text.decode("utf-8"), Loader=_Loader)
        if node is not None:
            source.data = _build(node, (), source, 0)
    except UnicodeDecodeError as error:
        _at_byte(source, "not-utf8", f"byte {error.start} is not UTF-8", text, error.start, "save the file as UTF-8")
    except _RefusedError as refused:
        _at_mark(source, "yaml-refused", str(refused), refused.mark)
    except yaml.MarkedYAMLError as error:
        _at_mark(source, "yaml-syntax", " ".join(filter(None, (error.context, error.problem))), error.problem_mark)
    except yaml.reader.ReaderError as error:
        start = _byte_offset(text, error)
        _at_byte(source, "yaml-syntax", f"U+{error.character:04X}: {error.reason}", text, start, "remove the character")
    except (yaml.YAMLError, RecursionError) as error:
        source.report("yaml-syntax", f"not readable as YAML: {type(error).__name__}", todo="check the file with an editor")
    return source


def _at_byte(source: Source, code: str, message: str, text: bytes, start: int, todo: str) -> None:
    line = text.count(b"\n", 0, start) + 1
    column = len(text[text.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")) + 1
    source.findings.append(Finding(source.file, line, column, code, message, "", "", todo))


def _byte_offset(text: bytes, error: yaml.reader.ReaderError) -> int:
    """libyaml counts bytes, the pure reader characters."""
    position = int(error.position)
    return position if _Loader is not yaml.SafeLoader else len(text.decode("utf-8")[:position].encode())


class _RefusedError(Exception):
    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.mark = mark


def _at_mark(source: Source, code: str, message: str, mark: Any) -> None:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    todo = "mend the syntax here or on the line above"
    source.findings.append(
        Finding(source.file, line, column, code, message, "", "plain YAML without anchors, aliases and tags", todo)
    )


def _refuse_references(text: str) -> None:
    """Anchors, tags and deep nesting are refused from the event stream, before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _RefusedError("anchors and aliases are not allowed", event.start_mark)
        if getattr(event, "tag", None):
            raise _RefusedError(f"the tag {event.tag} is not allowed", event.start_mark)  # type: ignore[attr-defined]
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _build(node: yaml.Node, path: Path, source: Source, depth: int) -> Any:
    source.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source, depth)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, index), source, depth + 1) for index, item in enumerate(node.value)]
    return scalar(node.value, plain=not getattr(node, "style", None))  # libyaml says "" where the pure reader says None


def _mapping(node: yaml.MappingNode, path: Path, source: Source, depth: int) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _RefusedError("a key must be plain text", key_node.start_mark)
        key = key_node.value
        here = (*path, key)
        position = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if key in out:
            first = source.keys[here][0]
            source.keys[here] = position
            source.report("duplicate-key", f"the key '{key}' stands twice (first on line {first})", here, todo="keep one of them")
            continue
        source.keys[here] = position
        out[key] = _build(value_node, here, source, depth + 1)
    return out


def scalar(text: str, *, plain: bool) -> Any:
    """The value of a scalar: quoted is always text; plain is null, true/false, an integer, a decimal number, or text."""
    if not plain:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
