#!/usr/bin/env bash
# Lock every dependency set with hashes, for every platform and Python 3.11 or later.
#
# One resolution over everything comes first and constrains each set, so that the sets can stand in one environment.
# The index is whatever this machine is configured to use, handed over at run time: no address is written to a file.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.venv/bin/uv
index=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)
index=${PIP_INDEX_URL:-$index}
[ -z "$index" ] || export UV_DEFAULT_INDEX="$index"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # compile OUTPUT ARGUMENTS…
    local output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@" --output-file "$output" >/dev/null
}

lock() { # lock SET ARGUMENTS…
    local name=$1
    shift
    echo "locking requirements/$name.txt"
    compile "$work/$name.txt" --generate-hashes --constraints "$work/all.txt" "$@"
    {
        echo "# Made by \`make lock\` from pyproject.toml; do not edit. Installed with --require-hashes."
        cat "$work/$name.txt"
    } >"requirements/$name.txt"
}

# `make lock` keeps what is locked while pyproject.toml allows it; `make lock UPGRADE=1` takes the newest.
if [ "${UPGRADE:-}" != 1 ]; then
    for old in requirements/*.txt; do
        [ -e "$old" ] || continue
        cat "$old" >>"$work/old.txt"
    done
    # uv reads the versions to prefer from the file it is about to write.
    if [ -e "$work/old.txt" ]; then grep -E '^[A-Za-z0-9]' "$work/old.txt" | sed 's/ *\\$//' | sort -u >"$work/all.txt"; fi
fi
compile "$work/all.txt" pyproject.toml --all-extras --group pyproject.toml:dev --group pyproject.toml:bench \
    --group pyproject.toml:docs --group pyproject.toml:frontend --group pyproject.toml:tools

mkdir -p requirements
lock tools --group pyproject.toml:tools
lock base pyproject.toml
lock web pyproject.toml --extra web
lock spark pyproject.toml --extra spark
lock dev pyproject.toml --extra spark --extra web --group pyproject.toml:dev
lock bench pyproject.toml --extra web --group pyproject.toml:bench
lock frontend --group pyproject.toml:frontend
lock docs pyproject.toml --group pyproject.toml:docs
