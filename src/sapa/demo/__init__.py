"""A made-up country of any size, the same for the same seed: for the demonstration, for tests and for benchmarks."""

from sapa.demo.country import Country, generate, stream, write_parquet
from sapa.demo.defects import Defect
from sapa.demo.monitoring import internal_monitoring, write_monitoring
from sapa.demo.returns import write_returns
from sapa.demo.scale import Scale

__all__ = [
    "Country",
    "Defect",
    "Scale",
    "generate",
    "internal_monitoring",
    "stream",
    "write_monitoring",
    "write_parquet",
    "write_returns",
]
