"""The English words of findings about files, their cells and the variables derived from them, by their code.

They are part of ``remark_templates``, where the form of a template is described.
"""

from __future__ import annotations

Template = str | tuple[str, str]

# Findings about variables and definitions.
DEFINITIONS: dict[str, Template] = {
    "expression-fails": "The derived variable '{variable}' cannot be computed for this patient.",
    "where-fails": "'where' cannot be computed for this row.",
    "undeclared-level": "The derived variable '{variable}' takes a value that is not among its levels.",
    "undeclared-level.remedy": "Declare the level, or let the expression yield only those declared.",
    "negative-age": "The date of birth lies after time zero.",
    "negative-stay": "The date of discharge lies before time zero.",
    "unknown-sex-code": "The sex is neither of the two codes the definition knows, so that there is no score.",
    "unknown-sex-code.remedy": "Codes are {codes}; name those of the file under 'female:' and 'male:'.",
    "unknown-margin-code": "The margin is none of the codes the definition knows.",
    "unknown-margin-code.remedy": (
        "Codes are {codes} and RX. Another code counts where its label under 'levels:' is one of them."
    ),
    "scan-without-date": "A scan has no date and is left out.",
    "scan-without-date.remedy": "Enter the date.",
    "scan-without-status": "A scan has no status and is left out.",
    "scan-without-status.remedy": "Enter what the scan showed.",
    "unknown-scan-status": "The status of a scan is neither among the positive nor among the negative codes: left out.",
    "unknown-scan-status.remedy": "Correct it, or name its code under 'positive:' or 'negative:'.",
    "never-positive": "No scan has one of the codes under 'positive:', so that nobody ever progresses.",
    "never-positive.remedy": "Compare the codes under 'positive:' with those in the file.",
    "grade-discordant": "The reported grade is not the one of Ki-67 and mitoses under WHO {edition}.",
    "grade-discordant.remedy": (
        "Look up which of the three is right; grades reported under an earlier edition may differ."
    ),
    "residual-exceeds-tumour": "More tumour is recorded after the operation than before it.",
    "residual-exceeds-tumour.remedy": "Correct one of the two, or their units.",
    "unknown-resection-code": "A resection code is not known, so that the extent of the resection is not either.",
    "unknown-resection-code.remedy": "Codes are separated by ';' and are {codes}.",
    "unknown-clavien-dindo-grade.remedy": (
        "Grades are {grades}; III and IV need their a or b. A code such as 3a counts where its label under 'levels:' is"
        " one of them."
    ),
    "unknown-isgls-grade.remedy": (
        "Grades are {grades}. Another code counts where its label under 'levels:' is one of them."
    ),
    "unknown-grade": "The grade is none of those the definition knows, so that it has neither rank nor weight.",
    "complication-without-grade": "A complication has no grade; what depends on it is unknown for this patient.",
    "complication-without-grade.remedy": "Enter the grade.",
    "complication-without-date": "A complication has no date, so that it may lie inside or outside the window.",
    "complication-without-date.remedy": "Enter the date.",
    "complication-before-operation": "A complication is dated before its operation, so that it does not count.",
    "complication-before-operation.remedy": (
        "Correct one of the two dates; if it follows an earlier operation, give the row to that one, or leave it out"
        " with 'where:'."
    ),
    "like-a-fraction": "No percentage of this column is above 1, and some are between 0 and 1: fractions?",
    "like-a-fraction.remedy": (
        "If 0.95 means 95 %, derive 100 * the column and give the definition that; else nothing is to be done."
    ),
    "implausible-unit": "No living patient has such a value of {value} in the declared unit.",
    "implausible-unit.remedy": "Correct the value, or the unit under 'derive:'.",
}

