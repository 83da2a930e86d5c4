"""The description of the API (OpenAPI): what ninja has made of the routes, and what every route has in common."""

from __future__ import annotations

import json
from typing import Any

from sapa_web.api.rest.problems import TITLES, TYPE
from sapa_web.api.rest.schemas import ProblemOut

EVERYWHERE = (401, 403, 404, 405, 422, 429, 500, 503)
WRITING = (400, 409, 413, 415, 423)


def described(schema: Any) -> Any:
    """The schema with problem documents for every status a route may answer with."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    made = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    components.update(made.pop("$defs", {}))
    components["ProblemOut"] = made
    for path in schema["paths"].values():
        for method, operation in path.items():
            _problems(operation, method)
    return schema


def _problems(operation: dict[str, Any], method: str) -> None:
    responses = operation.setdefault("responses", {})
    everybody = "public" in operation.get("tags", ())
    statuses = tuple(status for status in EVERYWHERE if not (everybody and status == 401))
    statuses += (WRITING if method in ("post", "put") else ()) + ((409,) if method in ("get", "delete") and not everybody else ())
    for status in sorted(set(statuses)):
        answer: dict[str, Any] = {
            "description": str(TITLES[status]),
            "content": {TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
        }
        if status in (429, 423, 503):
            answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
        responses[status] = answer


def json_safe(schema: Any) -> dict[str, Any]:
    """Plain JSON values: keys as texts, nothing lazy."""
    plain: dict[str, Any] = json.loads(json.dumps(schema, default=str))
    return plain
