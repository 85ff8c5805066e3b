"""The words of contrasts: two contrasts never have the same words, and words lead back to their codes."""

from __future__ import annotations

import itertools

import pytest
from pydantic import TypeAdapter, ValidationError

from atrisk.study.contrast import all_groups, contrast, parsed
from atrisk.study.grouping import Pair, PairWords

CODES = ("A", "a vs b", "A vs a", "b", "x / y", "vs", "vs b", 'say "no"', '"quoted"', "a/b", "avsb", "A vs")


def test_plain_codes_stand_as_they_are() -> None:
    assert contrast("SI", "UP") == "SI vs UP"
    assert all_groups(("UP", "SI", "P")) == "UP / SI / P"
    assert contrast("a/b", "avsb") == "a/b vs avsb"


def test_a_code_that_holds_vs_is_set_apart() -> None:
    assert contrast("A", "a vs b") == 'A vs "a vs b"'
    assert contrast("A vs a", "b") == '"A vs a" vs b'
    assert all_groups(("x / y", "z")) == '"x / y" / z'


def test_every_contrast_has_its_own_words_and_they_lead_back() -> None:
    words = {contrast(*pair): pair for pair in itertools.permutations(CODES, 2)}
    assert len(words) == len(CODES) * (len(CODES) - 1)
    for text, pair in words.items():
        assert parsed(text) == pair, text


def test_words_that_could_be_two_contrasts_are_refused() -> None:
    read = TypeAdapter(PairWords)
    assert read.validate_python('A vs "a vs b"') == Pair(group="A", against="a vs b")
    for text in ("A vs a vs b", "A", "vs", "A vs ", "A / B vs C"):
        assert parsed(text) is None
        with pytest.raises(ValidationError, match="expected a pair"):
            read.validate_python(text)
