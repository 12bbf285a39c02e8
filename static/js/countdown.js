// A ring that counts down: the server gave the seconds, the page lets them run. At the end the page is read again.
(() => {
  const rings = [...document.querySelectorAll("[data-countdown]")];
  if (!rings.length) return;
  const began = performance.now();
  const show = () => {
    rings.forEach((ring) => {
      const left = Math.max(0, Math.round(ring.dataset.countdown - (performance.now() - began) / 1000));
      const part = Math.round((100 * left) / ring.dataset.whole);
      ring.querySelector(".ring-bar").setAttribute("stroke-dasharray", `${part} 100`);
      ring.querySelector("text").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      const minutes = String(Math.ceil(left / 60));
      const label = ring.getAttribute("aria-label").replace(/^\d+/, minutes);
      if (label !== ring.getAttribute("aria-label")) ring.setAttribute("aria-label", label);
    });
  };
  setInterval(show, 1000);
})();
