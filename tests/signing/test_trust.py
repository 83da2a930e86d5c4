"""Trust stores: one trust, one digest, from a folder or from bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapa.errors import UserError
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore


def test_there_and_back_through_bytes(trust: TrustStore) -> None:
    again = TrustStore.from_bytes(trust.to_bytes())
    assert again == trust
    assert again.digest == trust.digest


def test_order_and_repetition_do_not_matter(trust: TrustStore) -> None:
    other = TrustStore(trust.roots * 2, trust.intermediates, trust.crls[::-1])
    assert other.digest == trust.digest


def test_every_part_changes_the_digest(trust: TrustStore) -> None:
    stores = [trust, TrustStore(trust.roots), TrustStore(trust.roots, trust.intermediates)]
    assert len({store.digest for store in stores}) == 3


def test_there_and_back_through_a_folder(trust: TrustStore, tmp_path: Path) -> None:
    trust.save(tmp_path / "trust")
    assert TrustStore.load(tmp_path / "trust") == trust


def test_der_files_and_bundles(trust: TrustStore, tmp_path: Path) -> None:
    trust.save(tmp_path / "pem")
    bundle = b"".join(path.read_bytes() for path in sorted((tmp_path / "pem").glob("*.pem")))
    (tmp_path / "bundle.crt").write_bytes(bundle)
    for index, item in enumerate(trust.crls):
        (tmp_path / f"{index}.crl").write_bytes(item)
    (tmp_path / "readme.txt").write_text("not looked at")
    assert TrustStore.load(tmp_path) == trust
    (tmp_path / "bundle.crt").unlink()
    (tmp_path / "root.der").write_bytes(trust.roots[0])
    assert TrustStore.load(tmp_path) == TrustStore(trust.roots, (), trust.crls)


def test_a_person_is_not_trusted_as_an_authority(head: Signer, tmp_path: Path) -> None:
    (tmp_path / "head.cer").write_bytes(head.certificate)
    with pytest.raises(UserError, match=r"head\.cer.*no authority"):
        TrustStore.load(tmp_path)


def test_what_is_neither_certificate_nor_list_is_named(trust: TrustStore, tmp_path: Path) -> None:
    trust.save(tmp_path)
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(UserError, match=r"broken\.pem"):
        TrustStore.load(tmp_path)


def test_a_folder_without_a_root(authority: DemonstrationAuthority, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no root"):
        TrustStore.load(tmp_path)
    (tmp_path / "intermediate.der").write_bytes(authority.intermediate)
    with pytest.raises(UserError, match="no root"):
        TrustStore.load(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format":"sapa-trust/2"}',
        b'{"format":"sapa-trust/1","roots":["AAAA"],"intermediates":[],"crls":[]}',
        b'{"format":"sapa-trust/1","roots":[1],"intermediates":[],"crls":[]}',
        b'{"format":"sapa-trust/1","roots":["%"],"intermediates":[],"crls":[]}',
    ],
)
def test_bytes_that_are_no_store(data: bytes) -> None:
    with pytest.raises(UserError, match="not a trust store"):
        TrustStore.from_bytes(data)
