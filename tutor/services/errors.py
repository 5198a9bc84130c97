"""Refusals a service answers with: a code for programs, a sentence for people."""


class ServiceError(Exception):
    """The request cannot be done as things stand. `message` is one sentence the person can act on."""

    code = "refused"
    # Seconds after which asking again is worth it, where that can be told.
    retry_after: int | None = None

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class NotPublishedError(ServiceError):
    """The lesson has no published version, or is not listed."""

    code = "lesson_not_published"


class AttemptEndedError(ServiceError):
    """The attempt is over."""

    code = "attempt_ended"


class ConsentNeededError(ServiceError):
    """The learner has not agreed to what happens with their words."""

    code = "consent_needed"


class UnknownUtteranceError(ServiceError):
    """There is no such utterance of the attempt's learner."""

    code = "unknown_utterance"


class CorrectionConflictError(ServiceError):
    """The id of a correction stands for another one already."""

    code = "correction_conflict"


class NotConfirmedError(ServiceError):
    """The provider never made the function call that was reported."""

    code = "not_confirmed"


class AttemptClosedError(ServiceError):
    """The attempt ended so long ago that not even late journal entries are taken."""

    code = "attempt_closed"


class StillNeededError(ServiceError):
    """A person cannot be erased as things stand."""

    code = "still_needed"


class ReviewError(ServiceError):
    """What a reviewer wants to put down cannot be put down like this."""

    code = "review_refused"


class NameTakenError(ReviewError):
    """Another search of theirs has this name."""


class AttemptPausedError(ServiceError):
    """A member of staff has paused the attempt."""

    code = "attempt_paused"


class DeskError(ServiceError):
    """What a member of staff wants to do to a lesson that is going on cannot be done as things stand."""

    code = "desk_refused"


class BudgetSpentError(ServiceError):
    """The time or the money for lessons is used up for now."""

    code = "budget_spent"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CallsOffError(ServiceError):
    """Somebody who runs the site has switched calls off."""

    code = "calls_off"
    retry_after = 60


class TooManyError(ServiceError):
    """Somebody asks for the same thing too often."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
