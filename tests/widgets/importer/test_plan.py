"""What the dialog asks for is a command line."""

from pathlib import Path

import pytest

from widgets.importer.plan import ImportPlan, split_fields, split_mapping, target_for


def test_a_plain_plan_names_source_and_target() -> None:
    assert ImportPlan(Path("/a"), Path("/b.refactory")).arguments() == ["import", "/a", "/b.refactory"]


def test_every_option_has_its_argument() -> None:
    plan = ImportPlan(
        Path("/a"),
        Path("/b"),
        kind="events",
        paths=("*.json", "x/**"),
        keys={"$.Incidents[*]": ("UniqueId", "Date")},
        timeline="main",
        mapping="time=at",
        zone="Europe/Berlin",
        time_format="%d.%m.%Y",
        skip_bad=True,
    )
    assert plan.arguments()[3:] == [
        "--kind", "events", "--timeline", "main", "--map", "time=at", "--zone", "Europe/Berlin",
        "--time-format", "%d.%m.%Y", "--path", "*.json", "--path", "x/**",
        "--key", "$.Incidents[*]=UniqueId,Date", "--skip-bad",
    ]  # fmt: skip


def test_the_command_line_understands_it() -> None:
    from app.cli.commands import COMMANDS
    from app.cli.parser import parse_command

    plan = ImportPlan(Path("/a"), Path("/b"), kind="csv", keys={"$[*]": ("id",)}, mapping="time=at", skip_bad=True)
    options = parse_command(COMMANDS["import"], [*plan.arguments()[1:], "--json", "--progress-json"])
    assert options.kind == "csv"
    assert options.progress_json


def test_names_of_the_source_are_pairs() -> None:
    assert split_mapping("entity=order_id, time=at,") == {"entity": "order_id", "time": "at"}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("/data/fires.jsonl.zst", "/data/fires.refactory"),
        ("/data/repo", "/data/repo.refactory"),
        ("/data/repo.git", "/data/repo.refactory"),
        ("/data/.jsonl", "/data/.jsonl.refactory"),
    ],
)
def test_the_store_goes_beside_the_source(source: str, target: str) -> None:
    assert target_for(Path(source)) == Path(target)


def test_fields_are_separated_by_commas() -> None:
    assert split_fields(" id, date,,") == ("id", "date")
