// To the language of the last visit, else to the browser's.
const kept = localStorage.getItem("tailrace.language");
const spoken = navigator.language.startsWith("ru") ? "ru" : "en";
location.replace(`${["ru", "en"].includes(kept) ? kept : spoken}/index.html`);
