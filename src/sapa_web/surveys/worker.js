// Keeps the questionnaire and what it is drawn with, so that it opens without a connection. Nothing that was answered passes here:
// answers wait in the page's own storage and are sent by the page.
const KEPT = "sapa-answer-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  event.respondWith(url.pathname.includes("/static/") ? firstKept(event.request) : firstAsked(event.request));
});

async function firstAsked(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await kept.put(request, answer.clone());
    return answer;
  } catch (error) {
    const found = await kept.match(request, { ignoreSearch: false });
    if (found) return found;
    throw error;
  }
}

async function firstKept(request) {
  const kept = await caches.open(KEPT);
  const found = await kept.match(request);
  const asked = fetch(request).then(async (answer) => {
    if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  });
  if (!found) return asked;
  asked.catch(() => undefined);
  return found;
}
