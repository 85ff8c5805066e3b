"""The English words of every remark, by its code; a catalogue of another language translates these same templates.

A name in braces is filled with the value of that name, which a translation may put elsewhere. A pair holds the words
for one and for several; the value ``count`` chooses. ``CODE.remedy`` says what to do about the finding ``CODE``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from atrisk.result.cell_templates import CELLS
from atrisk.result.finding_templates import DEFINITIONS, READING, Template

_PARTS: dict[str, Template] = {
    "both": "{first}; {second}",
    "either": "{first} or {second}",
    "list": "{parts}",
    "quoted": '"{label}"',
}

# Notes, warnings and errors of result rows.
_ROWS: dict[str, Template] = {
    "not-estimable": "not estimable",
    "no-value": "no value recorded",
    "fewer-than-two-values": "fewer than two values",
    "values-are-limits": "some values are recorded only as a limit",
    "recorded-as-limit": "{count} recorded only as a limit",
    "small-expected-counts": "counts below 5 are expected: the chi-squared approximation is rough",
    "small-expected-counts-in-strata": (
        "counts below 5 are expected in a stratum: the test's approximation is rough; the exact test stands beside it"
    ),
    "values-tied": (
        "{share:.0%} of the values are {value:g}: the median of the differences hardly moves whatever the others are;"
        " read how often one group's values are higher"
    ),
    "not-reached": "not reached: the curve stays above this level",
    "limit-not-reached": "limit not reached",
    "beyond-follow-up": "beyond the last follow-up",
    "beyond-follow-up-of-one-group": "beyond the last follow-up of one of the two groups",
    "curve-at-0-or-1": (
        "the curve of one of the two groups is at 0% or 100%, where its error is unknown: nobody, or everybody, has had"
        " the event"
    ),
    "limits-from-both-curves": "limits from those of both curves ({type}), after Zou and Donner",
    "incomplete-for-model": "the outcome or a variable of the model is not recorded",
    "incomplete-for-adjustment": "the outcome or a confounder is not recorded",
    "rubins-rules": "{count} imputed data sets, Rubin's rules, degrees of freedom of Barnard and Rubin",
    "efron-ties-and-rubins-rules": (
        "Efron ties; {count} imputed data sets, Rubin's rules, degrees of freedom of Barnard and Rubin"
    ),
    "few-imputed-sets": (
        "{share:.0%} of the information is missing: more than {count} imputed data sets would be steadier"
    ),
    "not-in-every-imputed-set": "not estimable in every imputed data set",
    "chains-not-settled": (
        "the chains of imputed values have not settled (scale reduction {ratio:.2f}, above 1.1): more iterations are"
        " needed"
    ),
    "few-events-per-parameter": (
        "{per:g} events for each coefficient of the adjusted model: below about 10 its estimates and limits are unsure"
    ),
    "score-separates": (
        "the confounders tell some patients' group with certainty: such patients have no counterpart in the other group"
    ),
    "no-counterpart": "some patients have no counterpart in the other group: {levels}",
    "level-of-one-group": "nobody in {group} has {variable} {level}",
    "no-variation": "no variation in either group",
    "balance-as-for": "the balance of these patients stands under '{outcome}'",
    "fails-its-gate": "fails its gate: {why}",
    "gate-smd-below": "largest standardised difference {measured:g}, not below {threshold:g}",
    "gate-effective-n-at-least": "effective sample size {measured:.1f}, not at least {threshold:g}",
    "gate-equipoise-at-least": "share in equipoise {measured:.1%}, not at least {threshold:.0%}",
    "gate-smd-below-unknown": "the largest standardised difference is not known",
    "gate-effective-n-at-least-unknown": "the effective sample size is not known",
    "gate-equipoise-at-least-unknown": "the share in equipoise is not known",
    "all-models-estimated": "variance that knows that the models of score, event and censoring are estimated",
    "standardised-influence": "variance from influences: covariates sampled, coefficients and hazards estimated",
    "doubly-robust-of-survival": "doubly robust estimates are there for survival without competing events alone",
    "no-match": "no patient has a partner within the caliper",
    "not-matched": "not matched, of another group, or not known well enough to be",
    "clustered-by-set": "robust variance by matched set",
    "score-estimated": "variance that knows the score is estimated",
    "score-estimated-efron": "Efron ties, variance that knows the score is estimated",
    "limits-by-resampling": (
        "percentile limits of {replicates} resamples of the patients, the score estimated anew in each, seed {seed}"
    ),
    "e-value-common": "common outcome: the ratio approximated as one of risks",
    "e-value-rare": "rare outcome: the ratio taken for one of risks",
    "power-wanted": "power {power:.0%}",
    "variances-added": "groups independent, Greenwood's variances",
    "limits-at-0-or-1": "the estimate is 0% or 100%, where the limits do not exist",
    "no-patient": "no patient",
    "nobody-in-a-group": "one of the two groups has nobody here",
    "no-event-in-a-group": "one of the two groups has no event here: the ratio would be nothing or infinite",
    "too-few-centres": "{count} centres are too few for limits by clusters, which need {fewest} at the very least",
    "bootstrap-failed": "too many bootstrap samples have no finite fit",
    "odds-ratios": "on the scale of odds ratios",
    "no-events": "no events",
    "no-events-to-compare": "no events to compare",
    "model-not-estimated": "the model could not be estimated fully",
    "not-proportional": (
        "the test of proportional hazards over all groups has p below 0.05: the ratio averages an effect that changes"
        " with time"
    ),
    "one-fine-gray-model": (
        "one Fine-Gray model of all groups: n and events are those of the whole model, not of the two groups alone"
    ),
    "one-proportional-odds-model": (
        "one proportional odds model of all groups: n is that of the whole model, not of the two groups alone"
    ),
    "odds-not-proportional": (
        "the test of proportional odds over all groups has p below 0.05: the ratio averages ratios that differ from"
        " threshold to threshold"
    ),
    "small-expected-at-levels": (
        "counts below 5 are expected at a level: the test's approximation is rough, mostly too ready to say that odds"
        " are not proportional"
    ),
    "threshold-empty": "nobody, or everybody, of a group is at this level or a higher one",
    "not-for-ordered-levels": "there is no penalised model of ordered levels here",
    "stay-not-known": "the end of the stay is not recorded",
    "half-not-discharged": "fewer than half were discharged alive",
    "nobody-had-it": "nobody of the group: nothing is known of its error",
    "not-watched": (
        "the outcome, the date, the unit or what the risk rests on is not recorded, or the operation came before those"
        " watched"
    ),
    "risks-of-the-same": (
        "risks learned from the operations watched themselves: the charts tell when and where they were different from"
        " the rest, not whether all were as they should be"
    ),
    "risks-learned-before": "risks learned from earlier operations",
    "no-risks-to-learn": "nobody, or everybody, of those from whom risks are learned had the event",
    "risks-not-learned": "the model of the risks could not be estimated",
    "false-alarms-within": "probability {probability:.3g} of a false alarm within {n} operations",
    "one-level": "all patients have the same level",
    "one-weibull-model": (
        "one Weibull model of all groups: n and events are those of the whole model, not of the two groups alone"
    ),
    "exact-at-other-events": (
        "progression lies between the last negative scan, or time zero, and the first positive one; a death before any"
        " positive scan counts on its day"
    ),
    "half-a-day": "what happens on day 0 is put at half a day",
    "suns-scores": "Sun's scores, permutation variance",
    "curve-not-converged": "the curve could not be found",
    "no-gap-between-scans": "nobody here was scanned twice",
    "two-usual-intervals": "a gap of more than two usual intervals of its period",
    "unexposed-until-its-day": "unexposed up to and on the day on which exposure begins",
    "known-at-the-landmark": ("exposed up to and on the landmark; whose follow-up ends on or before it is left out"),
    "offered-because-not-proportional": (
        "offered because the test of proportional hazards over all groups has p below 0.05, whatever comes out here"
    ),
    "weights-early": "weights S(t-): looks at early events",
    "weights-late": "weights 1 - S(t-): looks at late events",
    "four-weights": "the strongest of four Fleming-Harrington weights, p allows for the choice",
    "declared-periods": "periods as declared, Efron ties",
    "cut-at-median-event": "no periods are declared: cut at the median day of the events, Efron ties",
    "no-ratio-in-period": "no ratio can be estimated in this period",
    "few-events": "fewer than {few} events for a parameter of the model: group {groups}",
    "few-events-rule": "beside the usual model because a group has fewer than {few} events for its parameter",
    "profile-limits": "penalised likelihood, profile limits, Efron ties",
    "all-arrangements": "all {number} arrangements of the patients",
    "random-arrangements": "{number} random arrangements, seed {seed}",
    "one-censoring-distribution": "one distribution of censoring for all groups",
    "not-with-delayed-entry": "not defined where patients come under observation late",
    "not-with-strata": "there is no stratified model of this kind here: read the estimates within the strata",
    "biased-upwards": ("biased upwards: patients who had a competing event count as if they could still have this one"),
    "one-model": "one Cox model of all groups: n and events are those of the whole model, not of the two groups alone",
    "censored-at": "censored at {date}",
    "our-reading": "our reading of the publication's words: {words}",
    "two-groups-alone": "the patients of these two groups alone",
    "strata-used": "strata: {used}",
    "strata-used-and-left-out": "strata: {used}; without information: {left_out}",
    "tolerance-distance": "± {distance}",
    "tolerance-factor": "within a factor of {factor:g}",
    "tolerance-side": "same side of {side:g}",
    "late-events": (
        "{count} of {events} events is dated after the patient's own {date}, at which patients without an event are"
        " censored: who had the event is followed longer than who had not, which makes events look more"
        " frequent and survival lower than they are",
        "{count} of {events} events are dated after the patients' own {date}, at which patients without an event are"
        " censored: those who had the event are followed longer than those who had not, which makes events look"
        " more frequent and survival lower than they are",
    ),
    "no-event-nor-censoring": "neither an event nor '{column}' is recorded",
    "no-event-nor-censoring-nor-entry": (
        "neither an event nor a date of censoring, no date of entry, or entry only after the end of follow-up: {column}"
    ),
    "no-time-or-status": "'{time}' or '{status}' is not recorded",
}

# Who is compared, and who is not.
_GROUPS: dict[str, Template] = {
    "stratum-left-out": (
        "{stratum} ({count} patient): nobody in {groups}",
        "{stratum} ({count} patients): nobody in {groups}",
    ),
    "not-compared": (
        "Comparison '{comparison}': {count} of {of_patients} is not compared: {why}.",
        "Comparison '{comparison}': {count} of {of_patients} are not compared: {why}.",
    ),
    "not-compared.remedy": "Complete the data if you can; they are counted in the report.",
    "restriction-unknown": "it is not known whether 'restrict' holds",
    "group-unknown": "the group is not recorded or not compared",
    "stratum-unknown": "the stratum is not recorded",
    "restricted": "outside the restriction of this comparison",
    "stratum-empty": "in a stratum in which a group has nobody",
    "undeclared-group": "Comparison '{comparison}': this patient's group is declared nowhere.",
    "undeclared-group.remedy": "Correct the cell, or declare the level under 'variables:' or 'levels:'.",
    "group-fails": "Comparison '{comparison}': the group cannot be computed for this patient.",
    "group-fails.remedy": "Write TRY_CAST where a text is read as a number or date, or correct the cell.",
    "group-found-later": (
        "Comparison '{comparison}': the group of {count} patient was found out after time zero; {moved} of them within"
        " {as_of}, compared as of the group found. Later findings move nobody.",
        "Comparison '{comparison}': the groups of {count} patients were found out after time zero; {moved} of them"
        " within {as_of}, compared as of the group found. Later findings move nobody.",
    ),
    "group-found-later.here": (
        "The group of {count} patient was found out after time zero; {moved} of them within {as_of}, compared as of the"
        " group found. Later findings move nobody.",
        "The groups of {count} patients were found out after time zero; {moved} of them within {as_of}, compared as of"
        " the group found. Later findings move nobody.",
    ),
    "group-of-last-record.here": (
        "{count} patient is compared as of a group that was found out during follow-up, which takes surviving to it"
        " (immortal time).",
        "{count} patients are compared as of a group that was found out during follow-up, which takes surviving to it"
        " (immortal time).",
    ),
    "group-found-later.remedy": "Nothing; an alternative with 'as_of: last record' shows what it would change.",
    "group-of-last-record": (
        "Comparison '{comparison}': {count} patient is compared as of a group that was found out during follow-up,"
        " which takes surviving to it (immortal time).",
        "Comparison '{comparison}': {count} patients are compared as of a group that was found out during follow-up,"
        " which takes surviving to it (immortal time).",
    ),
    "group-of-last-record.remedy": "Fix the groups at a day with 'frozen: {{as_of: 90 days, ...}}'.",
    "no-stratum": "Comparison '{comparison}': there is no stratum in which every group has a patient.",
    "no-stratum.remedy": "Choose other strata, or compare without them.",
    "empty-group": "Comparison '{comparison}': group '{group}' has no patient.",
    "empty-group.remedy": (
        "Correct the code, take the group out of 'order:', or look at the flow for where it is lost."
    ),
    "small-group": (
        "Comparison '{comparison}': group '{group}' has {count} patients.",
        "Comparison '{comparison}': group '{group}' has {count} patients.",
    ),
    "small-group.remedy": (
        "Look whether its code is another's, typed wrongly; otherwise leave the group out with 'order:', or join it to"
        " another."
    ),
    "group-of-one": "Comparison '{comparison}': group '{group}' has one patient.",
    "group-of-one.remedy": "Nothing about the spread within this group can be estimated.",
}

# Findings about the way from rows to patients.
_COHORT: dict[str, Template] = {
    "rows-listed": "This is so in {total} rows in all; the first {listed} are listed.",
    "first-listed": "{message} {total} rows in all; the first {listed} are listed.",
    "time-zero-missing": "The date from which follow-up counts is missing for an eligible patient.",
    "time-zero-missing.remedy": "Enter the date, or let a criterion exclude patients without one.",
    "criterion-fails": 'The criterion for "{reason}" cannot be computed for this row.',
    "criterion-fails.remedy": "Write TRY_CAST where a text is read as a number or date, or correct the cell.",
    "nobody-left": (
        'No patient is left: the step of line {line} of the study file, "{reason}", takes away the {count} row that'
        " reaches it ({excluded} excluded, {unknown} unknown).",
        'No patient is left: the step of line {line} of the study file, "{reason}", takes away all {count} rows that'
        " reach it ({excluded} excluded, {unknown} unknown).",
    ),
    "nobody-left.remedy": (
        "Compare its condition with the codes in the data: upper and lower case, blanks and units count. If it is"
        " right, the data hold no patient for this study."
    ),
    "nobody-to-start": "No patient can enter the cohort: {file} has no row that belongs to one.",
    "nobody-to-start.remedy": "Export it again, or compare the identifiers of the two tables.",
    "unknown-criterion": 'It is not known whether this row leaves as "{reason}".',
    "unknown-criterion.remedy": (
        "Complete the data, or write 'unknown: include' or 'unknown: exclude' under this criterion."
    ),
    "index-date-missing.first": (
        "An eligible row has no date, so that nobody can say which is the first of this patient."
    ),
    "index-date-missing.last": (
        "An eligible row has no date, so that nobody can say which is the last of this patient."
    ),
    "index-date-missing.remedy": "Enter the date, or let an earlier criterion exclude rows without one.",
    "patient-without-rows": (
        "{count} of {of_rows} has no row in '{table}' and cannot enter the cohort.",
        "{count} of {of_rows} have no row in '{table}' and cannot enter the cohort.",
    ),
    "patient-without-rows.remedy": "Add their rows to {file}, or take the patients out.",
    "rows": ("{count} row", "{count} rows"),
    "patients": ("{count} patient", "{count} patients"),
    "zero-or-one": "holds only 0 and 1 and is not declared: it would be summarised as a number.",
    "zero-or-one.remedy": (
        "Declare 'type: boolean' (or its 'levels:') if it says yes or no, 'type: integer' if it counts."
    ),
    "identifier-shown": "identifies rows, and a table would print every identifier.",
    "identifier-shown.remedy": "Remove it from what the study shows.",
    "mixed-column-shown": (
        "is mostly numbers or dates with other cells among them: a table would print the cells as they stand."
    ),
    "mixed-column-shown.remedy": (
        "Declare its 'type:' and its 'missing:' codes; the cells that do not fit are then listed."
    ),
    "many-levels": ("has more than {most} different values and no declared levels: a table would print each of them."),
    "many-levels.remedy": "Declare its 'levels:', its 'type:' if it is a number, or derive bands from it.",
}

# Findings about alternatives.
_ALTERNATIVES: dict[str, Template] = {
    "in-alternative": 'Alternative "{alternative}": {message}',
    "comparison-not-in-alternative.remedy": (
        "This comparison is not made under the alternative; say under its 'show:' what it is for."
    ),
}

# Findings about the design of comparisons.
_DESIGN: dict[str, Template] = {
    "exposure-from-the-future": (
        "Comparison '{comparison}': '{date}' is after time zero for {count} patient and may be when the group in '{by}'"
        " came about: who is to be in it must live until then (immortal time).",
        "Comparison '{comparison}': '{date}' is after time zero for {count} patients and may be when the group in"
        " '{by}' came about: who is to be in it must live until then (immortal time).",
    ),
    "exposure-from-the-future.remedy": (
        "Make sure that the column holds the group known at time zero; where groups were found out later, declare"
        " 'frozen:' under the comparison."
    ),
    "structural-non-positivity": (
        "Comparison '{comparison}': nobody of group '{group}' ({count} patients) is in '{other}', though five or more"
        " would be by chance: for them the comparison does not exist, and the two questions are mixed."
    ),
    "structural-non-positivity.left-out": (
        "Comparison '{comparison}' does not exist in a group of the main comparison, which is left out: {what}"
    ),
    "structural-non-positivity.remedy": (
        "Take the main grouping as 'strata:' of this comparison, or restrict it to the groups in which both exist."
    ),
    "found-without-search": (
        "A complication stands here although its patient is not recorded as followed for complications."
    ),
    "found-without-search.remedy": (
        "Correct the column under 'searched:', or the complication; without its row the answer would be unknown."
    ),
    "search-not-declared": (
        "{count} of {n} patients have no row in '{table}' and count as free of what is looked for there.",
        "{count} of {n} patients have no row in '{table}' and count as free of what is looked for there.",
    ),
    "search-not-declared.remedy": (
        "Name the column that says who was followed, under 'searched:': not looked for is not 'no'."
    ),
    "worst-complication-only": (
        "{count} patients have a complication and none has two: if only the worst was recorded, the Comprehensive"
        " Complication Index is too low."
    ),
    "worst-complication-only.remedy": "Enter every complication, or show the worst grade in place of the index.",
    "earlier-than-index": "This patient is followed from a later row, because this one was not eligible.",
    "earlier-than-index.remedy": (
        "Nothing, if that is meant; the patient has lived with the disease for longer than the others."
    ),
    "grade-before-its-edition": (
        "Reported as G3 before 2017, when no well-differentiated tumour had this grade: it may be a carcinoma."
    ),
    "grade-before-its-edition.remedy": "Look the differentiation up; a carcinoma does not belong to these patients.",
    "grade-drift": "Reported grades that differ from those of Ki-67 and mitoses: {periods}.",
    "grade-drift.period": "{period} {count} of {of}",
    "grade-drift.remedy": "Use the recomputed grade; reported grades follow the edition of their year.",
    "lost-to-follow-up": "Not known to have died, and last seen more than 24 months before the data cut.",
    "lost-to-follow-up.remedy": "Ask the registry or the family doctor for a date.",
    "lost-to-follow-up.general": (
        "Patients last seen alive more than 24 months before the data cut, and their numbers by group."
    ),
    "lost-to-follow-up.groups": "Last seen alive more than 24 months before the data cut: {groups}.",
    "lost-to-follow-up.group": "{group} {count} of {of} alive",
    "lost-to-follow-up.groups.remedy": (
        "Unequal loss biases a comparison; show bounds with all of them dead and all alive."
    ),
    "scan-gap": "No scan for three usual intervals or more before this one.",
    "scan-gap.remedy": "Look for scans elsewhere; a progression in the gap is dated at its end.",
    "scan-schedule": "Median interval between scans: {groups}.",
    "scan-schedule.group": "{group} {days:.0f} days",
    "scan-schedule.remedy": (
        "Unequal intervals shift medians of progression by up to half their difference; show progression dated half way"
        " too."
    ),
    "follow-up-of-no-day": (
        "Outcome '{outcome}': {count} patient is followed for 0 days, {events} of them to an event.",
        "Outcome '{outcome}': {count} patients are followed for 0 days, {events} of them to an event.",
    ),
    "follow-up-of-no-day.general": "Patients of an outcome are followed for 0 days.",
    "follow-up-of-no-day.remedy": (
        "Events on day 0 count; where a method needs a logarithm of the time they are put at half a day. Who was only"
        " seen that day says nothing: look for a later contact."
    ),
    "tied-events": "Outcome '{outcome}': {share:.0%} of {n} events fall on a day of follow-up that had one already.",
    "tied-events.general": "More than a tenth of an outcome's events fall on a day of follow-up that had one already.",
    "tied-events.remedy": "Nothing; ties are handled by Efron's method. Look whether dates were entered as months.",
}

# Findings about follow-up.
_FOLLOW_UP: dict[str, Template] = {
    "negative-time": "A follow-up time is negative.",
    "negative-time.remedy": "Correct the time.",
    "unknown-status": "The status is none of the codes that outcome '{outcome}' gives a meaning.",
    "unknown-status.remedy": "Correct the cell, or name its code under 'event:', 'censored:' or 'competing:'.",
    "event-before-time-zero": "A date of event lies before time zero, so that follow-up would be negative.",
    "censoring-before-time-zero": "A date of censoring lies before time zero, so that follow-up would be negative.",
    "event-before-entry": "A date of event lies before the day on which the patient came under observation.",
    "censoring-before-entry": "A date of censoring lies before the day on which the patient came under observation.",
    "entry-after-exit": "Observation begins after follow-up has ended.",
    "entry-after-exit.remedy": "Correct one of the two times.",
    "before-time-zero.remedy": "Correct one of the two dates.",
    "no-follow-up": (
        "Outcome '{outcome}': {count} of {of_patients} is excluded from it: {why}.",
        "Outcome '{outcome}': {count} of {of_patients} are excluded from it: {why}.",
    ),
    "no-follow-up.remedy": "Complete the data if you can; the excluded patients are counted in the report.",
    "group-without-event": "Outcome '{outcome}', comparison '{comparison}': no event in group '{group}'.",
    "group-without-event.remedy": "Ratios and medians cannot be estimated for this group.",
}

# Who is analysed, by which conventions, and which p values are adjusted together.
_CONVENTIONS: dict[str, Template] = {
    "all-eligible": "all eligible",
    "eligible-with": "eligible with {condition}",
    "family": "{comparison}: {outcome}: {what} ({rule})",
    "family-in-stratum": "{what}, {stratum}",
    "unknown-exclude": "unknown: exclude",
    "unknown-include": "unknown: include",
    "limits-of-type": "{type} limits",
    "quantile-type-7": "quantile type 7",
    "exact": "exact",
    "normal-approximation": "normal approximation, continuity corrected",
    "continuity-corrected": "continuity corrected",
    "tarone-correction": "Tarone's correction",
    "efron-ties": "Efron ties",
    "kaplan-meier-transform": "Kaplan-Meier transform of time",
}

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        **_PARTS,
        **_ROWS,
        **_GROUPS,
        **_COHORT,
        **_ALTERNATIVES,
        **_DESIGN,
        **_FOLLOW_UP,
        **_CONVENTIONS,
        **DEFINITIONS,
        **READING,
        **CELLS,
    }
)
