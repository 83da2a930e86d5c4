"""Answers as files: CSV and XLSX streamed. Never truncated: what a format can't hold is refused with the reason.

The workbook is written by hand, row by row into the archive: 15 million cells take the usual library minutes, and us the time to
compress them. It is the plainest workbook there is: numbers and inline strings, a sheet a million rows.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from sapa.errors import UserError
from sapa.measurement.layout import UNLISTED, Layout, Variable, codes_of

SHEET_ROWS = 1_048_576
"""Rows of a sheet of Excel, the heading included."""
SHEET_COLUMNS = 16_384
CELL = 32_767
"""Characters of a cell of Excel."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def csv_stream(layout: Layout, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """Answers as CSV (RFC 4180, UTF-8 with a mark for Excel), a piece a batch; codes, not words. ``batches`` are ``wide`` ones.

    Words that a spreadsheet would take as a formula get an apostrophe before them.
    """
    schema = layout.schema()
    yield b"\xef\xbb\xbf" + _written(
        pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema), True
    )
    for batch in batches:
        yield _written(_harmless(layout, batch), False)


def _written(batch: pa.RecordBatch, header: bool) -> bytes:
    out = io.BytesIO()
    pacsv.write_csv(
        batch, out, pacsv.WriteOptions(include_header=header, quoting_style="needed", quoting_header="needed", eol="\r\n")
    )
    return out.getvalue()


def _harmless(layout: Layout, batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = list(batch.columns)
    for place, variable in enumerate(layout.variables):
        if variable.part == "words":
            risky = pc.match_substring_regex(arrays[place], r"^[=+\-@\t\r]")
            arrays[place] = pc.if_else(risky, pc.binary_join_element_wise("'", arrays[place], ""), arrays[place])
        elif pa.types.is_floating(arrays[place].type):
            arrays[place] = _whole_numbers(arrays[place])
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _whole_numbers(values: pa.Array) -> pa.Array:
    """Numbers without a fraction as such: 1 and not 1.0."""
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:
        return values


class _Sink(io.RawIOBase):
    """Where the archive writes and the stream takes from."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        out = b"".join(self.pieces)
        self.pieces.clear()
        return out


