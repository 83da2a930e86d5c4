"""What the archive takes in, and what it refuses with which reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.archives import FOUNDED, NOW, World, class_rows, world

from sapa.archive.manifest import Manifest
from sapa.archive.store import Store
from sapa.archive.submissions import Expected, Submission, latest_revisions, take_in
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.cades import sign_detached


@pytest.fixture
def here(tmp_path: Path) -> World:
    return world(tmp_path)


def refusal(here: World, submission: Submission, **kwargs: object) -> str:
    intake = here.take_in("classes", [submission], **kwargs)  # type: ignore[arg-type]
    assert len(intake.refused) == 1
    assert not list(here.store.names("submissions")), "a refused submission leaves no trace"
    assert intake.refused[0].todo
    return intake.refused[0].code


def resigned(here: World, submission: Submission, **changes: object) -> Submission:
    manifest = replace(Manifest.from_bytes(submission.manifest), **changes)
    signer = here.authority.person("Head of S000", "S000", now=NOW)
    return replace(
        submission, manifest=manifest.to_bytes(), signature=sign_detached(manifest.to_bytes(), signer, signing_time=NOW)
    )


def test_a_signed_submission_is_stored_and_its_file_hashes_to_its_digest(here: World) -> None:
    from hashlib import sha256

    intake = here.take_in("classes", here.submissions("classes", class_rows(3)))
    assert [item.unit for item in intake.stored] == ["S000", "S001", "S002"]
    for manifest in intake.stored:
        assert sha256(here.store.read(manifest.name + ".csv")).hexdigest() == manifest.digest


def test_revisions_are_kept_side_by_side(here: World) -> None:
    here.take_in("classes", here.submissions("classes", class_rows(1)))
    intake = here.take_in("classes", here.submissions("classes", class_rows(1, extra=1), revision=2))
    assert not intake.refused
    assert latest_revisions(here.store, "classes", "2020") == {"S000": 2}
    assert len(list(here.store.names("submissions"))) == 6


class Unlisted:
    """A store that may not be listed."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getattr__(self, name: str) -> object:
        assert name != "names", "the store was listed"
        return getattr(self.store, name)


def test_with_revisions_known_the_store_is_not_listed(here: World) -> None:
    expected, trust = Expected("classes", "2020", "l1"), here.authority.trust(now=NOW)
    first, second = (here.submissions("classes", class_rows(2, extra=number), revision=number) for number in (1, 2))
    store: Store = Unlisted(here.store)  # type: ignore[assignment]
    known: dict[str, int] = {}
    intake = take_in(store, first, expected, trust, at=NOW, known=known)
    assert [item.revision for item in intake.stored] == [1, 1]
    assert known == {}, "what the caller holds is the caller's"
    intake = take_in(store, second, expected, trust, at=NOW, known={"S000": 1})
    assert [(item.unit, item.code) for item in intake.refused] == [("S001", "wrong_revision")]
    assert latest_revisions(here.store, "classes", "2020") == {"S000": 2, "S001": 1}
    with pytest.raises(AssertionError, match="listed"):
        take_in(store, first, expected, trust, at=NOW)


def test_a_stored_revision_is_never_overwritten_whatever_the_caller_knows(here: World) -> None:
    [first], [other] = (here.submissions("classes", class_rows(1, extra=number)) for number in (0, 1))
    assert here.take_in("classes", [first]).stored
    intake = take_in(here.store, [other], Expected("classes", "2020", "l1"), here.authority.trust(now=NOW), at=NOW, known={})
    assert [(item.code, item.message) for item in intake.refused] == [
        ("wrong_revision", "revision 1 was sent, revision 2 is next")
    ]
    assert here.store.read("submissions/classes/2020/S000/r0001.csv") == first.rows


def test_unsigned(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    assert refusal(here, replace(submission, signature=b"")) == "no_signature"


def test_rows_altered_after_signing(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    assert refusal(here, replace(submission, rows=submission.rows.replace(b"10", b"99", 1))) == "altered"


def test_manifest_altered_after_signing(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    changed = replace(Manifest.from_bytes(submission.manifest), rows=999).to_bytes()
    assert refusal(here, replace(submission, manifest=changed)) == "altered"


def test_certificate_expired(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    assert refusal(here, submission, at=NOW + timedelta(days=3000)) == "expired"


def test_certificate_revoked(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    here.authority.revoke(here.authority.person("Head of S000", "S000", now=NOW), now=NOW)
    assert refusal(here, submission, at=NOW + timedelta(hours=1)) == "revoked"


def test_signed_by_the_head_of_another_school(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    stranger = here.authority.person("Head of S777", "S777", now=NOW)
    signed = sign_detached(submission.manifest, stranger, signing_time=NOW)
    assert refusal(here, replace(submission, signature=signed)) == "wrong_signer"


def test_signed_under_an_authority_nobody_trusts(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    stranger = DemonstrationAuthority("strangers", founded=FOUNDED).person("Head of S000", "S000", now=NOW)
    signed = sign_detached(submission.manifest, stranger, signing_time=NOW)
    assert refusal(here, replace(submission, signature=signed)) == "untrusted"


def test_wrong_period_and_wrong_dataset_and_wrong_revision(here: World) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    assert refusal(here, resigned(here, submission, period="2019")) == "wrong_period"
    assert refusal(here, resigned(here, submission, dataset="schools")) == "wrong_dataset"
    assert refusal(here, resigned(here, submission, layout="l2")) == "wrong_dataset"
    assert refusal(here, resigned(here, submission, revision=2)) == "wrong_revision"


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[]", b'{"unit":1}', b"\xff\xfe", b'{"a":' * 5000])
def test_a_manifest_that_is_none(here: World, manifest: bytes) -> None:
    [submission] = here.submissions("classes", class_rows(1))
    assert refusal(here, replace(submission, manifest=manifest)) == "malformed_manifest"


@pytest.mark.parametrize("unit", ["../../etc/passwd", "a/b", "..", ".hidden", "школа № 1", "a b", "-x", "~", "%2e%2e"])
def test_a_unit_can_be_called_anything_and_stays_inside_the_archive(here: World, unit: str, tmp_path: Path) -> None:
    table = class_rows(1).set_column(0, "school", [[unit] * 3])
    intake = here.take_in("classes", here.submissions("classes", table))
    assert [item.unit for item in intake.stored] == [unit]
    assert latest_revisions(here.store, "classes", "2020") == {unit: 1}
    outside = [path for path in tmp_path.rglob("r0001*") if (tmp_path / "archive" / "submissions") not in path.parents]
    assert not outside
