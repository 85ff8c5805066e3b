"""Writes the small files of SPSS, Stata and SAS beside this script; run by hand, the files are committed.

Written with pyreadstat 1.3.7 and pandas 2.x: python tests/read/statistics/make_files.py
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pyreadstat

HERE = Path(__file__).parent
FRAME = pd.DataFrame(
    {
        "id": [1.0, 2.0, 3.0, 4.0],
        "arm": ["A", "B", "A", "B"],
        "sex": [1.0, 2.0, 9.0, 1.0],
        "op_date": [dt.date(2010, 1, 31), None, dt.date(2011, 1, 1), dt.date(2012, 2, 29)],
        "ki67": [1.5, None, 98.0, 3.25],
        "pain": [0.0, 10.0, 4.0, 7.0],
        "name": ["Müller", "", "Ångström", "Li"],
    }
)
LABELS = {"sex": "Sex of the patient", "ki67": "Ki-67 index"}
VALUES = {"sex": {1: "Male", 2: "Female", 9: "Not asked"}, "pain": {0: "None", 10: "Worst"}}


def main() -> None:
    labels = [LABELS.get(column) for column in FRAME.columns]
    missing = {"sex": [9], "ki67": [{"lo": 97, "hi": 99}]}
    for file, compress in (("patient.sav", False), ("patient.zsav", True)):
        pyreadstat.write_sav(
            FRAME, HERE / file, column_labels=labels, variable_value_labels=VALUES, missing_ranges=missing,
            compress=compress,
        )  # fmt: skip
    stata = FRAME.copy()
    stata["sex"] = stata["sex"].astype(int)
    stata["pain"] = stata["pain"].astype(int)
    stata["ki67"] = stata["ki67"].astype(object)
    stata.loc[2, "ki67"] = "a"
    values = {**VALUES, "ki67": {"a": "Refused"}}
    pyreadstat.write_dta(
        stata, HERE / "patient.dta", column_labels=labels, variable_value_labels=values,
        missing_user_values={"ki67": ["a"]},
    )  # fmt: skip
    pyreadstat.write_xport(FRAME.drop(columns="name"), HERE / "patient.xpt", column_labels=labels[:-1])


if __name__ == "__main__":
    main()
