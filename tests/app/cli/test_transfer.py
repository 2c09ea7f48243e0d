"""import and export: options, the record, progress, stopping, what stays and what goes."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import transfer
from tests.app.cli.conftest import Run, put

ROOT = Path(__file__).resolve().parents[3]


def snapshots(folder: Path, count: int = 3, name: str = "fires.jsonl") -> Path:
    """Versions of a list of records; the n-th has n records with the number of the version in each."""
    lines = [
        {
            "time": f"2024-01-{1 + n // 24:02}T{n % 24:02}:00Z",
            "state": {"fires": [{"id": f"f{i}", "acres": n} for i in range(n + 1)]},
            "author": "bot",
            "message": f"version {n}",
            "commit": f"{n:040x}",
        }
        for n in range(count)
    ]
    file = folder / name
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_import_prints_one_record(run: Run, tmp_path: Path) -> None:
    store = tmp_path / "fires.refactory"
    done = run("import", snapshots(tmp_path), store, "--json")
    record = done.document
    assert list(record) == ["transactions", "operations", "timelines", "identity", "skipped", "seconds"]
    assert (record["transactions"], record["timelines"], record["skipped"]) == (3, ["main"], [])
    assert record["operations"] > 3
    assert list(record["identity"].values()) == [["id"]]
    assert isinstance(record["seconds"], float)
    assert done.err == ""
    log = run("log", store, "--json").documents
    assert [entry["source"] for entry in log] == [f"{n:040x}" for n in (2, 1, 0)]
    assert run("show", store, "--at", "2024-01-01T01:30Z", "--json").document == {
        "fires": [{"id": "f0", "acres": 1}, {"id": "f1", "acres": 1}]
    }


def test_import_again_takes_only_what_is_new(run: Run, tmp_path: Path) -> None:
    store = tmp_path / "fires.refactory"
    run("import", snapshots(tmp_path), store)
    before = run("log", store, "--json").out
    assert run("import", snapshots(tmp_path), store, "--json").document["transactions"] == 0
    assert run("log", store, "--json").out == before
    assert run("import", snapshots(tmp_path, 5), store, "--json").document["transactions"] == 2
    assert run("log", store, "--json").out.endswith(before)


def test_import_for_people(run: Run, tmp_path: Path) -> None:
    store = tmp_path / "fires.refactory"
    lines = run("import", snapshots(tmp_path), store).lines
    assert lines[0].startswith("3 transactions with ")
    assert "timelines: main" in lines
    assert any(line.endswith("are told apart by id") for line in lines)
    assert run("import", snapshots(tmp_path), store).lines[0] == f"nothing new to import into {store}"


def test_import_hands_all_options_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    got: dict[str, Any] = {}

    def import_from(self: object, source: Path, **options: Any) -> None:
        got.update(options, source=source)
        raise transfer.BadInput("enough")

    monkeypatch.setattr("engine.store.Store.import_from", import_from)
    run(
        *("import", "src", tmp_path / "s", "--kind", "events", "--path", "a/*.json", "--path", "b.csv"),
        *("--key", "$.a[*]=id,day", "--key", '$["x=y"]=k', "--timeline", "t", "--map", "entity=order_id,time=at"),
        *("--map", "case=c", "--zone", "Europe/Berlin", "--time-format", "%d.%m.%Y", "--skip-bad"),
    )
    assert got.pop("progress") is None
    assert not got.pop("cancel").is_set()
    assert got == {
        "source": Path("src"),
        "kind": "events",
        "paths": ("a/*.json", "b.csv"),
        "keys": {"$.a[*]": ("id", "day"), '$["x=y"]': ("k",)},
        "timeline": "t",
        "mapping": {"entity": "order_id", "time": "at", "case": "c"},
        "zone": "Europe/Berlin",
        "time_format": "%d.%m.%Y",
        "skip_bad": True,
    }
    assert list(tmp_path.iterdir()) == []


def test_keys_may_be_said(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "s.jsonl"
    source.write_text('{"time":"2024-01-01","state":{"a":[{"id":1,"k":"x"},{"id":2,"k":"y"}]}}\n')
    record = run("import", source, tmp_path / "s", "--key", "$.a=k", "--json").document
    assert list(record["identity"].values()) == [["k"]]
    assert run("show", tmp_path / "s", '$.a[?@.k=="y"].id', "--json").out == "2\n"


def test_progress_for_the_window(run: Run, tmp_path: Path) -> None:
    done = run("import", snapshots(tmp_path), tmp_path / "s", "--json", "--progress-json")
    assert done.document["transactions"] == 3
    records = [json.loads(line) for line in done.err.splitlines()]
    assert records
    assert all(list(record) == ["done", "total", "unit"] for record in records)
    assert records[-1]["done"] == records[-1]["total"]


def test_a_bad_line_stops_and_what_is_before_it_stays(run: Run, tmp_path: Path) -> None:
    source, store = snapshots(tmp_path), tmp_path / "fires.refactory"
    source.write_text(source.read_text() + '{"time": "2024-02-01", "state": {"a": 1, "a": 2}}\n')
    done = run("import", source, store, "--json")
    assert (done.code, done.out) == (2, "")
    assert f"{source}:4: duplicate key" in done.error
    assert f"(3 transactions that came before are kept in {store})" in done.error
    assert len(run("log", store, "--json").documents) == 3
    skipping = run("import", source, store, "--json", "--skip-bad").document
    assert skipping["transactions"] == 0
    assert [item["where"] for item in skipping["skipped"]] == [f"{source}:4"]
    assert list(skipping["skipped"][0]) == ["where", "why"]


def test_a_bad_first_line_leaves_no_store(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "bad.jsonl"
    source.write_text("{}\n")
    assert run("import", source, tmp_path / "new.refactory", "--kind", "snapshots").code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jsonl"]


def test_the_store_is_not_a_source(run: Run, store: Path) -> None:
    before = store.read_bytes()
    assert "is the store itself" in run("import", store, store).error
    assert "is the store itself" in run("export", store, store).error
    assert store.read_bytes() == before


@pytest.mark.parametrize("times", [1, 2])
def test_stopped_by_signals_the_store_is_whole(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    store = tmp_path / "fires.refactory"
    run("import", snapshots(tmp_path, 2), store)

    class Stop:
        """Progress that answers with Ctrl+C."""

        def __call__(self, done: int, total: int | None, unit: str) -> None:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

        def close(self) -> None:
            pass

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(transfer, "progress_for", lambda as_json: Stop())
    done = run("import", snapshots(tmp_path, 100), store, "--json")
    assert (done.code, done.out) == (3, "")
    assert len(done.err.splitlines()) == 1
    assert signal.getsignal(signal.SIGINT) is before
    count = len(run("log", store, "--json").documents)
    assert 2 <= count < 100
    monkeypatch.undo()
    assert run("import", snapshots(tmp_path, 100), store, "--json").document["transactions"] == 100 - count


def test_stopped_before_anything_no_store_is_left(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_from(self: object, source: Path, **options: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        assert options["cancel"].is_set()
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.store.Store.import_from", import_from)
    assert run("import", "src", tmp_path / "s").code == 3
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_a_real_process(run: Run, tmp_path: Path) -> None:
    source, store = tmp_path / "long.jsonl", tmp_path / "long.refactory"
    with source.open("w") as file:
        for n in range(150_000):
            file.write(f'{{"time":"2024-01-01","state":{{"n":{n},"text":"{n * n}"}}}}\n')
    command = [sys.executable, "-m", "app", "import", str(source), str(store), "--progress-json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["unit"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 3
    assert out == b""
    assert b"Traceback" not in err
    assert err.splitlines()[-1].startswith(b"refactory: ")
    assert {path.name for path in tmp_path.iterdir()} <= {source.name, store.name}
    if store.exists():
        count = len(run("log", store).lines)
        assert 0 < count < 150_000
        assert run("show", store, "$.n", "--json").out == f"{count - 1}\n"


# ------------------------------------------------------------------------------------------------- export


@pytest.mark.parametrize("format", ["jsonl", "snapshots"])
def test_export_and_import_give_the_same_states(run: Run, store: Path, tmp_path: Path, format: str) -> None:
    run("commit", store, "-m", "exact", stdin=[put("$.x", {"one": 1, "float": 1.0, "": [[], {}], "é": None})])
    file, copy = tmp_path / f"out.{format}", tmp_path / "copy.refactory"
    record = run("export", store, file, "--format", format, "--json").document
    assert (record["file"], record["format"], record["records"]) == (str(file), format, 4)
    assert run("import", file, copy).code == 0
    for back in range(4):
        moment = f"main~{back}"
        assert run("show", copy, "--at", moment, "--json").out == run("show", store, "--at", moment, "--json").out
    messages = [entry["message"] for entry in run("log", copy, "--json").documents]
    assert messages == ["exact", "rename", "ship", "open"]


def test_export_for_people(run: Run, store: Path, tmp_path: Path) -> None:
    (line,) = run("export", store, tmp_path / "out.jsonl").lines
    assert line.startswith(f"3 records written to {tmp_path / 'out.jsonl'} in ")


def test_export_of_a_missing_store_writes_nothing(run: Run, tmp_path: Path) -> None:
    assert run("export", tmp_path / "none", tmp_path / "out.jsonl").code == 2
    assert list(tmp_path.iterdir()) == []
