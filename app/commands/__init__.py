"""What the actions do, in groups. Each group knows the window and has one method an action."""

from .copying import Copying
from .editing import Editing
from .files import Files
from .help import Help
from .panels import Panels
from .travel import Travel

__all__ = ["Copying", "Editing", "Files", "Help", "Panels", "Travel"]
