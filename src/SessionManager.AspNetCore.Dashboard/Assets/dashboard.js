// Keeps the counters and the chart up to date. Without this script, the page shows them as of its load.
"use strict";

const statistics = document.getElementById("live");
const statusText = document.getElementById("live-state");
const interval = 5000;
let timer = 0;
let failures = 0;

async function update() {
  try {
    const response = await fetch(statistics.dataset.live, { cache: "no-store", redirect: "error" });
    if (!response.ok) {
      throw new Error(String(response.status));
    }

    replace(await response.text());
    failures = 0;
    showStatus("");
  } catch {
    failures++;
    showStatus("The counters are not following: there is no answer. They show how it was.");
  }

  // The script asks a server that does not answer less and less often.
  schedule(interval * Math.min(12, 2 ** failures));
}

function replace(html) {
  const open = statistics.querySelector("details")?.open;
  const scrolled = statistics.querySelector(".scroll")?.scrollTop;
  const focused = statistics.contains(document.activeElement) ? document.activeElement.localName : "";
  statistics.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  if (open) {
    statistics.querySelector("details").open = true;
    statistics.querySelector(".scroll").scrollTop = scrolled;
  }

  if (focused) {
    statistics.querySelector(focused === "summary" ? "summary" : ".scroll")?.focus({ preventScroll: true });
  }
}

function showStatus(text) {
  if (statusText.textContent !== text) {
    statusText.textContent = text;
    statusText.hidden = text === "";
  }
}

function schedule(delay) {
  clearTimeout(timer);
  timer = document.hidden ? 0 : setTimeout(update, delay);
}

if (statistics) {
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : update()));
  schedule(interval);
}
