"""What the window remembers from one start to the next: a dataclass, kept as JSON.

Only what differs from the defaults is written, atomically. What cannot be read (an unknown key, a
value of another type, a file that is no JSON) is dropped with a warning, never with an error: the
program must start.
"""

import json
import logging
import os
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

log = logging.getLogger(__name__)

RECENT = 12  #: how many recent stores are kept


@dataclass(frozen=True)
class RecentStore:
    """A store that was open, and where the person was in it."""

    path: str
    opened: int = 0  #: microseconds since 1970 UTC
    selected: str = ""  #: handle of the selected transaction
    compared: str = ""  #: handle of the transaction that it is compared with
    inside: str = "$"  #: the selected path


@dataclass(frozen=True)
class Settings:
    """Everything that is remembered."""

    theme: str = "system"
    reopen: bool = True  #: open the store of the last time at the start
    last_store: str = ""  #: open when the program ended; empty: the start page was shown
    geometry: str = ""  #: place and size of the window, base64
    layout: str = ""  #: places of the docks and tool bars, base64
    folder: str = ""  #: where the last file was chosen
    author: str = ""  #: the name in the person's own commits
    recent: tuple[RecentStore, ...] = field(default=())  #: latest first

    def remember(self, store: RecentStore) -> "Settings":
        """With `store` in front of the recent ones."""
        others = tuple(other for other in self.recent if other.path != store.path)
        return replace(self, recent=(store, *others)[:RECENT])

    def forget(self, path: str) -> "Settings":
        """Without the recent store at `path`."""
        return replace(self, recent=tuple(store for store in self.recent if store.path != path))

    def recent_at(self, path: str) -> RecentStore | None:
        """What is remembered of the store at `path`."""
        return next((store for store in self.recent if store.path == path), None)


def settings_file() -> Path:
    """`settings.json` in the configuration folder (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".config") / "refactory" / "settings.json"


def load(file: Path) -> Settings:
    """The settings in `file`; the defaults if there are none."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        log.warning("settings %s cannot be read (%s); starting with the defaults", file, error)
        return Settings()
    settings = _decode(Settings, data, str(file))
    return settings if isinstance(settings, Settings) else Settings()


def save(settings: Settings, file: Path) -> None:
    """Write the settings to `file`, whole or not at all. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_changed(settings), indent=1, ensure_ascii=False)
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _changed(settings: Settings) -> dict[str, Any]:
    defaults = asdict(Settings())
    return {name: value for name, value in asdict(settings).items() if value != defaults[name]}


def _decode(kind: Any, data: Any, where: str) -> Any:
    """`data` as a `kind`, or None with a warning if it is something else."""
    if is_dataclass(kind):
        return _decode_record(kind, data, where)
    if get_origin(kind) is tuple and isinstance(data, list):
        items = (_decode(get_args(kind)[0], item, f"{where}[{index}]") for index, item in enumerate(data))
        return tuple(item for item in items if item is not None)
    if isinstance(kind, type) and type(data) is kind:
        return data
    log.warning("%s: ignored, since it is not of the expected type", where)
    return None


def _decode_record(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        log.warning("%s: ignored, since it is not an object", where)
        return None
    types = get_type_hints(kind)
    for unknown in sorted(data.keys() - types.keys()):
        log.warning("%s.%s: unknown, dropped", where, unknown)
    values = {name: _decode(types[name], data[name], f"{where}.{name}") for name in types if name in data}
    known = {name: value for name, value in values.items() if value is not None}
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    return kind(**known) if required <= known.keys() else None
