"""Judging an institution by its evidence: levels, changes, comparisons, the overall appraisal."""
