"""One question of an instrument that is being written: its words, its answers, when it is shown, its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sapa.errors import UserError
from sapa.instruments import Form as Asking
from sapa.instruments import Item, Scale
from sapa.instruments.conditions import Part, choosable, condition_of, condition_text
from sapa.instruments.model import CHOOSING
from sapa.publication.sheets import numbers_of
from sapa_web.orgs.views.guard import refuse
from sapa_web.surveys import draft_forms, forms
from sapa_web.surveys.domain import drafts as verbs
from sapa_web.surveys.domain.queries import criteria
from sapa_web.surveys.draft_forms import AnswerRow
from sapa_web.surveys.models import Draft
from sapa_web.surveys.shown_drafts import answers_named, condition_words, name_of, problems_of
from sapa_web.surveys.views.drafts import common, draft_of, turn_of
from sapa_web.surveys.views.guard import Scope, inside


@inside
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Choose a kind, then write the question; it stands behind the one it was asked for at."""
    draft = draft_of(scope, pk)
    asking = verbs.form_in(draft)
    kind, after = request.GET.get("kind", ""), request.GET.get("after", "")
    if kind not in draft_forms.KINDS:
        kinds = [(code, *known) for code, known in draft_forms.KINDS.items()]
        behind = name_of(asking, after) if after else ""
        context = {**common(draft), "kinds": kinds, "after": after, "behind": behind, "here": _("Add")}
        return render(request, "surveys/draft_kinds.html", context)
    blank = Item(name="new", type=kind, scale=Scale(low=1, high=5) if kind == "scale" else None)
    return _written(request, draft, asking, blank, after=after, fresh=True)


@inside
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, scope: Scope, pk: int, name: str) -> HttpResponse:
    """All that belongs to one question."""
    draft = draft_of(scope, pk)
    asking = verbs.form_in(draft)
    return _written(request, draft, asking, _item(asking, name), after="", fresh=False)


def _written(request: HttpRequest, draft: Draft, asking: Asking, item: Item, *, after: str, fresh: bool) -> HttpResponse:
    offered = [(title, list(group)) for title, group in criteria.offered(asking, forms.language())]
    form = draft_forms.QuestionForm(request.POST or None, asking=asking, item=item, criteria=offered, fresh=fresh)
    sent: list[AnswerRow] | None = None
    if request.method == "POST":
        sent = draft_forms.sent_rows(asking, request.POST)
        if form.is_valid():
            try:
                return _saved(request, draft, form, sent, after if fresh else None)
            except UserError as error:
                form.refuse(error)
    rows = draft_forms.rows_of(asking, item, sent)
    context = {
        **common(draft), "form": form, "item": item, "rows": rows, "fresh": fresh, "kind_name": draft_forms.kind_of(item)[0],
        "shared": _shared(asking, item), "condition": condition_words(asking, item) if item.relevant else "",
        "here": _("Add") if fresh else _named(asking, item),
        "problems": [] if fresh else problems_of(asking).get(item.name, []),
    }  # fmt: skip
    return render(request, "surveys/draft_question.html", context, status=400 if form.errors else 200)


def _saved(
    request: HttpRequest, draft: Draft, form: draft_forms.QuestionForm, sent: list[AnswerRow], after: str | None
) -> HttpResponse:
    """Save it, and go where the pressed button leads."""
    asking, was, item = form.asking, form.item, form.written()
    rows = draft_forms.answers_of(asking, was, sent) if item.type in verbs.CODED else None
    if item.type != was.type and not {item.type, was.type} <= CHOOSING:
        held = asking.choices(was.choices) if was.type == "scale" else ()
        rows = [verbs.Row(choice.label, choice.code, choice.values) for choice in held] if item.type in CHOOSING else None
    if after is not None:
        name = verbs.add(draft, turn_of(request), item, rows, after)[1]
    else:
        name = verbs.change(draft, turn_of(request), was.name, item, rows)[1]
    if "condition" in request.POST:
        return redirect("surveys:draft_condition", pk=draft.pk, name=name)
    if "stay" in request.POST or item.type != was.type:
        return redirect("surveys:draft_question", pk=draft.pk, name=name)
    return _at(draft, f"q-{name}")


