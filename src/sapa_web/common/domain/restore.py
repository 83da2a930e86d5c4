"""A site from a backup: into an empty home and an empty database, of either kind; then looked at whether it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from django.apps import apps
from django.conf import settings

from sapa.archive.manifest import submission_name
from sapa.archive.store import Store
from sapa.archive.submissions import load
from sapa.errors import RefusedError, UserError
from sapa_web.common import files
from sapa_web.common.domain import backup, dump, ledger
from sapa_web.common.domain.backup import Contents, Say


def restore(source: Path, say: Say = lambda text: None) -> Contents:
    """Restore ``source`` here; raises ``UserError`` where the site is not empty, ``RefusedError`` where the backup does not hold.

    The archive is written first, the tables last and all at once: a restore that was cut off can simply be repeated.
    """
    contents = backup.inspect(source)
    _require_room(contents)
    _require_keys(contents)
    say(f"a backup of {contents.at}, up to ledger entry {contents.ledger.seq}")
    store = files.everything()
    with TemporaryDirectory(prefix="sapa-restore-") as folder:
        for name, content in backup.members(source):
            kind, _, rest = name.partition("/")
            if kind == "tables":
                (Path(folder) / rest).write_bytes(content)
            elif kind == "archive":
                store.write(rest, content)
            elif kind == "home":
                _write_home(rest, content)
        store.sync()
        say("tables")
        dump.load(Path(folder).iterdir(), contents.migrations)
    return contents


def problems(contents: Contents | None = None) -> Iterator[str]:
    """What is not whole on this site: the ledger's chain, the files of every submission; with ``contents``, the ledger's end."""
    if contents is not None and ledger.head() != contents.ledger:
        yield f"the ledger ends at entry {ledger.head().seq}, the backup's at {contents.ledger.seq}"
    for fault in ledger.faults():
        yield f"ledger entry {fault.seq}: {fault.reason}"
    stores: dict[tuple[str, str], Store] = {}
    # Submissions belong to a layer above; only its table is asked.
    known = apps.get_model("collection", "Submission").objects.unscoped("every submission is verified")
    for item in known.select_related("obligation__campaign", "obligation__organisation").iterator(chunk_size=1000):
        campaign = item.obligation.campaign
        place = (campaign.pack, campaign.period)
        store = stores.setdefault(place, files.archive(*place))
        name = submission_name(campaign.dataset, campaign.period, item.obligation.organisation.code, item.revision)
        yield from _submission(store, name, item.digest, bytes(item.manifest))


def _submission(store: Store, name: str, digest: str, manifest: bytes) -> Iterator[str]:
    try:
        held = load(store, name)
    except RefusedError as error:
        yield error.message
        return
    if held.manifest != manifest:
        yield f"{name}: the manifest in the archive is another than the database holds"
    if sha256(held.rows).hexdigest() != digest:
        yield f"{name}: its rows do not have the digest that was signed"


def _require_room(contents: Contents) -> None:
    """Nothing here may be lost: no rows, no files of an archive but those of this very backup."""
    if not dump.is_empty():
        raise UserError("this site's database is not empty", todo="restore into a new home and an empty database")
    store = files.everything()
    for name in files.names(store):
        kept = contents.files.get(f"archive/{name}")
        if kept is None or sha256(store.read(name)).hexdigest() != kept[1]:
            raise UserError(f"the archive holds {name}, which is not of this backup", todo="restore into an empty archive")


def _require_keys(contents: Contents) -> None:
    """The keys of the backup are in it, or here already; with others, nobody could read what is restored."""
    here = {backup.SECRET_KEY: settings.SECRET_KEY.encode(), backup.PSEUDONYM_KEY: b""}
    kept = Path(settings.SAPA_HOME) / backup.PSEUDONYM_KEY
    if kept.is_file():
        here[backup.PSEUDONYM_KEY] = kept.read_bytes()
    for name, fingerprint in contents.keys.items():
        carried = f"home/{name}" in contents.files and not (name == backup.SECRET_KEY and os.environ.get("SAPA_SECRET_KEY"))
        if not carried and backup.fingerprint(here[name]) != fingerprint:
            raise UserError(
                f"the {name} of this home is not the backup's (fingerprint {fingerprint})",
                todo=f"put the key kept beside the backup into the file {name} of the home (or SAPA_SECRET_KEY)",
            )


def _write_home(name: str, content: bytes) -> None:
    home = Path(settings.SAPA_HOME).resolve()
    path = (home / name).resolve()
    if not path.is_relative_to(home):
        raise RefusedError(f"unsafe file name {name[:80]!r}", todo="this is no backup of ours")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(path)
