"""What a picture says besides the lesson's own texts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a picture, with places for names; English unless a page brings those of its reader's language."""

    title: str = "The stages of “%(title)s”"
    untitled: str = "The stages of the lesson"
    empty: str = "This lesson has no stages yet."
    start: str = "Start"
    end: str = "End of the lesson"
    unreachable: str = "Never reached from the start"
    dead_end: str = "No way to the end"
    here: str = "The learner is here."
    finished: str = "Finished."
    stage: str = "Stage %(number)s: %(name)s"
    stage_without_ways: str = "Stage %(number)s, %(name)s, has no outcome."
    stage_with_ways: str = "Stage %(number)s, %(name)s: %(ways)s."
    way_on: str = "“%(key)s” leads to stage %(number)s, %(name)s"
    way_back: str = "“%(key)s” leads back to stage %(number)s, %(name)s"
    way_loop: str = "“%(key)s” leads to the same stage again"
    way_end: str = "“%(key)s” ends the lesson"
    way_nowhere: str = "“%(key)s” leads to “%(missing)s”, a stage that is not there"


ENGLISH = Words()
