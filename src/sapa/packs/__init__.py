"""Packs: the law as data. Strict reader: YAML with positions → frozen models; what is wrong → findings."""
