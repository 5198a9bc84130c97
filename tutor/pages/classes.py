"""The pages on which a learner joins a class and leaves it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tutor.pages.lookups import SignedInRequest, own_classroom
from tutor.services.classrooms import TooManyTriesError, UnknownJoinCodeError, join_classroom, leave_classroom


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: SignedInRequest, code: str = "") -> HttpResponse:
    """Ask for the code of a class, which a link may have brought along, and join it.

    A link alone joins nothing, and does not say whether its code is right: that would be a way to guess uncounted.
    """
    if request.method != "POST":
        return _ask(request, code)
    typed = request.POST.get("code", "")
    try:
        classroom = join_classroom(typed, learner=request.user)
    except UnknownJoinCodeError as error:
        return _ask(request, typed, problem=error.message)
    except TooManyTriesError as error:
        return _ask(request, typed, problem=error.message, status=429)
    messages.success(request, _("You are in the class “%(name)s”.") % {"name": classroom.name})
    return redirect("home")


def _ask(request: SignedInRequest, code: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    return render(request, "tutor/join.html", {"code": code, "problem": problem}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask whether the learner means it, then take them out of the class."""
    classroom = own_classroom(request.user, code)
    if request.method != "POST":
        return render(request, "tutor/leave.html", {"classroom": classroom})
    leave_classroom(classroom, learner=request.user)
    messages.success(request, _("You have left the class “%(name)s”.") % {"name": classroom.name})
    return redirect("home")
