"""What a picture says besides the lesson's own texts."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from tutor.plan.phrase import gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a picture, with places for names; English unless a page brings those of its reader's language."""

    title: str = gettext_noop("The stages of “%(title)s”")
    untitled: str = gettext_noop("The stages of the lesson")
    empty: str = gettext_noop("This lesson has no stages yet.")
    start: str = gettext_noop("Start")
    end: str = gettext_noop("End of the lesson")
    unreachable: str = gettext_noop("Never reached from the start")
    dead_end: str = gettext_noop("No way to the end")
    here: str = gettext_noop("The learner is here.")
    finished: str = gettext_noop("Finished.")
    stage: str = gettext_noop("Stage %(number)s: %(name)s")
    stage_without_ways: str = gettext_noop("Stage %(number)s, %(name)s, has no outcome.")
    stage_with_ways: str = gettext_noop("Stage %(number)s, %(name)s: %(ways)s.")
    way_on: str = gettext_noop("“%(key)s” leads to stage %(number)s, %(name)s")
    way_back: str = gettext_noop("“%(key)s” leads back to stage %(number)s, %(name)s")
    way_loop: str = gettext_noop("“%(key)s” leads to the same stage again")
    way_end: str = gettext_noop("“%(key)s” ends the lesson")
    # Of an outcome whose name is not told.
    bare_way_on: str = gettext_noop("on to stage %(number)s, %(name)s")
    bare_way_back: str = gettext_noop("back to stage %(number)s, %(name)s")
    bare_way_loop: str = gettext_noop("the same stage again")
    bare_way_end: str = gettext_noop("to the end of the lesson")
    way_nowhere: str = gettext_noop("“%(key)s” leads to “%(missing)s”, a stage that is not there")

    def said(self, translate: Callable[[str], str]) -> "Words":
        """Return the same words in another language."""
        return Words(**{name: translate(text) for name, text in asdict(self).items()})


ENGLISH = Words()
