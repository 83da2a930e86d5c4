"""Addresses of the people of internal monitoring: regulations, ratings, experts, families."""

from django.urls import path

from sapa_web.monitoring.views import bodies, experts, mine, rating, regulation

OF, AT, RATING = "regulation/<int:pk>/", "at/<str:code>/", "rating/<int:pk>/"
urlpatterns = [
    path(f"{AT}regulations/", regulation.editions, name="regulations"),
    path(f"{AT}regulations/new/", regulation.draft, name="draft"),
    path(OF, regulation.edition, name="edition"),
    path(f"{OF}text/", regulation.text, name="edition_text"),
    path(f"{OF}change/", regulation.choose, name="choose"),
    path(f"{OF}change/<str:kind>/<str:thing>/", regulation.change, name="change"),
    path(f"{OF}undo/<int:place>/", regulation.undo, name="edition_undo"),
    path(f"{OF}comment/", regulation.comment, name="comment"),
    path(f"{OF}comment/<int:remark>/", regulation.answer, name="answer"),
    path(f"{OF}do/<str:verb>/", regulation.act, name="edition_act"),
    path("of/<str:code>/regulation/<int:pk>/", regulation.public, name="edition_public"),
    path(f"{AT}ratings/", rating.ratings, name="ratings"),
    path(f"{AT}ratings/new/", rating.rating_new, name="rating_new"),
    path(RATING, rating.rating, name="rating"),
    path(f"{RATING}open/", rating.rating_open, name="rating_open"),
    path(f"{RATING}answer/", rating.rating_answer, name="rating_answer"),
    path(f"{RATING}close/", rating.rating_close, name="rating_close"),
    path("rating/line/<int:pk>/decide/", rating.rating_decide, name="rating_decide"),
    path(f"{AT}mine/", mine.mine, name="mine"),
    path(f"{AT}mine/new/", mine.account_new, name="account_new"),
    path("account/<int:pk>/", mine.account, name="account"),
    path(f"{AT}experts/", experts.experts, name="experts"),
    path(f"{AT}experts/requirement/", experts.requirement_new, name="requirement_new"),
    path(f"{AT}experts/new/", experts.expert_new, name="expert_new"),
    path("expert/<int:pk>/", experts.expert_check, name="expert_check"),
    path(f"{AT}experts/judgement/", experts.appraisal_new, name="appraisal_new"),
    path(f"{AT}bodies/", bodies.bodies, name="bodies"),
    path(f"{AT}bodies/new/", bodies.seat_new, name="seat_new"),
    path("seat/<int:pk>/end/", bodies.seat_end, name="seat_end"),
]
