"""What a file itself says of its columns, joined with what the study file declares of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from atrisk.study.load import LoadedStudy
from atrisk.study.table import Variable
from atrisk.study.text import Text

# Words of a declaration that say how a column is read; one of them means that the study has decided that.
_DECIDING = frozenset({"type", "levels", "range", "censored", "bands", "partial", "format"})
_ON_TYPE = frozenset({"levels", "range", "type"})


def joined(declared: Variable | None, described: Variable) -> Variable:
    """A variable as declared, with what the file says where the study file is silent.

    What decides how a column is read (type, levels, range and the like) comes as one from either side, so that levels
    of the file never meet a type of the study; a category of the study without levels takes those of the file.
    """
    if declared is None:
        return described
    said = declared.model_fields_set
    decided = said & _DECIDING
    taken = {}
    for word in described.model_fields_set - said:
        category = word == "levels" and decided == {"type"} and declared.type == "category"
        if word not in _ON_TYPE or not decided or category:
            taken[word] = getattr(described, word)
    return declared.model_copy(update=taken) if taken else declared


def with_descriptions(loaded: LoadedStudy, described: dict[str, Variable]) -> LoadedStudy:
    """The study with its variables (by ``table.column``) as the files describe them where it is silent."""
    if not described:
        return loaded
    variables = dict(loaded.study.variables)
    for name, variable in described.items():
        variables[name] = joined(variables.get(name), variable)
    return replace(loaded, study=loaded.study.model_copy(update={"variables": variables}))


def with_table_codes(loaded: LoadedStudy, columns: Mapping[str, Sequence[str]]) -> LoadedStudy:
    """The study with each table's ``missing:`` codes added to those of its columns (``columns`` by table).

    A column's own reason for a code, and a level of that code, come before the table's.
    """
    variables = dict(loaded.study.variables)
    for name, table in loaded.study.data.items():
        for column in columns[name] if table.missing else ():
            variable = variables.get(f"{name}.{column}", Variable())
            codes = _reasons(table.missing).items()
            added = {code: reason for code, reason in codes if code not in (variable.levels or ())}
            update = {"missing": {**added, **_reasons(variable.missing)}}
            variables[f"{name}.{column}"] = variable.model_copy(update=update)
    return replace(loaded, study=loaded.study.model_copy(update={"variables": variables}))


def _reasons(codes: tuple[str, ...] | dict[str, Text]) -> dict[str, Text]:
    return dict(codes) if isinstance(codes, dict) else {code: Text(code) for code in codes}
