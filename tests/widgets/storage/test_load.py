"""What the Storage view shows, without a window."""

import json
from threading import Event

import pytest

from engine.errors import Cancelled
from engine.metrics import Histogram
from engine.store import Store
from widgets.storage.latency import span_text
from widgets.storage.load import MOST_LAYERS, REST, ancestry, load, measure, outside, steps_of, tiles
from widgets.storage.words import TABLES, question_rows, ratio_text, table_rows


def loaded(store):
    return load(store, Event(), lambda *_: None, exact=True)


def test_tiles_add_up_and_single_steps_are_put_together(store):
    figures = loaded(store).figures
    found = tiles(figures, 0)
    assert sum(tile.size for tile in found) == int(figures.prefixes.whole[0])
    assert {"title", "itself"} <= {tile.label for tile in found}
    incidents = next(tile for tile in found if tile.label.startswith("Incidents"))
    assert incidents.inner
    assert outside(figures, incidents.node) == 0
    element = int(figures.prefixes.children(incidents.node)[0])
    assert figures.prefixes.text(element) == "$.Incidents[*]"
    assert {tile.label for tile in tiles(figures, element)} >= {"Notes", "AcresBurned"}
    steps = [figures.prefixes.text(node) for node in ancestry(figures, element)]
    assert steps == ["$", "$.Incidents", "$.Incidents[*]"]


def test_steps_with_next_to_nothing_beside_them_are_put_together(tmp_path):
    with Store.open(tmp_path / "wide.refactory", create=True) as store:
        items = [{"id": f"i{number}", "text": f"{number:03}" * 40, "rank": number} for number in range(200)]
        store.commit([{"op": "put", "path": "$", "value": {"shelf": {"items": items}, "x": 1}}])
        figures = loaded(store).figures
        found = tiles(figures, 0)
        assert found[0].label == "shelf.items[*]"
        assert {tile.label for tile in tiles(figures, found[0].node)} == {"id", "text", "rank", "itself"}
        assert outside(figures, found[0].node) == 0


def test_very_many_parts_are_one_tile(store):
    store.commit([{"op": "put", "path": "$.many", "value": {f"k{number}": number for number in range(100)}}])
    figures = loaded(store).figures
    many = next(tile for tile in tiles(figures, 0) if tile.label == "many")
    inside = tiles(figures, many.node)
    assert inside[-1].node == REST
    assert inside[-1].label == "40 more"
    assert sum(tile.size for tile in inside) == many.size


def test_growth_ends_with_all_that_is_in_the_log(store):
    found = loaded(store)
    for by in ("tier", "strategy"):
        names, sizes = steps_of(found, by)
        assert sizes.shape == (len(names), len(found.figures.stretches))
        assert sizes[:, -1].sum() == sum(stretch.size for stretch in found.figures.stretches)
    assert found.times[0][0] <= found.times[-1][1]


def test_no_more_layers_than_there_are_colours(store):
    found = loaded(store)
    stretch = found.figures.stretches[0]
    for number in range(12):
        stretch.by_strategy[f"way {number}"] = 1
        found.figures.by_strategy[f"way {number}"] = 1
    names, sizes = steps_of(found, "strategy")
    assert (len(names), len(sizes)) == (MOST_LAYERS, MOST_LAYERS)
    assert names[-1].endswith(" more")
    assert sizes[:, -1].sum() == sum(sum(each.by_strategy.values()) for each in found.figures.stretches)


def test_every_table_of_the_file_is_explained(store):
    found = loaded(store)
    assert set(found.figures.by_table) <= set(TABLES)
    rows = table_rows(found)
    assert [row.name for row in rows if not row.numbers] == [
        "Tables, with whole pages",
        "Tiers",
        "How columns are written",
    ]
    assert all(row.share <= 1 for row in rows)


def test_kinds_of_questions_those_asked_most_first(store):
    for _ in range(20):
        store.at()["$.title"]
    list(store.history("$.title"))
    rows = question_rows(loaded(store))
    assert rows[0].name in ("value", "state")
    value = next(row for row in rows if row.name == "value")
    assert value.numbers[0] == "20"
    assert value.target == "kind:value"
    assert value.note == "$.title 20"


def test_every_version_through_zstd(store):
    found = measure(store, Event(), lambda *_: None)
    texts = [json.dumps(store.at(dense).json(), separators=(",", ":"), ensure_ascii=False) for dense in range(5)]
    assert found.raw == sum(len(text.encode()) for text in texts) == store.stats()["raw_bytes"]
    assert 0 < found.compressed < found.raw
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        measure(store, stop, lambda *_: None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 µs"), (13.84e-6, "13.8 µs"), (0.0994, "99.4 ms"), (0.113, "113 ms"), (0.9999, "1.0 s"), (75, "75.0 s")],
)
def test_spans_in_three_digits(seconds, text):
    assert span_text(seconds) == text


def test_ratios():
    assert (ratio_text(280.22), ratio_text(12.54)) == ("280 : 1", "12.5 : 1")
    assert Histogram().percentile(0.5) is None
