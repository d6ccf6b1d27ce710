// Copy buttons, diagrams, and names for what the theme leaves unnamed. Nothing is loaded from elsewhere.
"use strict";

const words = JSON.parse(document.getElementById("words").textContent);
const root = document.documentElement.dataset.content_root;

function nameControls() {
  for (const button of document.querySelectorAll(".theme-toggle")) button.setAttribute("aria-label", words.theme);
  document.getElementById("__navigation")?.setAttribute("aria-label", words.menu);
  document.getElementById("__toc")?.setAttribute("aria-label", words.contents);
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", words.menu);
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", words.contents);
  // The theme has it outside of all landmarks.
  document.querySelector('[role="main"]')?.prepend(document.querySelector(".back-to-top") ?? "");
}

// What is wider than the page scrolls in itself, with the keyboard too.
function scrollInside() {
  for (const [selector, name] of [[".table-wrapper", words.table], ["div.highlight pre", null]]) {
    for (const part of document.querySelectorAll(selector)) {
      part.tabIndex = part.scrollWidth > part.clientWidth ? 0 : -1;
      if (name && part.tabIndex === 0) {
        part.setAttribute("role", "group");
        part.setAttribute("aria-label", name);
      }
    }
  }
}

function copyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = words.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("pre").innerText.trimEnd());
    button.textContent = words.copied;
    setTimeout(() => (button.textContent = words.copy), 2000);
  });
  block.append(button);
}

function isDark() {
  const chosen = document.body.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function load(source) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
}

async function draw() {
  const drawings = [...document.querySelectorAll("pre.mermaid")];
  if (!drawings.length) return;
  for (const drawing of drawings) drawing.dataset.source = drawing.textContent;
  await load(`${root}_static/mermaid/mermaid.min.js`);
  const again = async () => {
    const { fontFamily, backgroundColor } = getComputedStyle(document.body);
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: isDark() ? "dark" : "neutral",
      fontFamily,
      themeVariables: { edgeLabelBackground: backgroundColor },
    });
    for (const drawing of drawings) {
      drawing.textContent = drawing.dataset.source;
      delete drawing.dataset.processed;
    }
    await mermaid.run({ nodes: drawings });
  };
  await again();
  new MutationObserver(again).observe(document.body, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
}

function printButton() {
  if (!/\/runbooks\.html$/.test(location.pathname)) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "print";
  button.textContent = words.print;
  button.addEventListener("click", () => print());
  document.querySelector("article h1").after(button);
}

nameControls();
printButton();
for (const block of document.querySelectorAll("div.highlight")) {
  if (!block.closest(".said")) copyButton(block);
}
scrollInside();
addEventListener("resize", scrollInside);
draw();
