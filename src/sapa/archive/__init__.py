"""Canonical bytes, submissions, snapshots and the hash tree over them."""