def xlsx_stream(
    layout: Layout,
    batches: Iterable[pa.RecordBatch],
    n: int,
    *,
    language: str | None = None,
    sheets: tuple[str, str] = ("answers", "questions"),
    notes: tuple[str, ...] = (),
    rows: int = SHEET_ROWS,
) -> Iterator[bytes]:
    """Answers as a workbook: the first sheet says what is what (with ``notes``, each a line), then the ``n`` answers with the
    words of their options, on as many sheets as they need. Raises ``UserError`` where a cell or a row is too long for Excel.
    """
    if len(layout.variables) > SHEET_COLUMNS:
        raise UserError(
            f"{len(layout.variables)} columns are more than Excel's {SHEET_COLUMNS}", todo="take the answers as CSV or SAV"
        )
    many = max(1, -(-n // (rows - 1)))
    names = [sheets[1], *(sheets[0] if many == 1 else f"{sheets[0]} {number + 1}" for number in range(many))]
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, text in _parts(names):
            archive.writestr(path, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_open_sheet() + b"".join(_row(line) for line in _about(layout, language, notes)) + _CLOSE)
        yield sink.taken()
        source = _Rows(layout, batches, language)
        for number in range(many):
            with archive.open(f"xl/worksheets/sheet{number + 2}.xml", "w", force_zip64=True) as sheet:
                sheet.write(_open_sheet(freeze=True) + _row([variable.name for variable in layout.variables], bold=True))
                for piece in source.take(rows - 1):
                    sheet.write(piece)
                    yield sink.taken()
                sheet.write(_CLOSE)
    yield sink.taken()


class _Rows:
    """Rows of the answers as XML, taken in pieces across the ends of batches."""

    def __init__(self, layout: Layout, batches: Iterable[pa.RecordBatch], language: str | None) -> None:
        self.layout, self.batches, self.language = layout, iter(batches), language
        self.rest: list[str] = []

    def take(self, most: int) -> Iterator[bytes]:
        while most > 0:
            if not self.rest:
                batch = next(self.batches, None)
                if batch is None:
                    return
                self.rest = _drawn(self.layout, batch, self.language).to_pylist()
            now, self.rest = self.rest[:most], self.rest[most:]
            most -= len(now)
            yield "".join(now).encode()


def _drawn(layout: Layout, batch: pa.RecordBatch, language: str | None) -> pa.Array:
    cells = [_cells(layout, variable, batch.column(place), language) for place, variable in enumerate(layout.variables)]
    return pc.binary_join_element_wise("<row>", *cells, "</row>", "")


def _cells(layout: Layout, variable: Variable, values: pa.Array, language: str | None) -> pa.Array:
    """The cells of a column as XML. What can be chosen is written once an option and then only picked."""
    if variable.part in ("code", "group"):
        say = layout.questionnaire.say
        words = [say(option.label, language) or option.code for option in variable.options]
        pieces = pa.array([*(_cell(word) for word in words), "<c/>"])
        codes = codes_of(variable, values)
        picked = pieces.take(pa.array([len(words) if code < 0 else code for code in codes.tolist()]))
        if (codes == UNLISTED).any():
            return pc.if_else(pa.array(codes == UNLISTED), pa.array([_cell(text or "") for text in values.to_pylist()]), picked)
        return picked
    if variable.part == "words":
        return pa.array(["<c/>" if text is None else _cell(_short(text, variable)) for text in values.to_pylist()])
    texts = pc.cast(_whole_numbers(values), pa.string())
    return pc.fill_null(pc.binary_join_element_wise("<c><v>", texts, "</v></c>", ""), "<c/>")


def _short(text: str, variable: Variable) -> str:
    if len(text) > CELL:
        raise UserError(
            f"an answer to {variable.question} has {len(text)} characters, a cell of Excel holds {CELL}",
            todo="take the answers as CSV",
        )
    return text


def _cell(text: str, style: str = "") -> str:
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{escape(_clean(text))}</t></is></c>'


def _clean(text: str) -> str:
    """Without the control characters XML can't carry."""
    return "".join(char for char in text if char >= " " or char in "\t\n\r") if not text.isprintable() else text


def _row(values: Iterable[object], *, bold: bool = False) -> bytes:
    style = ' s="1"' if bold else ""
    cells = (f"<c{style}><v>{value}</v></c>" if isinstance(value, (int, float)) else _cell(str(value), style) for value in values)
    return f"<row>{''.join(cells)}</row>".encode()


def _about(layout: Layout, language: str | None, notes: tuple[str, ...]) -> Iterator[list[object]]:
    say = layout.questionnaire.say
    yield [say(layout.questionnaire.title, language) or layout.questionnaire.id]
    for note in notes:
        yield [note]
    yield []
    for variable in layout.variables:
        yield [variable.name, say(variable.label, language)]
        for option in variable.options:
            yield ["", option.code, say(option.label, language) or option.code]


_CLOSE = b"</sheetData></worksheet>"


def _open_sheet(*, freeze: bool = False) -> bytes:
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if freeze else ""
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}">{view}<sheetData>'.encode()


def _parts(names: list[str]) -> Iterator[tuple[str, str]]:
    """Everything of the package but the sheets (ECMA-376, part 2)."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    numbers = range(1, len(names) + 1)
    sheets = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers)
    yield (
        "[Content_Types].xml",
        (
            f'{head}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{sheets}</Types>'
        ),
    )
    yield (
        "_rels/.rels",
        (
            f'{head}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    listed = "".join(
        f'<sheet name={quoteattr(_sheet_name(name))} sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, names, strict=True)
    )
    yield "xl/workbook.xml", f'{head}<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{listed}</sheets></workbook>'
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    styles = f'<Relationship Id="rId{len(names) + 1}" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    yield "xl/_rels/workbook.xml.rels", f'{head}<Relationships xmlns="{_PACKAGE}/relationships">{targets}{styles}</Relationships>'
    plain, bold = (f'<xf numFmtId="0" fontId="{font}" fillId="0" borderId="0"' for font in (0, 1))
    font = '<sz val="10"/><name val="Noto Sans"/></font>'
    yield (
        "xl/styles.xml",
        (
            f'{head}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font>{font}<font><b/>{font}</fonts>'
            f'<fills count="2"><fill><patternFill patternType="none"/></fill>'
            f'<fill><patternFill patternType="gray125"/></fill></fills>'
            f'<borders count="1"><border/></borders>'
            f'<cellStyleXfs count="1">{plain}/></cellStyleXfs>'
            f'<cellXfs count="2">{plain} xfId="0"/>{bold} xfId="0" applyFont="1"/></cellXfs>'
            f'<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        ),
    )


def _sheet_name(text: str) -> str:
    return "".join(char for char in text if char not in "[]:*?/\\'")[:31] or "1"
