"""Engines that run a plan: DuckDB embedded, Spark on a cluster. Both give the same facts."""
