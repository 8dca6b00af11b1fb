/* What mkdocs-material makes a label without words (the menu, the search, the colours), the
 * keyboard reaches, too, and a screen reader has a name for. */
const NAMES = {
  en: { __drawer: "menu", __search: "search" },
  zh: { __drawer: "\u83dc\u5355", __search: "\u641c\u7d22" },
};
const names = NAMES[document.documentElement.lang] ?? NAMES.en;
for (const label of document.querySelectorAll(
  "label[for^=__]:not(.md-overlay, .md-search__overlay)",
)) {
  label.tabIndex = 0;
  if (!label.textContent.trim()) {
    const words = document.createElement("span");
    words.className = "unseen";
    words.textContent = label.title || names[label.htmlFor] || "";
    label.insertBefore(words, label.lastElementChild); /* the theme looks at first and last */
  }
  label.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    label.click();
  });
}

/* A table that is too wide scrolls in a box that the theme makes when it comes into view. */
const reached = () => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])"))
    box.tabIndex = 0;
};
reached();
new MutationObserver(reached).observe(document.body, { childList: true, subtree: true });
