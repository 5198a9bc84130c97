"""The pages people see, and the two for machines."""

from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.i18n import set_language

from tutor.pages import classes, consent, costs, desk, health, learn, person, review, review_take_out, views, words

urlpatterns = [
    path("", views.home, name="home"),
    path("lessons/<slug:slug>/", views.lesson, name="lesson"),
    path("lessons/<slug:slug>/start/", views.start, name="start"),
    path("attempts/<uuid:code>/", views.room, name="room"),
    path("attempts/<uuid:code>/card/", views.card, name="card"),
    path("attempts/<uuid:code>/pictures/<str:item_id>/", views.picture, name="picture"),
    path("attempts/<uuid:code>/transcript/", views.transcript, name="transcript"),
    path("attempts/<uuid:code>/take-out/<str:form>/", review_take_out.own, name="take_out"),
    path("history/", views.history, name="history"),
    path("consent/", consent.consent, name="consent"),
    path("join/", classes.join, name="join"),
    path("join/<str:code>/", classes.join, name="join_by_link"),
    path("classes/<str:code>/leave/", classes.leave, name="leave"),
    path("review/", review.find, name="review"),
    path("review/live/", desk.in_progress, name="review_live"),
    path("review/live/<uuid:code>/", desk.watch, name="review_watch"),
    path("review/live/<uuid:code>/act/", desk.act, name="review_act"),
    path("review/searches/", review.save_search, name="review_search"),
    path("review/lessons/", learn.lessons, name="review_lessons"),
    path("review/lessons/<slug:slug>/", learn.lesson, name="review_lesson"),
    path("review/costs/", costs.costs, name="review_costs"),
    path("review/take-out/", review_take_out.choose, name="review_take_out"),
    path("review/take-out/<str:form>/", review_take_out.many, name="review_take_out_many"),
    path("review/<uuid:code>/take-out/<str:form>/", review_take_out.one, name="review_take_out_one"),
    path("review/person/", person.person, name="review_person"),
    path("review/person/<int:pk>/export/", person.export, name="review_person_export"),
    path("review/person/<int:pk>/erase/", person.erase, name="review_person_erase"),
    path("review/<uuid:code>/", review.read, name="review_attempt"),
    path("review/<uuid:code>/notes/", review.add_note, name="review_note"),
    path("review/<uuid:code>/notes/<uuid:note_id>/remove/", review.remove_note, name="review_note_remove"),
    path("review/<uuid:code>/rulings/", review.rule, name="review_ruling"),
    path("review/<uuid:code>/mark/", review.mark, name="review_mark"),
    path("accounts/login/", views.SignInView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set_language"),
    path("words/<str:language>.<str:version>.js", words.Catalogue.as_view(), name="words"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
