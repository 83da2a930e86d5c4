"""The public side: releases, the portal, open data. What is public is decided in one place, ``domain.queries.published``."""
