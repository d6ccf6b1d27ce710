// Light, dark, or as the system has it.
const KEPT = "tailrace.theme";
export const THEMES = ["system", "light", "dark"];

export const theme = () => localStorage.getItem(KEPT) ?? "system";

export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

export function setTheme(chosen) {
  localStorage.setItem(KEPT, chosen);
  applyTheme();
  document.dispatchEvent(new Event("themechange"));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  document.dispatchEvent(new Event("themechange")),
);
