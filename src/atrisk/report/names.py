"""Codes of the data become the labels readers see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from atrisk.report.language import Language
from atrisk.result.run_result import ComparisonFrame, RunResult, VariableWords
from atrisk.study.contrast import all_groups, could_be_misread
from atrisk.study.contrast import contrast as words_of_contrast
from atrisk.study.outcome import OutcomeWords
from atrisk.study.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Labels of groups, contrasts, strata, variables, levels, outcomes, causes; a code without one stands as it is."""

    result: RunResult
    language: Language

    def frame(self, comparison: str) -> ComparisonFrame | None:
        """The comparison of that name."""
        return next((frame for frame in self.result.comparisons if frame.name == comparison), None)

    def group(self, comparison: str, code: str) -> str:
        """A group's label; the empty code is everyone compared."""
        if code == "":
            return self.language.say("All")
        frame = self.frame(comparison)
        return self._label(frame.group_labels, code) if frame is not None else code

    def contrast(self, comparison: str, contrast: str) -> str:
        """A contrast in labels: ``SI vs UP`` becomes ``Small intestine vs Unknown primary``."""
        frame = self.frame(comparison)
        if frame is None:
            return contrast
        label = {code: self._set_apart(self._label(frame.group_labels, code)) for code in frame.groups}
        if contrast == all_groups(frame.groups):
            return " / ".join(label.values())
        for first in frame.groups:
            for second in frame.groups:
                if contrast == words_of_contrast(first, second):
                    versus = self.language.say("{first} vs {second}")
                    return versus.format(first=label[first], second=label[second])
        return contrast

    def _label(self, labels: Mapping[str, Text], code: str) -> str:
        return labels[code].in_language(self.language.code) if code in labels else code

    def _set_apart(self, label: str) -> str:
        """A label in quotation marks where, within a contrast, it could be taken for one."""
        return self.language.say("“{label}”").format(label=label) if could_be_misread(label) else label

    def stratum(self, comparison: str, code: str) -> str:
        """A stratum's label."""
        frame = self.frame(comparison)
        return self._label(frame.stratum_labels, code) if frame is not None else code

    def variable(self, name: str) -> str:
        """A variable's label with its unit."""
        words = self.words_of(name)
        if words is None:
            return name
        label = words.label.in_language(self.language.code)
        return f"{label}, {words.unit}" if words.unit else label

    def column(self, name: str) -> str:
        """What readers call a column or derived variable: its declared label, else its name in plain words.

        A part of a derived variable follows what it is a part of: ``hepatic_progression.last_scan`` is "hepatic
        progression: last scan".
        """
        study = self.result.study
        whole, _, part = name.rpartition(".")
        for declared, variable in study.variables.items():
            if declared == name or declared.rpartition(".")[2] == name:
                return variable.label.in_language(self.language.code) if variable.label is not None else _plain(name)
        if name in study.derive:
            label = study.derive[name].label
            return label.in_language(self.language.code) if label is not None else _plain(name)
        return f"{_plain(whole)}: {_plain(part)}" if whole in study.derive else _plain(part)

    def level(self, variable: str, code: str) -> str:
        """The label of a level."""
        words = self.words_of(variable)
        if words is not None and code in words.levels:
            return self._label(words.levels, code)
        return {"true": self.language.say("Yes"), "false": self.language.say("No")}.get(code, code)

    def words_of(self, name: str) -> VariableWords | None:
        """What is known about a variable."""
        return self.result.variables.get(name)

    def timed(self, outcome: str) -> OutcomeWords | None:
        """The declared time-to-event outcome of that name, None for any other outcome."""
        return self.result.study.outcomes.get(outcome)

    def outcome(self, name: str) -> str:
        """An outcome's label."""
        timed = self.timed(name)
        return timed.label.in_language(self.language.code) if timed is not None else self.variable(name)

    def event(self, outcome: str) -> str:
        """What the event of a time-to-event outcome is."""
        timed = self.timed(outcome)
        if timed is None or timed.event_label is None:
            return self.language.say("Event")
        return timed.event_label.in_language(self.language.code)

    def cause(self, outcome: str, code: str) -> str:
        """The label of a cause: the outcome's own is its event label, a competing one as declared or by its name.

        A competing event by its name is said to be without the outcome's own: "Death" alone would be taken for all
        deaths, and those after the event are none of it.
        """
        timed = self.result.study.outcomes.get(outcome)
        if timed is None or code not in timed.competing:
            return self.event(outcome)
        if code in timed.competing_labels:
            return timed.competing_labels[code].in_language(self.language.code)
        words = code.replace("_", " ")
        words = words[:1].upper() + words[1:]
        if timed.event_label is None:
            return words
        event = timed.event_label.in_language(self.language.code)
        return self.language.say("{cause} without {event}").format(cause=words, event=event[:1].lower() + event[1:])


def _plain(name: str) -> str:
    return name.replace("_", " ")
