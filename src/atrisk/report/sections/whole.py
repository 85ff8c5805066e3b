"""The whole report as a document."""

from __future__ import annotations

from dataclasses import replace

from atrisk.report.document import Document, Fact, Section
from atrisk.report.row_cells import DASH
from atrisk.report.sections.adjusted import adjusted_section
from atrisk.report.sections.closing import methods_section, not_estimated_section, published_section
from atrisk.report.sections.cohort import baseline_section, flow_section
from atrisk.report.sections.comparisons import comparisons_section
from atrisk.report.sections.data_check import data_check_section, found_in_words
from atrisk.report.sections.divided import centres_section, subgroups_section
from atrisk.report.sections.evidence import evidence_section
from atrisk.report.sections.monitoring import monitoring_section
from atrisk.report.sections.outcomes import surgical_section, time_to_event_section
from atrisk.report.sections.prognosis import prognosis_section
from atrisk.report.sections.sensitivity import sensitivity_section
from atrisk.report.sections.time_dependent import time_dependent_section
from atrisk.report.sections.tipping import tipping_section
from atrisk.report.table_model import Table, line
from atrisk.report.view import View


def document(view: View) -> Document:
    """Every section that has something to say, under a head that says what was asked, of whom and from which data."""
    sections: list[Section | None] = [
        evidence_section(view),
        flow_section(view),
        baseline_section(view),
        time_to_event_section(view),
        surgical_section(view),
        adjusted_section(view),
        tipping_section(view),
        subgroups_section(view),
        centres_section(view),
        prognosis_section(view),
        comparisons_section(view),
        time_dependent_section(view),
        monitoring_section(view),
        sensitivity_section(view),
        published_section(view),
        # Last, since a reader comes for the results; the head says how many findings there are.
        data_check_section(view),
        methods_section(view),
        not_estimated_section(view),
    ]
    about = view.result.study.study
    return Document(
        language=view.words.language.code,
        title=view.text(about.title),
        question=view.text(about.question),
        banner=view.banner,
        facts=_facts(view),
        sections=tuple(_with_dashes_explained(view, section) for section in sections if section is not None),
        closing=view.say("Written by atrisk {version} from the result rows of this run.").format(
            version=_version(view)
        ),
    )


def _with_dashes_explained(view: View, section: Section) -> Section:
    """The section with a note below each table that has a dash in the place of a number."""
    note = line(
        view.say(
            "{dash}: could not be estimated, or does not exist; reasons stand in the report's last section."
        ).format(dash=DASH)
    )
    blocks = tuple(
        replace(block, notes=(*block.notes, note)) if isinstance(block, Table) and _has_dash(block) else block
        for block in section.blocks
    )
    parts = tuple(_with_dashes_explained(view, part) for part in section.parts)
    return replace(section, blocks=blocks, parts=parts)


def _has_dash(table: Table) -> bool:
    """Whether a table has a dash that none of its own notes explains."""
    if any(note and note[0].text.startswith(DASH) for note in table.notes):
        return False
    return any(piece.text == DASH for row in table.rows for cell in row.cells for each in cell.lines for piece in each)


def _facts(view: View) -> tuple[Fact, ...]:
    about, frame = view.result.study.study, view.main
    groups = "; ".join(
        f"{view.names.group('main', code)} {view.words.count(frame.n.get(code, 0))}" for code in frame.groups
    )
    total = view.words.count(sum(frame.n.values()))
    facts = [Fact(name=view.say("Patients"), value=f"{total} ({groups})")]
    if about.source is not None:
        facts.append(Fact(name=view.say("Source"), value=view.text(about.source)))
    if about.data_cut is not None:
        facts.append(Fact(name=view.say("Data cut"), value=about.data_cut.isoformat()))
    facts.append(Fact(name=view.say("Data check"), value=found_in_words(view)))
    facts.append(Fact(name=view.say("Software"), value=f"atrisk {_version(view)}"))
    return tuple(facts)


def _version(view: View) -> str:
    versions = view.result.provenance.get("versions")
    return str(versions.get("atrisk", "")) if isinstance(versions, dict) else ""
