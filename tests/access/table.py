"""Who may do what: every address of the site, for everybody who may come to it.

One row is one address and its methods, and what each of the nine gets: a status; `in`, which is a redirect to where one
signs in; `on`, which is a redirect to somewhere else. A method that is in no row of an address is refused with 405.
HEAD is answered as GET is, only not by the API, whose addresses take one method each.

The rows that the addresses name belong to the learner: their attempt at a lesson that was given to their class. The
lesson and the class are the teacher's, the class reviewer is named in that class. The others have a class, a teacher
and a reviewer of their own, and nothing to do with it. Reviewers read all.

`docs/permissions.md` is made of this: `python -m tests.access`.
"""

from dataclasses import dataclass

# The columns.
ROLES = (
    "nobody",
    "learner",
    "other learner",
    "teacher",
    "other teacher",
    "class reviewer",
    "other class reviewer",
    "reviewer",
    "superuser",
)

ADDRESSES = """
## The pages of learners
/                                                    GET      200 200 200 200 200 200 200 200 200
/lessons/<slug:slug>/                                GET      in  200 404 404 404 404 404 404 404
/lessons/<slug:slug>/start/                          POST     in  on  on  on  on  on  on  on  on
/attempts/<uuid:code>/                               GET      in  200 404 404 404 404 404 404 404
/attempts/<uuid:code>/card/                          GET      in  200 404 404 404 404 404 404 404
/attempts/<uuid:code>/pictures/<str:item_id>/        GET      404 200 404 200 404 200 404 200 200
/attempts/<uuid:code>/transcript/                    GET      in  200 404 404 404 404 404 404 404
/attempts/<uuid:code>/take-out/<str:form>/           GET      in  200 404 404 404 404 404 404 404
/history/                                            GET      in  200 200 200 200 200 200 200 200
/consent/                                            GET      in  200 200 200 200 200 200 200 200
/consent/                                            POST     in  on  on  on  on  on  on  on  on
/join/                                               GET POST in  200 200 200 200 200 200 200 200
/join/<str:code>/                                    GET POST in  200 200 200 200 200 200 200 200
/classes/<str:code>/leave/                           GET      in  200 404 404 404 404 404 404 404
/classes/<str:code>/leave/                           POST     in  on  404 404 404 404 404 404 404

## The JSON API
/api/account/                                        GET      401 200 200 200 200 200 200 200 200
/api/lessons/<slug:slug>/attempts/                   POST     401 200 404 404 404 404 404 404 404
/api/attempts/<uuid:code>/                           GET      401 200 404 404 404 404 404 404 404
/api/attempts/<uuid:code>/connections/               POST     401 400 404 404 404 404 404 404 404
/api/attempts/<uuid:code>/tool-calls/                POST     401 200 404 404 404 404 404 404 404
/api/attempts/<uuid:code>/journal/                   POST     401 200 404 404 404 404 404 404 404
/api/attempts/<uuid:code>/corrections/               POST     401 200 404 404 404 404 404 404 404
/api/attempts/<uuid:code>/end/                       POST     401 200 404 404 404 404 404 404 404

## The pages of those who read
/review/                                             GET      in  404 404 200 200 200 200 200 200
/review/live/                                        GET      in  404 404 200 200 200 200 200 200
/review/live/<uuid:code>/                            GET      in  404 404 200 404 200 404 200 200
/review/live/<uuid:code>/act/                        GET      on  on  on  on  on  on  on  on  on
/review/live/<uuid:code>/act/                        POST     in  404 404 on  404 on  404 on  on
/review/searches/                                    GET      on  on  on  on  on  on  on  on  on
/review/searches/                                    POST     in  404 404 on  on  on  on  on  on
/review/lessons/                                     GET      in  404 404 200 200 200 200 200 200
/review/lessons/<slug:slug>/                         GET      in  404 404 200 404 200 404 200 200
/review/costs/                                       GET      in  404 404 200 200 200 200 200 200
/review/take-out/                                    GET      in  404 404 200 200 200 200 200 200
/review/take-out/<str:form>/                         GET      in  404 404 200 200 200 200 200 200
/review/<uuid:code>/take-out/<str:form>/             GET      in  404 404 200 404 200 404 200 200
/review/person/                                      GET      in  404 404 404 404 404 404 404 200
/review/person/<int:pk>/export/                      GET      in  404 404 404 404 404 404 404 200
/review/person/<int:pk>/erase/                       POST     in  404 404 404 404 404 404 404 on
/review/<uuid:code>/                                 GET      in  404 404 200 404 200 404 200 200
/review/<uuid:code>/notes/                           GET      on  on  on  on  on  on  on  on  on
/review/<uuid:code>/notes/                           POST     in  404 404 on  404 on  404 on  on
/review/<uuid:code>/notes/<uuid:note_id>/remove/     GET      on  on  on  on  on  on  on  on  on
/review/<uuid:code>/notes/<uuid:note_id>/remove/     POST     in  404 404 on  404 on  404 on  on
/review/<uuid:code>/rulings/                         GET      on  on  on  on  on  on  on  on  on
/review/<uuid:code>/rulings/                         POST     in  404 404 on  404 on  404 on  on
/review/<uuid:code>/mark/                            GET      on  on  on  on  on  on  on  on  on
/review/<uuid:code>/mark/                            POST     in  404 404 on  404 on  404 on  on

## Signing in, and what is for everybody
/accounts/login/                                     GET POST 200 on  on  on  on  on  on  on  on
/accounts/code/                                      GET POST in  on  on  on  on  on  on  on  on
/accounts/second-factor/                             GET      in  404 404 200 200 200 200 200 200
/accounts/second-factor/                             POST     in  404 404 400 400 400 400 400 400
/accounts/school/                                    GET      404 404 404 404 404 404 404 404 404
/accounts/school/back/                               GET      404 404 404 404 404 404 404 404 404
/accounts/logout/                                    POST     on  on  on  on  on  on  on  on  on
/language/                                           POST     on  on  on  on  on  on  on  on  on
/words/<str:language>.<str:version>.js               GET      200 200 200 200 200 200 200 200 200
/healthz                                             GET      200 200 200 200 200 200 200 200 200
/readyz                                              GET      200 200 200 200 200 200 200 200 200

## Learning platforms (LTI); none of it is there unless `LTI` is on
/lti/login/                                          GET POST 400 400 400 400 400 400 400 400 400
/lti/launch/                                         POST     400 400 400 400 400 400 400 400 400
/lti/deep-link/                                      POST     400 400 400 400 400 400 400 400 400
/lti/choose/                                         POST     400 400 400 400 400 400 400 400 400
/lti/keys/                                           GET      200 200 200 200 200 200 200 200 200

## Those who run the site
/operator/                                           GET      404 404 404 404 404 404 404 404 200
/metrics                                             GET      404 404 404 404 404 404 404 404 404

## The admin
/admin/                                              GET POST in  in  in  200 200 200 200 200 200
/admin/login/                                        GET      200 200 200 on  on  on  on  on  on
/admin/login/                                        POST     200 200 200 200 200 200 200 200 200
/admin/logout/                                       GET      on  on  on  405 405 405 405 405 405
/admin/logout/                                       POST     on  on  on  on  on  on  on  on  on
/admin/password_change/                              GET POST in  in  in  200 200 200 200 200 200
/admin/password_change/done/                         GET      in  in  in  200 200 200 200 200 200
/admin/autocomplete/                                 GET      in  in  in  404 404 404 404 404 404
/admin/jsi18n/                                       GET      in  in  in  200 200 200 200 200 200
/admin/r/<path:content_type_id>/<path:object_id>/    GET POST in  in  in  404 404 404 404 404 404
/admin/<app_label>/                                  GET POST in  in  in  200 200 404 404 200 200
/admin/<path:url>                                    GET POST in  in  in  404 404 404 404 404 404

## The admin: group
/admin/auth/group/                                   GET POST in  in  in  404 404 404 404 404 200
/admin/auth/group/add/                               GET POST in  in  in  404 404 404 404 404 200
/admin/auth/group/<path:object_id>/history/          GET POST in  in  in  404 404 404 404 404 200
/admin/auth/group/<path:object_id>/delete/           GET POST in  in  in  404 404 404 404 404 200
/admin/auth/group/<path:object_id>/change/           GET POST in  in  in  404 404 404 404 404 200
/admin/auth/group/<path:object_id>/                  GET POST in  in  in  on  on  on  on  on  on

## The admin: user
/admin/auth/user/<id>/password/                      GET POST in  in  in  404 404 404 404 404 200
/admin/auth/user/                                    GET POST in  in  in  404 404 404 404 404 200
/admin/auth/user/add/                                GET POST in  in  in  404 404 404 404 404 200
/admin/auth/user/<path:object_id>/history/           GET POST in  in  in  404 404 404 404 404 200
/admin/auth/user/<path:object_id>/delete/            GET POST in  in  in  404 404 404 404 404 200
/admin/auth/user/<path:object_id>/change/            GET POST in  in  in  404 404 404 404 404 200
/admin/auth/user/<path:object_id>/                   GET POST in  in  in  on  on  on  on  on  on

## The admin: attempt
/admin/tutor/attempt/                                GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/attempt/add/                            GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/attempt/<path:object_id>/history/       GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/attempt/<path:object_id>/delete/        GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/attempt/<path:object_id>/change/        GET      in  in  in  404 404 404 404 on  on
/admin/tutor/attempt/<path:object_id>/change/        POST     in  in  in  404 404 404 404 404 404
/admin/tutor/attempt/<path:object_id>/               GET POST in  in  in  on  on  on  on  on  on

## The admin: stagevisit
/admin/tutor/stagevisit/                             GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/stagevisit/add/                         GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/stagevisit/<path:object_id>/history/    GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/stagevisit/<path:object_id>/delete/     GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/stagevisit/<path:object_id>/change/     GET      in  in  in  404 404 404 404 200 200
/admin/tutor/stagevisit/<path:object_id>/change/     POST     in  in  in  404 404 404 404 404 404
/admin/tutor/stagevisit/<path:object_id>/            GET POST in  in  in  on  on  on  on  on  on

## The admin: connection
/admin/tutor/connection/                             GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/connection/add/                         GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/connection/<path:object_id>/history/    GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/connection/<path:object_id>/delete/     GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/connection/<path:object_id>/change/     GET      in  in  in  404 404 404 404 200 200
/admin/tutor/connection/<path:object_id>/change/     POST     in  in  in  404 404 404 404 404 404
/admin/tutor/connection/<path:object_id>/            GET POST in  in  in  on  on  on  on  on  on

## The admin: classroom
/admin/tutor/classroom/<int:pk>/new-code/            POST     in  in  in  on  404 404 404 404 on
/admin/tutor/classroom/                              GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/classroom/add/                          GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/classroom/<path:object_id>/history/     GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/classroom/<path:object_id>/delete/      GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/classroom/<path:object_id>/change/      GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/classroom/<path:object_id>/             GET POST in  in  in  on  on  on  on  on  on

## The admin: consenttext
/admin/tutor/consenttext/                            GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/consenttext/add/                        GET      in  in  in  404 404 404 404 404 200
/admin/tutor/consenttext/add/                        POST     in  in  in  404 404 404 404 404 on
/admin/tutor/consenttext/<path:object_id>/history/   GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/consenttext/<path:object_id>/delete/    GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/consenttext/<path:object_id>/change/    GET      in  in  in  404 404 404 404 404 200
/admin/tutor/consenttext/<path:object_id>/change/    POST     in  in  in  404 404 404 404 404 404
/admin/tutor/consenttext/<path:object_id>/           GET POST in  in  in  on  on  on  on  on  on

## The admin: utterance
/admin/tutor/utterance/                              GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/utterance/add/                          GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/utterance/<path:object_id>/history/     GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/utterance/<path:object_id>/delete/      GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/utterance/<path:object_id>/change/      GET      in  in  in  404 404 404 404 200 200
/admin/tutor/utterance/<path:object_id>/change/      POST     in  in  in  404 404 404 404 404 404
/admin/tutor/utterance/<path:object_id>/             GET POST in  in  in  on  on  on  on  on  on

## The admin: toolcall
/admin/tutor/toolcall/                               GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/toolcall/add/                           GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/toolcall/<path:object_id>/history/      GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/toolcall/<path:object_id>/delete/       GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/toolcall/<path:object_id>/change/       GET      in  in  in  404 404 404 404 200 200
/admin/tutor/toolcall/<path:object_id>/change/       POST     in  in  in  404 404 404 404 404 404
/admin/tutor/toolcall/<path:object_id>/              GET POST in  in  in  on  on  on  on  on  on

## The admin: usagereport
/admin/tutor/usagereport/                            GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/usagereport/add/                        GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/usagereport/<path:object_id>/history/   GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/usagereport/<path:object_id>/delete/    GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/usagereport/<path:object_id>/change/    GET      in  in  in  404 404 404 404 200 200
/admin/tutor/usagereport/<path:object_id>/change/    POST     in  in  in  404 404 404 404 404 404
/admin/tutor/usagereport/<path:object_id>/           GET POST in  in  in  on  on  on  on  on  on

## The admin: fault
/admin/tutor/fault/                                  GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/fault/add/                              GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/fault/<path:object_id>/history/         GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/fault/<path:object_id>/delete/          GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/fault/<path:object_id>/change/          GET      in  in  in  404 404 404 404 200 200
/admin/tutor/fault/<path:object_id>/change/          POST     in  in  in  404 404 404 404 404 404
/admin/tutor/fault/<path:object_id>/                 GET POST in  in  in  on  on  on  on  on  on

## The admin: setaside
/admin/tutor/setaside/                               GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/setaside/add/                           GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/setaside/<path:object_id>/history/      GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/setaside/<path:object_id>/delete/       GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/setaside/<path:object_id>/change/       GET      in  in  in  404 404 404 404 200 200
/admin/tutor/setaside/<path:object_id>/change/       POST     in  in  in  404 404 404 404 404 404
/admin/tutor/setaside/<path:object_id>/              GET POST in  in  in  on  on  on  on  on  on

## The admin: intervention
/admin/tutor/intervention/                           GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/intervention/add/                       GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/intervention/<path:object_id>/history/  GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/intervention/<path:object_id>/delete/   GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/intervention/<path:object_id>/change/   GET      in  in  in  404 404 404 404 404 200
/admin/tutor/intervention/<path:object_id>/change/   POST     in  in  in  404 404 404 404 404 404
/admin/tutor/intervention/<path:object_id>/          GET POST in  in  in  on  on  on  on  on  on

## The admin: tool
/admin/tutor/tool/<int:pk>/try/                      GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/tool/                                   GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/tool/add/                               GET POST in  in  in  on  on  on  on  on  on
/admin/tutor/tool/<path:object_id>/history/          GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/tool/<path:object_id>/delete/           GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/tool/<path:object_id>/change/           GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/tool/<path:object_id>/                  GET POST in  in  in  on  on  on  on  on  on

## The admin: lesson
/admin/tutor/lesson/<int:pk>/check/                  GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<int:pk>/publish/                GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<int:pk>/publish/                POST     in  in  in  on  404 404 404 404 on
/admin/tutor/lesson/<int:pk>/versions/               GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<int:pk>/versions/<int:number>/  GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<int:pk>/versions/<int:number>/restore/ POST     in  in  in  on  404 404 404 404 on
/admin/tutor/lesson/<int:pk>/compare/                GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<int:pk>/knows/                  GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<int:pk>/try/                    POST     in  in  in  on  404 404 404 404 on
/admin/tutor/lesson/<int:pk>/trials/                 GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<int:pk>/trials/<uuid:code>/     GET      in  in  in  200 404 404 404 404 404
/admin/tutor/lesson/<int:pk>/trials/<uuid:code>/throw-away/ GET      in  in  in  200 404 404 404 404 404
/admin/tutor/lesson/<int:pk>/trials/<uuid:code>/throw-away/ POST     in  in  in  on  404 404 404 404 404
/admin/tutor/lesson/<int:pk>/export/                 GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/import/                          GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/lesson/                                 GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/lesson/add/                             GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/lesson/<path:object_id>/history/        GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<path:object_id>/delete/         GET POST in  in  in  on  404 404 404 404 on
/admin/tutor/lesson/<path:object_id>/change/         GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/lesson/<path:object_id>/                GET POST in  in  in  on  on  on  on  on  on

## The admin: ltiplatform
/admin/tutor/ltiplatform/                            GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/ltiplatform/add/                        GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/ltiplatform/<path:object_id>/history/   GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/ltiplatform/<path:object_id>/delete/    GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/ltiplatform/<path:object_id>/change/    GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/ltiplatform/<path:object_id>/           GET POST in  in  in  on  on  on  on  on  on

## The admin: ltiscore
/admin/tutor/ltiscore/                               GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/ltiscore/add/                           GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/ltiscore/<path:object_id>/history/      GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/ltiscore/<path:object_id>/delete/       GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/ltiscore/<path:object_id>/change/       GET      in  in  in  404 404 404 404 404 200
/admin/tutor/ltiscore/<path:object_id>/change/       POST     in  in  in  404 404 404 404 404 404
/admin/tutor/ltiscore/<path:object_id>/              GET POST in  in  in  on  on  on  on  on  on

## The admin: modelprice
/admin/tutor/modelprice/                             GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/modelprice/add/                         GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/modelprice/<path:object_id>/history/    GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/modelprice/<path:object_id>/delete/     GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/modelprice/<path:object_id>/change/     GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/modelprice/<path:object_id>/            GET POST in  in  in  on  on  on  on  on  on

## The admin: stage
/admin/tutor/stage/                                  GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/stage/add/                              GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/stage/<path:object_id>/history/         GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/stage/<path:object_id>/delete/          GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/stage/<path:object_id>/change/          GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/stage/<path:object_id>/                 GET POST in  in  in  on  on  on  on  on  on

## The admin: lessonversion
/admin/tutor/lessonversion/                          GET POST in  in  in  200 200 404 404 404 200
/admin/tutor/lessonversion/add/                      GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/lessonversion/<path:object_id>/history/ GET POST in  in  in  200 404 404 404 404 200
/admin/tutor/lessonversion/<path:object_id>/delete/  GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/lessonversion/<path:object_id>/change/  GET      in  in  in  200 404 404 404 404 200
/admin/tutor/lessonversion/<path:object_id>/change/  POST     in  in  in  404 404 404 404 404 404
/admin/tutor/lessonversion/<path:object_id>/         GET POST in  in  in  on  on  on  on  on  on

## The admin: budget
/admin/tutor/budget/                                 GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/budget/add/                             GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/budget/<path:object_id>/history/        GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/budget/<path:object_id>/delete/         GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/budget/<path:object_id>/change/         GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/budget/<path:object_id>/                GET POST in  in  in  on  on  on  on  on  on

## The admin: switch
/admin/tutor/switch/                                 GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/switch/add/                             GET POST in  in  in  404 404 404 404 404 on
/admin/tutor/switch/<path:object_id>/history/        GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/switch/<path:object_id>/delete/         GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/switch/<path:object_id>/change/         GET      in  in  in  404 404 404 404 404 200
/admin/tutor/switch/<path:object_id>/change/         POST     in  in  in  404 404 404 404 404 on
/admin/tutor/switch/<path:object_id>/                GET POST in  in  in  on  on  on  on  on  on

## The admin: alarm
/admin/tutor/alarm/                                  GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/alarm/add/                              GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/alarm/<path:object_id>/history/         GET POST in  in  in  404 404 404 404 404 200
/admin/tutor/alarm/<path:object_id>/delete/          GET POST in  in  in  404 404 404 404 404 404
/admin/tutor/alarm/<path:object_id>/change/          GET      in  in  in  404 404 404 404 404 200
/admin/tutor/alarm/<path:object_id>/change/          POST     in  in  in  404 404 404 404 404 404
/admin/tutor/alarm/<path:object_id>/                 GET POST in  in  in  on  on  on  on  on  on

## The admin: watchword
/admin/tutor/watchword/                              GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/watchword/add/                          GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/watchword/<path:object_id>/history/     GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/watchword/<path:object_id>/delete/      GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/watchword/<path:object_id>/change/      GET POST in  in  in  404 404 404 404 200 200
/admin/tutor/watchword/<path:object_id>/             GET POST in  in  in  on  on  on  on  on  on
"""

