"""What comes after the freeze is not taken into the frozen state, and is told so; the frozen state stays as it was."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.faults.commands import fingerprint
from tests.support.archives import tiny_pack

from sapa.archive.manifest import Manifest
from sapa.archive.store import FolderStore
from sapa.archive.submissions import Submission
from sapa.archive.verify import verify_snapshot
from sapa.chain.collect import demonstration_authority, submit
from sapa.chain.context import Run
from sapa.chain.run import Outcome, collect_files, freeze_run
from sapa.cli.output import Clock
from sapa.errors import UserError
from sapa.signing.cades import sign_detached

NOW = datetime(2020, 10, 6, 12, tzinfo=UTC)
SCHOOLS = "school,region\nS1,R1\nS2,R2\n"
CLASSES = "school,class_name,pupils\nS1,1A,20\nS2,1A,9\n"


class Place:
    """A frozen archive and files to send to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = Run(tiny_pack(folder / "packs"), "2020", FolderStore(folder / "archive"), NOW, date(2020, 10, 5))
        self.collect(schools=SCHOOLS, classes=CLASSES)
        freeze_run(self.run, Clock(), Outcome())
        self.before = fingerprint(folder / "archive")

    def collect(self, *, unsigned: Path | None = None, **files: str) -> Outcome:
        outcome, paths = Outcome(), []
        for name, text in files.items():
            paths.append(self.folder / f"{name}.csv")
            paths[-1].write_text(text)
        collect_files(self.run, paths, Clock(), outcome, unsigned=unsigned)
        return outcome

    def untouched(self) -> None:
        assert fingerprint(self.folder / "archive") == self.before
        assert verify_snapshot(self.run.store, pack=self.run.pack).problems == []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize(
    "late",
    [
        {"classes": CLASSES.replace("20", "25")},
        {"schools": SCHOOLS + "S3,R1\n"},
        {"schools": SCHOOLS, "classes": CLASSES + "S2,1B,5\n"},
    ],
    ids=["changed", "new", "half"],
)
@pytest.mark.parametrize("unsigned", [False, True])
def test_a_late_return_is_refused_with_what_to_do(place: Place, late: dict[str, str], unsigned: bool) -> None:
    with pytest.raises(UserError, match="frozen as of 2020-10-05") as caught:
        place.collect(unsigned=place.folder / "unsigned" if unsigned else None, **late)
    assert "next state" in caught.value.todo
    place.untouched()


def test_the_same_returns_again_change_nothing(place: Place) -> None:
    outcome = place.collect(classes=CLASSES)
    assert outcome.notes == ["frozen as of 2020-10-05: these returns are in it as they are, nothing was written"]
    assert [item.revision for item in outcome.collected["classes"].intake.stored] == [1, 1]
    place.untouched()


def test_a_late_submission_signed_elsewhere_is_refused(place: Place) -> None:
    name = "submissions/classes/2020/S1/r0001"
    rows = place.run.store.read(f"{name}.csv")
    late = {**json.loads(place.run.store.read(f"{name}.json")), "revision": 2}
    manifest = Manifest(**{key: value for key, value in late.items() if key in Manifest.__dataclass_fields__}).to_bytes()
    authority = demonstration_authority(place.run)
    later = NOW + timedelta(days=1)
    signature = sign_detached(manifest, authority.person("Head of S1", "S1", now=NOW), signing_time=later)
    layout = place.run.pack.dataset("classes", "2020")
    with pytest.raises(UserError, match=r"frozen as of 2020-10-05.* S1 "):
        submit(place.run, layout, Submission(rows, manifest, signature), authority.trust(now=later))
    place.untouched()


def test_while_a_freeze_is_cut_off_nothing_comes_in_between(place: Place) -> None:
    archive = place.folder / "archive"
    plan = {"as_of": "2020-10-05"}
    (archive / "snapshot").rename(place.folder / "kept")
    (archive / "snapshot.work").mkdir()
    (archive / "snapshot.work/plan.json").write_text(json.dumps(plan))
    with pytest.raises(UserError, match="frozen as of 2020-10-05"):
        place.collect(classes=CLASSES.replace("20", "25"))
    (archive / "snapshot.work/plan.json").unlink()
    stored = place.collect(classes=CLASSES.replace("20", "25")).collected["classes"].intake.stored
    assert {item.unit: item.revision for item in stored} == {"S1": 2, "S2": 1}
