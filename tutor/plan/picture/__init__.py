"""A lesson as a picture: stages as boxes, outcomes as arrows. `layout` gives everything its place, `svg` draws it."""

from tutor.plan.picture.layout import layout
from tutor.plan.picture.svg import describe, svg
from tutor.plan.picture.values import Arrow, Box, Label, Picture, Point, Rect, Way
from tutor.plan.picture.words import Words

__all__ = ["Arrow", "Box", "Label", "Picture", "Point", "Rect", "Way", "Words", "describe", "layout", "svg"]
