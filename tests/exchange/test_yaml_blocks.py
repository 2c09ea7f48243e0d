"""YAML read piece by piece says what YAML read as a whole says, or leaves it to be read as a whole."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidValue
from engine.exchange import jsontext, yaml_blocks
from engine.exchange.formats import parse
from engine.exchange.yaml import load_yaml
from engine.model import values

LIMIT = 100_000


@pytest.fixture(autouse=True)
def take_everything_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of a few characters are long enough to be taken apart."""
    monkeypatch.setattr(yaml_blocks, "_SHORT", 8)
    yaml_blocks._long_block.cache_clear()


def whole(text: str) -> bytes | None:
    try:
        return jsontext.dump(values.to_json(load_yaml(text, LIMIT)))
    except InvalidValue:
        return None


words = st.text(st.sampled_from("ab -:#'\"\n[]{}&*!|>%@\té\u20281.0"), max_size=12)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=16,
)
styles = st.sampled_from([{}, {"default_flow_style": None}, {"width": 12}, {"indent": 6}, {"default_style": "|"}])


@given(st.dictionaries(words, documents, min_size=1, max_size=5) | st.lists(documents, min_size=1, max_size=5), styles)
@settings(max_examples=300)
def test_pieces_say_what_the_whole_says(document: Any, style: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, **style)
    found = yaml_blocks.read_blocks(text, LIMIT)
    assert found is None or found == whole(text)


lines = st.sampled_from(
    [
        "a:\n",
        "b: 1\n",
        "c: text\n",
        "- x\n",
        "- k: v\n",
        "-\n",
        "  - y\n",
        "  l: 2\n",
        "    deep: [1,\n",
        "  ]\n",
        "d: |\n",
        "e: >-\n",
        "f: |+\n",
        "  line one\n",
        "    line two\n",
        "   \n",
        "\n",
        "# left\n",
        "  # comment\n",
        'g: "open\n',
        '  close"\n',
        "h: &x 1\n",
        "i: *x\n",
        "? j\n",
        ": k\n",
        "m: [\n",
        "n: {p: 1,\n",
        "]\n",
        "}\n",
        "more words\n",
        "---\n",
        "o: !Tag v\n",
        "'q': 1\n",
        '"r": # said\n',
        "s : 1\n",
        "\tt: 1\n",
        "1: one\n",
        "b: 2\r\n",
    ]
)


@given(st.lists(lines, min_size=1, max_size=14).map("".join))
@settings(max_examples=600)
def test_no_piece_means_anything_else_than_in_its_place(text: str) -> None:
    found = yaml_blocks.read_blocks(text, LIMIT)
    assert found is None or found == whole(text)


@pytest.mark.parametrize(
    "text",
    [
        "name: cf\nitems:\n- a: 1\n  b: 2\n- a: 3\nrest: x\n",
        "# head\n\nname:\n  # inside\n  first: 1\n\n  second:\n  - 1\n  - 2\n",
        "a: |\n  one\n\n  two\n\nb: |+\n  kept\n\n\nc: >\n  folded\n  text\n",
        "long key here: {flow: [1, 2], more: 'x'}\nother: \"multi\n  line\"\n",
        "---\n- name: x\n  script: |\n    if x:\n      y\n\n    z\n- name: y\n",
        "1: a\ntrue: b\nnull: c\nwhen: 2020-01-01\n",
        "$bytes: aGVsbG8=\n",
        "only:\n  $bytes:\n    aGVsbG8=\n",
        "- !Ref first thing\n- !Sub\n  - a\n  - b\n",
    ],
)
def test_plain_documents_are_read_in_pieces(text: str) -> None:
    long_enough = text + "# " + "-" * 32 + "\n"
    assert yaml_blocks.read_blocks(long_enough, LIMIT) == whole(long_enough) is not None


@pytest.mark.parametrize(
    "text",
    [
        "base: &b {x: 1}\nmore: *b\nand: something else\n",
        "base:\n  x: 1\nmore:\n  <<: {y: 2}\n  z: 3\n",
        "a: 1\nb: 2\nc: 3\n---\nd: 4\ne: 5\nf: 6\n",
        "%YAML 1.1\n---\na: 1\nb: 2\nc: 3\nd: 4\n",
        "a: 1\nb: 2\na: 3\nc: 4\nd: 5\ne: 6\nf: 7\n",
        "a: [1,\n2,\n3\n]\nb: 2\nc: 3\nd: 4\ne: 5\n",
        "just some words that go on for a while\nand on\n",
    ],
)
def test_what_reaches_across_is_left_to_be_read_as_a_whole(text: str) -> None:
    assert yaml_blocks.read_blocks(text, LIMIT) is None


def test_errors_say_the_line_of_the_whole() -> None:
    text = "".join(f"key{n}: value {n}\n" for n in range(50)) + "key7: again\n"
    with pytest.raises(InvalidValue, match="line 51 column 1: duplicate key 'key7'"):
        parse(text.encode(), "yaml")


def test_only_the_pieces_that_changed_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(text: str, limit: int) -> Any:
        asked.append(text)
        return load_yaml(text, limit)

    monkeypatch.setattr(yaml_blocks, "load_yaml", counting)
    text = "releases:\n" + "".join(f"- name: release-{n}\n  version: {n}\n" for n in range(200))
    parse(text.encode(), "yaml")
    asked.clear()
    parse(text.replace("version: 77\n", "version: 78.5\n").encode(), "yaml")
    assert asked == ["version: 78.5\n"]
