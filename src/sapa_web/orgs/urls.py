"""Addresses of this app: the tree, what can be done to it, people, packs, ledger."""

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from sapa_web.orgs.views import certificates, imports, invitations, ledger, packs, people, places, verbs

app_name = "orgs"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="orgs:tree"), name="start"),
    path("tree/", places.tree, name="tree"),
    path("tree/branch/<str:code>/", places.branch, name="branch"),
    path("tree/list/", places.listing, name="list"),
    path("tree/suggest/", places.suggest, name="suggest"),
    path("tree/open/", verbs.open_new, name="open"),
    path("tree/of/<str:code>/", places.organisation, name="organisation"),
    path("tree/of/<str:code>/history/", places.history, name="history"),
    path("tree/of/<str:code>/people/", people.at_place, name="place_people"),
    path("tree/of/<str:code>/certificates/", certificates.of_place, name="certificates"),
    path("tree/of/<str:code>/certificates/add/", certificates.add, name="certificate_add"),
    path("tree/of/<str:code>/certificates/<int:pk>/revoke/", certificates.revoke, name="certificate_revoke"),
    path("tree/of/<str:code>/correct/<int:pk>/", verbs.correct, name="correct"),
    path("tree/of/<str:code>/do/<slug:verb>/", verbs.act, name="act"),
    path("register/", imports.listing, name="imports"),
    path("register/new/", imports.upload, name="import_new"),
    path("register/<int:pk>/", imports.preview, name="import"),
    path("register/<int:pk>/apply/", imports.apply, name="import_apply"),
    path("people/", people.listing, name="people"),
    path("people/invite/", invitations.invite, name="invite"),
    path("people/invitations/<int:pk>/again/", invitations.again, name="invite_again"),
    path("people/invitations/<int:pk>/withdraw/", invitations.withdraw, name="invite_withdraw"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/roles/", people.grant, name="role_grant"),
    path("people/<int:pk>/roles/<int:role>/end/", people.end_role, name="role_end"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="reactivate"),
    path("packs/", packs.listing, name="packs"),
    path("packs/<slug:name>/", packs.pack, name="pack"),
    path("ledger/", ledger.listing, name="ledger"),
    path("ledger/verify/", ledger.verify, name="ledger_verify"),
]
