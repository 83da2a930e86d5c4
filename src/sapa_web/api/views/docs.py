"""The API's description for people: drawn from the same definition as the machine's, without a script."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sapa_web.api.rest.application import description
from sapa_web.api.rest.problems import TITLES


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Every route with its parameters, body and answers."""
    schema = description()
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(schema, address, method, operation))
    statuses = [{"status": status, "title": title} for status, title in TITLES.items()]
    return render(
        request, "api/docs.html", {"groups": groups.items(), "statuses": statuses, "version": schema["info"]["version"]}
    )


def _operation(schema: dict[str, Any], address: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "address": address,
        "summary": operation["summary"],
        "text": operation.get("description", ""),
        "parameters": [_parameter(item) for item in operation.get("parameters", ())],
        "body": [(form, _drawn(schema, item.get("schema", {}))) for form, item in body.items()],
        "answers": [
            (status, form, _drawn(schema, item.get("schema", {})))
            for status, answer in operation["responses"].items()
            if status.startswith("2")
            for form, item in answer.get("content", {}).items()
        ],
        "refusals": [status for status in operation["responses"] if not status.startswith("2")],
    }


def _parameter(item: dict[str, Any]) -> dict[str, Any]:
    shape = item.get("schema", {})
    kinds = shape.get("anyOf") or [shape]
    kind = next((part.get("format") or part.get("type", "") for part in kinds if part.get("type") != "null"), "")
    return {
        "name": item["name"], "where": item["in"], "required": item.get("required", False), "type": kind,
        "text": item.get("description", ""), "values": shape.get("enum", ()), "default": shape.get("default"),
    }  # fmt: skip


def _drawn(schema: dict[str, Any], shape: dict[str, Any]) -> str:
    """A shape as an example of JSON with the types in the place of values."""
    return json.dumps(_example(schema, shape, 0), ensure_ascii=False, indent=2)


def _example(schema: dict[str, Any], shape: dict[str, Any], depth: int) -> Any:
    if "$ref" in shape:
        return _example(schema, schema["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]], depth + 1)
    if "anyOf" in shape:
        plain = [part for part in shape["anyOf"] if part.get("type") != "null"]
        return _example(schema, plain[0], depth) if len(plain) == 1 else " | ".join(str(part.get("type")) for part in plain)
    if "enum" in shape:
        return " | ".join(str(value) for value in shape["enum"])
    if shape.get("type") == "array" and depth < 6:
        return [_example(schema, shape.get("items", {}), depth + 1)]
    if "properties" in shape and depth < 6:
        return {name: _example(schema, part, depth + 1) for name, part in shape["properties"].items()}
    if isinstance(shape.get("additionalProperties"), dict):
        return {"…": _example(schema, shape["additionalProperties"], depth + 1)}
    return shape.get("format") or shape.get("type") or "…"
