"""JSON, YAML, TOML, CSV and INI as JSON bytes: exactly what they say, or a reason."""

import json
from typing import Any

import pytest

from engine.errors import InvalidValue
from engine.exchange import formats
from engine.exchange.formats import format_of, parse


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("json", ' {"b": 1, "a": [1.50, "é"]}\n', {"b": 1, "a": [1.5, "é"]}),
        ("json", "\ufeff[]", []),
        ("json", "null", None),
        ("yaml", "b: 1\na: [x, 2.0]\n", {"b": 1, "a": ["x", 2.0]}),
        (
            "yaml",
            "when: 2001-12-14 21:59:43.10 -5\nday: 2020-01-01\n",
            {"when": "2001-12-14 21:59:43.10 -5", "day": "2020-01-01"},
        ),
        ("yaml", "1: a\n2.5: b\ntrue: c\nnull: d\n", {"1": "a", "2.5": "b", "true": "c", "null": "d"}),
        ("yaml", "base: &b {x: 1}\nmore:\n  <<: *b\n  y: 2\n", {"base": {"x": 1}, "more": {"x": 1, "y": 2}}),
        ("yaml", "base: &b {x: 1}\nmore: {<<: *b, x: 2}\n", {"base": {"x": 1}, "more": {"x": 2}}),
        ("yaml", "a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("yaml", "- !Ref x\n- !Sub [a]\n- !If {c: 1}\n", [{"!Ref": "x"}, {"!Sub": ["a"]}, {"!If": {"c": 1}}]),
        ("yaml", "s: !!set {a, b}\n", {"s": {"a": None, "b": None}}),
        ("yaml", "a: !!binary aGk=\n", {"a": {"$bytes": "aGk="}}),
        ("yaml", "$bytes: aGk=\n", {"$$bytes": "aGk="}),
        ("yaml", "# nothing but a comment\n", None),
        (
            "toml",
            'a = 1\nd = 2020-01-01T07:32:00Z\n[t]\nx = [1.0, "y"]\n',
            {"a": 1, "d": "2020-01-01T07:32:00+00:00", "t": {"x": [1.0, "y"]}},
        ),
        ("csv", 'a,b\n1,"x, ""y"""\n2,\n', [{"a": "1", "b": 'x, "y"'}, {"a": "2", "b": ""}]),
        ("csv", "a;b\r\n1;2\r\n\r\n3\r\n", [{"a": "1", "b": "2"}, {"a": "3"}]),
        ("csv", '"two\nlines"\tb\n1\t2\n', [{"two\nlines": "1", "b": "2"}]),
        ("csv", "a,b\n", []),
        (
            "ini",
            "[S]\nKey=1\nb : two\nflag\nlist =\n  x\n  y\n; no\n[T]\n",
            {"S": {"Key": "1", "b": "two", "flag": None, "list": "\nx\ny"}, "T": {}},
        ),
        ("ini", "root = true\n[*.md]\nx = 1\n", {"": {"root": "true"}, "*.md": {"x": "1"}}),
        ("ini", "[DEFAULT]\na=1\n[b]\nc=%(a)s\n", {"DEFAULT": {"a": "1"}, "b": {"c": "%(a)s"}}),
    ],
)
def test_what_a_file_says(form: str, text: str, value: Any) -> None:
    assert json.dumps(json.loads(parse(text.encode(), form))) == json.dumps(value)


@pytest.mark.parametrize(
    ("form", "text", "why"),
    [
        ("json", "", "empty"),
        ("json", " \n", "empty"),
        ("json", '{"a":1', "invalid JSON at line 1 column 7"),
        ("json", '{"a":1}\n{"b":2}', "line 2 column 1"),
        ("json", b'{"a":"\xff"}', "invalid UTF-8"),
        ("json", "[" * 100_000, "nested deeper"),
        ("yaml", "a: 1\nb: 2\na: 3\n", "line 3 column 1: duplicate key 'a'"),
        ("yaml", "1: a\n'1': b\n", "duplicate key '1'"),
        ("yaml", "a: [\n", "invalid YAML at line 2"),
        ("yaml", "a: .nan\n", "nan is not a value"),
        ("yaml", "? [a, b]\n: c\n", "list or map is used as a key"),
        ("yaml", "a: &a [*a]\n", "nested deeper|holds itself"),
        ("yaml", '!!python/object/apply:os.system ["true"]', "could not determine a constructor"),
        ("yaml", "[" * 2000 + "]" * 2000, "nested deeper"),
        ("toml", "a = 1\na = 2\n", "invalid TOML"),
        ("toml", "a = nan\n", "nan is not a value"),
        ("toml", "a = " + "[" * 3000 + "]" * 3000, "nested deeper"),
        ("csv", "a,a\n1,2\n", "the column 'a' occurs twice"),
        ("csv", "a,b\n1,2\n3,4,5\n", "line 3 has 3 values, the header 2 names"),
        ("csv", 'a\n"open', "invalid CSV at line 2"),
        ("ini", "[a]\nx=1\nx=2\n", "option 'x' in section 'a' already exists"),
        ("ini", "[a]\n[a]\n", "section 'a' already exists"),
    ],
)
def test_what_is_refused(form: str, text: str | bytes, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        parse(text if isinstance(text, bytes) else text.encode(), form)


def test_aliases_may_not_unfold_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_NODES", 1000)
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 9)]
    with pytest.raises(InvalidValue, match="unfold to more than 1000"):
        parse("\n".join(lines).encode(), "yaml")


def test_a_file_may_not_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_BYTES", 10)
    with pytest.raises(InvalidValue, match="larger than"):
        parse(b'{"a": 123456}', "json")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a/b.JSON", "json"),
        ("x.yml", "yaml"),
        ("Cargo.lock", "toml"),
        ("setup.cfg", "ini"),
        (".editorconfig", "ini"),
        ("t.tsv", "csv"),
        ("readme.md", None),
        ("json", None),
    ],
)
def test_formats_by_name(name: str, form: str | None) -> None:
    assert format_of(name) == form
