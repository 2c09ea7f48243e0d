"""How a value of the state is written on one line: used by every view that shows values. No Qt."""

from .labels import in_order, label_field, label_text, record_label
from .paths import element_key, is_element, key_of, key_text, split_path
from .preview import Preview, preview, preview_container

__all__ = [
    "Preview",
    "element_key",
    "in_order",
    "is_element",
    "key_of",
    "key_text",
    "label_field",
    "label_text",
    "preview",
    "preview_container",
    "record_label",
    "split_path",
]
