"""Publications: documents, tables, charts and open data, drawn from facts and nothing else."""

from sapa.publication.api import PublishReport, publish
from sapa.publication.meta import PackStamp, PublicationMeta, Quality, RuleFindings, UnitName

__all__ = ["PackStamp", "PublicationMeta", "PublishReport", "Quality", "RuleFindings", "UnitName", "publish"]
