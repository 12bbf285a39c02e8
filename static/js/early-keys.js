// A key pressed while the page still loads is kept, and pressed again when the page listens. Blocking and in <head>.
// Without it a quick hand loses the F or the Ctrl Enter that it pressed as soon as it saw the button.
(() => {
  const kept = [];
  const isField = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const isPress = ({ key, ctrlKey, metaKey }) => {
    if (ctrlKey || metaKey) return key === "Enter" || key === "k";
    return (key.length === 1 && key !== " ") || key === "ArrowLeft" || key === "ArrowRight"; // the days beside this one
  };
  const keep = (event) => {
    const isTyped = isField(event.target) && !event.ctrlKey && !event.metaKey;
    if (event.repeat || event.altKey || isTyped || !isPress(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    kept.push(event);
  };
  window.addEventListener("keydown", keep, true);

  // The deferred scripts have run by then, and htmx, which waits for the same event, has bound its buttons.
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    window.removeEventListener("keydown", keep, true);
    kept.forEach(({ key, code, ctrlKey, metaKey, shiftKey }) => {
      const target = document.activeElement ?? document.body;
      target.dispatchEvent(new KeyboardEvent("keydown", { key, code, ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true }));
    });
  }));
})();
