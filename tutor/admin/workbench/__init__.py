"""The workbench of a lesson: every page of it in the admin besides its form.

`LessonWorkbench` is a ModelAdmin to inherit from. Its addresses, all under `admin:tutor_lesson_…`:

| name | arguments | what |
|---|---|---|
| check | pk | what there is to mend |
| publish | pk | what will change, and the button (GET, POST) |
| versions | pk | every published version |
| version | pk, number | one version, to read |
| compare | pk, `?old=&new=` | two versions, or one and the "draft" |
| restore | pk, number | make a version the draft (POST) |
| knows | pk | what the model will be told |
| try | pk, POST field `stage` | try the draft from a stage (POST) |
| trials | pk | one's own trials |
| trial | pk, code | what was said in one |
| throw_away | pk, code | ask first, then delete one (GET, POST) |
| export | pk, `?version=` | the lesson pack, as a download |
| import | none | read a lesson pack (GET, POST) |
"""

from tutor.admin.workbench.knows import Knowledge
from tutor.admin.workbench.packs import Packs
from tutor.admin.workbench.publishing import Publishing
from tutor.admin.workbench.trials import Trials
from tutor.admin.workbench.versions import Versions

__all__ = ["LessonWorkbench"]


class LessonWorkbench(Publishing, Versions, Knowledge, Trials, Packs):
    """All of it. A lesson that the user does not author is not there: 404."""
