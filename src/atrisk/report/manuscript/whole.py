"""The manuscript as a document: abstract, methods, results with their tables and figures, conclusions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from atrisk.report.document import Block, Document, Paragraph, Section
from atrisk.report.manuscript.authors import for_authors
from atrisk.report.manuscript.methods_text import design_sentences, outcome_sentences, statistics_sentences
from atrisk.report.manuscript.results_text import (
    cohort_sentence,
    hazard_sentences,
    landmark_sentence,
    share_sentence,
    surgical_sentences,
    timed_sentences,
)
from atrisk.report.sections.adjusted import adjusted_parts
from atrisk.report.sections.cohort import baseline_section, flow_section
from atrisk.report.sections.outcomes import surgical_blocks, time_to_event_part, timed_outcomes
from atrisk.report.table_model import Line, Piece, line
from atrisk.report.tables.surgical_words import surgical_outcomes
from atrisk.report.view import View

# An abstract has room for the first of the surgical outcomes, in the order declared.
_ABSTRACT_OUTCOMES = 3


def manuscript(view: View) -> Document:
    """A manuscript under the headings that surgical journals use; what only authors can write is marked as theirs."""
    about = view.result.study.study
    return Document(
        language=view.words.language.code,
        title=view.text(about.title),
        question=view.text(about.question),
        banner=view.banner,
        facts=(),
        sections=(_abstract(view), _background(view), _methods(view), _results(view), _conclusions(view)),
        closing=view.say("Made by atrisk from the result rows of this run; sentences in brackets are for the authors."),
    )


def _paragraph(sentences: Iterable[Line | str]) -> Paragraph:
    pieces: list[Piece] = []
    for sentence in sentences:
        own = line(sentence) if isinstance(sentence, str) else sentence
        if own:
            pieces += [Piece(" ")] if pieces else []
            pieces += list(own)
    return Paragraph(tuple(pieces))


def _part(identifier: str, title: str, *blocks: Block) -> Section:
    return Section(identifier=identifier, title=title, blocks=tuple(blocks))


def _abstract(view: View) -> Section:
    return Section(
        identifier="abstract",
        title=view.say("Abstract"),
        parts=(
            _part("abstract-background", view.say("Background"), for_authors(view, view.say("why this was studied"))),
            _part("abstract-methods", view.say("Methods"), _paragraph(design_sentences(view))),
            _part("abstract-results", view.say("Results"), _paragraph(_abstract_results(view))),
            _part("abstract-conclusions", view.say("Conclusions"), _paragraph(_concluding(view))),
        ),
    )


def _abstract_results(view: View) -> Iterator[Line]:
    yield cohort_sentence(view)
    for outcome in timed_outcomes(view, view.main):
        yield landmark_sentence(view, view.main, outcome)
    for outcome in surgical_outcomes(view, view.main, "binary")[:_ABSTRACT_OUTCOMES]:
        yield share_sentence(view, view.main, outcome)


def _concluding(view: View) -> Iterator[Line]:
    """What limits and margins allow to be said of each outcome; what it means is the authors'."""
    for outcome in timed_outcomes(view, view.main):
        for sentence in hazard_sentences(view, view.main, outcome):
            yield (Piece(f"{view.names.outcome(outcome)}: "), *sentence)


def _background(view: View) -> Section:
    what = view.say("what is known, what is not, and the question")
    return _part("background", view.say("Background"), for_authors(view, what))


def _methods(view: View) -> Section:
    what = view.say("setting, sources of data, ethics approval, registration")
    return Section(
        identifier="methods",
        title=view.say("Methods"),
        parts=(
            _part(
                "methods-patients", view.say("Patients"), for_authors(view, what), _paragraph(design_sentences(view))
            ),
            _part("methods-outcomes", view.say("Outcomes"), _paragraph(outcome_sentences(view))),
            _part("methods-statistics", view.say("Statistical analysis"), _paragraph(statistics_sentences(view))),
        ),
    )


def _results(view: View) -> Section:
    flow, baseline = flow_section(view), baseline_section(view)
    parts = [
        Section(
            identifier="results-patients",
            title=view.say("Patients"),
            blocks=(
                _paragraph([cohort_sentence(view)]),
                *flow.blocks[:1],
                *(baseline.blocks if baseline is not None else ()),
            ),
        )
    ]
    for outcome in timed_outcomes(view, view.main):
        shown = time_to_event_part(view, view.main, outcome)
        blocks = (_paragraph(timed_sentences(view, view.main, outcome)), *shown.blocks)
        parts.append(Section(identifier=f"results-{outcome}", title=shown.title, blocks=blocks))
    surgical = surgical_blocks(view, view.main)
    if surgical:
        blocks = (_paragraph(surgical_sentences(view, view.main)), *surgical)
        parts.append(Section(identifier="results-surgical", title=view.say("Surgical outcomes"), blocks=blocks))
    parts += adjusted_parts(view, view.main)
    return Section(identifier="results", title=view.say("Results"), parts=tuple(parts))


def _conclusions(view: View) -> Section:
    return _part(
        "conclusions",
        view.say("Conclusions"),
        _paragraph(_concluding(view)),
        for_authors(view, view.say("limitations, direction and size of bias, what it means for patients")),
    )
