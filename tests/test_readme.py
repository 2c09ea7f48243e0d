"""README's tour works, line by line, and names every command that there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tour() -> list[str]:
    """The lines after `$ ` in README's console blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def python_examples() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The subcommands that `refactory --help` names."""
    help_text = subprocess.run(
        [sys.executable, "-m", "app", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return re.findall(r"^ {2,4}([a-z][a-z-]+) {2,}\S", help_text, re.MULTILINE)


def test_every_line_of_the_tour_works(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    lines = tour()
    assert len(lines) > 15
    for line in lines:
        done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        assert done.stderr == "", line
    for example in python_examples():
        subprocess.run(
            [sys.executable, "-c", example], cwd=tmp_path, env={**environment, "PYTHONPATH": str(ROOT)}, check=True
        )


def test_readme_names_every_command() -> None:
    names = commands()
    assert "import" in names
    missing = [name for name in names if not re.search(rf"refactory {name}\b", README)]
    assert not missing


def test_every_command_has_help() -> None:
    for name in commands():
        done = subprocess.run([sys.executable, "-m", "app", name, "--help"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, name
        assert name in done.stdout
