"""Expressions: what may be said means in the engine what its author means, and nothing else may be said."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.study.allow_list import MAX_LENGTH
from atrisk.study.expression import Expression, ExpressionError, Reference
from atrisk.study.published import SELECTORS
from atrisk.study.refusal import FUNCTIONS
from atrisk.study.scope import AmbiguousName, Scope, UnknownName

ONE_ROW = {
    "age": "61", "score": "2.5", "zero": "0", "minus": "-4", "sex": "'F'", "op_date": "DATE '2010-01-31'",
    "death_date": "DATE '2012-03-01'", "nothing": "CAST(NULL AS INTEGER)", "alive": "FALSE", "alk.phos": "120",
    "name": "'O''Hara'", "digits": "'12'", "word": "'well'",
}  # fmt: skip
ENGINE = duckdb.connect()
SCOPE = Scope({"patient": {name: f'"{name}"' for name in ONE_ROW}})


def value_of(text: str) -> object:
    """What the engine makes of the expression, in the one row above."""
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in ONE_ROW.items())
    query = f"SELECT {Expression.parse(text).sql(SCOPE)} FROM (SELECT {columns})"  # noqa: S608
    found = ENGINE.execute(query).fetchone()
    assert found is not None
    return found[0]


# Expected values: by hand, from the row above. None is "unknown".
MEANINGS = [
    ("age", 61),
    ("patient.age + 1", 62),
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 3 - 2", 5),
    ("-minus", 4),
    ("5 / 2", 2.5),
    ("5 // 2", 2),
    ("7 % 4", 3),
    ("age / zero", None),
    ("age // zero", None),
    ("age % zero", None),
    ("LN(zero)", None),
    ("LOG10(minus)", None),
    ("SQRT(minus)", None),
    ("EXP(10000)", None),
    ("POWER(zero, -1)", None),
    ("SQRT(16)", 4.0),
    ("LOG10(1000)", 3.0),
    ("LN(EXP(2))", 2.0),
    ("POWER(2, 10)", 1024.0),
    ("2 ^ 3", 8.0),
    ("ABS(minus)", 4),
    ("ROUND(score)", 3),
    ("ROUND(2.347, 2)", Decimal("2.35")),
    ("FLOOR(score)", 2),
    ("CEIL(score)", 3),
    ("LEAST(3, 1, 2)", 1),
    ("GREATEST(3, nothing, 2)", 3),
    ("age > 60 AND sex = 'F'", True),
    ("age > 60 AND NOT alive", True),
    ("age < 60 OR sex = 'M' OR alive", False),
    ("NOT sex = 'M' AND age = 61", True),
    ("NOT (sex = 'F' AND age = 61)", False),
    ("age > 60 OR age > 70 AND age > 80", True),
    ("nothing > 1", None),
    ("nothing > 1 OR age > 60", True),
    ("nothing > 1 AND age > 60", None),
    ("nothing > 1 AND age > 70", False),
    ("NOT nothing > 1", None),
    ("nothing IS NULL", True),
    ("age IS NOT NULL", True),
    ("alive IS FALSE", True),
    ("(nothing > 1) IS TRUE", False),
    ("nothing IS DISTINCT FROM 1", True),
    ("nothing IS NOT DISTINCT FROM age", False),
    ("sex IN ('F', 'M')", True),
    ("sex NOT IN ('F', 'M')", False),
    ("age BETWEEN 61 AND 61", True),
    ("age NOT BETWEEN 50 AND 60", True),
    ("word LIKE 'we%'", True),
    ("word NOT LIKE '_ell'", False),
    ("word ILIKE 'WE%'", True),
    ("op_date BETWEEN DATE '2000-01-01' AND DATE '2020-12-31'", True),
    ("op_date < '2010-02-01'", True),
    ("YEAR(op_date) * 100 + MONTH(op_date)", 201001),
    ("DAY(op_date)", 31),
    ("DATE_DIFF('day', op_date, death_date)", 760),
    ("DATE_DIFF('year', op_date, death_date)", 2),
    ("death_date - op_date", 760),
    ("op_date + INTERVAL 1 MONTH = DATE '2010-02-28'", True),
    ("op_date + INTERVAL '90 days' = DATE '2010-05-01'", True),
    ("death_date - INTERVAL 2 YEARS = DATE '2010-03-01'", True),
    ("op_date + 90 = DATE '2010-05-01'", True),
    ("CASE WHEN age < 50 THEN 'young' WHEN age < 70 THEN 'middle' ELSE 'old' END", "middle"),
    ("CASE WHEN age < 50 THEN 'young' END", None),
    ("CASE sex WHEN 'F' THEN 1 ELSE 0 END", 1),
    ("COALESCE(nothing, age)", 61),
    ("NULLIF(sex, 'F')", None),
    ("CAST(digits AS INTEGER) + 1", 13),
    ("TRY_CAST(word AS INTEGER)", None),
    ("CAST(word AS INTEGER)", None),
    ("digits::double", 12.0),
    ("CAST('2010-01-31' AS DATE) = op_date", True),
    ("CAST(age AS VARCHAR) || ' years'", "61 years"),
    ("word || nothing", None),
    ("CONCAT(word, '-', sex)", "well-F"),
    ("UPPER(word) || LOWER(sex)", "WELLf"),
    ("TRIM('  a ')", "a"),
    ("LENGTH(word)", 4),
    ("SUBSTR(word, 2, 2)", "el"),
    ("SUBSTR(word, 2)", "ell"),
    ("CONTAINS(word, 'el')", True),
    ("STARTS_WITH(word, 'el')", False),
    ("REPLACE('3,75', ',', '.')", "3.75"),
    ("name = 'O''Hara'", True),
    ('"alk.phos" > 100', True),
    ('patient."alk.phos" > 100', True),
    ("AGE + Patient.Age", 122),
    ("'\\' || '; DROP TABLE patient; --'", "\\; DROP TABLE patient; --"),
]


@pytest.mark.parametrize(("text", "expected"), MEANINGS)
def test_means_what_it_says(text: str, expected: object) -> None:
    assert value_of(text) == expected


def test_every_function_offered_is_allowed() -> None:
    tried = " ".join(text.upper() for text, _ in MEANINGS)
    assert [name for name in FUNCTIONS if f"{name}(" not in tried] == []


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cf"]), max_size=30))
def test_any_text_comes_back_as_it_was_written(text: str) -> None:
    """Oracle: the engine itself returns the constant; quotes in it must not end it."""
    assert value_of("'" + text.replace("'", "''") + "'") == text


# What a study file, which may come from anyone, must not be able to do or even to ask for.
ATTACKS = [
    "REPLACE(word, 'e', 'eeeeeeeeee')",
    "REPLACE(word, '', 'x')",
    "REPLACE(word, word, 'x')",
    "REPLACE(word, 'a')",
    "read_csv('/etc/passwd')",
    "read_text('/etc/passwd') = 'x'",
    "read_parquet('http://example.org/x')",
    "glob('/*')",
    "getenv('HOME')",
    "age = getenv('HOME')",
    "getvariable('x')",
    "current_setting('memory_limit')",
    "(SELECT 1)",
    "age = (SELECT max(age) FROM patient)",
    "EXISTS (SELECT 1 FROM patient)",
    "age IN (SELECT age FROM patient)",
    "age = ANY (SELECT 1)",
    "(FROM patient)",
    "(TABLE patient)",
    "(VALUES (1))",
    "SELECT 1",
    "WITH x AS (SELECT 1) SELECT * FROM x",
    "age FROM patient",
    "age UNION SELECT 1",
    "age; DROP TABLE patient",
    "age;",
    "; age",
    "ATTACH 'elsewhere/x.db'",
    "COPY patient TO 'elsewhere/x'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA version",
    "SET memory_limit = '1GB'",
    "CALL pragma_version()",
    "EXPORT DATABASE 'x'",
    "age -- > 60",
    "age /* > 60 */ > 1",
    "age > 1 /*",
    "--",
    "/**/",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "op_date < now()",
    "today()",
    "get_current_timestamp()",
    "random() > 0.5",
    "uuid()",
    "gen_random_uuid()",
    "hash(age)",
    "nextval('s')",
    "sum(age)",
    "count(*)",
    "avg(age) > 1",
    "list(age)",
    "row_number() OVER ()",
    "lag(age) OVER (ORDER BY age)",
    "sum(age) FILTER (WHERE age > 1)",
    "*",
    "patient.*",
    "COLUMNS(*)",
    "COLUMNS('.*')",
    "age AS x",
    "age, sex",
    "(age, sex)",
    "row(age, sex)",
    "[age]",
    "{'a': age}",
    "age[1]",
    "x -> x + 1",
    "list_transform([1], x -> x)",
    "lambda x: x",
    "?",
    "$1",
    "$name",
    ":name",
    "#1",
    "main.patient.age",
    "information_schema.tables.table_name",
    "age.year.month",
    "main.abs(age)",
    "patient.read_csv('x')",
    "\"read_csv\"('x')",
    "age COLLATE NOCASE = 1",
    "op_date AT TIME ZONE 'UTC'",
    "EXTRACT(year FROM op_date)",
    "word SIMILAR TO 'x'",
    "word ~ 'x'",
    "regexp_matches(word, '(a+)+$')",
    "repeat('x', 1000000000)",
    "lpad('x', 1000000000, 'y')",
    "range(1000000000)",
    "generate_series(1, 10)",
    "unnest([1])",
    "CAST(age AS INTEGER[])",
    "CAST(age AS STRUCT(a INTEGER))",
    "CAST(age AS BLOB)",
    "CAST(age AS patient)",
    "TRY(age)",
    "error('x')",
    "INTERVAL 1 DAY",
    "op_date + INTERVAL (age) DAY",
    "op_date + INTERVAL 1 HOUR",
    "TIMESTAMP '2020-01-01 00:00:00'",
    "E'\\x27'",
    "$$text$$",
    "x'AB'",
    "U&'\\0027'",
    "ａｂｓ(age)",  # full-width letters
    "аbs(age)",  # a Cyrillic a
    "ＣＵＲＲＥＮＴ＿ＤＡＴＥ()",
    "age\u0000",
    "age\u202e > 1",
    "age \u200b> 1",
    "‘well’ = word",
    "age ≥ 60",
    "age > 60；",
    "'well",
    '"age',
    "(age",
    "age)",
    "age +",
    "+",
    "",
    "   ",
    "\n",
    '""',
    "IF(age > 1, 2, 3)",
    "LOG(age)",
    "LOG(2, age)",
    "ABS()",
    "ABS(age, 1)",
    "SUBSTR(word)",
    "TRIM(BOTH 'x' FROM word)",
    "LOWER(DISTINCT word)",
    "COALESCE()",
    "DATE '2010-02-30'",
    "DATE '2010-2-3'",
    "DATE 'yesterday'",
    "DATE 2010",
    "DATE_DIFF('hour', op_date, death_date)",
    "DATE_DIFF(word, op_date, death_date)",
    "age IN ()",
    "age IN patient",
    "age IN (1, NULL)",
    "age = NULL",
    "age <> NULL",
    "age IS 61",
    "0 <= age <= 100",
    "sex = 'F' OR 'M'",
    "NOT 'F'",
    "word LIKE 'x' ESCAPE '!'",
    "0x1F",
    "9" * 400,
    "1e99999",
    "(" * 21 + "age" + ")" * 21,
    "(" * 1500 + "age" + ")" * 1500,
    "(" * 2000,
    "NOT " * 200 + "alive",
    "-" * 30 + "age",
    "- " * 2000 + "age",
    "ABS(" * 500 + "age" + ")" * 500,
    "CASE WHEN alive THEN " * 200 + "1" + " END" * 200,
    "age" + " + age" * 500,
    "age" + " = age" * 500,
    "age" + "::int" * 800,
    "INTERVAL " * 500,
    "[" * 2000,
    "{'a':" * 800,
    "age " * 1000,
    "age" + " OR age" * MAX_LENGTH,
]


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: text[:40].encode("unicode_escape").decode())
def test_everything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression.parse(text)
    message = str(caught.value)
    assert message.strip()
    assert "sqlglot" not in message
    assert len(message) < 400


def test_long_lists_and_chains_are_no_attack() -> None:
    codes = ", ".join(f"'{code}'" for code in range(500))
    assert value_of(f"sex IN ({codes})") is False
    assert value_of(" OR ".join(["age = 1"] * 300 + ["age = 61"])) is True
    assert value_of(" AND ".join(["age = 61"] * 300)) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ROUN(age)", "the function ROUN is not allowed in an expression. Did you mean ROUND?"),
        ("LOG(age)", "the function LOG is not allowed: its base is not the same everywhere. Write LN (natural) or"),
        ("age = NULL", "a comparison with NULL is never true. Write IS NULL or IS NOT NULL."),
        ("sex = 'F' OR 'M'", "OR stands between conditions, not values. Write x IN ('A', 'B')."),
        ("0 <= age <= 100", "a comparison has two sides. Write a <= b AND b <= c."),
        ("age ≥ 60", "'≥' is not a sign of SQL. Write >= instead."),
        ("sum(age)", "SUM gathers rows, and an expression sees one row at a time."),
        ("now()", "the clock (NOW) is not allowed in an expression."),
        ("DATE '2010-02-30'", "'2010-02-30' is not a date. Write DATE '2010-01-31'."),
        ("a.b.c", "a name has at most two parts, table.column."),
        ("age > 1;", "an expression is one condition or value. Remove the semicolon."),
        ("age > 1 -- x", "an expression has no comments."),
        ("(SELECT 1)", "a query is not allowed in an expression"),
    ],
)
def test_the_answer_says_what_to_write_instead(text: str, expected: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression.parse(text)
    assert str(caught.value).startswith(expected)


def test_names_are_listed_once_in_the_order_written() -> None:
    found = Expression.parse('b > 1 AND (patient.a = b OR "alk.phos" IS NULL)').names
    assert found == (Reference(None, "b"), Reference("patient", "a"), Reference(None, "alk.phos"))


def test_columns_come_from_the_scope_alone() -> None:
    scope = Scope({"patient": {"age": 'CAST("raw"."age" AS BIGINT)'}})
    assert Expression.parse("age > 60").sql(scope) == '(CAST("raw"."age" AS BIGINT) > 60)'
    with pytest.raises(UnknownName):
        Expression.parse("agee > 60").sql(scope)


def test_a_text_in_double_quotes_is_a_column_and_the_answer_says_so() -> None:
    with pytest.raises(UnknownName, match="A text stands in single quotes: 'Female'"):
        Expression.parse('sex = "Female"').sql(SCOPE)


def test_an_ambiguous_name_is_not_resolved_in_an_expression() -> None:
    with pytest.raises(AmbiguousName, match=r"'a\.date' or 'b\.date'"):
        Expression.parse("date IS NULL").sql(Scope({"a": {"date": "x"}, "b": {"date": "y"}}))


def test_result_rows_have_every_column_that_a_selector_may_name() -> None:
    from atrisk.result.row import COLUMNS

    assert set(SELECTORS) <= set(COLUMNS)
