"""What single keys do in the views, for the sheet of shortcuts: (view, what, keys)."""

KEYS: tuple[tuple[str, str, str], ...] = (
    ("Timeline", "Earlier, later on this branch", "Ctrl+Left  Ctrl+Right  ,  ."),
    ("Timeline", "To the branch above, below", "Ctrl+Up  Ctrl+Down"),
    ("Timeline", "Move the view", "Left  Right  Up  Down"),
    ("Timeline", "Beginning, end of history", "Home  End"),
    ("Timeline", "Zoom, whole history", "+  -  0"),
    ("Timeline", "Lower, higher lanes", "[  ]"),
    ("Timeline", "Mark a moment to compare with", "Space"),
    ("Timeline", "Bring the selection into view", "Return"),
    ("State", "Search, next hit", "/  F3"),
    ("State", "Next changed value", "F8"),
    ("State", "Edit a value, as JSON", "F2  Shift+F2"),
    ("State", "Add, remove", "Ins  Del"),
    ("State", "Expand all below", "*"),
    ("History", "Step from change to change", "Left  Right"),
    ("History", "Zoom, whole time", "+  -  Home"),
    ("Storage", "Into a part, out of it", "Return  Backspace"),
    ("Storage", "From part to part, from stretch to stretch", "Left  Right"),
)
