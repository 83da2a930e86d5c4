// Which questions are asked as the answers stand: worked out in the page, by the same rules as on the server.
// Until the rules can be read here, the server says it when the form is sent.
export function live(form, shown) {
  void form;
  void shown;
  return () => undefined;
}
