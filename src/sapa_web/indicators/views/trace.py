from django.http import HttpRequest, HttpResponse

from sapa_web.indicators.views.common import analysts_only


@analysts_only
def show(request: HttpRequest, pack: str) -> HttpResponse:
    return HttpResponse("")
