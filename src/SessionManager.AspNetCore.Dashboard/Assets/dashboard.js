// The counters and the chart follow live. Without this script the page is the same, as it was when it was loaded.
"use strict";

const part = document.getElementById("live");
const state = document.getElementById("live-state");
const every = 5000;
let timer = 0;
let failures = 0;

async function follow() {
  try {
    const response = await fetch(part.dataset.live, { cache: "no-store", redirect: "error" });
    if (!response.ok) {
      throw new Error(String(response.status));
    }

    replace(await response.text());
    failures = 0;
    say("");
  } catch {
    failures++;
    say("The counters are not following: there is no answer. They show how it was.");
  }

  // A server that does not answer is asked less and less often.
  schedule(every * Math.min(12, 2 ** failures));
}

function replace(html) {
  const open = part.querySelector("details")?.open;
  const scrolled = part.querySelector(".scroll")?.scrollTop;
  const focused = part.contains(document.activeElement) ? document.activeElement.localName : "";
  part.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  if (open) {
    part.querySelector("details").open = true;
    part.querySelector(".scroll").scrollTop = scrolled;
  }

  if (focused) {
    part.querySelector(focused === "summary" ? "summary" : ".scroll")?.focus({ preventScroll: true });
  }
}

function say(text) {
  if (state.textContent !== text) {
    state.textContent = text;
    state.hidden = text === "";
  }
}

function schedule(delay) {
  clearTimeout(timer);
  timer = document.hidden ? 0 : setTimeout(follow, delay);
}

if (part) {
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : follow()));
  schedule(every);
}
