"""Writes a small SAS data set and its catalogue of formats beside this script; run by hand, the files are committed.

pyreadstat reads these files and offers no function that writes them, but the library it is made from, ReadStat
(https://github.com/WizardMac/ReadStat, MIT), has the functions, and the extension module exports them. Written with
pyreadstat 1.3.7 on Linux: python tests/read/statistics/make_sas_files.py
"""

from __future__ import annotations

import ctypes
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyreadstat

HERE = Path(__file__).parent
STRING, DOUBLE = 0, 5
SAS_EPOCH = dt.date(1960, 1, 1)
# A letter alone is one of SAS's special missing values.
ROWS: list[tuple[Any, ...]] = [
    (1.0, "A", 1.0, dt.date(2010, 1, 31), 1.5, 0.0, "Müller"),
    (2.0, "B", 2.0, None, None, 10.0, ""),
    (3.0, "A", ".N", dt.date(2011, 1, 1), ".R", 4.0, "Ångström"),
    (4.0, "B", 1.0, dt.date(2012, 2, 29), 3.25, 7.0, "Li"),
]
# Name, type, width, format, label.
COLUMNS = [
    ("id", DOUBLE, 0, None, None),
    ("arm", STRING, 1, "$ARMF", None),
    ("sex", DOUBLE, 0, "SEXF", "Sex of the patient"),
    ("op_date", DOUBLE, 0, "DATE9", None),
    ("ki67", DOUBLE, 0, "KIF8.2", "Ki-67 index"),
    ("pain", DOUBLE, 0, "PAINF", None),
    ("name", STRING, 12, "$12", None),
]
# ReadStat writes no labels of special missing values into a catalogue.
FORMATS: dict[str, dict[Any, str]] = {
    "SEXF": {1.0: "Male", 2.0: "Female"},
    "PAINF": {0.0: "None", 10.0: "Worst", -1.0: "Could not say"},
    "$ARMF": {"A": "Resection", "B": "Ablation"},
}


class Writer:
    """ReadStat's functions that write, with the types of their arguments."""

    def __init__(self) -> None:
        (module,) = Path(pyreadstat.__file__).parent.glob("_readstat_writer*.so")
        self.library = ctypes.CDLL(str(module))
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self.put = ctypes.CFUNCTYPE(ctypes.c_ssize_t, pointer, size, pointer)
        for name, result, arguments in (
            ("writer_init", pointer, []),
            ("set_data_writer", ctypes.c_int, [pointer, self.put]),
            ("writer_set_file_timestamp", ctypes.c_int, [pointer, ctypes.c_long]),
            ("add_variable", pointer, [pointer, ctypes.c_char_p, ctypes.c_int, size]),
            ("variable_set_format", None, [pointer, ctypes.c_char_p]),
            ("variable_set_label", None, [pointer, ctypes.c_char_p]),
            ("begin_writing_sas7bdat", ctypes.c_int, [pointer, pointer, ctypes.c_long]),
            ("begin_writing_sas7bcat", ctypes.c_int, [pointer, pointer]),
            ("begin_row", ctypes.c_int, [pointer]),
            ("end_row", ctypes.c_int, [pointer]),
            ("end_writing", ctypes.c_int, [pointer]),
            ("insert_double_value", ctypes.c_int, [pointer, pointer, ctypes.c_double]),
            ("insert_string_value", ctypes.c_int, [pointer, pointer, ctypes.c_char_p]),
            ("insert_missing_value", ctypes.c_int, [pointer, pointer]),
            ("insert_tagged_missing_value", ctypes.c_int, [pointer, pointer, ctypes.c_char]),
            ("add_label_set", pointer, [pointer, ctypes.c_int, ctypes.c_char_p]),
            ("label_double_value", None, [pointer, ctypes.c_double, ctypes.c_char_p]),
            ("label_string_value", None, [pointer, ctypes.c_char_p, ctypes.c_char_p]),
        ):  # fmt: skip
            function = getattr(self.library, f"readstat_{name}")
            function.restype, function.argtypes = result, arguments

    def call(self, name: str, *arguments: Any) -> Any:
        """The result of a function; an error code of ReadStat is an error."""
        function: Callable[..., Any] = getattr(self.library, f"readstat_{name}")
        result = function(*arguments)
        if function.restype is ctypes.c_int and result:  # type: ignore[attr-defined]
            raise OSError(f"{name}: error {result} of ReadStat")
        return result

    @contextmanager
    def file(self, path: Path) -> Iterator[Any]:
        """A writer whose bytes are put into a file when it ends."""
        written = bytearray()

        @self.put
        def put(data: Any, count: int, _context: Any) -> int:
            written.extend(ctypes.string_at(data, count))
            return count

        writer = self.call("writer_init")
        self.call("set_data_writer", writer, put)
        self.call("writer_set_file_timestamp", writer, 0)
        yield writer
        self.call("end_writing", writer)
        path.write_bytes(written)


def data_set(of: Writer) -> None:
    with of.file(HERE / "patient.sas7bdat") as writer:
        variables = []
        for name, kind, width, form, label in COLUMNS:
            variables.append(of.call("add_variable", writer, name.encode(), kind, width))
            if form is not None:
                of.call("variable_set_format", variables[-1], form.encode())
            if label is not None:
                of.call("variable_set_label", variables[-1], label.encode())
        of.call("begin_writing_sas7bdat", writer, None, len(ROWS))
        for row in ROWS:
            of.call("begin_row", writer)
            for variable, (_, kind, *_rest), value in zip(variables, COLUMNS, row, strict=True):
                insert(of, writer, variable, value, text=kind == STRING)
            of.call("end_row", writer)


def insert(of: Writer, writer: Any, variable: Any, value: Any, *, text: bool) -> None:
    if value is None:
        of.call("insert_missing_value", writer, variable)
    elif text:
        of.call("insert_string_value", writer, variable, value.encode())
    elif isinstance(value, str):
        of.call("insert_tagged_missing_value", writer, variable, value[1:].encode())
    else:
        number = (value - SAS_EPOCH).days if isinstance(value, dt.date) else value
        of.call("insert_double_value", writer, variable, number)


def catalogue(of: Writer) -> None:
    with of.file(HERE / "formats.sas7bcat") as writer:
        for name, labels in FORMATS.items():
            text = name.startswith("$")
            known = of.call("add_label_set", writer, STRING if text else DOUBLE, name.encode())
            for value, label in labels.items():
                if text:
                    of.call("label_string_value", known, value.encode(), label.encode())
                else:
                    of.call("label_double_value", known, value, label.encode())
        of.call("begin_writing_sas7bcat", writer, None)


if __name__ == "__main__":
    sas = Writer()
    data_set(sas)
    catalogue(sas)
