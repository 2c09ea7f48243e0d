"""Which fields tell records apart: by name, by what they hold, by what the next versions show."""

import json
from typing import Any

import pytest

from engine.errors import BadInput
from engine.exchange.fields import candidates, name_rank, write_cost
from engine.exchange.identity import Identities
from tests.exchange.test_shadow import Import


def chosen(*records: dict[str, Any]) -> tuple[str, ...] | None:
    ranked = candidates([list(records)])
    return ranked[0] if ranked else None


def test_names_are_ranked() -> None:
    names = [
        "id",
        "UniqueId",
        "station_id",
        "WebId",
        "name",
        "url",
        "colour",
        "OBJECTID",
        "num_of_customers",
        "status",
    ]
    assert [name_rank(name) for name in names] == [0, 0, 1, 1, 2, 3, 4, 5, 5, 5]


def test_a_known_name_wins_whatever_its_place() -> None:
    assert chosen({"name": "a", "v": 1, "id": 7}, {"name": "b", "v": 2, "id": 8}) == ("id",)


def test_a_known_name_is_enough_for_a_single_record() -> None:
    assert chosen({"v": 1, "name": "a"}) == ("name",)
    assert chosen({"v": 1, "w": "a"}) is None


def test_what_is_not_unique_everywhere_is_no_identity() -> None:
    one, other = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]
    assert candidates([one, other])[0] == ("name",)


def test_a_field_must_be_there_in_all_and_short_text_or_a_whole_number() -> None:
    assert chosen({"id": 1, "key": "a"}, {"key": "b"}) == ("key",)
    assert chosen({"id": 1.5, "key": "a"}, {"id": 2.5, "key": "b"}) == ("key",)
    assert chosen({"id": "x" * 300, "key": "a"}, {"id": "y" * 300, "key": "b"}) == ("key",)
    assert chosen({"id": True, "key": "a"}, {"id": False, "key": "b"}) == ("key",)


def test_values_are_told_apart_by_type() -> None:
    assert chosen({"id": 1, "n": 0}, {"id": "1", "n": 0}) == ("id",)


def test_several_fields_together_where_none_does_it_alone() -> None:
    rows = [{"prefix": p, "service": s, "zone": "z"} for p in ("10.0", "10.1") for s in ("ec2", "s3")]
    assert chosen(*rows) == ("service", "prefix")


def test_places_and_floats_may_be_part_of_a_key_but_what_changes_comes_last() -> None:
    rows = [
        {"num_of_customers": n, "start_time": f"08:0{n % 2}", "latitude": 45.5 + n // 2, "status": n % 3}
        for n in range(4)
    ]
    rows[1]["num_of_customers"] = 0
    assert chosen(*rows) == ("start_time", "latitude")


def test_the_cost_of_a_choice_is_what_it_writes() -> None:
    old = [{"id": 1, "place": 1, "v": "a"}, {"id": 2, "place": 2, "v": "b"}]
    new = [{"id": 2, "place": 1, "v": "b"}, {"id": 1, "place": 2, "v": "a"}]
    assert write_cost(("id",), old, new) == 2
    assert write_cost(("place",), old, new) == 4
    assert write_cost(("id",), old, old) == 0
    assert write_cost(("id",), old, [{"id": 3, "place": 3, "v": "c"}]) == 9
    assert write_cost(("gone",), old, [{"id": 1}]) == 5


# ---------------------------------------------------------------------------------------- choices of an import


def test_a_choice_is_made_for_each_pattern() -> None:
    source = Import()
    source.put({"studies": [{"name": n, "arms": [{"name": "on"}, {"name": "off"}]} for n in "ab"], "plain": [1, 2]})
    assert source.shadow.identities.chosen() == {"$.studies[*]": ["name"], "$.studies[*].arms[*]": ["name"]}


def test_the_users_choice_comes_first_and_stays() -> None:
    for pattern in ("$.rows", "$.rows[*]", "$..rows[*]", "$[*]", "$.*"):
        source = Import({pattern: ("place", "name")})
        source.put({"rows": [{"id": 1, "place": 1, "name": "a"}, {"id": 2, "place": 1, "name": "b"}]})
        assert source.shadow.identities.chosen() == {"$.rows[*]": ["place", "name"]}
    with pytest.raises(BadInput, match="names and wildcards"):
        Identities({"$.rows[0]": ("id",)})


def test_an_empty_list_decides_nothing_and_the_first_records_do() -> None:
    source = Import()
    source.put({"rows": []})
    source.put({"rows": [{"id": 1}]})
    assert source.shadow.identities.chosen() == {"$.rows[*]": ["id"]}


def test_records_that_nothing_tells_apart_wait_until_there_are_more() -> None:
    source = Import()
    source.put([{"v": 1, "w": "x"}])
    assert source.shadow.identities.chosen() == {}
    source.put([{"v": 1, "w": "x"}, {"v": 1, "w": "y"}, {"v": 2, "w": "z"}])
    assert source.shadow.identities.chosen() == {"$[*]": ["w"]}


def test_a_better_choice_takes_over_when_changes_show_it() -> None:
    """`row_id` numbers the rows; that the real key is another field shows when rows come and go."""
    source = Import()
    parts = [{"part": f"p{n}", "a": n, "b": n, "c": n} for n in range(9)]
    for first in range(4):
        state = [{"row_id": place, **part} for place, part in enumerate(parts[first : first + 5])]
        source.put(state)
        source.check(state)
    assert source.shadow.identities.chosen() == {"$[*]": ["part"]}


def test_a_choice_that_many_records_share_is_given_up() -> None:
    source = Import()
    source.put([{"name": n, "serial": n * 2} for n in "abcdef"])
    assert source.shadow.identities.chosen() == {"$[*]": ["name"]}
    state = [{"name": "same", "serial": n * 2} for n in "abcdef"]
    source.put(state)
    source.check(state)
    assert source.shadow.identities.chosen() == {"$[*]": ["serial"]}


def test_choices_are_kept_for_the_next_import() -> None:
    source = Import()
    source.put({"a": [{"id": 1}, {"id": 2}], "b": [{"x": 1, "y": 1}], "c": [{"p": 1, "q": 1}] * 3})
    saved = json.loads(json.dumps(source.shadow.identities.save()))
    again = Identities()
    again.restore(saved)
    assert again.chosen() == source.shadow.identities.chosen()
    assert json.loads(json.dumps(again.save())) == saved
