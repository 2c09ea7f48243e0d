"""Which record a change belongs to, read from its path."""

from typing import Any, NamedTuple

import pytest

from widgets.changes.markdown import markdown
from widgets.changes.records import counts_text, group, record_steps, total
from widgets.values import is_element, key_of, split_path

MISSING = object()


class Change(NamedTuple):
    path: str
    kind: str
    before: Any = MISSING
    after: Any = MISSING
    path_id: int = 0


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$", ()),
        ("$.a.*[*]", (".a", ".*", "[*]")),
        ("$.a.b_1", (".a", ".b_1")),
        ('$.a[0]["x y"]', (".a", "[0]", '["x y"]')),
        (r'$["a\"]b"].c', (r'["a\"]b"]', ".c")),
        ('$[?@.id=="x]y" && @.n==1].v', ('[?@.id=="x]y" && @.n==1]', ".v")),
        ('$[?@["odd key"]==1.5]', ('[?@["odd key"]==1.5]',)),
    ],
)
def test_paths_split_into_their_steps(path, steps):
    assert split_path(path) == steps
    assert "$" + "".join(steps) == path


def test_elements_are_places_and_keys():
    assert is_element("[0]")
    assert is_element('[?@.id=="a"]')
    assert not is_element('["0"]')
    assert not is_element(".a")
    assert key_of(".a") == "a"
    assert key_of(r'["a\"b"]') == 'a"b'


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ('$.Incidents[?@.id=="x"].Acres', '$.Incidents[?@.id=="x"]'),
        ('$[?@.id=="x"].targets[?@.n==1].type', '$[?@.id=="x"]'),
        ("$.flags.a.enabled", "$.flags.a"),
        ("$.version", "$"),
        ("$.Python.extensions[3]", "$.Python"),
        ("$.grid[1][2]", "$.grid[1]"),
        ("$[4]", "$"),
        ("$", "$"),
    ],
)
def test_the_record_of_a_path(path, record):
    steps = split_path(path)
    assert "$" + "".join(steps[: record_steps(steps)]) == record


def test_changes_are_grouped_in_the_order_they_came():
    changes = [
        Change('$[?@.id=="a"].x', "changed", 1, 2),
        Change('$[?@.id=="b"].x', "added", after=1),
        Change('$[?@.id=="a"].y', "removed", 1),
        Change('$[?@.id=="b"]', "moved", 3, 0),
    ]
    groups = group(changes)
    assert [g.path for g in groups] == ['$[?@.id=="a"]', '$[?@.id=="b"]']
    assert groups[0].rest == (".x", ".y")
    assert groups[1].rest == (".x", "")
    assert groups[0].counts == {"removed": 1, "changed": 1}
    assert counts_text(total(groups)) == "+1  −1  ~1  ↕1"


def test_large_counts_are_written_as_everywhere():
    assert counts_text({"added": 2388, "removed": 15_719}) == "+2388  −15\u202f719"


def test_markdown_says_what_changed():
    changes = [
        Change('$[?@.id=="a"].x', "changed", 1, "two"),
        Change('$[?@.id=="a"].y', "removed", "`tick`"),
        Change('$[?@.id=="a"].z', "added", after=None),
        Change('$[?@.id=="a"]', "moved", 3, 0),
    ]
    text = markdown("From *a* to b", group(changes), MISSING)
    assert text.splitlines() == [
        r"## From \*a\* to b",
        "",
        "1 record: +1  −1  ~1  ↕1",
        "",
        '### `$[?@.id=="a"]`',
        "",
        '- `x`: `1` → `"two"`',
        '- removed `y`: ~~`` "`tick`" ``~~',
        "- added `z`: `null`",
        '- moved `$[?@.id=="a"]`: position `3` → `0`',
    ]
    assert "No differences" in markdown("Nothing", [], MISSING)
