"""How a value of the state is written on one line: used by every view that shows values. No Qt."""

from .labels import label_field, label_text
from .paths import is_element, key_of, split_path
from .preview import Preview, count_text, preview, preview_container

__all__ = [
    "Preview",
    "count_text",
    "is_element",
    "key_of",
    "label_field",
    "label_text",
    "preview",
    "preview_container",
    "split_path",
]
