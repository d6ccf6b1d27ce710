// Before anything is painted: the theme that was chosen, and the language for the next visit.
document.body.dataset.theme = localStorage.getItem("theme") || "auto";
localStorage.setItem("tailrace.language", document.documentElement.lang);