@inside
@require_http_methods(["GET", "POST"])
def condition(request: HttpRequest, scope: Scope, pk: int, name: str) -> HttpResponse:
    """Under which answers to earlier questions it is shown."""
    draft = draft_of(scope, pk)
    asking = verbs.form_in(draft)
    item = _item(asking, name)
    parts = condition_of(asking, item.relevant)
    held = {part.question: part.codes for part in parts or ()}
    offered = choosable(asking, name)
    offered += [other for other in asking.walk() if other.name in held and other not in offered]
    problem = ""
    if request.method == "POST":
        try:
            verbs.show_if(draft, turn_of(request), name, _expression(request, asking, offered, item.relevant, parts))
            return _at(draft, f"q-{name}")
        except UserError as error:
            problem = str(error)
    numbers = numbers_of(asking)
    asked = [
        (other, numbers.get(other.name, ""), asking.say(other.label, forms.language()),
         answers_named(asking, other, held.get(other.name, ())))
        for other in offered
    ]  # fmt: skip
    context = {
        **common(draft), "item": item, "asked": asked, "kept": parts is None, "problem": problem,
        "words": condition_words(asking, item) if item.relevant else "", "here": _("Shown only if"),
        "label": name_of(asking, name),
    }  # fmt: skip
    return render(request, "surveys/draft_condition.html", context, status=400 if problem else 200)


def _expression(request: HttpRequest, asking: Asking, offered: list[Item], was: str, parts: tuple[Part, ...] | None) -> str:
    """The expression of the answers that are ticked; the one that stands where they say the same."""
    if "always" in request.POST:
        return ""
    if parts is None:
        return was
    ticked = [(other.name, request.POST.getlist(f"if_{other.name}")) for other in offered]
    known = {other.name: [each.code for each in answers_named(asking, other, ())] for other in offered}
    chosen = [(name, [code for code in known[name] if code in codes]) for name, codes in ticked]
    made = tuple(Part(name, tuple(codes)) for name, codes in chosen if codes)
    same = {part.question: set(part.codes) for part in made} == {part.question: set(part.codes) for part in parts}
    return was if same else condition_text(asking, made)


@inside
@require_POST
def act(request: HttpRequest, scope: Scope, pk: int, name: str, verb: str) -> HttpResponse:
    """Move it, copy it, take it out."""
    draft, turn = draft_of(scope, pk), turn_of(request)
    _item(verbs.form_in(draft), name)
    steps: dict[str, Callable[[], Any]] = {
        "up": lambda: verbs.shift(draft, turn, name, up=True), "down": lambda: verbs.shift(draft, turn, name, up=False),
        "copy": lambda: verbs.double(draft, turn, name), "remove": lambda: verbs.drop(draft, turn, name),
    }  # fmt: skip
    if verb not in steps:
        raise Http404
    try:
        done = steps[verb]()
    except UserError as error:
        refuse(request, error)
        return _at(draft, f"q-{name}")
    if verb == "copy":
        return _at(draft, f"q-{done[1]}")
    return _at(draft, "undo" if verb == "remove" else f"{verb}-{name}")


def _at(draft: Draft, place: str) -> HttpResponse:
    """The list, at a line or a button of it: the browser goes on from there."""
    return redirect(f"{reverse('surveys:draft', args=[draft.pk])}#{place}")


def _item(asking: Asking, name: str) -> Item:
    found = asking.item(name)
    if found is None:
        raise Http404
    return found


def _named(asking: Asking, item: Item) -> str:
    number = numbers_of(asking).get(item.name)
    return _("Question %(n)s") % {"n": number} if number else str(draft_forms.kind_of(item)[0])


def _shared(asking: Asking, item: Item) -> int:
    """How many other questions offer the same list of answers."""
    return sum(1 for other in asking.walk() if item.choices and other.choices == item.choices and other.name != item.name)
