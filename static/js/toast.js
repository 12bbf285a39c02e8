// A toast stays 10 s, longer while hovered or focused. Z presses its Undo, except in a field.
(() => {
  const STAYS = 10000;
  const FADES = 140;
  const region = document.getElementById("toasts");
  if (!region) return;

  const leave = (toast) => {
    toast.classList.add("is-leaving");
    setTimeout(() => toast.remove(), FADES);
  };
  const live = (toast) => {
    toast.dataset.live = "";
    let timer;
    const wait = () => { clearTimeout(timer); timer = setTimeout(() => leave(toast), STAYS); };
    const hold = () => clearTimeout(timer);
    const go = () => { if (!toast.matches(":hover") && !toast.contains(document.activeElement)) wait(); };
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("pointerleave", go);
    toast.addEventListener("focusout", () => setTimeout(go));
    wait();
  };
  // One at a time: the newest. It is put in again so that a screen reader says what stood there when the page came.
  const settle = () => {
    const toasts = [...region.querySelectorAll(".toast2")];
    const newest = toasts.pop();
    toasts.forEach((toast) => toast.remove());
    if (newest && !("live" in newest.dataset)) {
      live(newest);
      setTimeout(() => { if (newest.isConnected && !newest.contains(document.activeElement)) region.append(newest); }, 120);
    }
  };
  settle();
  new MutationObserver(settle).observe(region, { childList: true });

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    region.querySelector("[data-undo]")?.click();
  });
})();
