// Light or dark before the first paint. Blocking and in <head>: a page that flashes white hurts in a dark room.
(() => {
  const root = document.documentElement;
  if (root.dataset.theme !== "device") return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  follow();
  dark.addEventListener("change", follow);
})();
