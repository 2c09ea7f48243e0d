"""XES event logs, read directly."""

import gzip
import json
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput
from engine.exchange import xes
from engine.exchange.xes import SortedEvents

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="unknown"/></global>
  <classifier name="Activity" keys="concept:name"/>
  <string key="concept:name" value="a log"/>
  <trace>
    <string key="concept:name" value="case 1"/><int key="amount" value="40"/>
    <event><string key="concept:name" value="open"/><date key="time:timestamp" value="2020-01-01T10:00:00+01:00"/>
      <string key="org:resource" value="ana"/></event>
    <event><date key="time:timestamp" value="2020-01-03T10:00:00Z"/><string key="concept:name" value="close"/>
      <string key="lifecycle:transition" value="complete"/><float key="cost" value="2.50"/>
      <boolean key="late" value="true"/>
      <string key="place" value="here"><string key="floor" value="2"/></string>
      <list key="tags"><string key="tag" value="x"/></list></event>
  </trace>
  <trace>
    <string key="concept:name" value="case 2"/>
    <event><string key="concept:name" value="open"/><date key="time:timestamp" value="2020-01-02T00:00:00Z"/></event>
  </trace>
</log>"""


def written(tmp_path: Path, text: str = LOG, name: str = "log.xes") -> Path:
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return tmp_path / name


@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
def test_events_come_in_order_of_time(tmp_path: Path, name: str) -> None:
    with SortedEvents(written(tmp_path, name=name)) as events:
        found = [(number, json.loads(record)) for number, record in events]
    assert [(number, event["case"], event["activity"]) for number, event in found] == [
        (1, "case 1", "open"),
        (3, "case 2", "open"),
        (2, "case 1", "close"),
    ]
    assert found[0][1]["case_attrs"] == {"amount": 40}
    assert found[2][1] == {
        "case": "case 1",
        "activity": "close",
        "time": "2020-01-03T10:00:00Z",
        "lifecycle": "complete",
        "attrs": {"cost": 2.5, "late": True, "place": {"value": "here", "floor": "2"}, "tags": {"tag": "x"}},
    }


def test_a_log_becomes_states(tmp_path: Path, store: Store) -> None:
    result = store.import_from(written(tmp_path))
    assert (result.kind, result.transactions) == ("events", 3)
    assert store.at("2020-01-02T12:00Z").json() == {
        "cases": {"case 1": {"activity": "open", "resource": "ana", "amount": 40}, "case 2": {"activity": "open"}}
    }
    assert store.at().json()["cases"]["case 1"]["cost"] == 2.5
    assert [(t.author, t.message) for t in store.log()] == [("", "close"), ("", "open"), ("ana", "open")]
    assert store.import_from(tmp_path / "log.xes").transactions == 0


BOMB = '<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><log><string key="x" value="&b;"/></log>'
OUTSIDE = '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/hostname">]><log><string key="x" value="&x;"/></log>'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "declares entities"),
        (OUTSIDE, "declares entities"),
        ("<html></html>", "no XES log: it begins with <html>"),
        ("not XML", r"log\.xes:1: invalid XES"),
        (LOG[:900], r"log\.xes:\d+: invalid XES: unclosed token"),
        (LOG.replace('key="concept:name" value="case 1"', 'key="x" value="case 1"'), "a trace has no concept:name"),
        (LOG.replace("time:timestamp", "time"), "event 1 has no time:timestamp"),
        (LOG.replace('value="40"', 'value="many"'), "the int \"amount\" cannot be 'many'"),
        (LOG.replace('value="2.50"', 'value="NaN"'), "NaN|nan"),
        ("<log>" + "<list>" * 100 + "</list>" * 100 + "</log>", "nested deeper"),
    ],
)
def test_what_is_refused(tmp_path: Path, store: Store, text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        store.import_from(written(tmp_path, text))
    assert store.graph.count == 0


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, name="log.xes.gz")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(BadInput, match=r"log\.xes\.gz: the compressed file ends in the middle"):
        SortedEvents(path)


def test_nesting_has_a_limit() -> None:
    assert xes.MAX_DEPTH == 64
