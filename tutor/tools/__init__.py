"""What the model's functions do, by kind."""

from tutor.tools.registry import KINDS, asks_outside, errand, options_fault, run, schema_fault
from tutor.tools.scene import Answer, Errand, Kind, Scene, ToolError

__all__ = [
    "KINDS",
    "Answer",
    "Errand",
    "Kind",
    "Scene",
    "ToolError",
    "asks_outside",
    "errand",
    "options_fault",
    "run",
    "schema_fault",
]
