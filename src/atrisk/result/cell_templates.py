"""The English words of what the data check finds in cells and columns; part of ``remark_templates``."""

from __future__ import annotations

from atrisk.result.finding_templates import Template

CELLS: dict[str, Template] = {
    "declared-correction": "corrected as the study file declares: {reason}",
    "declared-correction.remedy": "Correct it in the source too; then remove the line under 'corrections:'.",
    "missing-key": "the row has no key",
    "missing-key.remedy": "Enter the row's identifier.",
    "duplicate-key": "the same key as in row {first}",
    "duplicate-key.remedy": (
        "If it is the same row entered twice, remove one; otherwise give one of them another identifier."
    ),
    "missing-parent-key": "the row does not say which row of '{parent}' it belongs to",
    "missing-parent-key.remedy": "Enter the identifier of the row it belongs to.",
    "orphan-row": "'{parent}' has no row with this key",
    "orphan-row.remedy": "Correct the identifier, or add the missing row to the other table.",
    "orphan-row.other-spelling": (
        "The two tables write the same identifiers differently (leading zeros or '.0'): export both as text."
    ),
    "one-to-one": "a second row for the same row of '{parent}'; the first is row {first}",
    "one-to-one.remedy": (
        "Remove the row that is wrong, narrow the table's 'where:', or remove 'one_to_one:' from the study file."
    ),
    "parent-left-out": (
        "{count} row belongs to a row that the 'where:' of '{parent}' leaves out; not used",
        "{count} rows belong to rows that the 'where:' of '{parent}' leaves out; not used",
    ),
    "rows-left-out": (
        "the 'where:' of this table leaves out {count} of {n} rows of the file",
        "the 'where:' of this table leaves out {count} of {n} rows of the file",
    ),
    "rows-left-out.remedy": "Nothing, if that is meant: whoever stands only in these rows is not in the study.",
    "unknown-level": "the value is not one of the declared levels",
    "unknown-level.remedy": "Correct it to one of {levels}; or declare it under 'levels:' or 'missing:'.",
    "unknown-level.other-case": "Only upper or lower case differs from a level: correct it.",
    "below-range": "below the declared range of {low:g} to {high:g}{unit}",
    "above-range": "above the declared range of {low:g} to {high:g}{unit}",
    "out-of-range.remedy": "Check it against the record, and its unit; correct it or widen 'range:'.",
    "after-data-cut": "the date is after the data cut, {cut}",
    "after-data-cut.remedy": (
        "Correct the date; if it is a code such as 9999-12-31, declare it under 'missing:'; or correct 'data_cut:'."
    ),
    "far-after-the-others": "the date is more than two years after all other dates of the study",
    "far-after-the-others.remedy": (
        "Check its year; with 'data_cut:' under 'study:', the last day of the data, every date after it is found."
    ),
    "life-span.remedy": (
        "Check both dates against the record and correct the wrong one; if both are right, nothing is to be done."
    ),
    "codes-alike": (
        "the code differs from another of the column only in upper or lower case, blanks, width or signs that nobody"
        " sees"
    ),
    "codes-alike.remedy": (
        "Write one code one way, or give both a label of their own under 'levels:' if they differ in meaning; now they"
        " count as two."
    ),
    "negative-age-or-duration": "an age or a duration is negative",
    "negative-age-or-duration.remedy": (
        "Correct it; if it is a code for 'not recorded', declare it under 'missing:'; if it is real, declare its"
        " 'range:'."
    ),
    "year-before": "the year is before {year}",
    "year-after": "the year is after {year}",
    "implausible-year.remedy": "Check the year; two digits may have been read as four.",
    "coded-by-centre": (
        "some codes are far commoner at one centre than at another (Cramér's V {strength:.2f}; 0 is the same "
        "everywhere, 1 is codes of its own for each centre)"
    ),
    "often-missing.remedy": (
        "Enter what can still be found. Where a cell is empty because the question does not apply, nothing is to be "
        "done."
    ),
    "coded-by-centre.remedy": (
        "Ask the centres how they coded it; patients of two centres may differ less than their codes."
    ),
    "missing-by-centre": "{least:.0%} of the cells are not recorded at one centre, {most:.0%} at another",
    "missing-by-centre.remedy": "Ask the centre; a complete-case analysis would leave its patients out.",
    "another-unit-low": "about {factor:g} times smaller than the column's other numbers: {units}?",
    "another-unit-high": ("about {factor:g} times larger than the column's other numbers: are these in {units}?"),
    "another-unit-heap": (
        "{count} of {n} numbers form a heap of their own, about {factor:g} times from the others: {units}?",
        "{count} of {n} numbers form a heap of their own, about {factor:g} times from the others: {units}?",
    ),
    "another-unit.remedy": (
        "Look the unit up; correct the number, or enter the unit in a column of its own. Nothing is converted for you."
    ),
    "thousands-point": "three digits after a point, in a column of whole numbers below 1000: thousands set apart?",
    "thousands-point.remedy": (
        "It was read with a decimal point, as 1.25 for 1.250. Write thousands without a point; if it is a decimal"
        " point, nothing is to be done."
    ),
    "units-10": "cm for mm, or g/dL for g/L",
    "units-100": "a fraction for a percentage, or m for cm",
    "units-60": "hours for minutes",
    "units-1000": "g for mg, or L for mL",
    "units-17.1": "mg/dL for µmol/L",
    "units-88.4": "mg/dL for µmol/L",
    "perhaps-same-person": "the same sex, date of birth and date of operation as row {first}, under another key",
    "perhaps-same-person.remedy": (
        "If it is one person entered twice, perhaps at two centres, remove one; nothing is removed for you."
    ),
    "digit-preference": "{share:.0%} of {n} numbers end in 0 or 5, where 20% would",
    "digit-preference.remedy": "Read them as rounded; differences smaller than the rounding mean nothing.",
    "dates-on-one-day": "{share:.0%} of the dates are on day {day} of the month, where 3% would be",
    "dates-on-one-day.remedy": (
        "If only the month was known, enter it so (2009-05) and declare 'partial:'; times counted from these dates are"
        " tied."
    ),
    "days-up-to-twelve": "{share:.0%} of the dates are on days 1 to 12 of the month, where 39% would be",
    "days-up-to-twelve.remedy": (
        "Day and month may have been exchanged on the way: export the dates as YYYY-MM-DD, or declare their 'format:'."
    ),
    "implausible-age": "more than {years} years lie between this date of birth and '{start}'",
    "implausible-age.remedy": "Check the year of birth; two digits may have been read as four.",
    "implausible-birth-year": "this is no year in which a patient can have been born",
    "implausible-birth-year.remedy": "Enter the year with four digits.",
    "declared-impossible": "{because}",
    "declared-impossible.remedy": "Check each of these cells against the record and correct the wrong one.",
    "partial-dates": (
        "{count} date is recorded without its day or month and completed as declared; {moved} of these moved to where"
        " it can have been",
        "{count} dates are recorded without their day or month and completed as declared; {moved} of these moved to"
        " where they can have been",
    ),
    "partial-dates.remedy": (
        "Look the dates up if you can; run the study with 'partial: earliest' and 'partial: latest' as alternatives."
    ),
    "partial-date-moved": (
        "as completed the date would contradict a date before or after it, the last day known alive or the data cut; it"
        " was moved by as little as possible"
    ),
    "partial-date-moved.remedy": "Look the date up; the value shows what was recorded and what was taken.",
    "dates-in-order": "{first} ({first_file}, row {first_row}) is after {second} ({second_file}, row {second_row})",
    "dates-in-order.remedy": (
        "Check both dates against the record and correct the wrong one; day and month are never swapped for you."
    ),
    "same-row-twice": "the same in everything but the key as row {first}",
    "same-row-twice.remedy": "If both rows are the same patient or event, remove one; nothing is removed for you.",
    "like-a-missing-code": "the value is a common code for 'not recorded' and lies far from the others",
    "like-a-missing-code.remedy": (
        "If it means 'not recorded', declare it under 'missing:' for the column; if it is real, nothing is to be done."
    ),
    "often-missing": (
        "{count} of {n_rows} cells ({share:.0%}) is not recorded",
        "{count} of {n_rows} cells ({share:.0%}) are not recorded",
    ),
    "like-a-missing-word": (
        "{count} cell holds a word that often means 'not recorded'",
        "{count} cells hold a word that often means 'not recorded'",
    ),
    "like-a-missing-word.remedy": (
        "If they mean 'not recorded', declare them under 'missing:' for the column; now they count as values."
    ),
}
