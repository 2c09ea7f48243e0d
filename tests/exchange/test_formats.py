"""JSON, YAML, TOML, CSV and INI as JSON bytes: exactly what they say, or a reason."""

import io
import json
import time
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
        (
            "yaml",
            "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], w: 3}\n",
            {"a": {"x": 1, "y": 1}, "b": {"y": 2, "z": 2}, "c": {"y": 1, "z": 2, "x": 1, "w": 3}},
        ),
        ("yaml", "p: {q: &b {<<: {x: 1}, x: 2}}\nm: {<<: *b}\n", {"p": {"q": {"x": 2}}, "m": {"x": 2}}),
        ("yaml", "a: &a {<<: *a, x: 1}\n", {"a": {"x": 1}}),
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
        ("yaml", "a: &a {x: 1, x: 2}\nb: {<<: *a}\n", "line 1 column 14: duplicate key 'x'"),
        ("yaml", "a: {<<: 1}\n", "invalid YAML at line 1 column 9: expected a mapping"),
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


def test_merge_keys_do_not_multiply() -> None:
    """Twenty levels of eight merges each are 8²⁰ visits for whoever does each of them anew."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 8)}], k{n}: 1}}" for n in range(1, 21)]
    found = json.loads(parse("\n".join(lines).encode(), "yaml"))
    assert list(found["a20"]) == ["x", *(f"k{n}" for n in range(1, 21))]


def test_merge_keys_may_not_bring_in_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_NODES", 1000)
    wide = "a: &a {" + ", ".join(f"k{n}: {n}" for n in range(50)) + "}\n"
    with pytest.raises(InvalidValue, match="bring in too much"):
        parse((wide + f"b: {{<<: [{', '.join(['*a'] * 50)}]}}").encode(), "yaml")


class _Counted(io.StringIO):
    """A text that knows how many lines were asked for one by one."""

    asked = 0

    def readline(self, size: int | None = -1, /) -> str:
        self.asked += 1
        return super().readline(-1 if size is None else size)


def test_a_quote_that_is_not_closed_is_no_reason_to_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_MAX_HEADER", 1000)
    text = _Counted('size in ";n\n' + "1,5;2\n" * 5000, newline="")
    records = formats.read_table(text)
    assert next(records) == (2, {'size in "': "1,5", "n": "2"})
    assert text.asked < 300
    assert len(list(records)) == 4999


def test_wide_headers_and_odd_line_ends() -> None:
    names = [f"n{number}" for number in range(60_000)]
    began = time.process_time()
    assert json.loads(parse(",".join(names).encode(), "csv")) == []
    assert time.process_time() - began < 5
    assert json.loads(parse("a\u2028b,c\n1,2\n".encode(), "csv")) == [{"a\u2028b": "1", "c": "2"}]


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
