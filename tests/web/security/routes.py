"""The site's addresses, taken from the routes themselves: what is mounted is attacked, without a list to forget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

LIBRARY = ("account_", "mfa_", "openid_connect_", "socialaccount_", "usersessions_")


@dataclass(frozen=True)
class Route:
    """One address with places to fill in."""

    name: str
    pieces: tuple[str, ...]
    converters: dict[str, Any]
    template: str

    def __str__(self) -> str:
        return self.name or self.template

    def __hash__(self) -> int:
        return hash(self.template)

    def path(self, **values: Any) -> str:
        """The address with these values in its places; a place without a value takes the converter's plainest one."""
        return "/" + self.template % {name: values.get(name, "1") for name in self.pieces}


def routes() -> list[Route]:
    """Every address of the site."""
    return sorted(_walk(get_resolver(), "", ()), key=str)


def _walk(resolver: URLResolver, before: str, spaces: tuple[str, ...]) -> Iterator[Route]:
    for item in resolver.url_patterns:
        here, converters = _template(item)
        if isinstance(item, URLResolver):
            inner = (*spaces, item.namespace) if item.namespace else spaces
            for route in _walk(item, before + here, inner):
                yield Route(route.name, (*converters, *route.pieces), {**converters, **route.converters}, route.template)
        elif isinstance(item, URLPattern):
            yield Route(":".join((*spaces, item.name or "")).strip(":"), tuple(converters), converters, before + here)


def _template(item: URLPattern | URLResolver) -> tuple[str, dict[str, Any]]:
    """``of/<str:code>/`` → ``of/%(code)s/`` with the converters of its places."""
    pattern = item.pattern
    if hasattr(pattern, "_route"):
        text = str(pattern._route)
        for name, converter in pattern.converters.items():
            kinds = [f"<{kind}:{name}>" for kind in ("int", "str", "slug", "uuid", "path")] + [f"<{name}>"]
            for kind in kinds:
                text = text.replace(kind, f"%({name})s")
            assert converter is not None
        return text, dict(pattern.converters)
    text = str(pattern._regex).lstrip("^").rstrip("$")
    names = list(pattern.regex.groupindex)
    for name in names:
        start = text.index(f"(?P<{name}>")
        depth, end = 0, start
        for end in range(start, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                break
        text = text[:start] + f"%({name})s" + text[end + 1 :]
    return text.replace("\\", ""), dict.fromkeys(names)
