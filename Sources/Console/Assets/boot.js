// Before the first paint: the theme and the row height that were chosen here, so that nothing flashes or moves.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("coffer.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const rows = localStorage.getItem("coffer.rows");
    if (rows === "cosy" || rows === "compact") root.dataset.rows = rows;
  } catch {
    // Storage can be forbidden; the system's theme serves.
  }
})();
