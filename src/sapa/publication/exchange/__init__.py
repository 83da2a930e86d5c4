"""Published figures in the formats that statistics are exchanged in; each file explains itself.

CSV with CSVW metadata, a workbook, JSON-stat 2.0, Parquet, SDMX-CSV 2.0 and SDMX-ML 3.0 with their structures, a Frictionless
data package, DCAT for a whole catalogue. The same data set gives the same bytes; a suppressed figure is a number in none of them.
"""

from sapa.publication.exchange.api import FORMATS, bundle, write_files
from sapa.publication.exchange.model import OpenDataSet, subset
from sapa.publication.exchange.package import catalogue

__all__ = ["FORMATS", "OpenDataSet", "bundle", "catalogue", "subset", "write_files"]