# What a WebSocket says: `open`, or the code it closes with.
SOCKETS = """
/ws/attempts/<uuid:code>/                            WS       4401 open 4404 4404 4404 4404 4404 4404 4404
/ws/live/<uuid:code>/                                WS       4401 4404 4404 open 4404 open 4404 open open
/ws/live/                                            WS       4401 4404 4404 open open open open open open
"""

# Who is offered what can be done to several rows of a list at once: of rows of their own, where they have such.
ACTIONS = """
auth.group           delete_selected   superuser
auth.user            delete_selected   superuser
auth.user            let_try_again     superuser
auth.user            remove_second_factor superuser
tutor.budget         delete_selected   superuser
tutor.classroom      delete_selected   teacher, other teacher, superuser
tutor.lesson         publish_selected  teacher, other teacher, superuser
tutor.ltiplatform    delete_selected   superuser
tutor.ltiscore       tell_again        superuser
tutor.modelprice     delete_selected   superuser
tutor.watchword      delete_selected   reviewer, superuser
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What everybody gets at one address by some methods."""

    path: str
    methods: tuple[str, ...]
    cells: dict[str, str]


def rows(text: str = ADDRESSES) -> list[Row]:
    """The rows of a table."""
    return [_row(line) for line in text.splitlines() if line.startswith("/")]


def _row(line: str) -> Row:
    path, *words = line.split()
    methods, cells = words[: -len(ROLES)], words[-len(ROLES) :]
    return Row(path, tuple(methods), dict(zip(ROLES, cells, strict=True)))


def actions() -> dict[tuple[str, str], set[str]]:
    """Who is offered which action on which list."""
    lines = [line.split(maxsplit=2) for line in ACTIONS.strip().splitlines()]
    return {(model, action): set(roles.split(", ")) for model, action, roles in lines}
