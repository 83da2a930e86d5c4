"""Record layouts at work: reading files, verifying rows, writing findings back, canonical bytes."""

from sapa.datasets.canonical import canonical, parse_canonical
from sapa.datasets.cases import run_verify_cases
from sapa.datasets.findings import SCHEMA, SEVERITIES, Cause, Findings
from sapa.datasets.guard import Limits
from sapa.datasets.layout import ROW, arrow_type, kept_fields, schema
from sapa.datasets.pseudonym import pseudonyms
from sapa.datasets.reader import Reading, read, read_records
from sapa.datasets.report import Verified, totals, verified, write_annotated, write_findings_json, write_findings_xlsx
from sapa.datasets.template import write_template
from sapa.datasets.verify import Statement, verify

__all__ = [
    "ROW",
    "SCHEMA",
    "SEVERITIES",
    "Cause",
    "Findings",
    "Limits",
    "Reading",
    "Statement",
    "Verified",
    "arrow_type",
    "canonical",
    "kept_fields",
    "parse_canonical",
    "pseudonyms",
    "read",
    "read_records",
    "run_verify_cases",
    "schema",
    "totals",
    "verified",
    "verify",
    "write_annotated",
    "write_findings_json",
    "write_findings_xlsx",
    "write_template",
]
