"""YAML through libyaml's safe loader, as values that JSON can hold."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, cast

from engine.errors import InvalidValue
from engine.model import values

_TAG = "tag:yaml.org,2002:"


def load_yaml(text: str, max_nodes: int) -> Any:
    """The document of a YAML text; a list where it holds several. Raises `InvalidValue` with the line."""
    import yaml

    loader: Any = partial(_loader(), max_nodes)
    try:
        documents = list(yaml.load_all(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        problem = (error.problem or error.context or "syntax error").replace("\n", " ")
        raise InvalidValue(f"invalid YAML{where}: {problem}") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise InvalidValue("invalid YAML: " + " ".join(str(error).split())) from None
    plain = _Plain(max_nodes)
    results = [plain.value(document, 0) for document in documents or [None]]
    return results[0] if len(results) == 1 else results


@cache
def _loader() -> Any:
    """The safe loader, with duplicate keys refused, timestamps left as text, local tags kept."""
    import yaml

    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        def __init__(self, limit: int, stream: str) -> None:
            super().__init__(stream)
            self.left = limit
            self.merged: dict[Any, dict[str, Any]] = {}

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TAG + "timestamp"]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    Loader.add_constructor(_TAG + "map", _map)
    Loader.add_constructor(_TAG + "set", _map)
    Loader.add_constructor(_TAG + "timestamp", lambda loader, node: loader.construct_scalar(node))
    Loader.add_multi_constructor("!", _tagged)
    return Loader


def _map(loader: Any, node: Any) -> Any:
    result: dict[Any, Any] = {}
    yield result
    for name, item in _members(loader, node).items():
        result[name] = loader.construct_object(item, deep=False)


def _members(loader: Any, node: Any) -> dict[str, Any]:
    """The nodes of a mapping's values by key: first what merge keys (`<<`) bring in, which its own may override.

    What a mapping comes to is held by its keys and kept, so that merges of merges do not multiply; what they bring in
    is counted all the same.
    """
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(None, None, "expected a mapping", node.start_mark)
    if node in loader.merged:
        return cast("dict[str, Any]", loader.merged[node])
    own: dict[str, Any] = {}
    merges: list[Any] = []
    for key, item in node.value:
        if key.tag == _TAG + "merge":
            merges += reversed(item.value) if isinstance(item, yaml.SequenceNode) else [item]
            continue
        if key.tag == _TAG + "value":
            key.tag = _TAG + "str"
        name = _key(loader.construct_object(key, deep=True))
        if name in own:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {name!r}", key.start_mark)
        own[name] = item
    if not merges:
        return own
    result = loader.merged[node] = {}
    for source in merges:
        found = loader.merged[source] = _members(loader, source)
        loader.left -= 1 + len(found)
        if loader.left < 0:
            raise InvalidValue("the merge keys of the YAML bring in too much")
        result.update(found)
    result.update(own)
    return result


def _key(value: Any) -> str:
    """A key as JSON would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if value is None or isinstance(value, bool | int | float):
        return values.dumps(value)
    raise InvalidValue("invalid YAML: a list or map is used as a key")


def _tagged(loader: Any, suffix: str, node: Any) -> Any:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return {"!" + suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {"!" + suffix: loader.construct_sequence(node, deep=True)}
    inner = yaml.MappingNode(_TAG + "map", node.value, node.start_mark, node.end_mark)
    return {"!" + suffix: loader.construct_object(inner, deep=True)}


class _Plain:
    """Unfolds aliases, within a limit, and checks every leaf."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._limit = limit

    def value(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise InvalidValue(f"the aliases of the YAML unfold to more than {self._limit} values")
        if depth > values.MAX_DEPTH:
            raise InvalidValue(f"YAML is nested deeper than {values.MAX_DEPTH} levels, or an alias holds itself")
        if isinstance(value, dict):
            return {key: self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, depth + 1) for item in value]
        if type(value) is not str:
            values.encode(value)
        return value
