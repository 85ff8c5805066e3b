"""The encoding of a file is recognised from its bytes, or is the one declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import DataError
from atrisk.read.encoding import common_han_share, decode
from tests.read.small_study import read_patients

WESTERN = "id,arm,site\n1,A,Müller\n2,B,São João\n3,A,Ångström\n4,B,“quoted” – dash\n5,A,10 µmol\n"
CHINESE = "id,arm,site\n1,A,北京协和医院\n2,B,上海市，浦东\n3,A,原发灶不明\n4,B,小肠\n"


@pytest.mark.parametrize(
    ("text", "codec", "name", "guessed"),
    [
        (WESTERN, "utf-8", "UTF-8", False),
        (CHINESE, "utf-8", "UTF-8", False),
        (CHINESE, "utf-8-sig", "UTF-8 with byte order mark", False),
        (WESTERN, "cp1252", "Windows-1252", True),
        (CHINESE, "gb18030", "GB18030", True),
        (CHINESE, "utf-16", "UTF-16", False),
        (WESTERN, "utf-16-le", "UTF-16", True),
        (WESTERN, "utf-16-be", "UTF-16", True),
        (CHINESE, "utf-32", "UTF-32", False),
        ("id,arm\n1,A\n", "ascii", "UTF-8", False),
        ("id,arm\n1,A\n", "utf-16-le", "UTF-16", True),
    ],
)
def test_the_encoding_is_recognised(text: str, codec: str, name: str, guessed: bool) -> None:
    decoded = decode(text.encode(codec), file="patient.csv")
    assert (decoded.text, decoded.encoding, decoded.guessed) == (text, name, guessed)


@pytest.mark.parametrize(
    "word",
    [
        "José",
        "Århus",
        "naïve",
        "Österreich",
        "garçon",
        "½ dose",
        "37 °C",
        "±5",
        "Łódź".replace("Ł", "L").replace("ź", "z"),
    ],
)
def test_one_western_word_is_not_taken_for_chinese(word: str) -> None:
    content = f"id,arm,note\n1,A,{word}\n".encode("cp1252")
    assert decode(content, file="patient.csv").text == f"id,arm,note\n1,A,{word}\n"


@pytest.mark.parametrize("word", ["男", "女性", "肝转移", "神经内分泌肿瘤", "胰腺", "已故，随访中断。"])
def test_one_chinese_word_is_not_taken_for_western(word: str) -> None:
    content = f"id,arm,note\n1,A,{word}\n".encode("gb18030")
    assert decode(content, file="patient.csv").text == f"id,arm,note\n1,A,{word}\n"


def test_common_share_by_hand() -> None:
    """北 is in level 1 of GB 2312 (row 17), 龘 and é in neither of its levels: one of three."""
    assert common_han_share("a北龘é") == pytest.approx(1 / 3, abs=1e-15)
    assert common_han_share("abc") == 0.0


def test_a_declared_encoding_is_the_only_one_tried() -> None:
    assert decode("é".encode("cp1252"), file="f", declared="windows-1252").text == "é"
    assert decode("\ufeffé".encode(), file="f", declared="utf-8").text == "é"
    assert decode("原".encode("utf-16-le"), file="f", declared="utf-16").text == "原"
    with pytest.raises(DataError, match=r"patient.csv, row 3: a character is not UTF-8.*Correct 'encoding:'"):
        decode("id\n1\né\n".encode("cp1252"), file="patient.csv", declared="utf-8")


def test_bytes_of_no_encoding_are_refused() -> None:
    with pytest.raises(DataError, match="none of the encodings"):
        decode(b"id,arm\n1,\x81\x20\xff\n", file="patient.csv")
    with pytest.raises(DataError, match="damaged"):
        decode(b"\xef\xbb\xbfid\n\xff\n", file="patient.csv")


@pytest.mark.parametrize(
    ("codec", "said"), [("utf-8-sig", "UTF-8 with byte order mark"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")]
)
def test_a_finding_says_which_encoding_was_taken(tmp_path: Path, codec: str, said: str) -> None:
    with read_patients(tmp_path, CHINESE.encode(codec)) as read:
        assert [finding.message for finding in read.of("encoding")] == [f"the file was read as {said}"]
        assert read.values("site") == ["北京协和医院", "上海市，浦东", "原发灶不明", "小肠"]
        assert read.table().names == ("id", "arm", "site")


def test_nothing_is_said_of_plain_utf8_or_of_a_declared_encoding(tmp_path: Path) -> None:
    with read_patients(tmp_path, CHINESE) as read:
        assert read.of("encoding") == []
    with read_patients(tmp_path, WESTERN.encode("cp1252"), layout=", encoding: windows-1252") as read:
        assert read.of("encoding") == []
        assert read.values("site")[0] == "Müller"


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("iso-8859-1", "José"), ("iso-8859-2", "Łódź"), ("iso-8859-15", "5 €"), ("windows-1250", "Łódź"),
        ("windows-1251", "печень"), ("shift-jis", "肝臓"), ("euc-jp", "肝臓"), ("euc-kr", "간"), ("big5", "肝臟"),
        ("mac-roman", "Münster"),
    ],
)  # fmt: skip
def test_other_encodings_are_read_where_they_are_declared(tmp_path: Path, declared: str, text: str) -> None:
    codec = {"windows-1250": "cp1250", "windows-1251": "cp1251"}.get(declared, declared.replace("-", "_"))
    content = f"id,arm,note\n1,A,{text}\n".encode(codec)
    with read_patients(tmp_path, content, layout=f", encoding: {declared}") as read:
        assert read.values("note") == [text]
