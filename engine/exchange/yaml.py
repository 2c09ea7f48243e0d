"""YAML through libyaml's safe loader, as values that JSON can hold."""

from __future__ import annotations

from functools import cache
from typing import Any

from engine.errors import InvalidValue
from engine.model import values


def load_yaml(text: str, max_nodes: int) -> Any:
    """The document of a YAML text; a list where it holds several. Raises `InvalidValue` with the line."""
    import yaml

    try:
        documents = list(yaml.load_all(text, Loader=_loader()))
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
def _loader() -> type[Any]:
    """The safe loader, with duplicate keys refused, timestamps left as text, local tags kept."""
    import yaml

    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    Loader.add_constructor("tag:yaml.org,2002:map", _map)
    Loader.add_constructor("tag:yaml.org,2002:set", _map)
    Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
    Loader.add_multi_constructor("!", _tagged)
    return Loader


def _map(loader: Any, node: Any) -> Any:
    """A mapping; its keys are checked before merge keys (`<<`) bring in theirs, which it may override."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(None, None, "expected a mapping", node.start_mark)
    result: dict[Any, Any] = {}
    yield result
    own = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    seen: set[str] = set()
    for key in own:
        name = _key(loader.construct_object(key, deep=True))
        if name in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {name!r}", key.start_mark)
        seen.add(name)
    loader.flatten_mapping(node)
    for key, item in node.value:
        result[_key(loader.construct_object(key, deep=True))] = loader.construct_object(item, deep=False)


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
    inner = yaml.MappingNode("tag:yaml.org,2002:map", node.value, node.start_mark, node.end_mark)
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
