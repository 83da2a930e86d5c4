"""What the people of the year type and hand in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl

from tests.web import cast

REGISTER = {
    **{name: str(value) for name, value in cast.attributes("Noram school No 1", "secondary-school", "general", "R1-01").items()},
}
"""The row of the register, by field; codes as the lists of the form hold them."""

NAMES = [
    ("Marin", "Sofia", "F"), ("Rosek", "Pavel", "M"), ("Talan", "Mira", "F"), ("Keran", "Timur", "M"), ("Dolin", "Ada", "F"),
    ("Lanov", "Daniil", "M"), ("Verin", "Eva", "F"), ("Baran", "Nikita", "M"), ("Navin", "Olga", "F"), ("Zanek", "Alin", "M"),
    ("Sorel", "Anna", "F"), ("Petran", "Ilya", "M"),
]  # fmt: skip


def learners(unit: str = cast.SCHOOL, many: int = len(NAMES)) -> list[dict[str, str]]:
    """Pupils of one class without a mistake, by field."""
    return [
        {
            "person": f"P{unit[-3:]}{number:04d}", "surname": surname, "first_name": first, "as_of": "2024-09-16",
            "birth_date": f"2013-{number % 9 + 1:02d}-12", "sex": sex, "programme_level": "basic", "grade": "6",
            "class_id": f"{unit}-6A", "language": "ru", "mode": "full-time", "special_needs": "none", "repeater": "false",
            "entry": "promoted", "exit": "continues",
        }
        for number, (surname, first, sex) in enumerate(NAMES[:many], start=1)
    ]  # fmt: skip


def fill(template: Path, rows: list[dict[str, str]]) -> Path:
    """The downloaded workbook, filled in as a secretary would: by the headings of its first sheet."""
    book = openpyxl.load_workbook(template)
    fields = {title: name for title, name, *_rest in book["Fields"].iter_rows(min_row=2, values_only=True)}
    sheet = book["Data"]
    for column, cell in enumerate(next(sheet.iter_rows(min_row=1, max_row=1)), start=1):
        name = fields[cell.value]
        for line, row in enumerate(rows, start=2):
            value: str | date = row.get(name, "")
            if value and name in ("as_of", "birth_date"):
                value = date.fromisoformat(str(value))
            if value:
                sheet.cell(line, column).value = value
    target = template.with_name("learners-filled.xlsx")
    book.save(target)
    return target
