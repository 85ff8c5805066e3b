"""Every text a reader sees passes through here, so that a catalogue can put it into another language.

Messages are written in English at the place where they are used, as ``say("Hazard ratio")``; the catalogues are
collected from those calls (``xgettext --keyword=say --keyword=say_count:1,2``). Numbers never stand in a message:
they are put in afterwards with ``str.format``, by name, so that a translation may order them as its grammar wants.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from pathlib import Path

from atrisk.result.remark import said

DOMAIN = "atrisk"
LOCALES = Path(__file__).with_name("locales")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """A language by its code, with its catalogue; a message that is not in the catalogue stays English."""

    code: str
    catalogue: gettext.NullTranslations

    @classmethod
    def of(cls, code: str) -> Language:
        """The language ``code`` (``en``, ``zh``); English where no catalogue is installed."""
        return cls(code, gettext.translation(DOMAIN, LOCALES, languages=[code], fallback=True))

    def say(self, message: str) -> str:
        """The message in this language."""
        return self.catalogue.gettext(message)

    def remark(self, text: str) -> str:
        """What a run has to say: a remark in this language, and a text of an estimator as its message."""
        return said(text, self) if text else ""

    def say_count(self, one: str, many: str, count: int) -> str:
        """The message in the form that ``count`` takes in this language; ``{count}`` is left for the caller."""
        return self.catalogue.ngettext(one, many, count)
