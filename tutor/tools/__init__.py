"""What the model's functions do, by kind."""

from tutor.tools.registry import KINDS, run, schema_fault
from tutor.tools.scene import Scene, ToolError

__all__ = ["KINDS", "Scene", "ToolError", "run", "schema_fault"]