# Findings about files, their tables and cells, as they are read.
READING: dict[str, Template] = {
    "rows-set-aside": (
        "{count} row that blocks was set aside to look at patients and definitions; more may be found once it is"
        " corrected",
        "{count} rows that block were set aside to look at patients and definitions; more may be found once they are"
        " corrected",
    ),
    "no-rows": "the table has no rows",
    "no-rows.remedy": "Export the file again, or correct the table's 'where:'.",
    "no-rows.remedy-child": "Check that the export is complete.",
    "wrong-type": "the cell is not {expected}, as this column's cells are",
    "wrong-type.stated": "the cell is not {expected}, as the study file says this column's cells are",
    "type-integer": "a whole number",
    "type-number": "a number",
    "type-date": "a date",
    "type-boolean": "true or false",
    "wrong-type.limit": "If it is a limit such as '<1', declare 'censored: true' for the column.",
    "wrong-type.comma": "Write decimals with a point, and thousands without a comma.",
    "wrong-type.point": (
        "Write it with a decimal comma, like the rest of the column; without the point, if that sets thousands apart."
    ),
    "wrong-type.span": "Enter one number: a span such as '3-5' is not one.",
    "wrong-type.fraction": "Enter a whole number, or declare 'type: number' for the column.",
    "wrong-type.partial": (
        "If only the month or the year is known, declare 'partial: {{day: 15, month: 7}}' for the column."
    ),
    "wrong-type.format": (
        "Write it like the rest of the column, or declare 'format:' if all dates typed as text are written so."
    ),
    "wrong-type.other-format": "Write it {format}, as 'format:' says that dates are written.",
    "wrong-type.no-such-day": "Read as {format}, this day does not exist: correct it.",
    "wrong-type.serial": (
        "If it is a date stored as a number of days, format the cell as a date and look whether it is right."
    ),
    "wrong-type.impossible": "The calendar has no such day: correct it.",
    "wrong-type.missing": "If it means 'not recorded', declare it under 'missing:' for the column.",
    "wrong-type.other": (
        "Correct the cell, or, if it is a code for 'not recorded', declare it under 'missing:' for the column."
    ),
    "spreadsheet-error": "the cell holds an error of the spreadsheet, not a value",
    "spreadsheet-error.remedy": (
        "Mend its formula; if it means 'not recorded', declare it (such as \"#N/A\") under 'missing:'."
    ),
    "flag-for-date": (
        "the study file uses the column as a date, and it holds none: its recorded cells have {count} value, as those"
        " of a flag do",
        "the study file uses the column as a date, and it holds none: its recorded cells have {count} different"
        " values, as those of a flag or a status code do",
    ),
    "numbers-for-date": (
        "the study file uses the column as a date, and it holds none: its {count} recorded cell is a number",
        "the study file uses the column as a date, and it holds none: its {count} recorded cells are numbers",
    ),
    "flag-for-date.remedy": "Name the column that holds the date.",
    "flag-for-event.remedy": (
        "Under outcome '{outcome}' name the column that holds the date of the event. If there is none but a time: in"
        " place of 'event:' and 'censor:' write 'time: {{column: COLUMN, unit: days}}' and 'status: {{column: {column},"
        " event: 1, censored: 0}}', with the codes that the column has. If there is no time either, follow-up to"
        " {censor} tells the day: derive it, 'event_date: {{sql: CASE WHEN {happened} THEN {censor} END}}', and write"
        " 'event: event_date'."
    ),
    "na-is-missing": (
        "{count} cell is NA, as R writes missing values, and read as not recorded",
        "{count} cells are NA, as R writes missing values, and read as not recorded",
    ),
    "na-is-missing.remedy": "If NA has a meaning here, declare it under 'levels:' of the column.",
    "mixed-column": "half of the cells or more are numbers or dates and the others are not; all were read as text",
    "mixed-column.remedy": (
        "Declare the column's 'type:' and its 'missing:' codes; then the cells that do not fit are listed."
    ),
    "mixed-column.remedy-dates": (
        "Declare how the dates typed as text are written, such as 'format: DD.MM.YYYY', and the 'missing:' codes; then"
        " the cells that do not fit are listed."
    ),
    "time-of-day": (
        "{count} date has a time of day, which was cut off",
        "{count} dates have a time of day, which was cut off",
    ),
    "decimal-comma": "numbers are written with decimal commas and were read so",
    "decimal-comma.remedy": "If the comma separates thousands, write the numbers without it.",
    "date-format.short-years": (
        "the dates have years of two digits, which leave the century open, and none is guessed"
    ),
    "date-format.short-years.remedy": (
        "Write all dates with years of four digits: 05.09.14 may be a day of 1914 or of 2014."
    ),
    "date-format.none": "the dates are not written YYYY-MM-DD, and no known format fits most of them",
    "date-format.none.remedy": (
        "Write all dates in one way, with years of four digits, and declare it as 'format:' of the column."
    ),
    "date-format": (
        "the dates are not written YYYY-MM-DD, and no format is guessed; the one that fits best is {formats}",
        "the dates are not written YYYY-MM-DD, and no format is guessed; these formats fit equally well: {formats}",
    ),
    "date-format.remedy": (
        "Declare 'format: {format}' for the column if that is how they were entered.",
        "Declare 'format: {format}' for the column if that is the right one of them.",
    ),
    "unnamed-column": "column {position} has no name in the header; it is called 'column_{position}'",
    "unnamed-column.remedy": "Name it, or remove it if it only numbers the rows.",
    "merged-cells": "cells are merged to row {row}, column {column}; only the first has a value",
    "merged-cells.remedy": "Unmerge them and write the value into each cell it belongs to.",
    "formula-without-value": "the cell has a formula that was never computed, and no value",
    "formula-without-value.remedy": "Open the workbook in a spreadsheet program, which computes it, and save it.",
    "shown-as-percentage": "numbers in {rows} rows are shown as percentages: what shows as 15% is the number 0.15",
    "shown-as-percentage.remedy": (
        "See whether the whole column is so, and correct it if not; set 'unit:' and 'range:' to match."
    ),
    "partly-labelled": (
        "{count} value has no label in the file, so its value labels were not taken as the column's levels",
        "{count} values have no label in the file, so its value labels were not taken as the column's levels",
    ),
    "partly-labelled.remedy": ("Declare 'levels:' if it is a category, and codes for 'not recorded' under 'missing:'."),
    "binary-cells": "cells with binary data (BLOB) were read as empty",
    "binary-cells.remedy": "Store what the study needs of them as text, a number or a date.",
    "where-unknown": (
        "whether this row belongs to the table is unknown, because a cell that 'where:' looks at is empty"
    ),
    "where-unknown.remedy": (
        "Fill in the cell, or say in 'where:' what an empty one means (such as '... OR column IS NULL')."
    ),
    "hidden-rows": (
        "{count} row is hidden in the sheet, and read like the others",
        "{count} rows are hidden in the sheet, and read like the others",
    ),
    "rows-above-header": (
        "{count} row above the header was passed over",
        "{count} rows above the header were passed over",
    ),
    "old-workbook": "in a workbook of the old kind (.xls) cells with an error such as #N/A are read as empty",
    "old-workbook.remedy": "Save it as .xlsx to have them listed.",
    "quotes-too-long": "a cell is longer than {most:,} characters; the row was not read",
    "quotes-too-long.remedy": "A quote that is never closed makes such cells: close it.",
    "quotes-open": "a quote is opened and never closed; the file was not read from here on",
    "quotes-open.remedy": "Close the quote in this row.",
    "quotes-within": "a quoted cell goes on after its closing quote; the row was not read",
    "quotes-within.remedy": ('Write a quote within a quoted cell twice (""), or close the quote opened in this row.'),
    "nul-character": "the row has NUL characters",
    "nul-character.remedy": "Export the file again; it is damaged.",
    "ragged-row": (
        "the row has {count} cell, the header has {width}",
        "the row has {count} cells, the header has {width}",
    ),
    "ragged-row.remedy-few": "Add the missing cells or quotes.",
    "ragged-row.remedy-many": "Put cells that hold the delimiter in quotes.",
    "empty-rows": (
        "{count} row without any value was passed over",
        "{count} rows without any value were passed over",
    ),
    "surplus-cells": (
        "{count} row has empty cells beyond the last column; these were ignored",
        "{count} rows have empty cells beyond the last column; these were ignored",
    ),
    "encoding": "the file was read as {encoding}",
    "encoding.remedy": ("Look at names with accents or Chinese characters; if they are wrong, declare 'encoding:'."),
    "delimiter": "cells are separated by a {delimiter}",
    "delimiter-semicolon": "semicolon",
    "delimiter-tab": "tab",
    "delimiter-bar": "bar",
}
