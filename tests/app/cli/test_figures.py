"""The command `stats`."""

from pathlib import Path

from tests.app.cli.conftest import Run


def test_figures_for_programs_are_one_document(run: Run, store: Path) -> None:
    found = run("stats", store, "--json").document
    assert found["transactions"] == 3
    assert found["bytes"]["total"] == store.stat().st_size
    assert found["raw_bytes"] == sum(
        len(run("show", store, "--at", f"main~{n}", "--json").out.rstrip("\n").encode()) for n in range(3)
    )
    assert found["queries"]["commit"]["count"] >= 1
    assert found["queries"]["commit"].keys() == {"count", "p50_ms", "p95_ms", "p99_ms"}


def test_figures_for_people_are_a_few_tables(run: Run, store: Path) -> None:
    done = run("stats", store)
    assert done.code == 0
    assert done.lines[0].startswith("3 transactions, ")
    assert " : 1" in done.lines[1]
    for title in ("by table", "by tier", "by strategy", "by part of the state"):
        assert any(line.startswith(title) for line in done.lines)
    assert any(line.endswith("  $.orders[*]") or "  $.orders[*]." in line for line in done.lines)


def test_a_store_that_is_not_there_has_no_figures(run: Run, tmp_path: Path) -> None:
    done = run("stats", tmp_path / "none.refactory")
    assert (done.code, done.out) == (2, "")
    assert "no such store" in done.error
