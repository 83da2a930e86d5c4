// The list beside the grid: findings by cause, the worst first; each leads from one place to the next.

import { figure, h, icon } from "../dom.js";
import { ICONS } from "./model.js";


export function causesPanel(model, say, jump) {
  const body = h("div", { class: "cause-body" });
  const head = h("summary", {}, icon("list-search"), h("span", { class: "head" }), icon("chevron-down"));
  const panel = h("details", { class: "grid-causes", open: innerWidth >= 1100 }, head, body);
  const seen = new Map();
  const refresh = () => {
    panel.hidden = !model.causes.length;
    const open = model.causes.filter((cause) => cause.severity !== "explained").reduce((sum, cause) => sum + cause.count, 0);
    head.querySelector(".head").textContent = open ? say("causes", { n: figure(open) }) : say("clean");
    body.replaceChildren(h("ul", { class: "findings" }, model.causes.map(item)));
  };
  const item = (cause) => {
    const places = model.list.filter((finding) => finding.rule === cause.rule && finding.severity === cause.severity && model.byId.has(finding.row));
    const key = `${cause.severity} ${cause.rule}`;
    const where = h("span", { class: "quiet where" });
    const step = (by) => {
      if (!places.length) return;
      const at = ((seen.get(key) ?? (by > 0 ? -1 : 0)) + by + places.length) % places.length;
      seen.set(key, at);
      where.textContent = `${figure(at + 1)} / ${figure(places.length)}`;
      jump(places[at]);
    };
    const button = (by, picture, label) => h("button", { type: "button", class: "btn btn-quiet btn-sm", "aria-label": `${say(label)}: ${cause.cause}`, onclick: () => step(by) }, by < 0 ? icon(picture) : [h("span", {}, say("next")), icon(picture)]);
    return h("li", { class: cause.severity },
      h("div", { class: "top" }, icon(ICONS[cause.severity] || "alert-triangle"), h("span", { class: "visually-hidden" }, say(cause.severity)), h("span", { class: "cause" }, cause.cause), h("span", { class: "count" }, figure(cause.count))),
      cause.remedy ? h("p", { class: "remedy" }, cause.remedy) : null,
      cause.clause ? h("p", { class: "clause" }, String(cause.clause)) : null,
      places.length ? h("div", { class: "cause-steps" }, button(-1, "chevron-left", "previous"), button(1, "chevron-right", "next"), cause.url ? h("a", { class: "btn btn-quiet btn-sm", href: cause.url }, say("explainit")) : null, where) : null,
    );
  };
  refresh();
  return { panel, refresh };
}
