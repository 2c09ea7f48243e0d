"""The project's own files hold together: lock files, ./dev, packaging, documents."""

import re
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-bench.lock")


def locked(name: str) -> dict[str, list[str]]:
    """The versions that a lock file pins, by package."""
    pins: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE):
        pins.setdefault(canonicalize_name(package), []).append(version)
    return pins


@pytest.mark.parametrize(("lock", "extra"), [("requirements.lock", "test"), ("requirements-bench.lock", "bench")])
def test_a_lock_file_pins_what_the_project_asks_for(lock: str, extra: str) -> None:
    pins = locked(lock)
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"][extra]]:
        wanted = Requirement(line)
        versions = pins.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} is not in {lock}: run ./dev lock"
        assert all(wanted.specifier.contains(version) for version in versions), f"{wanted} against {versions}"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_hashes_and_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert len(re.findall(r"^\S+==.*\\$", text, re.MULTILINE)) == sum(map(len, locked(lock).values()))
    assert "--hash=sha256:" in text
    for address in ("--index-url", "--extra-index-url", "--find-links", "file:", "://"):
        assert address not in text


def test_dev_is_a_plain_shell_script_and_tells_all_its_commands() -> None:
    script = ROOT / "dev"
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(script)], check=True)
    usage = subprocess.run([str(script), "help"], capture_output=True, text=True, check=True).stdout
    for command in ("setup", "run", "test", "check", "bench", "soak", "shot", "lock"):
        assert re.search(rf"^  {command}\b", usage, re.MULTILINE)


def test_dev_refuses_what_it_does_not_know() -> None:
    done = subprocess.run([str(ROOT / "dev"), "frobnicate"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no command 'frobnicate'" in done.stderr


def test_packaging_names_one_program() -> None:
    desktop = (ROOT / "packaging" / "refactory.desktop").read_text(encoding="utf-8")
    metainfo = ElementTree.parse(ROOT / "packaging" / "org.refactory.Refactory.metainfo.xml").getroot()
    mime = ElementTree.parse(ROOT / "packaging" / "refactory.mime.xml").getroot()
    assert "Exec=refactory %f" in desktop
    assert metainfo.findtext("launchable") == "refactory.desktop"
    assert metainfo.findtext("project_license") == PROJECT["license"]
    kind = mime[0].get("type")
    assert kind
    assert f"MimeType={kind};" in desktop
    assert metainfo.findtext("provides/mediatype") == kind


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_documents_link_to_what_exists(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+?)\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert not missing
