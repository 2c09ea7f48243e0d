"""A value on one line: readable, never long, types told apart without colour."""

import pytest

from widgets.values import in_order, label_field, preview, preview_container
from widgets.values.labels import label_text

MISSING = object()


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (None, "null", "null"),
        (True, "true", "bool"),
        (False, "false", "bool"),
        (1, "1", "number"),
        (1.0, "1.0", "number"),
        (-0.0, "-0.0", "number"),
        ("1", '"1"', "string"),
        ("", '""', "string"),
        ("a\nb", '"a\\nb"', "string"),
        ("\ud800", '"\\ud800"', "string"),
        ("Žluť 漢", '"Žluť 漢"', "string"),
        (b"\x00\x01", "bytes(2) AAE=", "bytes"),
        (frozenset([2, 1]), "set(2) {1, 2}", "set"),
        ({}, "{}", "map"),
        ([], "[]", "list"),
        ({"a": 1}, "{…} 1 key", "map"),
        ([1, 2], "[…] 2 items", "list"),
        (MISSING, "—", "missing"),
    ],
)
def test_one_line_for_each_type(value, text, kind):
    shown = preview(value, missing=MISSING)
    assert (shown.text, shown.kind, shown.cut) == (text, kind, False)


@pytest.mark.parametrize(
    "value", ["x" * 1000, b"x" * 1000, frozenset(range(1000)), 10**5000], ids=["string", "bytes", "set", "int"]
)
def test_long_values_are_cut_and_say_so(value):
    shown = preview(value, 80)
    assert shown.cut
    assert len(shown.text) < 140
    assert "…" in shown.text


def test_a_huge_integer_shows_its_first_digits():
    assert preview(-(10**999)).text.startswith("-1000")


def test_containers_by_kind_and_count():
    assert preview_container("map", 1234).text == "{…} 1234 keys"
    assert preview_container("list", 0).text == "[]"


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (["UniqueId", "County", "Name"], "Name"),
        (["id", "title", "name"], "name"),
        (["id", "program_name"], "program_name"),
        (["station_id", "short-title", "x"], "short-title"),
        (["a", "b"], None),
    ],
)
def test_the_field_that_names_a_record(names, field):
    assert label_field(names) == field


def test_a_label_is_a_short_line_of_text():
    assert label_text(" Bonnie\n Fire ") == "Bonnie Fire"
    assert label_text("x" * 200).endswith("…")
    assert label_text("  ") is None
    assert label_text(12) is None


@pytest.mark.parametrize(
    ("key", "label", "shown"),
    [
        ("openstack/puppet-vitrage", "OpenStack Vitrage", ["openstack/puppet-vitrage", "OpenStack Vitrage"]),
        ("id 7", "Oak Fire", ["id 7", "Oak Fire"]),
        ("866407b4-2434-4d13", "Oak Fire", ["Oak Fire", "866407b4-2434-4d13"]),
        ("[3]", "Oak Fire", ["Oak Fire", "[3]"]),
        ("Oak Fire", "Oak Fire", ["Oak Fire"]),
        ("id 7", None, ["id 7"]),
    ],
)
def test_what_tells_a_record_from_others_comes_first(key: str, label: str | None, shown: list[str]) -> None:
    assert in_order(key, label) == shown
