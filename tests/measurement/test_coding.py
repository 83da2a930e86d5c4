"""Coding of open answers, and the project other programs open."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from sapa.errors import UserError
from sapa.measurement.coding import Assignment, Code, CodeBook, Unit, agreement, frequencies, settled
from sapa.measurement.refi import qdc, qdpx

BOOK = CodeBook(
    title={"en": "Wishes"},
    codes=(
        Code(id="place", name={"en": "Place"}, codable=False),
        Code(id="yard", name={"en": "Yard"}, parent="place", definition={"en": "Anything\noutdoors"}, colour="#17506b"),
        Code(id="food", name={"en": "Food & drink"}),
    ),
)
UNITS = [
    Unit(id="1", text="Більше дерев у дворі 🌳", source="wish"),
    Unit(id="2", text="better soup\r\nand a yard"),
    Unit(id="3", text="…"),
]
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def given(*triples: tuple[str, str, str]) -> list[Assignment]:
    return [Assignment(unit=unit, coder=coder, codes=frozenset(codes.split())) for unit, coder, codes in triples]


DOUBLE = given(
    ("1", "anna", "yard"),
    ("1", "olha", "yard"),
    ("2", "anna", "yard food"),
    ("2", "olha", "food"),
    ("3", "anna", ""),
    ("3", "olha", ""),
)


def test_agreement_of_two_coders_code_by_code() -> None:
    found = agreement(BOOK, DOUBLE)
    assert (found.coders, found.units, found.disputed) == (("anna", "olha"), 3, ("2",))
    assert found.identical == pytest.approx(2 / 3)
    yard, food = found.codes
    assert (yard.code, yard.percent) == ("yard", pytest.approx(2 / 3))
    assert yard.kappa == pytest.approx(0.4)  # observed 2/3, by chance (2/3)(1/3) + (1/3)(2/3) = 4/9
    assert food.kappa == 1
    assert yard.given == {"anna": 2, "olha": 1}
    assert found.alpha is not None
    assert 0 < found.alpha < 1


def test_what_coders_disagree_on_is_settled_by_a_decision_only() -> None:
    with pytest.raises(UserError, match="disagree on 2"):
        settled(BOOK, DOUBLE, {})
    final = settled(BOOK, DOUBLE, {"2": frozenset({"yard", "food"})})
    assert frequencies(BOOK, final) == {"place": 2, "yard": 2, "food": 1}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (given(("1", "anna", "sky")), "does not have"),
        (given(("1", "anna", "place")), "does not have"),
        (given(("1", "anna", "yard"), ("1", "anna", "food")), "twice"),
    ],
)
def test_wrong_codings_are_refused(wrong: list[Assignment], why: str) -> None:
    with pytest.raises(UserError, match=why):
        agreement(BOOK, wrong)


def test_a_book_that_stands_under_itself_is_refused() -> None:
    circle = (Code(id="a", name={}, parent="b"), Code(id="b", name={}, parent="a"))
    with pytest.raises(UserError, match="under itself"):
        CodeBook(title={}, codes=circle).check()
    with pytest.raises(UserError, match="no code"):
        CodeBook(title={}, codes=(Code(id="a", name={}, parent="z"),)).check()


CHILDREN = {  # Project.xsd of 18 March 2019: what may stand in each element, in this order
    "Project": [
        "Users",
        "CodeBook",
        "Variables",
        "Cases",
        "Sources",
        "Notes",
        "Links",
        "Sets",
        "Graphs",
        "Description",
        "NoteRef",
    ],
    "Users": ["User"],
    "User": [],
    "CodeBook": ["Codes"],
    "Codes": ["Code"],
    "Code": ["Description", "NoteRef", "Code"],
    "Sources": ["TextSource", "PictureSource", "PDFSource", "AudioSource", "VideoSource"],
    "TextSource": ["Description", "PlainTextContent", "PlainTextSelection", "Coding", "NoteRef", "VariableValue"],
    "PlainTextSelection": ["Description", "Coding", "NoteRef"],
    "Coding": ["CodeRef", "NoteRef"],
    "CodeRef": [],
    "Description": [],
}
REQUIRED = {
    "Project": {"name"}, "User": {"guid"}, "Code": {"guid", "name", "isCodable"}, "TextSource": {"guid"},
    "PlainTextSelection": {"guid", "startPosition", "endPosition"}, "Coding": {"guid"}, "CodeRef": {"targetGUID"},
}  # fmt: skip
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def opened() -> tuple[zipfile.ZipFile, ET.Element]:
    made = qdpx(BOOK, UNITS, DOUBLE, name="Wishes 2026", now=NOW, coders={"anna": "First coder", "olha": "Second coder"})
    archive = zipfile.ZipFile(io.BytesIO(made))
    return archive, ET.fromstring(archive.read("project.qde"))


def test_the_project_has_the_elements_of_the_standard_in_their_order() -> None:
    _, root = opened()
    for element in root.iter():
        name = element.tag.removeprefix("{urn:QDA-XML:project:1.0}")
        allowed = CHILDREN[name]
        order = [allowed.index(child.tag.removeprefix("{urn:QDA-XML:project:1.0}")) for child in element]
        assert order == sorted(order)
        assert REQUIRED.get(name, set()) <= set(element.attrib)
        for attribute in ("guid", "targetGUID", "creatingUser"):
            assert attribute not in element.attrib or GUID.fullmatch(element.attrib[attribute])


def test_every_reference_leads_somewhere_and_every_guid_is_there_once() -> None:
    _, root = opened()
    guids = [element.attrib["guid"] for element in root.iter() if "guid" in element.attrib]
    assert len(guids) == len(set(guids))
    for element in root.iter():
        for attribute in ("targetGUID", "creatingUser"):
            assert element.attrib.get(attribute, guids[0]) in guids


def test_texts_come_back_and_double_coding_arrives_as_such() -> None:
    archive, root = opened()
    space = {"q": "urn:QDA-XML:project:1.0"}
    sources = root.findall("q:Sources/q:TextSource", space)
    texts = [archive.read(f"Sources/{one.attrib['plainTextPath'].removeprefix('internal://')}").decode() for one in sources]
    assert texts == ["Більше дерев у дворі 🌳", "better soup\nand a yard", "…"]
    second = sources[1].find("q:PlainTextSelection", space)
    assert second is not None
    assert texts[1][int(second.attrib["startPosition"]) : int(second.attrib["endPosition"])] == texts[1]
    names = {one.attrib["guid"]: one.attrib["name"] for one in root.iter() if "guid" in one.attrib and "name" in one.attrib}
    coded = [(names[one.attrib["creatingUser"]], names[one[0].attrib["targetGUID"]]) for one in second.findall("q:Coding", space)]
    assert coded == [("First coder", "Food & drink"), ("First coder", "Yard"), ("Second coder", "Food & drink")]
    assert sources[2].find("q:PlainTextSelection", space) is None
    assert [code.attrib["name"] for code in root.findall("q:CodeBook/q:Codes/q:Code", space)] == ["Place", "Food & drink"]


def test_the_same_project_has_the_same_bytes() -> None:
    assert qdpx(BOOK, UNITS, DOUBLE, name="x", now=NOW) == qdpx(BOOK, UNITS, DOUBLE, name="x", now=NOW)
    assert b"urn:QDA-XML:codebook:1.0" in qdc(BOOK)
    with pytest.raises(UserError, match="does not have"):
        qdpx(BOOK, UNITS[:1], DOUBLE, name="x", now=NOW)
