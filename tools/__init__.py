"""Tools of the repository: what `make lint`, `make lock` and `make docs` run."""
