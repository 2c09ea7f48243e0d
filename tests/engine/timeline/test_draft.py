"""What each operation does to a state, and what it refuses."""


def put(path: str, value: object) -> dict[str, object]:
    return {"op": "put", "path": path, "value": value}


def move(path: str, start: int, end: int) -> dict[str, object]:
    return {"op": "move", "path": path, "from": start, "to": end}


# --------------------------------------------------------------------------------------------------- order


def test_the_very_first_row_can_be_overtaken(commit) -> None:
    """The place before it is the number that says "no place" (its label is 1 << 24, a gap of 1 << 24 before is 0)."""
    commit(put("$.a", 1), put("$.b", 2))
    assert list(commit(move("$", 1, 0)).json()) == ["b", "a"]


def test_each_move_sees_the_moves_before_it(commit) -> None:
    commit(put("$.list", [1, 2, 3, 4]))
    assert commit(move("$.list", 0, 3), move("$.list", 0, 3))["$.list"] == [3, 4, 1, 2]
